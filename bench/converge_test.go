package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"hypnos/weightshare"
)

// A short study has all its files, and the same numbers on any number of
// threads.
func TestConverge(t *testing.T) {
	rules := []convergeRule{{weightshare.Hebbian, 100}, {weightshare.Dynamic, 100}}
	study := func(threads int) (csv []byte, stdout string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		dir := t.TempDir()
		var out, errs bytes.Buffer
		if err := converge(t.Context(), console{&out, &errs}, rules, 2, 1, dir); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"report.html", "converge_hebbian.svg", "converge_dynamic.png"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		csv, err := os.ReadFile(filepath.Join(dir, "converge.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return csv, out.String()
	}
	csv, stdout := study(2)
	if rows := bytes.Count(csv, []byte("\n")); rows != 1+2*3*3*2*51 {
		t.Errorf("converge.csv has %d rows", rows)
	}
	if !strings.Contains(stdout, "hebbian") || strings.Count(stdout, "\n") != 1+18+2 {
		t.Errorf("stdout is %q", stdout)
	}
	if other, _ := study(1); !bytes.Equal(other, csv) {
		t.Error("one thread differs from two")
	}
}

func TestConvergeStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := filepath.Join(t.TempDir(), "study")
	if status, stdout, stderr := bench(ctx, "converge", "-out", dir); status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 {
		t.Errorf("cancelled: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	if status, _, stderr := bench(t.Context(), "converge", "-trials", "0", "-out", dir); status != 1 || !strings.Contains(stderr, "-trials 0") {
		t.Errorf("no trials: status %d, stderr %q", status, stderr)
	}
}
