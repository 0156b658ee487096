package report

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/pkg/errors"
)

// number is a float64 in the files: shortest form; in JSON a string if it is
// not finite.
type number float64

func (x number) String() string { return strconv.FormatFloat(float64(x), 'g', -1, 64) }

func (x number) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
		return json.Marshal(x.String())
	}
	return []byte(x.String()), nil
}

func (x *number) UnmarshalJSON(text []byte) error {
	value, err := strconv.ParseFloat(string(bytes.Trim(text, `"`)), 64)
	*x = number(value)
	return errors.Wrap(err, "report: number")
}

// resultColumn is a column of results.csv and a field of the results in JSON.
type resultColumn struct {
	name string
	cell func(*result) any // a string, int, bool or number
}

func (r *Report) resultColumns() []resultColumn {
	columns := []resultColumn{
		{"variant", func(r *result) any { return r.Name }},
		{"parameters", func(r *result) any { return r.Parameters }},
		{"local", func(r *result) any { return r.Local }},
		{"learning_rate", func(r *result) any { return number(r.LearningRate) }},
		{"runs", func(r *result) any { return len(r.Runs) }},
		{"runs_complete", func(r *result) any { return r.complete() }},
		{r.headline().top1.name + "_difference", func(r *result) any { return number(r.difference) }},
		{r.headline().top1.name + "_se", func(r *result) any { return number(r.top1Error) }},
		{"gap_won_back", func(r *result) any { return number(r.share.value) }},
		{"gap_won_back_low", func(r *result) any { return number(r.share.low) }},
		{"gap_won_back_high", func(r *result) any { return number(r.share.high) }},
	}
	for _, m := range measures {
		if m.final {
			columns = append(columns,
				resultColumn{m.name, func(r *result) any { return number(r.final[m.name].mean) }},
				resultColumn{m.name + "_sd", func(r *result) any { return number(r.final[m.name].spread) }})
		}
	}
	return append(columns,
		resultColumn{"seconds_per_epoch", func(r *result) any { return number(r.epochTime) }},
		resultColumn{"seconds", func(r *result) any { return number(r.totalTime) }})
}

// resultRecords returns the rows of results.csv, its header first.
func (r *Report) resultRecords(results []result) [][]string {
	columns := append(r.resultColumns(), r.brainResults()...)
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = c.name
	}
	records := [][]string{header}
	for _, result := range results {
		record := make([]string, len(columns))
		for i, c := range columns {
			record[i] = cellText(c.cell(&result))
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
func (r *Report) epochRecords() [][]string {
	header := []string{"variant", "seed", "epoch", "step"}
	for _, m := range measures {
		header = append(header, m.name)
	}
	records := [][]string{header}
	for _, v := range r.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				record := []string{v.Name, strconv.FormatUint(run.Seed, 10), strconv.Itoa(e.Epoch), strconv.Itoa(e.Step)}
				for _, m := range measures {
					record = append(record, number(*m.value(&e)).String())
				}
				records = append(records, record)
			}
		}
	}
	return records
}

// layerRecords returns the rows of layers.csv, its header first.
func (r *Report) layerRecords() [][]string {
	header := []string{"variant", "seed", "epoch", "layer"}
	for _, m := range layerMeasures {
		header = append(header, m.name)
	}
	records := [][]string{header}
	for _, v := range r.Variants {
		for _, run := range v.Runs {
			for _, e := range run.Epochs {
				for _, l := range e.Layers {
					record := []string{v.Name, strconv.FormatUint(run.Seed, 10), strconv.Itoa(e.Epoch), l.Name}
					for _, m := range layerMeasures {
						record = append(record, number(*m.layer(&l)).String())
					}
					records = append(records, record)
				}
			}
		}
	}
	return records
}

func encodeCSV(records [][]string) ([]byte, error) {
	var text bytes.Buffer
	err := csv.NewWriter(&text).WriteAll(records)
	return text.Bytes(), err
}

func (r *Report) encodeJSON(results []result) ([]byte, error) {
	text, err := json.MarshalIndent(r.asJSON(results), "", "  ")
	return append(text, '\n'), err
}

// The types below are the exported ones with the fields replaced that JSON
// cannot hold as they are: an outer field hides the inner one of the same name.
// The inner type has the fields of the exported type, but not its methods.
type (
	innerReport  Report
	innerVariant Variant

	jsonReport struct {
		*innerReport
		Seconds number           `json:"duration_seconds"`
		Finding string           `json:"finding"`
		Results []map[string]any `json:"results"`
	}
	jsonVariant struct {
		*innerVariant
		LearningRate number `json:"learning_rate"`
	}
)

// MarshalJSON adds the results, and what they come to in plain words, which are
// derived from the variants, for programs that would rather not compute them.
func (r Report) MarshalJSON() ([]byte, error) { return json.Marshal(r.asJSON(r.results())) }

func (r *Report) asJSON(results []result) jsonReport {
	objects := []map[string]any{}
	for _, result := range results {
		object := map[string]any{}
		for _, c := range append(r.resultColumns(), r.brainResults()...) {
			object[c.name] = c.cell(&result)
		}
		objects = append(objects, object)
	}
	return jsonReport{(*innerReport)(r), number(r.Duration.Seconds()), r.finding(results), objects}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (r *Report) UnmarshalJSON(text []byte) error {
	object := jsonReport{innerReport: (*innerReport)(r)}
	if err := json.Unmarshal(text, &object); err != nil {
		return errors.Wrap(err, "report: JSON")
	}
	r.Duration = time.Duration(math.Round(float64(object.Seconds) * float64(time.Second)))
	return nil
}

// MarshalJSON writes a learning rate that is not finite as a string.
func (v Variant) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonVariant{(*innerVariant)(&v), number(v.LearningRate)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (v *Variant) UnmarshalJSON(text []byte) error {
	object := jsonVariant{innerVariant: (*innerVariant)(v)}
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	v.LearningRate = float64(object.LearningRate)
	return nil
}

// jsonLayer is a Layer by the names of its measures.
type jsonLayer struct {
	Name   string `json:"layer"`
	SNR    number `json:"weight_snr"`
	Pool   number `json:"pool_snr"`
	Spread number `json:"sleep_spread"`
	Cosine number `json:"sleep_cosine"`
}

// MarshalJSON writes the columns of layers.csv.
func (l Layer) MarshalJSON() ([]byte, error) {
	return json.Marshal(jsonLayer{l.Name, number(l.SNR), number(l.PoolSNR), number(l.Spread), number(l.Cosine)})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (l *Layer) UnmarshalJSON(text []byte) error {
	var object jsonLayer
	err := json.Unmarshal(text, &object)
	*l = Layer{object.Name, float64(object.SNR), float64(object.Pool), float64(object.Spread), float64(object.Cosine)}
	return err
}

// MarshalJSON writes the columns of epochs.csv.
func (e Epoch) MarshalJSON() ([]byte, error) {
	object := map[string]any{"epoch": e.Epoch, "step": e.Step}
	for _, m := range measures {
		object[m.name] = number(*m.value(&e))
	}
	if e.Layers != nil {
		object["layers"] = e.Layers
	}
	return json.Marshal(object)
}

// UnmarshalJSON reads what MarshalJSON writes. A measure that is not there is
// NaN.
func (e *Epoch) UnmarshalJSON(text []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	for name, field := range map[string]any{"epoch": &e.Epoch, "step": &e.Step, "layers": &e.Layers} {
		if value, ok := object[name]; ok {
			if err := json.Unmarshal(value, field); err != nil {
				return errors.Wrapf(err, "report: %s", name)
			}
		}
	}
	for _, m := range measures {
		value := number(math.NaN())
		if text, ok := object[m.name]; ok {
			if err := json.Unmarshal(text, &value); err != nil {
				return errors.Wrapf(err, "report: %s", m.name)
			}
		}
		*m.value(e) = float64(value)
	}
	return nil
}
