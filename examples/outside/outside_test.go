package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The program builds and runs in a module of its own, outside the tree, by the commands
// that README.md has, and README.md shows it as it is.
func TestOutside(t *testing.T) {
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("main.go")
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Count(string(source), "\n"); lines >= 60 {
		t.Errorf("%d lines, want fewer than 60", lines)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, program, _ := strings.Cut(string(source), "func energy") // what it is, after its head
	if !strings.Contains(string(readme), "func energy"+strings.TrimRight(program, "\n")) {
		t.Error("README.md shows another program")
	}
	if testing.Short() {
		t.Skip("builds a module")
	}
	dir := t.TempDir()
	run := func(command string) string {
		words := strings.Fields(command)
		c := exec.Command(words[0], words[1:]...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off")
		said, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", command, err, said)
		}
		return string(said)
	}
	for _, command := range []string{"cp PATH/examples/outside/main.go .", "go mod init own", "go mod edit -replace hypnos=PATH -require hypnos@v0.0.0", "go mod tidy"} {
		if !strings.Contains(string(readme), "\n    "+command+"\n") {
			t.Errorf("README.md has no %s", command)
		}
		run(strings.Replace(command, "PATH", root, 1))
	}
	if said := run("go run ."); !strings.HasPrefix(said, "227514 weights, loss 2.") || !strings.HasSuffix(said, ", V2 answers 16×8×8\n") {
		t.Error(said)
	}
}
