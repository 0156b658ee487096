package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"

	"hypnos/graph"
)

func graphCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("graph", flag.ContinueOnError)
	var m modelFlags
	m.register(fs)
	out := fs.String("o", "", "`file` to write: .svg, a picture; or .dot, for Graphviz")
	unrolled := fs.Bool("unroll", false, "draw a recurrent network once for each time step, not its loops")
	return &ffcli.Command{
		Name:       "graph",
		ShortUsage: "go run ./bench graph MODEL -o FILE.svg|FILE.dot [flags]",
		ShortHelp:  "draw a network: a box a layer, a frame around each area",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, err := oneModel(fs, args)
			if err != nil {
				return err
			}
			net, err := m.network(model, true)
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
			recurs := effect{[]string{"unroll"}, !*unrolled || !bytes.Equal(rolled.Bytes(), drawing.Bytes()), model + " has no loop"}
			if err := m.needEffects(given(fs), recurs); err != nil {
				return err
			}
			if err := prepareFile("-o", *out, ".svg", ".dot"); err != nil {
				return err
			}
			content := drawing.Bytes()
			if filepath.Ext(*out) == ".svg" {
				if content, err = svg(ctx, content); err != nil {
					return err
				}
			}
			return writeFile(c, *out, content)
		},
	}
}

// svg makes a picture of a drawing. The go command builds what does it: see
// package hypnos/bench/graphviz.
func svg(ctx context.Context, drawing []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "hypnos-graphviz-")
	if err != nil {
		return nil, errors.Wrap(err, "graphviz")
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "graphviz.exe") // a name that every system runs
	if _, err := output(exec.CommandContext(ctx, "go", "build", "-o", program, "hypnos/bench/graphviz")); err != nil {
		return nil, errors.Wrap(err, "a picture needs the go command, a .dot file does not: go build")
	}
	layout := exec.CommandContext(ctx, program)
	layout.Env = append(os.Environ(), "TMPDIR="+dir, "TMP="+dir)
	layout.Stdin = bytes.NewReader(drawing)
	return output(layout)
}

// output runs a command and returns what it writes. The error is the first line
// that it complains with.
func output(command *exec.Cmd) ([]byte, error) {
	var complaint bytes.Buffer
	command.Stderr = &complaint
	written, err := command.Output()
	if line, _, _ := strings.Cut(strings.TrimSpace(complaint.String()), "\n"); err != nil && line != "" {
		err = errors.New(line)
	}
	return written, err
}
