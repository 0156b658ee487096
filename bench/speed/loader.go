package speed

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"hypnos/data"
)

// Data says whose images the loader is measured on. The zero value is the
// embedded sample.
type Data struct {
	Name, Dir string
	Side      int // of images of the data set folder; 0 means its default
}

// loaderImages is about how many images the loader makes in a measurement: those
// of large pictures take seconds.
const loaderImages = 512

// planLoader plans the loader alone, with one worker and with one a thread. Its
// errors are a user's mistakes.
func (p *Plan) planLoader() error {
	if p.Data.Name == "" {
		p.Data.Name = data.Default
	}
	set, _, err := data.Open(p.Data.Name, p.Data.Dir)
	if err != nil {
		return err
	}
	transform, _, err := data.Transforms(p.Data.Name, data.TransformOptions{Padding: 4, Side: p.Data.Side})
	if err != nil {
		return err
	}
	for _, workers := range slices.Compact([]int{1, p.threads}) {
		p.plan("data", func(ctx context.Context) error { return p.measureLoader(ctx, set, transform, workers) })
	}
	return nil
}

// measureLoader measures the loader with so many workers.
func (p *Plan) measureLoader(ctx context.Context, set data.Dataset, transform data.Transform, workers int) error {
	batch := min(p.largest(), set.Len())
	loader, err := data.NewLoader(set, data.LoaderOptions{Batch: batch, Transform: transform, Workers: workers})
	if err != nil {
		return err
	}
	batches := max(min(set.Len(), loaderImages)/batch, 1)
	seconds, err := p.time(ctx, func() {
		for _, e := range loader.Batches(0, batches) {
			if e != nil {
				err = e
			}
		}
	})
	if err != nil {
		return err
	}
	p.result.add(Row{
		Section: "data", Batch: batch, Threads: workers, Phase: p.Data.Name, Geometry: strings.TrimPrefix(fmt.Sprintf("%T%+v", transform, transform), "data."),
		Milliseconds: 1e3 * seconds / float64(batches), Rate: float64(batch*batches) / seconds, Unit: "images/s",
	})
	return nil
}

// dataTable shows the loader, and how many times what training consumes it makes.
func (r *Result) dataTable() *table {
	t := &table{title: "The loader alone", headings: []string{"data", "transform", "workers", "batch", "images/s"}, left: 2}
	for _, v := range VariantNames {
		t.headings = append(t.headings, "times training, "+v)
	}
	for _, row := range r.section("data") {
		cells := []string{row.Phase, row.Geometry, count(row.Threads), count(row.Batch), digits(row.Rate)}
		for _, v := range VariantNames {
			consumed := r.find(func(step Row) bool {
				return step.Section == "steps" && step.System == "hypnos" && step.Phase == "train" && step.Variant == v && step.Batch == row.Batch && step.Ratio == 1
			}).Rate
			ratio := math.NaN()
			if consumed > 0 {
				ratio = row.Rate / consumed
			}
			cells = append(cells, digits(ratio))
		}
		t.add(cells...)
	}
	return t
}
