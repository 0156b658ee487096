package results

import (
	"bytes"
	"encoding/csv"
	"os"
	"path/filepath"
	"strconv"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"
)

// WriteFiles writes the comparison's files for programs to the folder, which it
// creates if necessary. Each file is replaced as a whole (except on Windows, which
// cannot). The error names the file.
func (c *Comparison) WriteFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "results: cannot create folder %q", dir)
	}
	outcomes := c.Outcomes()
	content, err := c.encodeJSON(outcomes)
	if err := writeFile(dir, "results.json", content, err); err != nil {
		return err
	}
	if err := WriteCSV(dir, "results.csv", c.outcomeRecords(outcomes)); err != nil {
		return err
	}
	if err := WriteCSV(dir, "epochs.csv", c.epochRecords()); err != nil {
		return err
	}
	if err := WriteCSV(dir, "layers.csv", c.layerRecords()); err != nil {
		return err
	}
	return errors.Wrap(c.writeHistory(filepath.Join(dir, "history.npz")), "results: history.npz")
}

// WriteCSV writes rows, their header first, to a CSV file of the folder, as a
// whole. The error names the file.
func WriteCSV(dir, name string, rows [][]string) error {
	var text bytes.Buffer
	err := csv.NewWriter(&text).WriteAll(rows)
	return writeFile(dir, name, text.Bytes(), err)
}

// writeFile writes a file of the folder, unless making its content failed with err.
func writeFile(dir, name string, content []byte, err error) error {
	if err == nil {
		err = maybe.WriteFile(filepath.Join(dir, name), content, 0o644)
	}
	return errors.Wrapf(err, "results: %s", name)
}

// outcomeColumn is a column of results.csv and a field of the results in JSON.
type outcomeColumn struct {
	name string
	cell func(*Outcome) any // a string, int, bool or number
}

func (c *Comparison) outcomeColumns() []outcomeColumn {
	top1 := c.Headline().Top1.Name
	columns := []outcomeColumn{
		{"variant", func(o *Outcome) any { return o.Name }},
		{"parameters", func(o *Outcome) any { return o.Parameters }},
		{"local", func(o *Outcome) any { return o.Local }},
		{"learning_rate", func(o *Outcome) any { return number(o.LearningRate) }},
		{"runs", func(o *Outcome) any { return len(o.Runs) }},
		{"runs_complete", func(o *Outcome) any { return o.CompleteRuns() }},
		{top1 + "_difference", func(o *Outcome) any { return number(o.Difference) }},
		{top1 + "_se", func(o *Outcome) any { return number(o.Top1Error) }},
		{"gap_won_back", func(o *Outcome) any { return number(o.Share.Value) }},
		{"gap_won_back_low", func(o *Outcome) any { return number(o.Share.Low) }},
		{"gap_won_back_high", func(o *Outcome) any { return number(o.Share.High) }},
	}
	for _, m := range EpochMeasures {
		if m.Final {
			columns = append(columns,
				outcomeColumn{m.Name, func(o *Outcome) any { return number(o.Final[m.Name].Mean) }},
				outcomeColumn{m.Name + "_sd", func(o *Outcome) any { return number(o.Final[m.Name].Deviation) }})
		}
	}
	columns = append(columns,
		outcomeColumn{"seconds_per_epoch", func(o *Outcome) any { return number(o.EpochTime) }},
		outcomeColumn{"seconds", func(o *Outcome) any { return number(o.TotalTime) }})
	return append(columns, c.scoreColumns()...)
}

// outcomeRecords returns the rows of results.csv, its header first.
func (c *Comparison) outcomeRecords(outcomes []Outcome) [][]string {
	columns := c.outcomeColumns()
	header := make([]string, len(columns))
	for i, column := range columns {
		header[i] = column.name
	}
	records := [][]string{header}
	for _, o := range outcomes {
		record := make([]string, len(columns))
		for i, column := range columns {
			record[i] = cellText(column.cell(&o))
		}
		records = append(records, record)
	}
	return records
}

func cellText(cell any) string {
	switch x := cell.(type) {
	case string:
		return x
	case int:
		return strconv.Itoa(x)
	case bool:
		return strconv.FormatBool(x)
	default:
		return x.(number).String()
	}
}

// epochRecords returns the rows of epochs.csv, its header first.
func (c *Comparison) epochRecords() [][]string {
	header := []string{"variant", "seed", "epoch", "step"}
	for _, m := range EpochMeasures {
		header = append(header, m.Name)
	}
	records := [][]string{header}
	for _, v := range c.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				record := []string{v.Name, strconv.FormatUint(run.Seed, 10), strconv.Itoa(e.Epoch), strconv.Itoa(e.Step)}
				for _, m := range EpochMeasures {
					record = append(record, number(*m.Value(&e)).String())
				}
				records = append(records, record)
			}
		}
	}
	return records
}

// layerRecords returns the rows of layers.csv, its header first.
func (c *Comparison) layerRecords() [][]string {
	header := []string{"variant", "seed", "epoch", "layer"}
	for _, m := range LayerMeasures {
		header = append(header, m.Name)
	}
	records := [][]string{header}
	for _, v := range c.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				for _, l := range e.Layers {
					record := []string{v.Name, strconv.FormatUint(run.Seed, 10), strconv.Itoa(e.Epoch), l.Name}
					for _, m := range LayerMeasures {
						record = append(record, number(*m.Layer(&l)).String())
					}
					records = append(records, record)
				}
			}
		}
	}
	return records
}
