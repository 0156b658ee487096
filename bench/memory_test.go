package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A network that no machine holds is refused by every command in one line, with what it
// takes and what there is, before anything is set aside; summary and graph, which only look
// at it, do.
func TestTooLargeForMemory(t *testing.T) {
	_, paths := writePictures(t, 1)
	out := filepath.Join(t.TempDir(), "out")
	huge := []string{"-width", "16384"}
	for _, c := range [][]string{
		{"train", "-model", "resnet20", "-variant", "lc"},
		{"compare", "-model", "resnet20", "-variants", "conv,lc", "-out", out},
		{"search", "-model", "resnet20", "-variants", "lc"},
		{"speed", "-model", "resnet20", "-quick", "-out", out},
		{"brain", "-models", "cornet-s", "-out", out},
		{"features", "resnet20", "-variant", "lc", "-images", paths[0], "-o", out + ".npz"},
		{"filters", "resnet20", "-variant", "lc", "-o", out + ".png"},
		{"predict", "resnet20", "-variant", "lc", "-weights", out, paths[0]},
		{"eval", "resnet20", "-variant", "lc", "-weights", out},
	} {
		status, stdout, stderr := bench(t.Context(), append(c, huge...)...)
		line := stderr[strings.LastIndex(strings.TrimSpace(stderr), "\n")+1:]
		if status != 1 || !strings.Contains(line, "the network takes ") || !strings.Contains(line, "of memory (weights ") || !strings.Contains(line, "B), and the ") {
			t.Errorf("%s: status %d, %s%s", c[0], status, stdout, stderr)
		}
	}
	for want, c := range map[string][]string{
		" TB, gradients ": {"summary", "resnet20", "-variant", "lc"},
		"":                {"graph", "resnet20", "-variant", "lc", "-o", out + ".dot"},
	} {
		if status, stdout, stderr := bench(t.Context(), append(c, huge...)...); status != 0 || !strings.Contains(stdout, want) {
			t.Errorf("%s: status %d, %s%s", c[0], status, stdout, stderr)
		}
	}
}
