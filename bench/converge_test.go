package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
)

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
