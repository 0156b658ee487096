package results

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"time"

	"github.com/pkg/errors"
)

// number is a float64 as files have it: in its shortest form, and in JSON as a string if
// it is not finite.
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
	return errors.Wrap(err, "results: number")
}

func (c *Comparison) encodeJSON(outcomes []Outcome) ([]byte, error) {
	text, err := json.MarshalIndent(c.asJSON(outcomes), "", "  ")
	return append(text, '\n'), err
}

// The types below are the exported ones with other fields in place of those that JSON
// cannot hold as they are: an outer field hides the inner one of the same JSON name. The
// inner type has the fields of the exported type, but not its methods.
type (
	innerComparison Comparison
	innerVariant    Variant

	jsonComparison struct {
		*innerComparison
		Seconds number           `json:"duration_seconds"`
		Finding string           `json:"finding"`
		Results []map[string]any `json:"results"`
	}
	jsonVariant struct {
		*innerVariant
		LearningRate number `json:"learning_rate"`
	}
)

// MarshalJSON adds the results, which are derived from the variants, for programs
// that would rather not compute them.
func (c Comparison) MarshalJSON() ([]byte, error) { return json.Marshal(c.asJSON(c.Outcomes())) }

func (c *Comparison) asJSON(outcomes []Outcome) jsonComparison {
	columns := c.outcomeColumns()
	objects := []map[string]any{}
	for _, o := range outcomes {
		object := map[string]any{}
		for _, column := range columns {
			object[column.name] = column.cell(&o)
		}
		objects = append(objects, object)
	}
	return jsonComparison{(*innerComparison)(c), number(c.Duration.Seconds()), c.Finding, objects}
}

// UnmarshalJSON reads what MarshalJSON writes.
func (c *Comparison) UnmarshalJSON(text []byte) error {
	object := jsonComparison{innerComparison: (*innerComparison)(c)}
	if err := json.Unmarshal(text, &object); err != nil {
		return errors.Wrap(err, "results: JSON")
	}
	c.Duration = time.Duration(math.Round(float64(object.Seconds) * float64(time.Second)))
	c.Finding = object.Finding
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

// jsonLayer is a Layer in JSON, with the names of its measures as keys.
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
	for _, m := range EpochMeasures {
		object[m.Name] = number(*m.Value(&e))
	}
	if e.Layers != nil {
		object["layers"] = e.Layers
	}
	return json.Marshal(object)
}

// UnmarshalJSON reads what MarshalJSON writes. A missing measure is NaN.
func (e *Epoch) UnmarshalJSON(text []byte) error {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return err
	}
	for name, field := range map[string]any{"epoch": &e.Epoch, "step": &e.Step, "layers": &e.Layers} {
		if value, ok := object[name]; ok {
			if err := json.Unmarshal(value, field); err != nil {
				return errors.Wrapf(err, "results: %s", name)
			}
		}
	}
	for _, m := range EpochMeasures {
		value := number(math.NaN())
		if text, ok := object[m.Name]; ok {
			if err := json.Unmarshal(text, &value); err != nil {
				return errors.Wrapf(err, "results: %s", m.Name)
			}
		}
		*m.Value(e) = float64(value)
	}
	return nil
}
