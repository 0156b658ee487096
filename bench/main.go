// Command bench trains networks of hypnos, compares their variants and measures
// how fast they are.
//
//	go run ./bench compare    train the variants on real images, and report
//	go run ./bench train      train one model
//	go run ./bench brain      measure how like recordings of the brain networks are
//	go run ./bench search     choose learning rates on a validation split
//	go run ./bench converge   study whether sleeping pools reach the fixed point
//	go run ./bench speed      measure layers and whole steps, and compare with others
//	go run ./bench summary    list the layers of a network, and the memory to train it
//	go run ./bench graph      draw a network
//	go run ./bench filters    show what the first layer of a network looks for
//	go run ./bench predict    show what a network takes pictures for
//	go run ./bench features   write what areas of a network answer to pictures
//	go run ./bench eval       test a trained network on a data set
//	go run ./bench list       list models, variants and data sets
//
// Every command explains its flags with -h. An error is one line on standard
// error and exit status 1, or 2 for flags that cannot be used.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/bench/flags"
	"hypnos/bench/screen"
	"hypnos/graph"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, screen.Console{Out: os.Stdout, Err: os.Stderr, Program: screen.CalledBy(os.Args)}))
}

// run is the program: how it was called in, exit status out.
func run(ctx context.Context, c screen.Console) int {
	root := &ffcli.Command{
		Name:       c.Program.Name(),
		ShortUsage: "COMMAND [flags]",
		ShortHelp:  "train networks, compare their variants, measure their speed",
		FlagSet:    flag.NewFlagSet("bench", flag.ContinueOnError),
		Subcommands: []*ffcli.Command{
			compareCommand(c), trainCommand(c), brainCommand(c), searchCommand(c), convergeCommand(c), speedCommand(c),
			summaryCommand(c), graphCommand(c), filtersCommand(c),
			predictCommand(c), featuresCommand(c), evalCommand(c), listCommand(c),
		},
		Exec: func(_ context.Context, args []string) error {
			if len(args) > 0 {
				return flags.Usage(errors.Errorf("unknown command %q, want compare, train, brain, search, converge, speed, summary, graph, filters, predict, features, eval or list", args[0]))
			}
			return flag.ErrHelp
		},
	}
	// The flag package prints its whole usage after an error: keep it until it
	// is known whether it was asked for.
	var usage bytes.Buffer
	for _, command := range append(root.Subcommands, root) {
		command.FlagSet.SetOutput(&usage)
		command.ShortUsage = c.Program.Command + " " + command.ShortUsage
	}
	err := root.Parse(c.Program.Arguments)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		err = flags.Usage(err)
	}
	if err == nil {
		err = root.Run(ctx)
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		io.Copy(c.Out, &usage)
		return 0
	}
	fmt.Fprintf(c.Err, "%s: %s%s\n", c.Program.Name(), screen.OneLine(err.Error()), listMismatch(c, root.Subcommands, err))
	if flags.IsUsage(err) {
		return 2
	}
	return 1
}

// listMismatch lists, where an error is that weights do not fit a network and the flag -v
// asks for it, all that does not fit. It returns what the line of the error is to end
// with: without -v, how to see what that line leaves out.
func listMismatch(c screen.Console, commands []*ffcli.Command, err error) string {
	var mismatch *graph.MismatchError
	if !errors.As(err, &mismatch) {
		return ""
	}
	if !slices.ContainsFunc(mismatch.Lines(), func(line string) bool {
		_, name, _ := strings.Cut(line, ": ")
		return !strings.Contains(err.Error(), name)
	}) {
		return "" // the error says all
	}
	for _, command := range commands {
		if v := command.FlagSet.Lookup("v"); v != nil && v.Value.String() == "true" {
			for _, line := range mismatch.Lines() {
				fmt.Fprintln(c.Err, screen.OneLine(line))
			}
			return ""
		}
	}
	return "; -v lists all"
}
