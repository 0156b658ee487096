package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"path/filepath"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/flags"
	"hypnos/bench/look"
	"hypnos/bench/screen"
	"hypnos/graph"
)

func graphCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("graph", flag.ContinueOnError)
	var m flags.Model
	m.Register(fs)
	out := fs.String("o", "", "`file` to write: .svg, a picture; or .dot, for Graphviz")
	unrolled := fs.Bool("unroll", false, "draw a recurrent network once for each time step, not its loops")
	return &ffcli.Command{
		Name:       "graph",
		ShortUsage: "graph MODEL -o FILE.svg|FILE.dot [flags]",
		ShortHelp:  "draw a network: a box a layer, a frame around each area",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, err := flags.OneModel(fs, args)
			if err != nil {
				return err
			}
			net, err := m.Network(model, true)
			if err != nil {
				return err
			}
			var rolled, drawing bytes.Buffer
			o := graph.DOT{Title: fmt.Sprintf("%s, %v", model, net.Options.Connectivity)}
			if err := net.WriteDOT(&rolled, o); err != nil {
				return err
			}
			o.Unrolled = *unrolled
			if err := net.WriteDOT(&drawing, o); err != nil {
				return err
			}
			recurs := flags.Effect{Flags: []string{"unroll"}, Has: !*unrolled || !bytes.Equal(rolled.Bytes(), drawing.Bytes()), Because: model + " has no loop"}
			if err := m.NeedEffects(flags.Given(fs), recurs); err != nil {
				return err
			}
			if err := screen.PrepareFile("-o", *out, ".svg", ".dot"); err != nil {
				return err
			}
			content := drawing.Bytes()
			if filepath.Ext(*out) == ".svg" {
				if content, err = look.SVG(ctx, content); err != nil {
					return err
				}
			}
			return c.WriteFile(*out, content)
		},
	}
}
