package results

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
)

// WriteFiles writes the files for programs to the folder, which it creates if
// necessary, each as a whole. The error names the file.
func (b *Brain) WriteFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "results: cannot create folder %q", dir)
	}
	content, err := b.encodeJSON()
	if err := writeFile(dir, "brain.json", content, err); err != nil {
		return err
	}
	if err := WriteCSV(dir, "areas.csv", records(brainScoreColumns, b.Areas)); err != nil {
		return err
	}
	if err := WriteCSV(dir, "best.csv", records(brainScoreColumns, slices.Concat(b.Best, b.Given))); err != nil {
		return err
	}
	if err := WriteCSV(dir, "differences.csv", records(differenceColumns, b.Differences)); err != nil {
		return err
	}
	return WriteCSV(dir, "models.csv", records(pairColumns, b.Pairs))
}

// column is a column of a CSV file of T and a field of T in JSON.
type column[T any] struct {
	name  string
	field func(*T) any // where it is stored: a *string, *uint64 or *float64
}

var brainScoreColumns = []column[BrainScore]{
	{"region", func(s *BrainScore) any { return &s.Region }},
	{"measure", func(s *BrainScore) any { return &s.Measure }},
	{"model", func(s *BrainScore) any { return &s.Model }},
	{"seed", func(s *BrainScore) any { return &s.Seed }},
	{"area", func(s *BrainScore) any { return &s.Area }},
	{"value", func(s *BrainScore) any { return &s.Value }},
	{"error", func(s *BrainScore) any { return &s.Error }},
	{"ceiling_low", func(s *BrainScore) any { return &s.Low }},
	{"ceiling_high", func(s *BrainScore) any { return &s.High }},
	{"ceiling_error", func(s *BrainScore) any { return &s.CeilingError }},
	{"p", func(s *BrainScore) any { return &s.P }},
	{"explained_variance", func(s *BrainScore) any { return &s.ExplainedVariance }},
	{"squared_ratio", func(s *BrainScore) any { return &s.SquaredRatio }},
}

var differenceColumns = []column[BrainDifference]{
	{"region", func(d *BrainDifference) any { return &d.Region }},
	{"measure", func(d *BrainDifference) any { return &d.Measure }},
	{"a", func(d *BrainDifference) any { return &d.A }},
	{"b", func(d *BrainDifference) any { return &d.B }},
	{"difference", func(d *BrainDifference) any { return &d.Value }},
	{"error", func(d *BrainDifference) any { return &d.Error }},
}

var pairColumns = []column[BrainPair]{
	{"a", func(p *BrainPair) any { return &p.A }},
	{"b", func(p *BrainPair) any { return &p.B }},
	{"cka", func(p *BrainPair) any { return &p.CKA }},
	{"rsa", func(p *BrainPair) any { return &p.RSA }},
}

// records returns the rows of a CSV file, its header first.
func records[T any](columns []column[T], values []T) [][]string {
	rows := make([][]string, 1+len(values))
	for _, c := range columns {
		rows[0] = append(rows[0], c.name)
		for i := range values {
			rows[i+1] = append(rows[i+1], fieldText(c.field(&values[i])))
		}
	}
	return rows
}

func fieldText(field any) string {
	switch x := field.(type) {
	case *string:
		return *x
	case *uint64:
		return strconv.FormatUint(*x, 10)
	default:
		return number(*x.(*float64)).String()
	}
}

func encodeColumns[T any](columns []column[T], value T) ([]byte, error) {
	object := map[string]any{}
	for _, c := range columns {
		field := c.field(&value)
		if x, ok := field.(*float64); ok {
			field = number(*x)
		}
		object[c.name] = field
	}
	return json.Marshal(object)
}

// decodeColumns reads what encodeColumns writes. A missing number is NaN.
func decodeColumns[T any](columns []column[T], text []byte, value *T) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	for _, c := range columns {
		field := c.field(value)
		x, isNumber := field.(*float64)
		if isNumber {
			*x = math.NaN()
			field = (*number)(x)
		}
		if text, ok := object[c.name]; ok {
			if err := json.Unmarshal(text, field); err != nil {
				return errors.Wrapf(err, "results: %s", c.name)
			}
		}
	}
	return nil
}

// MarshalJSON writes the columns of areas.csv.
func (s BrainScore) MarshalJSON() ([]byte, error) { return encodeColumns(brainScoreColumns, s) }

// UnmarshalJSON reads what MarshalJSON writes.
func (s *BrainScore) UnmarshalJSON(text []byte) error {
	return decodeColumns(brainScoreColumns, text, s)
}

// MarshalJSON writes the columns of differences.csv.
func (d BrainDifference) MarshalJSON() ([]byte, error) { return encodeColumns(differenceColumns, d) }

// UnmarshalJSON reads what MarshalJSON writes.
func (d *BrainDifference) UnmarshalJSON(text []byte) error {
	return decodeColumns(differenceColumns, text, d)
}

// MarshalJSON writes the columns of models.csv.
func (p BrainPair) MarshalJSON() ([]byte, error) { return encodeColumns(pairColumns, p) }

// UnmarshalJSON reads what MarshalJSON writes.
func (p *BrainPair) UnmarshalJSON(text []byte) error { return decodeColumns(pairColumns, text, p) }

// jsonMatrix holds the upper triangle: row i is the dissimilarities of stimulus
// i to itself and to those after it.
type jsonMatrix struct {
	Name string     `json:"name"`
	Rows [][]number `json:"dissimilarities_upper"`
}

// MarshalJSON writes the upper triangle with the diagonal, row by row.
func (m BrainMatrix) MarshalJSON() ([]byte, error) {
	object := jsonMatrix{Name: m.Name}
	n := m.Stimuli()
	for i := range n {
		row := make([]number, 0, n-i)
		for j := i; j < n; j++ {
			row = append(row, number(m.Dissimilarities.At(i, j)))
		}
		object.Rows = append(object.Rows, row)
	}
	return json.Marshal(object)
}

// UnmarshalJSON reads what MarshalJSON writes. It is an error if the rows are
// not those of an upper triangle.
func (m *BrainMatrix) UnmarshalJSON(text []byte) error {
	var object jsonMatrix
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	*m = BrainMatrix{Name: object.Name}
	n := len(object.Rows)
	if n == 0 {
		return nil
	}
	// Check all rows before memory for n² numbers is allocated.
	for i, row := range object.Rows {
		if len(row) != n-i {
			return errors.Errorf("results: matrix %q: row %d of %d has %d values, want %d", m.Name, i, n, len(row), n-i)
		}
	}
	d := mat.NewSymDense(n, nil)
	for i, row := range object.Rows {
		for j, x := range row {
			d.SetSym(i, i+j, float64(x))
		}
	}
	m.Dissimilarities = d
	return nil
}

// See innerComparison.
type (
	innerBrain Brain

	jsonBrain struct {
		*innerBrain
		Seconds number `json:"duration_seconds"`
	}
)

// MarshalJSON writes the duration in seconds.
func (b Brain) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonBrain{(*innerBrain)(&b), number(b.Duration.Seconds())})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (b *Brain) UnmarshalJSON(text []byte) error {
	object := jsonBrain{innerBrain: (*innerBrain)(b)}
	if err := json.Unmarshal(text, &object); err != nil {
		return errors.Wrap(err, "results: JSON")
	}
	b.Duration = time.Duration(math.Round(float64(object.Seconds) * float64(time.Second)))
	return nil
}

// encodeJSON does not indent: a line for each number of a matrix would be most of the
// file.
func (b *Brain) encodeJSON() ([]byte, error) {
	const most = 1000 // stimuli of a matrix that is written
	small := *b
	small.Matrices = slices.DeleteFunc(slices.Clone(b.Matrices), func(m BrainMatrix) bool { return m.Stimuli() > most })
	text, err := json.Marshal(&small)
	return append(text, '\n'), err
}
