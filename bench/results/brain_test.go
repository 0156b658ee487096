package results

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// oddBrain returns results with a row in every file, and numbers that JSON does not have.
func oddBrain() *Brain {
	score := func(area string, value float64) BrainScore {
		nan := math.NaN()
		return BrainScore{"IT", MeasurePLS, "lc", 3, area, value, 0.01, 0.8, 0.8, math.Inf(-1), nan, value * value / 0.8, nan}
	}
	return &Brain{
		Regions: []string{"IT"}, Measures: []string{MeasurePLS}, Models: []string{"lc"},
		Areas: BrainScores{score("V1, with a comma", 0.5), score("V4", math.Inf(1))}, Best: BrainScores{score("V4", 0.25)}, Given: BrainScores{score("", 0.125)},
		Differences: []BrainDifference{{"IT", MeasurePLS, "lc", "conv", -0.125, math.NaN()}},
		Matrices:    []BrainMatrix{{"IT", mat.NewSymDense(2, []float64{0, 1, 1, 0})}},
		Pairs:       []BrainPair{{"lc: V1", "lc: V4", 0.5, math.NaN()}},
	}
}

func TestBrainFiles(t *testing.T) {
	dir := t.TempDir()
	b := oddBrain()
	if err := b.WriteFiles(dir); err != nil {
		t.Fatal(err)
	}
	rows := func(name string) [][]string {
		text, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	checkRecords(t, brainScoreColumns, rows("areas.csv"), b.Areas)
	checkRecords(t, brainScoreColumns, rows("best.csv"), slices.Concat(b.Best, b.Given))
	checkRecords(t, differenceColumns, rows("differences.csv"), b.Differences)
	checkRecords(t, pairColumns, rows("models.csv"), b.Pairs)
}

// checkRecords reads the rows of a CSV file and compares them with the values.
func checkRecords[T any](t *testing.T, columns []column[T], rows [][]string, values []T) {
	t.Helper()
	if len(rows) != 1+len(values) {
		t.Fatalf("%d rows, want %d", len(rows), 1+len(values))
	}
	for i := range values {
		for j, c := range columns {
			cell, same := rows[i+1][j], false
			switch x := c.field(&values[i]).(type) {
			case *string:
				same = cell == *x
			case *uint64:
				n, err := strconv.ParseUint(cell, 10, 64)
				same = err == nil && n == *x
			case *float64:
				v, err := strconv.ParseFloat(cell, 64)
				same = err == nil && (v == *x || math.IsNaN(v) && math.IsNaN(*x))
			}
			if !same || rows[0][j] != c.name {
				t.Fatalf("row %d, %s: %q", i, rows[0][j], cell)
			}
		}
	}
}

// Every field of a score has a column of its own, and there are no other columns.
func TestBrainScoreColumns(t *testing.T) {
	var s BrainScore
	seen := map[any]bool{}
	for _, c := range brainScoreColumns {
		seen[c.field(&s)] = true
	}
	if fields := reflect.TypeFor[BrainScore]().NumField(); len(seen) != fields || len(brainScoreColumns) != fields {
		t.Errorf("%d columns of %d fields, want %d", len(brainScoreColumns), len(seen), fields)
	}
}

// Percentiles against counting, with ties and NaN.
func TestPercentiles(t *testing.T) {
	const n = 12
	random := rand.New(rand.NewPCG(5, 6))
	d := mat.NewSymDense(n, nil)
	var all []float64
	for i := range n {
		for j := i + 1; j < n; j++ {
			x := float64(random.IntN(20)) / 10
			if random.IntN(10) == 0 {
				x = math.NaN()
			} else {
				all = append(all, x)
			}
			d.SetSym(i, j, x)
		}
	}
	shares := BrainMatrix{Dissimilarities: d}.Percentiles()
	for i := range n {
		for j := range n {
			want := 0.
			for _, x := range all {
				switch {
				case i == j:
				case x < d.At(i, j):
					want += 1 / float64(len(all))
				case x == d.At(i, j):
					want += 0.5 / float64(len(all))
				}
			}
			if math.IsNaN(d.At(i, j)) {
				want = math.NaN()
			}
			if got := shares.At(i, j); !(math.Abs(got-want) < 1e-12) && !(math.IsNaN(got) && math.IsNaN(want)) {
				t.Fatalf("%d, %d: %g, want %g", i, j, got, want)
			}
		}
	}
}

// The values are those of Python's statistics.NormalDist().inv_cdf(1 - 0.025/pairs); for
// one pair the limit is two.
func TestErrorLimit(t *testing.T) {
	for pairs, want := range map[int]float64{1: 2, 3: 2.39398, 21: 3.03807} {
		if got := ErrorLimit(pairs); math.Abs(got-want) > 1e-4 {
			t.Errorf("of %d pairs %v, want %v", pairs, got, want)
		}
	}
}

func FuzzBrainJSON(f *testing.F) {
	text, err := oddBrain().encodeJSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"matrices":[{"name":"a","dissimilarities_upper":[[0,"NaN"],[0]]}],"alike":[{"a":"x","cka":"+Inf"}]}`))
	f.Add([]byte(`{"matrices":[{"dissimilarities_upper":[[0],[0,1]]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		var b, back Brain
		if json.Unmarshal(text, &b) != nil {
			return
		}
		first, err := b.encodeJSON()
		if err != nil {
			t.Skip(err) // a year that JSON cannot write
		}
		if err := json.Unmarshal(first, &back); err != nil {
			t.Fatalf("%v: %s", err, first)
		}
		if second, err := back.encodeJSON(); err != nil || !bytes.Equal(first, second) {
			t.Errorf("%s\nbecomes\n%s\n%v", first, second, err)
		}
	})
}

func TestMatrixJSON(t *testing.T) {
	var m BrainMatrix
	if err := json.Unmarshal([]byte(`{"name":"IT","dissimilarities_upper":[[0,1,2],[0,3],[0]]}`), &m); err != nil {
		t.Fatal(err)
	}
	if want := mat.NewSymDense(3, []float64{0, 1, 2, 1, 0, 3, 2, 3, 0}); !mat.Equal(m.Dissimilarities, want) {
		t.Errorf("matrix %v", m.Dissimilarities)
	}
	err := json.Unmarshal([]byte(`{"name":"IT","dissimilarities_upper":[[0,1,2],[0],[0]]}`), &m)
	if err == nil || !strings.Contains(err.Error(), `matrix "IT": row 1 of 3 has 1 values, want 2`) {
		t.Errorf("rows of wrong lengths: %v", err)
	}
}
