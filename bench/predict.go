package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"text/tabwriter"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"

	"hypnos/bench/experiment"
	"hypnos/data"
	"hypnos/graph"
)

func predictCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("predict", flag.ContinueOnError)
	var p prediction
	p.model.register(fs)
	p.model.registerWeights(fs)
	p.model.registerPictures(fs, 16)
	p.pictures.register(fs)
	fs.IntVar(&p.top, "top", 5, "show the `n` likeliest classes")
	fs.StringVar(&p.classesFile, "classes-file", "", "`file` of the names of classes: a name on each line in the order of the network's classes, or with indices, or JSON, YAML or a Python dict")
	fs.StringVar(&p.model.spec.Data.Name, "data", "", "`name` of the data set that the network was trained on: names of classes, and mean and deviation of the images, instead of the model's published ones")
	register(fs, &p.model.spec, "data-dir")
	fs.StringVar(&p.out, "o", "", "`file` to write instead of a table: .csv or .json")
	return &ffcli.Command{
		Name:       "predict",
		ShortUsage: "go run ./bench predict MODEL -weights FILE -images FOLDER|FILE… [flags]",
		ShortHelp:  "show what a network takes pictures for",
		FlagSet:    fs,
		Exec: func(ctx context.Context, args []string) error {
			model, more, err := modelFirst(fs, args)
			if err != nil {
				return err
			}
			p.pictures.paths = append(p.pictures.paths, more...)
			named := effect{[]string{"data-dir"}, p.model.spec.Data.Name != "", "it is of -data, and none is named"}
			if err := p.model.needEffects(given(fs), named); err != nil {
				return err
			}
			return p.run(ctx, c, model)
		},
	}
}

// prediction is what the flags of bench predict say.
type prediction struct {
	model            modelFlags
	pictures         pictureFlags
	top              int
	classesFile, out string
}

// answer is a class that a network takes a picture for.
type answer struct {
	Class       int     `json:"class"`
	Name        string  `json:"name"` // the index where classes have no names
	Probability float64 `json:"probability"`
}

// predicted are the likeliest classes of a picture.
type predicted struct {
	Picture string   `json:"picture"`
	Answers []answer `json:"answers"`
}

func (p prediction) run(ctx context.Context, c console, model string) error {
	if p.top < 1 {
		return errors.Errorf("-top %d, want at least 1", p.top)
	}
	if err := p.model.needWeights(); err != nil {
		return err
	}
	names, normalisation, err := p.classes(c)
	if err != nil {
		return err
	}
	if p.model.classes == 0 {
		p.model.classes = len(names)
	}
	blank, err := p.model.network(model, true)
	if err != nil {
		return err
	}
	if names != nil && len(names) != blank.Classes() {
		return errors.Errorf("%s names %d classes, but the network has %d", p.namesFrom(), len(names), blank.Classes())
	}
	set, err := p.pictures.open(ctx, c, p.model, model, blank)
	if err != nil {
		return err
	}
	if normalisation.Mean != nil {
		set.normalisation = normalisation
	}
	if p.out != "" {
		if err := prepareFile("-o", p.out, ".csv", ".json"); err != nil {
			return err
		}
	}
	net, err := p.model.weighted(model, c.note)
	if names != nil && errors.As(err, new(*graph.MismatchError)) { // one of the two is meant for something else
		err = errors.Wrapf(err, "%s names %d classes", p.namesFrom(), len(names))
	}
	if err != nil {
		return err
	}
	inference, err := net.Infer(min(set.batch, set.Len()))
	if err != nil {
		return err
	}
	b := newBar(c.err, set.Len(), "predict")
	defer b.finish()
	var all []predicted
	for batch, err := range set.batches(ctx, b) {
		if err != nil {
			return err
		}
		logits, err := inference.Logits(batch.Images)
		if err != nil {
			return err
		}
		for one := range slices.Chunk(logits, net.Classes()) {
			picture := set.Name(len(all))
			answers, err := likeliest(one, p.top, names)
			if err != nil {
				return errors.Wrap(err, picture)
			}
			all = append(all, predicted{picture, answers})
		}
	}
	b.finish()
	return p.show(c, all)
}

// classes returns the names of the classes, if the flags say where they are, and
// the normalisation of the data set if they name one.
func (p prediction) classes(c console) (names []string, normalisation data.Normalisation, err error) {
	if p.model.spec.Data.Name != "" {
		training, _, err := data.Open(p.model.spec.Data.Name, p.model.spec.Data.Folder)
		if err != nil {
			return nil, normalisation, err
		}
		experiment.Behind(p.model.background(), training)
		c.note(data.Notes(training)...)
		names = training.Classes()
		if p.model.spec.Data.SkipBad {
			training = data.SkipBad(training)
		}
		if normalisation, err = data.NormalisationFor(p.model.spec.Data.Name, training); err != nil {
			return nil, normalisation, err
		}
	}
	if p.classesFile != "" {
		named, err := data.ReadClasses(p.classesFile)
		if err == nil {
			err = p.agree(named, names)
		}
		if err != nil {
			return nil, normalisation, errors.Wrap(err, "-classes-file")
		}
		names = named
	}
	return names, normalisation, nil
}

// namesFrom is the flag that says where the names of classes are.
func (p prediction) namesFrom() string {
	if p.classesFile != "" {
		return "-classes-file " + p.classesFile
	}
	return "-data " + p.model.spec.Data.Name
}

// agree is an error if the names of a file are not of as many classes as those of
// the data set, if one is named, or are the same ones in another order.
func (p prediction) agree(names, known []string) error {
	switch {
	case known == nil || slices.Equal(names, known):
		return nil
	case len(names) != len(known):
		return errors.Errorf("%s names %d classes, and -data %s has %d", p.classesFile, len(names), p.model.spec.Data.Name, len(known))
	case slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(slices.Values(known))):
		i := 0
		for names[i] == known[i] {
			i++
		}
		return errors.Errorf("%s has the classes of -data %s in another order: class %d is %s, and %s in the data set", p.classesFile, p.model.spec.Data.Name, i, names[i], known[i])
	}
	return nil
}

// likeliest returns the classes of the largest logits, the first first; of equal
// ones the lower index.
func likeliest(logits []float32, top int, names []string) ([]answer, error) {
	row := make([]float64, len(logits))
	answers := make([]answer, len(logits))
	for i, v := range logits {
		row[i] = float64(v)
		answers[i] = answer{Class: i, Name: strconv.Itoa(i)}
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
	slices.SortStableFunc(answers, func(a, b answer) int { return cmp.Compare(row[b.Class], row[a.Class]) })
	return answers[:min(top, len(answers))], nil
}

// show writes what was predicted, as a table or to a file.
func (p prediction) show(c console, all []predicted) error {
	var content bytes.Buffer
	switch filepath.Ext(p.out) {
	case ".csv":
		if err := writePredictionCSV(&content, all); err != nil {
			return err
		}
	case ".json":
		encoder := json.NewEncoder(&content)
		encoder.SetIndent("", "  ")
		if err := encoder.Encode(all); err != nil {
			return err
		}
	default:
		return writePredictionTable(c.out, all)
	}
	return writeFile(c, p.out, content.Bytes())
}

func writePredictionTable(w io.Writer, all []predicted) error {
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
func writePredictionCSV(w io.Writer, all []predicted) error {
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
