package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hypnos/bench/experiment"
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

// A training of a program before this one goes on, to the bits of one that was never
// stopped, or is refused in one line that says what has changed.
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
	for _, name := range []string{"checkpoint-2.safetensors", "layers.csv"} {
		if got, want := read(t, filepath.Join(dir, name)), read(t, filepath.Join(whole, name)); string(got) != string(want) {
			t.Errorf("%s differs from that of a run that was never stopped", name)
		}
	}
	// What it wrote is this program's, and goes on likewise.
	if _, stderr := trained(t, "-resume", dir); !strings.Contains(stderr, "was finished before") || strings.Contains(stderr, "another build") {
		t.Errorf("once more: %q", stderr)
	}
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
