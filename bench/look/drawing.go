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

// SVG makes a picture of a drawing in Graphviz's language. The go command builds the
// program that does it: see hypnos/bench/graphviz.
func SVG(ctx context.Context, drawing []byte) ([]byte, error) {
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
