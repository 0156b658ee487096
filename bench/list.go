package main

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/experiment"
	"hypnos/bench/flags"
	"hypnos/bench/screen"
	"hypnos/data"
	"hypnos/zoo"
)

func listCommand(c screen.Console) *ffcli.Command {
	return &ffcli.Command{
		Name:       "list",
		ShortUsage: "list",
		ShortHelp:  "list models, variants and data sets",
		FlagSet:    flag.NewFlagSet("list", flag.ContinueOnError),
		Exec: func(_ context.Context, args []string) error {
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			return list(c)
		},
	}
}

func list(c screen.Console) error {
	t := tabwriter.NewWriter(c.Out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "models\tinput\twidth\tsource")
	for _, e := range zoo.List() {
		fmt.Fprintf(t, "  %s\t%d×%d×%d\t%d\t%s\n", e.Name, e.Input.Channels, e.Input.Height, e.Input.Width, e.Width, e.Paper)
	}
	fmt.Fprintln(t, "\npublished weights\tlayout")
	for _, e := range zoo.List() {
		if e.Checkpoint.URL != "" {
			fmt.Fprintf(t, "  %s\t%s\t%s\n", e.Name, e.Checkpoint.Layout, e.Checkpoint.URL)
		}
	}
	fmt.Fprintln(t, "\nvariants")
	for _, k := range experiment.Kinds {
		fmt.Fprintf(t, "  %s\t%s\n", k.Name, k.Description)
	}
	fmt.Fprintln(t, "\ndata sets")
	for _, d := range data.List() {
		fmt.Fprintf(t, "  %s\t%s\n", d.Name, d.Description)
	}
	fmt.Fprintln(t, "\nfor the command brain")
	for _, line := range [][2]string{
		{"it92", "recording: 92 pictures, monkey and human inferior temporal cortex (Kriegeskorte et al. 2008)"},
		{"pixels", "model: the colours of 32×32 pixels"},
		{"gabor", "model: Gabor energy of 112×112 pixels, like V1"},
	} {
		fmt.Fprintf(t, "  %s\t%s\n", line[0], line[1])
	}
	return t.Flush()
}
