// Command graphviz reads a drawing in the language of Graphviz from standard input and
// writes it as an SVG picture to standard output. The layout is done by Graphviz itself,
// compiled to WebAssembly.
//
// It is a program of its own because the library compiles and starts Graphviz in every
// program that imports it, used or not. The library also keeps the resulting machine code
// in the folder for temporary files, and would run what another user has put there under
// the same name. So whoever starts this program must set that folder (TMPDIR, or TMP on
// Windows) to one that nobody else can write to.
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
