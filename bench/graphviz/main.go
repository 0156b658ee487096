// Command graphviz makes an SVG picture, on standard output, of a drawing in the
// language of Graphviz on standard input. It is that program itself, compiled to
// WebAssembly.
//
// It is a program of its own because the library translates and starts Graphviz in
// every program that imports it, used or not, and keeps the translation, which is
// machine code, in a folder that it finds by its name in that for temporary files.
// Whoever starts this program gives it one that nobody else can write to.
package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-graphviz"
	"github.com/pkg/errors"
)

func main() {
	if err := run(context.Background(), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, in io.Reader, out io.Writer) error {
	text, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	drawing, err := graphviz.ParseBytes(text)
	if err != nil {
		return errors.Wrap(err, "graphviz: drawing")
	}
	g, err := graphviz.New(ctx)
	if err != nil {
		return errors.Wrap(err, "graphviz")
	}
	return errors.Wrap(g.Render(ctx, drawing, graphviz.SVG, out), "graphviz: layout")
}
