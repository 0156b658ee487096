package main

import (
	"bytes"
	"strconv"
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

// What is composed by hand is what the Sleeper does, and rates come to rest.
func TestByHand(t *testing.T) {
	var out bytes.Buffer
	if err := byHand(&out, 5); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 10 {
		t.Fatalf("the tables are\n%s", out.String())
	}
	for i, kind := range []string{"hebbian", "dynamic"} {
		cells := strings.Fields(lines[1+i])
		if len(cells) != 5 || cells[0] != kind || cells[1] == cells[2] || cells[2] != cells[3] {
			t.Errorf("row %d is %q", i, lines[1+i])
		}
		if differ, err := strconv.ParseFloat(cells[4], 64); err != nil || differ > 5e-6 {
			t.Errorf("%s: weights differ by %v, %v", kind, cells[4], err)
		}
	}
	if rest := strings.Fields(lines[9])[1:]; strings.Join(rest, " ") != "-0.73 0.27 1.27 4.27" { // 1 + z - 10/11·3
		t.Errorf("rates come to rest at %v", rest)
	}
}
