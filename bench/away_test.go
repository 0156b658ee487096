package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A program that was built works away from the source tree, and its texts say how it was
// called.
func TestAway(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "hypnos.exe") // a name that every system runs
	if said, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, said)
	}
	// A dot that is there, in place of Graphviz's.
	if err := os.WriteFile(filepath.Join(dir, "dot"), []byte("#!/bin/sh\necho \"<svg>$1\"; head -1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	run := func(path string, arguments ...string) (stdout, stderr string, err error) {
		c := exec.Command(program, arguments...)
		c.Dir = dir
		c.Env = append(os.Environ(), "PATH="+path)
		var out, complaint bytes.Buffer
		c.Stdout, c.Stderr = &out, &complaint
		err = c.Run()
		return out.String(), complaint.String(), err
	}
	path := os.Getenv("PATH")

	if out, _, err := run(path, "train", "-h"); err != nil || !strings.Contains(out, program+" train [flags]") || strings.Contains(out, "go run") {
		t.Errorf("%v: help %s", err, out)
	}
	if _, complaint, err := run(path, "train", "-model", "none"); err == nil || !strings.HasPrefix(complaint, "hypnos: zoo: unknown model") {
		t.Errorf("%v: %s", err, complaint)
	}
	if _, complaint, err := run(path, "graph", "resnet8", "-o", "x.svg"); err == nil && complaint == "" {
		t.Log("there is a dot here") // of the user's own
	} else if !strings.Contains(complaint, "a picture needs Graphviz's dot, or the go command in the source tree of hypnos") || strings.Count(complaint, "\n") != 1 {
		t.Errorf("%v: %s", err, complaint)
	}
	_, complaint, err := run(dir+string(os.PathListSeparator)+path, "graph", "resnet8", "-o", "y.svg")
	if picture, _ := os.ReadFile(filepath.Join(dir, "y.svg")); err != nil || !strings.HasPrefix(string(picture), "<svg>-Tsvg\ndigraph") {
		t.Errorf("%v: %s%s", err, complaint, picture)
	}
	out, complaint, err := run(path, "speed", "-quick", "-model", "resnet8", "-width", "2", "-batch", "2", "-variants", "conv", "-peer", "gorgonia")
	if err != nil || !strings.Contains(out, "gorgonia v0.9") || strings.Contains(out, "not measured") {
		t.Errorf("%v: %s%s", err, complaint, out)
	}
}
