package speed

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"
)

// column is a column of speed.csv and a field of the rows in speed.json.
type column struct {
	name string
	cell func(*Row) any // a string, int or float64
}

var columns = []column{
	{"section", func(r *Row) any { return r.Section }},
	{"system", func(r *Row) any { return r.System }},
	{"version", func(r *Row) any { return r.Version }},
	{"variant", func(r *Row) any { return r.Variant }},
	{"batch", func(r *Row) any { return r.Batch }},
	{"threads", func(r *Row) any { return r.Threads }},
	{"layer", func(r *Row) any { return r.Layer }},
	{"geometry", func(r *Row) any { return r.Geometry }},
	{"count", func(r *Row) any { return r.Count }},
	{"phase", func(r *Row) any { return r.Phase }},
	{"path", func(r *Row) any { return r.Path }},
	{"milliseconds", func(r *Row) any { return absentIfZero(r.Milliseconds) }},
	{"steps", func(r *Row) any { return r.Steps }},
	{"rate", func(r *Row) any { return absentIfZero(r.Rate) }},
	{"unit", func(r *Row) any { return r.Unit }},
	{"gflops", func(r *Row) any { return absentIfZero(r.gigaflops()) }},
	{"share", func(r *Row) any { return absentIfZero(r.Share) }},
	{"ratio", func(r *Row) any { return absentIfZero(r.Ratio) }},
	{"score", func(r *Row) any { return absentIfZero(r.Score) }},
	{"heap_bytes", func(r *Row) any { return r.HeapBytes }},
	{"peak_bytes", func(r *Row) any { return r.PeakBytes }},
}

func absentIfZero(x float64) float64 {
	if x == 0 {
		return math.NaN()
	}
	return x
}

// text returns a cell of a file; what does not apply is empty.
func text(cell any) string {
	switch x := cell.(type) {
	case int:
		if x == 0 {
			return ""
		}
		return strconv.Itoa(x)
	case float64:
		if math.IsNaN(x) {
			return ""
		}
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	return cell.(string)
}

// records returns the rows of speed.csv, its header first.
func (r *Result) records() [][]string {
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.name
	}
	records := [][]string{header}
	for _, row := range r.Rows {
		record := make([]string, len(columns))
		for i, c := range columns {
			record[i] = text(c.cell(&row))
		}
		records = append(records, record)
	}
	return records
}

// MarshalJSON writes a row as an object of the columns that apply to it.
func (r Row) MarshalJSON() ([]byte, error) {
	object := map[string]any{}
	for _, c := range columns {
		if cell := c.cell(&r); text(cell) != "" {
			object[c.name] = cell
		}
	}
	return json.Marshal(object)
}

// Write writes speed.csv, a line a row, and speed.json, which holds everything,
// to the folder, which it creates if necessary. Each file is replaced as a
// whole (except on Windows, which cannot). The error names the file.
func (r *Result) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "speed: cannot create folder %q", dir)
	}
	content, err := json.MarshalIndent(r, "", "  ")
	if err := save(dir, "speed.json", append(content, '\n'), err); err != nil {
		return err
	}
	var lines bytes.Buffer
	err = csv.NewWriter(&lines).WriteAll(r.records())
	return save(dir, "speed.csv", lines.Bytes(), err)
}

func save(dir, name string, content []byte, err error) error {
	if err == nil {
		err = maybe.WriteFile(filepath.Join(dir, name), content, 0o644)
	}
	return errors.Wrapf(err, "speed: %s", name)
}
