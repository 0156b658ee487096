package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// What is to be known of a file of weights is a note, once; what does not fit is one
// line, and with -v all of it.
func TestWeights(t *testing.T) {
	file := "../internal/checkpoint/testdata/resnet8w4_conv_dataparallel.pth"
	picture := filepath.Join(t.TempDir(), "filters.png")
	for _, command := range []string{
		"filters resnet8 -o " + picture + " -weights " + file,
		"eval resnet8 -weights " + file,
		"train -model resnet8 -epochs 1 -lr 1e-9 -init " + file,
	} {
		status, _, stderr := bench(t.Context(), strings.Fields(command+" -width 4")...)
		note := "note: weights " + file + `: names are read without "module."` + "\n"
		if status != 0 || strings.Count(stderr, note) != 1 {
			t.Errorf("%s: status %d, stderr %q, want it to have once %q", command, status, stderr, note)
		}
		status, _, stderr = bench(t.Context(), strings.Fields(command+" -width 2")...)
		if status != 1 || strings.Count(stderr, "\n") != 1 || len(stderr) > 400 ||
			!strings.Contains(stderr, "46 misshapen (conv1.weight 4×3×3×3, want 2×3×3×3") || !strings.HasSuffix(stderr, "; -v lists all\n") {
			t.Errorf("%s: status %d, stderr %q", command, status, stderr)
		}
		status, _, stderr = bench(t.Context(), strings.Fields(command+" -width 2 -v")...)
		lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
		if status != 1 || len(lines) != 47 || !strings.HasPrefix(lines[45], "misshapen: fc.weight 10×16, want 10×8") || strings.Contains(stderr, "-v lists") {
			t.Errorf("%s -v: status %d, stderr %q", command, status, stderr)
		}
	}
}
