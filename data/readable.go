package data

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/pkg/errors"
)

// Readable reads every image of a data set once, on all cores. It returns the indices of
// those that can be read, in the order of the data set, and a line with the reason for
// each of the others. progress, unless it is nil, is called after each image, by several
// goroutines. It is an error if no image can be read, or if the context is done.
func Readable(ctx context.Context, set Dataset, progress func()) (readable []int, bad []string, err error) {
	reasons := make([]error, set.Len())
	var next atomic.Int64
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			var image Image
			for ctx.Err() == nil {
				i := int(next.Add(1)) - 1
				if i >= len(reasons) {
					return
				}
				_, reasons[i] = set.Image(i, &image)
				if progress != nil {
					progress()
				}
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		return nil, nil, ctx.Err()
	}
	for i, reason := range reasons {
		if reason == nil {
			readable = append(readable, i)
		} else {
			bad = append(bad, badLine(i, reason))
		}
	}
	if readable == nil {
		return nil, nil, errors.Errorf("data: none of %d images can be read; %s", len(bad), bad[0])
	}
	return readable, bad, nil
}

// badLine says why an image cannot be read. In the case of [Files], the reason names it.
func badLine(i int, reason error) string { return fmt.Sprintf("image %d: %v", i, reason) }

// Subset returns a data set of the images of another one that have these indices, in
// the order of the indices. It reads them when they are asked for.
func Subset(set Dataset, indices []int) Dataset { return &subset{set, indices} }

// Subset returns the files that have these indices, in the order of the indices. It
// panics if there is no file of an index.
func (s *Files) Subset(indices []int) *Files {
	part := &Files{Background: s.Background, classes: s.classes, system: s.system, root: s.root, notes: s.notes}
	for _, i := range indices {
		part.append(s.name(i))
		if s.labels != nil {
			part.labels = append(part.labels, s.labels[i])
		}
	}
	return part
}
