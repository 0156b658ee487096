package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/plot"
)

// The program runs, in a short form, and draws its picture. What humans have in
// common with monkeys does not depend on networks.
func TestRun(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "ventral.png")
	var out, progress bytes.Buffer
	if err := run(&out, &progress, 1, 2, picture); err != nil {
		t.Fatal(err)
	}
	table, rest, _ := strings.Cut(out.String(), "\n\n")
	var rows []string
	for _, network := range []string{"untrained convolutional", "trained convolutional", "untrained local", "trained local"} {
		for _, area := range []string{"layer1", "layer2", "layer3"} {
			rows = append(rows, network+" "+area)
		}
		if !regexp.MustCompile(`  ` + network + `: layer[123], -?0\.\d{3} ± 0\.\d{3}\n`).MatchString(rest) {
			t.Errorf("no best area of the %s network in\n%s", network, rest)
		}
	}
	lines := strings.Split(table, "\n")[1:]
	rows = append(rows, "humans IT 0.439")
	if len(lines) != len(rows) {
		t.Fatalf("the table is\n%s", table)
	}
	for i, want := range rows {
		got := strings.Join(strings.Fields(lines[i]), " ")
		if !strings.HasPrefix(got, want) || !regexp.MustCompile(` -?0\.\d{3} ± 0\.\d{3}$`).MatchString(got) {
			t.Errorf("row %d is %q, want %s", i, got, want)
		}
	}
	f, err := os.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := png.Decode(f); err != nil {
		t.Error(err)
	}
}

// Ranks of pairs are drawn, from the lowest, 0, on, on both sides of a diagonal
// that has 0; and the first stimulus above.
func TestPercentiles(t *testing.T) {
	r := percentiles(mat.NewSymDense(3, []float64{
		5, 7, -1,
		7, 5, 3,
		-1, 3, 5,
	}))
	want := [3][3]float64{
		{0, 2. / 3, 0},
		{2. / 3, 0, 1. / 3},
		{0, 1. / 3, 0},
	}
	for i, row := range want {
		for j, share := range row {
			if got := r.Z(j, 2-i); got != share {
				t.Errorf("stimuli %d and %d: %v, want %v", i, j, got, share)
			}
		}
	}
}

// A category is named at the middle of its stimuli, the first above.
func TestNames(t *testing.T) {
	got := names([]string{"a", "a", "a", "b"})
	if want := (plot.ConstantTicks{{Value: 2, Label: "a"}, {Value: 0, Label: "b"}}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
