package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"

	"hypnos/bench/converge"
	"hypnos/bench/flags"
	"hypnos/bench/results"
	"hypnos/bench/screen"
)

func convergeCommand(c screen.Console) *ffcli.Command {
	fs := flag.NewFlagSet("converge", flag.ContinueOnError)
	trials := fs.Int("trials", 10, "pools of each setting, each with weights and inputs of its own")
	seed := fs.Uint64("seed", 1, "source of weights and inputs")
	short := fs.Bool("quick", false, "a short look: 2 trials, unless -trials says otherwise")
	var markdown bool
	flags.RegisterMarkdown(fs, &markdown)
	out := fs.String("out", "hypnos-converge", "`folder` to write the study to")
	return &ffcli.Command{
		Name:       "converge",
		ShortUsage: "converge [flags]",
		ShortHelp:  "study whether sleeping pools reach the fixed point",
		LongHelp: strings.TrimSpace(`
Follows pools of 100 neurons that see random inputs of 3×3, 6×6 and 9×9 while
they learn by the Hebbian rule or by lateral dynamics, pulled back to their
first weights by gamma, and compares them with the fixed point of the Hebbian
rule. Prints a table and writes report.html, converge.csv and figures.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := flags.NoArguments(args); err != nil {
				return err
			}
			if *short {
				if _, err := flags.Quick(fs, map[string]string{"trials": "2"}); err != nil {
					return err
				}
			}
			if err := converge.Check(*trials); err != nil { // a mistake leaves no folder
				return err
			}
			if err := results.PrepareFolder(*out); err != nil {
				return err
			}
			study, err := converge.Study(ctx, converge.Rules, *trials, *seed, c.Observer())
			if err != nil {
				return err
			}
			study.Command = c.Program.String()
			if err := study.Write(*out); err != nil {
				return err
			}
			table := study.Text()
			if markdown {
				table = study.Markdown()
			}
			fmt.Fprint(c.Out, table)
			c.Report(*out)
			return nil
		},
	}
}
