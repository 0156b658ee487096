package data

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pkg/errors"
)

func TestReadable(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for _, name := range []string{"a.png", "b.png", "c.png", "d.png", "e.png"} {
		path := filepath.Join(dir, name)
		contents := encoded(t, colourful(4, 5+len(paths), "colours"), true)
		if name == "b.png" || name == "e.png" {
			contents = contents[:20]
		}
		if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	set, err := Pictures(dir)
	if err != nil {
		t.Fatal(err)
	}
	var calls atomic.Int64
	readable, bad, err := Readable(t.Context(), set, func() { calls.Add(1) })
	if err != nil || !slices.Equal(readable, []int{0, 2, 3}) || calls.Load() != 5 {
		t.Fatalf("readable %v, bad %q, %d calls, error %v", readable, bad, calls.Load(), err)
	}
	if len(bad) != 2 || !strings.HasPrefix(bad[0], "image 1: "+paths[1]+": ") || !strings.HasPrefix(bad[1], "image 4: "+paths[4]+": ") {
		t.Errorf("bad %q", bad)
	}

	// The rest are the same images.
	part := set.Subset(readable)
	if part.Len() != 3 || part.Name(1) != paths[2] {
		t.Errorf("%d files, the second %s", part.Len(), part.Name(1))
	}
	for _, part := range []Dataset{part, Subset(set, readable)} {
		for i, k := range readable {
			var got, want Image
			if _, err := part.Image(i, &got); err != nil {
				t.Fatal(err)
			}
			if _, err := set.Image(k, &want); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Pixels, want.Pixels) {
				t.Errorf("image %d of %T is not image %d", i, part, k)
			}
		}
	}

	if _, _, err := Readable(t.Context(), set.Subset([]int{4, 1}), nil); err == nil || !strings.Contains(err.Error(), "none of 2 images can be read; image 0: "+paths[4]) {
		t.Errorf("no readable image: %v", err)
	}
	stopped, stop := context.WithCancel(t.Context())
	stop()
	if _, _, err := Readable(stopped, set, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}
