package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/flags"
	"hypnos/bench/look"
	"hypnos/bench/screen"
)

func filtersCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("filters", flag.ContinueOnError)
	var m flags.Model
	m.Register(fs)
	m.RegisterWeights(fs)
	out := fs.String("o", "", "`file` to write: .png or .svg, a picture")
	var o look.FilterOptions
	fs.IntVar(&o.Side, "locations", 5, "show a local layer at `n`×n of its locations, or at all if they are fewer")
	fs.StringVar(&o.By, "by", "location", "a local layer as a map of locations, each with all its filters, or by channel: each with its filters over the map, which are alike after a sleep")
	return &ffcli.Command{
		Name:       "filters",
		ShortUsage: "filters MODEL [-weights FILE] -o FILE.png|FILE.svg [flags]",
		ShortHelp:  "show what the first layer of a network looks for",
		FlagSet:    fs,
		Exec: func(_ context.Context, args []string) error {
			model, err := flags.OneModel(fs, args)
			if err != nil {
				return err
			}
			if err := o.Check(); err != nil {
				return err
			}
			blank, err := m.Network(model, true)
			if err != nil {
				return err
			}
			local := flags.Effect{Flags: []string{"locations", "by"}, Has: !look.FirstLayer(blank).Field.Shared, Because: "the first layer is convolutional, and shown once"}
			if err := m.NeedEffects(flags.Given(fs), local); err != nil {
				return err
			}
			if err := screen.PrepareFile("-o", *out, ".png", ".svg"); err != nil {
				return err
			}
			net, err := m.Weighted(model, c.Note)
			if err != nil {
				return err
			}
			p := o.Picture(look.FirstLayer(net))
			p.Title = fmt.Sprintf("%s, %v, ", model, net.Options.Connectivity)
			if m.Spec.Initial == "" {
				p.Title += "initial weights"
			} else {
				p.Title += "weights of " + filepath.Base(m.Spec.Initial)
			}
			encode := p.PNG
			if filepath.Ext(*out) == ".svg" {
				encode = p.SVG
			}
			content, err := encode()
			if err != nil {
				return err
			}
			return c.WriteFile(*out, content)
		},
	}
}
