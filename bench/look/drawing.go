package look

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pkg/errors"
)

// SVG makes a picture of a drawing in Graphviz's language. In the source tree of hypnos,
// and where a module requires it, the go command builds the program that does it: see
// hypnos/bench/graphviz. Anywhere else it is Graphviz's own dot, which has to be there.
func SVG(ctx context.Context, drawing []byte) ([]byte, error) {
	dir, err := os.MkdirTemp("", "hypnos-graphviz-")
	if err != nil {
		return nil, errors.Wrap(err, "graphviz")
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "graphviz.exe") // a name that every system runs
	layout := exec.CommandContext(ctx, program)
	if _, err := output(exec.CommandContext(ctx, "go", "build", "-o", program, "hypnos/bench/graphviz")); err != nil {
		dot, missing := exec.LookPath("dot")
		if missing != nil {
			return nil, errors.Wrap(err, "a picture needs Graphviz's dot, or the go command in the source tree of hypnos, and a .dot file neither: go build")
		}
		layout = exec.CommandContext(ctx, dot, "-Tsvg")
	}
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
