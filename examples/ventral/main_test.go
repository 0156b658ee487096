package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// The program runs, in a short form, and draws its picture. What humans have in
// common with monkeys does not depend on networks.
func TestRun(t *testing.T) {
	picture := filepath.Join(t.TempDir(), "ventral.png")
	var out, progress bytes.Buffer
	if err := run(&out, &progress, 1, 2, picture); err != nil {
		t.Fatal(err)
	}
	text := strings.Join(strings.Fields(out.String()), " ")
	for _, want := range []string{"untrained convolutional layer1 0.", "trained local layer3 0.", "humans IT 0.439 ± 0.0", "picture: " + picture} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, out.String())
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

// Ranks are drawn, from the lowest, 0, on; and the first stimulus above.
func TestPercentiles(t *testing.T) {
	r := percentiles(mat.NewSymDense(2, []float64{0, 7, 7, 3}))
	if got := []float64{r.Z(0, 1), r.Z(1, 0), r.Z(1, 1), r.Z(0, 0)}; got[0] != 0 || got[1] != 0.25 || got[2] != 0.5 || got[3] != 0.75 {
		t.Errorf("%v", got)
	}
}
