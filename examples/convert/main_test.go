package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Exact copies keep all logits, asleep and awake; noise does not, and a sleep
// brings the network nearer again.
func TestRun(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "convert.png")
	var out bytes.Buffer
	if err := run(&out, picture); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != 3+6+2 {
		t.Fatalf("the output is\n%s", out.String())
	}
	if first := strings.Join(strings.Fields(lines[3]), " "); first != "0 ∞ 0 100.0 ∞ 0 100.0" {
		t.Errorf("without noise: %s", first)
	}
	for _, line := range lines[4:9] {
		cells := strings.Fields(line) // noise, SNR, distance, same class, and again
		number := func(i int) float64 {
			v, err := strconv.ParseFloat(cells[i], 64)
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		if !(number(1) < number(4) && number(2) > number(5) && number(5) > 0 && number(3) <= number(6)) {
			t.Errorf("a sleep does not help: %s", line)
		}
	}
	if info, err := os.Stat(picture); err != nil || info.Size() == 0 {
		t.Error(err)
	}
}
