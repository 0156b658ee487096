package look

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/pkg/errors"

	"hypnos/bench/experiment"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/train"
)

// TestSet is the test images of a data set, to evaluate networks on.
type TestSet struct {
	Opened   data.Dataset // the images as they are
	prepared data.Dataset // of one size
	training data.Dataset
	data     experiment.Data
}

// OpenTest opens a data set. Of the settings Name, Folder, Side, Background and SkipBad
// count. Note, unless it is nil, hears what is to be known of it.
func OpenTest(d experiment.Data, note func(line string)) (*TestSet, error) {
	training, test, err := data.Open(d.Name, d.Folder)
	if err != nil {
		return nil, err
	}
	background, err := experiment.ParseColour(d.Background)
	if err != nil {
		return nil, err
	}
	experiment.Behind(background, training, test)
	tell(note, data.Notes(training, test))
	t := &TestSet{Opened: test, training: training, data: d}
	_, preprocessing, err := data.Transforms(d.Name, data.TransformOptions{Side: d.Side})
	if err != nil {
		return nil, err
	}
	t.prepared, err = data.Preprocess(test, preprocessing)
	return t, err
}

// tell tells lines to note, unless that is nil.
func tell(note func(line string), lines []string) {
	for _, line := range lines {
		if note != nil {
			note(line)
		}
	}
}

// Configure makes networks of a Model of the size that the images and their classes ask for.
// It is an error if the model was to have another number of classes.
func (t *TestSet) Configure(m *Model) error {
	m.Input.Channels, m.Input.Height, m.Input.Width = t.prepared.Size()
	switch classes := len(t.prepared.Classes()); m.Classes {
	case 0:
		m.Classes = classes
	case classes:
	default:
		return errors.Errorf("-classes %d, but %s has %d classes", m.Classes, t.data.Name, classes)
	}
	return nil
}

// Evaluate shows all images to a network, so many at a time, and returns how many they
// were, without bad ones that are skipped, and the metrics of its answers.
func (t *TestSet) Evaluate(ctx context.Context, net *graph.Network, batch int, o experiment.Observer) (images int, m train.Metrics, err error) {
	test, training := t.prepared, t.training
	if t.data.SkipBad {
		indices, err := experiment.Readable(ctx, test, "test ", o)
		if err != nil {
			return 0, m, err
		}
		test, training = data.Subset(test, indices), data.SkipBad(training)
	}
	normalisation, err := data.NormalisationFor(t.data.Name, training)
	if err != nil {
		return 0, m, err
	}
	inference, err := net.Infer(min(batch, test.Len()))
	if err != nil {
		return 0, m, err
	}
	o = o.Heard()
	o.Begin("eval", test.Len())
	defer o.End()
	m, err = train.Evaluate(inference, train.Batches(Watched(ctx, o.Steps, data.InOrder(test, normalisation, batch))))
	return test.Len(), m, err
}

// WriteMetrics writes the metrics of a network on so many images as a table.
func WriteMetrics(w io.Writer, images int, m train.Metrics) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "images\ttop-1, %\ttop-5, %\tloss\t")
	fmt.Fprintf(t, "%d\t%.2f\t%.2f\t%.4f\t\n", images, 100*m.Top1, 100*m.Top5, m.Loss)
	return t.Flush()
}
