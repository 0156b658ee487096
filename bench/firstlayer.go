package main

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/look"
)

func filtersCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("filters", flag.ContinueOnError)
	var m modelFlags
	m.register(fs)
	m.registerWeights(fs)
	out := fs.String("o", "", "`file` to write: .png or .svg, a picture")
	var o look.FilterOptions
	fs.IntVar(&o.Side, "locations", 5, "show a local layer at `n`×n of its locations, or at all if they are fewer")
	fs.StringVar(&o.By, "by", "location", "a local layer as a map of locations, each with all its filters, or by channel: each with its filters over the map, which are alike after a sleep")
	return &ffcli.Command{
		Name:       "filters",
		ShortUsage: "go run ./bench filters MODEL [-weights FILE] -o FILE.png|FILE.svg [flags]",
		ShortHelp:  "show what the first layer of a network looks for",
		FlagSet:    fs,
		Exec: func(_ context.Context, args []string) error {
			model, err := oneModel(fs, args)
			if err != nil {
				return err
			}
			if err := o.Check(); err != nil {
				return err
			}
			blank, err := m.network(model, true)
			if err != nil {
				return err
			}
			local := effect{[]string{"locations", "by"}, !look.FirstLayer(blank).Field.Shared, "the first layer is convolutional, and shown once"}
			if err := m.needEffects(given(fs), local); err != nil {
				return err
			}
			if err := prepareFile("-o", *out, ".png", ".svg"); err != nil {
				return err
			}
			net, err := m.weighted(model, c.note)
			if err != nil {
				return err
			}
			p := o.Picture(look.FirstLayer(net))
			p.Title = fmt.Sprintf("%s, %v, ", model, net.Options.Connectivity)
			if m.spec.Initial == "" {
				p.Title += "initial weights"
			} else {
				p.Title += "weights of " + filepath.Base(m.spec.Initial)
			}
			encode := p.PNG
			if filepath.Ext(*out) == ".svg" {
				encode = p.SVG
			}
			content, err := encode()
			if err != nil {
				return err
			}
			return writeFile(c, *out, content)
		},
	}
}
