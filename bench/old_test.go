package main

import (
	"bytes"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"hypnos/bench/experiment"
	"hypnos/internal/checkpoint"
)

// old copies a folder of runs that a program wrote which kept flags as text:
//
//	bench train -variant lc-sleep-3 -first-conv 6 -sleep hebbian -sleep-iterations 2 -sleep-patterns 4 \
//	    -epochs 2 -width 1 -batch 800 -flip -checkpoint-every 1 -keep 5    (its first checkpoint)
//	bench compare -variants conv -epochs 1 -width 1 -batch 800 -seeds 2
func old(t *testing.T, name string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "format1", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// A training of a program before this one goes on, to the numbers of one that was never
// stopped, but for rounding: weight gradients of convolutions add up in another order since.
// With other settings it is refused in one line that says what has changed.
func TestOldTraining(t *testing.T) {
	dir, whole := old(t, "train"), t.TempDir()
	status, stdout, stderr := bench(t.Context(), "train", "-resume", dir, "-batch", "400", "-sleep", "instant")
	if want := "checkpoint-1 in " + dir + " is of a run with other settings: -batch 800, now 400; -sleep hebbian, now instant\n"; status != 1 || stdout != "" || !strings.HasSuffix(stderr, want) || strings.Count(stderr, "\n") != 1 {
		t.Errorf("other settings: status %d, %s%s", status, stdout, stderr)
	}
	kept, err := experiment.Load(dir, false)
	if err != nil || kept.Spec.Sleep.Kind != "hebbian" || kept.Spec.Evaluation.Every != 1 || kept.Spec.Variants[0] != "lc-sleep-3" {
		t.Fatalf("%+v, %v", kept, err)
	}
	_, stderr = trained(t, "-resume", dir)
	if !strings.Contains(stderr, "goes on after step 5 of 10") || !strings.Contains(stderr, "made by another build of this program") {
		t.Errorf("stderr %q", stderr)
	}
	if strings.Contains(stderr, "computed with") {
		t.Skip("another processor computes other bits")
	}
	trained(t, strings.Fields("-variant lc-sleep-3 -first-conv 6 -sleep hebbian -sleep-iterations 2 -sleep-patterns 4 -epochs 2 -width 1 -batch 800 -flip -out "+whole)...)
	near(t, "checkpoint-2.safetensors", weightsOf(t, filepath.Join(dir, "checkpoint-2.safetensors")), weightsOf(t, filepath.Join(whole, "checkpoint-2.safetensors")))
	near(t, "layers.csv", numbersOf(t, filepath.Join(dir, "layers.csv")), numbersOf(t, filepath.Join(whole, "layers.csv")))
	// What it wrote is this program's, and goes on likewise.
	if _, stderr := trained(t, "-resume", dir); !strings.Contains(stderr, "was finished before") || strings.Contains(stderr, "another build") {
		t.Errorf("once more: %q", stderr)
	}
}

// near fails unless two programs' lists of numbers, by name, agree but for rounding.
func near(t *testing.T, file string, got, want map[string][]float64) {
	t.Helper()
	if len(got) != len(want) || len(want) == 0 {
		t.Fatalf("%s: %d lists, want %d", file, len(got), len(want))
	}
	for name := range want {
		if len(got[name]) != len(want[name]) {
			t.Fatalf("%s: %s has %d numbers, want %d", file, name, len(got[name]), len(want[name]))
		}
		largest := 1e-3 // a gradient that cancels is nothing but rounding, by which Adam takes steps
		for _, v := range want[name] {
			largest = max(largest, math.Abs(v))
		}
		for i, v := range want[name] {
			if !(math.Abs(got[name][i]-v) <= 1e-3*largest) {
				t.Fatalf("%s: number %d of %s is %v, want %v", file, i, name, got[name][i], v)
			}
		}
	}
}

// weightsOf reads all tensors of a file.
func weightsOf(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	file, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[string][]float64{}
	for _, d := range file.Dicts {
		for _, name := range d.Names() {
			shape, err := d.Shape(name)
			if err != nil {
				t.Fatal(err)
			}
			count := 1
			for _, n := range shape {
				count *= n
			}
			values := make([]float32, count)
			if err := d.Read(name, values); err != nil {
				t.Fatal(err)
			}
			for _, v := range values {
				all[name] = append(all[name], float64(v))
			}
		}
	}
	return all
}

// numbersOf reads the columns of a table, of which words are 0.
func numbersOf(t *testing.T, path string) map[string][]float64 {
	t.Helper()
	records, err := csv.NewReader(bytes.NewReader(read(t, path))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]float64{}
	for _, record := range records[1:] {
		for i, cell := range record {
			v, _ := strconv.ParseFloat(cell, 64)
			all[records[0][i]] = append(all[records[0][i]], v)
		}
	}
	return all
}

// A comparison of a program before this one is taken as it is.
func TestOldComparison(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "runs"), os.DirFS(filepath.Join("testdata", "format1", "runs"))); err != nil {
		t.Fatal(err)
	}
	flags := []string{"compare", "-variants", "conv", "-width", "1", "-batch", "800", "-seeds", "2", "-out", dir}
	status, _, stderr := bench(t.Context(), append(flags, "-epochs", "1")...)
	if status != 0 || !strings.Contains(stderr, "was finished before") || strings.Contains(stderr, "epoch 1 of 1") {
		t.Errorf("status %d, %s", status, stderr)
	}
	status, stdout, stderr := bench(t.Context(), append(flags, "-epochs", "2")...)
	if want := "conv-seed-1 is of a run with other settings: -epochs 1, now 2 (-fresh starts anew, another -out leaves it as it is)\n"; status != 1 || stdout != "" || !strings.HasSuffix(stderr, want) {
		t.Errorf("other settings: status %d, %s%s", status, stdout, stderr)
	}
}
