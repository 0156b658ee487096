package main

import (
	"bytes"
	"strings"
	"testing"
)

// The program runs, in a short form, and every sleep but none raises SNR.
func TestRun(t *testing.T) {
	var out, progress bytes.Buffer
	if err := run(&out, &progress, 1, 1, 1); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 5 {
		t.Fatalf("the table is\n%s", out.String())
	}
	for i, night := range []string{"none", "instant", "hebbian", "dynamic"} {
		cells := strings.Fields(lines[i+1])
		if len(cells) != 8 || cells[0] != night {
			t.Fatalf("row %d is %q", i, lines[i+1])
		}
		if slept := cells[1] != cells[2] && cells[3] != cells[4]; slept != (night != "none") {
			t.Errorf("%s: weights have changed is %t", night, slept)
		}
	}
}
