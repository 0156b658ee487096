package main

import (
	"context"
	"flag"
	"sync"

	"hypnos/data"
)

// skipBadFlag is the flag of all commands that read pictures.
const skipBadFlag = "skip-bad-images"

// registerSkipBad adds the flag to a command that evaluates networks on pictures.
func registerSkipBad(fs *flag.FlagSet, skip *bool) {
	fs.BoolVar(skip, skipBadFlag, false, "count and list images that cannot be read, and leave them out instead of stopping; all are read once more, before")
}

// pictureEffect is that of the flags of pictures on a data set: those that are held
// in memory were read when they were opened, and are not transparent.
func pictureEffect(set data.Dataset) effect {
	_, files := set.(*data.Files)
	return effect{[]string{skipBadFlag, "background"}, files, "the data set is not of JPEG and PNG files"}
}

// readable reads all images of a set and returns the indices of those that can be
// read. It lists the others: of what part they are comes before image, as "test ".
func readable(ctx context.Context, c console, set data.Dataset, part string) ([]int, error) {
	b := newBar(c.err, set.Len(), "look for bad images")
	defer b.finish()
	var mutex sync.Mutex // a bar is not for several goroutines
	indices, bad, err := data.Readable(ctx, set, func() {
		mutex.Lock()
		defer mutex.Unlock()
		b.step()
	})
	if err != nil {
		return nil, err
	}
	for i, line := range bad {
		b.line("skipped %d: %s%s", i+1, part, line)
	}
	if bad != nil {
		b.line("%d of %d %simages cannot be read and are left out", len(bad), set.Len(), part)
	}
	return indices, nil
}
