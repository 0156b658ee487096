package results_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/sbinet/npyio/npz"

	"hypnos/bench/results"
	"hypnos/bench/results/resultstest"
)

// In an epoch that an older program wrote, measures that it did not know are NaN.
func TestOldEpoch(t *testing.T) {
	var e results.Epoch
	if err := json.Unmarshal([]byte(`{"epoch":3,"step":9,"test_loss":2,"test_top1":0.5,"test_top5":1,"train_loss":1}`), &e); err != nil {
		t.Fatal(err)
	}
	if e.Test != (results.Evaluation{Loss: 2, Top1: 0.5, Top5: 1}) || !math.IsNaN(e.Validation.Top1) || !math.IsNaN(e.TrainEval.Loss) || e.TrainLoss != 1 {
		t.Errorf("it is %+v", e)
	}
}

// The history has the columns of epochs.csv, also in a comparison without epochs.
func TestHistory(t *testing.T) {
	for name, r := range map[string]*results.Comparison{"whole": resultstest.Interrupted(), "empty": {}} {
		dir := t.TempDir()
		if err := r.WriteFiles(dir); err != nil {
			t.Fatal(err)
		}
		file, err := npz.Open(filepath.Join(dir, "history.npz"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		rows, err := csv.NewReader(bytes.NewReader(resultstest.Read(t, dir, "epochs.csv"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if got := file.Keys(); len(got) != len(rows[0]) {
			t.Errorf("%s: arrays %q, want %q", name, got, rows[0])
		}
		var variants []int64
		var seeds []uint64
		var losses []float64
		for array, values := range map[string]any{"variant.npy": &variants, "seed.npy": &seeds, "train_loss.npy": &losses} {
			if err := file.Read(array, values); err != nil {
				t.Fatalf("%s: %s: %v", name, array, err)
			}
		}
		if len(losses) != len(rows)-1 {
			t.Fatalf("%s: %d values, want %d", name, len(losses), len(rows)-1)
		}
		column := slices.Index(rows[0], "train_loss")
		for i, row := range rows[1:] {
			if got := []string{r.Variants[variants[i]].Name, fmt.Sprint(seeds[i]), strconv.FormatFloat(losses[i], 'g', -1, 64)}; !slices.Equal(got, []string{row[0], row[1], row[column]}) {
				t.Fatalf("row %d is %q, want %q", i, got, row)
			}
		}
	}
}
