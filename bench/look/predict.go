package look

import (
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"hypnos/bench/experiment"
	"hypnos/graph"
)

// Answer is a class that a network takes a picture for.
type Answer struct {
	Class       int     `json:"class"`
	Name        string  `json:"name"` // the index where classes have no names
	Probability float64 `json:"probability"`
}

// Predicted are the likeliest classes of a picture.
type Predicted struct {
	Picture string   `json:"picture"`
	Answers []Answer `json:"answers"`
}

// likeliest returns the classes of the largest logits, the first first; of equal
// ones the lower index.
func likeliest(logits []float32, top int, names []string) ([]Answer, error) {
	row := make([]float64, len(logits))
	answers := make([]Answer, len(logits))
	for i, v := range logits {
		row[i] = float64(v)
		answers[i] = Answer{Class: i, Name: strconv.Itoa(i)}
		if names != nil {
			answers[i].Name = names[i]
		}
	}
	sum := floats.LogSumExp(row)
	if math.IsNaN(sum) || math.IsInf(sum, 0) {
		return nil, errors.New("the network's answer is not finite")
	}
	for i := range answers {
		answers[i].Probability = math.Exp(row[i] - sum)
	}
	slices.SortStableFunc(answers, func(a, b Answer) int { return cmp.Compare(row[b.Class], row[a.Class]) })
	return answers[:min(top, len(answers))], nil
}

// Predict shows pictures to a network and returns the likeliest classes of each, so many
// of them. No names are indices.
func Predict(ctx context.Context, net *graph.Network, set *Pictures, top int, names []string, o experiment.Observer) ([]Predicted, error) {
	inference, err := net.Infer(min(set.Batch, set.Len()))
	if err != nil {
		return nil, err
	}
	o = o.Heard()
	o.Begin("predict", set.Len())
	defer o.End()
	var all []Predicted
	for batch, err := range set.Batches(ctx, o.Steps) {
		if err != nil {
			return nil, err
		}
		logits, err := inference.Logits(batch.Images)
		if err != nil {
			return nil, err
		}
		for one := range slices.Chunk(logits, net.Classes()) {
			picture := set.Name(len(all))
			answers, err := likeliest(one, top, names)
			if err != nil {
				return nil, errors.Wrap(err, picture)
			}
			all = append(all, Predicted{picture, answers})
		}
	}
	return all, nil
}

// WritePredictions writes what was predicted as CSV, as JSON or, for another extension,
// as a table.
func WritePredictions(w io.Writer, all []Predicted, extension string) error {
	switch extension {
	case ".csv":
		return writePredictionCSV(w, all)
	case ".json":
		encoder := json.NewEncoder(w)
		encoder.SetIndent("", "  ")
		return encoder.Encode(all)
	}
	return writePredictionTable(w, all)
}

func writePredictionTable(w io.Writer, all []Predicted) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprint(t, "picture")
	for i := range all[0].Answers {
		fmt.Fprintf(t, "\t%d\t%%", i+1)
	}
	for _, one := range all {
		fmt.Fprintf(t, "\n%s", one.Picture)
		for _, a := range one.Answers {
			fmt.Fprintf(t, "\t%s\t%4.1f", a.Name, 100*a.Probability)
		}
	}
	fmt.Fprintln(t)
	return t.Flush()
}

// writePredictionCSV writes a row a picture and class.
func writePredictionCSV(w io.Writer, all []Predicted) error {
	t := csv.NewWriter(w)
	t.Write([]string{"picture", "rank", "class", "name", "probability"})
	for _, one := range all {
		for i, a := range one.Answers {
			t.Write([]string{one.Picture, strconv.Itoa(i + 1), strconv.Itoa(a.Class), a.Name, strconv.FormatFloat(a.Probability, 'g', -1, 64)})
		}
	}
	t.Flush()
	return t.Error()
}
