package main

import (
	"bytes"
	"strings"
	"testing"
)

// The program runs, in a short form, and its local network is the larger one.
func TestRun(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, 2, 1, false); err != nil {
		t.Fatal(err)
	}
	// 3×3 weights of 3·2 and 2·2, 2·4 and 4·4, 4·8 and 8·8 pairs of channels, and one
	// more of 3·2, 2·4 and 4·8, at one location or at 16×16, 8×8 and 4×4; twice 2, 4
	// and 8 scales and shifts; 8×10 weights and 10 biases.
	for _, want := range []string{
		"convolutional               1362           0.04 ", "locally connected          53394          0.005 ", "the same, with sleep       53394           0.01 ",
		"IT.skip   local",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}

// Each of the three is tried at six learning rates.
func TestChoose(t *testing.T) {
	var out bytes.Buffer
	if err := run(&out, 1, 1, true); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"convolutional ", "locally connected ", "the same, with sleep "} {
		if n := strings.Count(out.String(), "\n"+name); n != 6 {
			t.Errorf("%d of %s, want 6 in\n%s", n, name, out.String())
		}
	}
}
