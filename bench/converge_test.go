package main

import (
	"context"
	"os"
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
	other := filepath.Join(t.TempDir(), "other")
	for _, trials := range []string{"0", "9223372036854775807"} {
		status, _, stderr := bench(t.Context(), "converge", "-trials", trials, "-out", other)
		if _, err := os.Stat(other); status != 1 || !strings.Contains(stderr, "-trials "+trials+", want 1 to 1000000") || err == nil {
			t.Errorf("%s trials: status %d, stderr %q, folder %v", trials, status, stderr, err)
		}
	}
}
