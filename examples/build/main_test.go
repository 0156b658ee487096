package main

import (
	"bytes"
	"strings"
	"testing"
)

// The program runs, in a short form, and its local network is the larger one.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, 2, 1); err != nil {
		t.Fatal(err)
	}
	// 5×5×3, 3×3×2 and 1×1×2 weights for 2, 4 and 4 channels, at one location or
	// at 16×16 and twice 8×8; 2 and 4 scales and shifts; 4×10 weights and 10 biases.
	for _, want := range []string{"V2.skip  local", "convolutional              292 ", "locally connected        43582 "} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
