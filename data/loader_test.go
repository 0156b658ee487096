package data

import (
	"math"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"hypnos/graph"
)

// testing.T and rapid.T.
type tester interface {
	Helper()
	Fatal(...any)
}

// batches returns copies of batches from..to-1.
func batches(t tester, set Dataset, options LoaderOptions, from, to int) []graph.Batch {
	t.Helper()
	l, err := NewLoader(set, options)
	if err != nil {
		t.Fatal(err)
	}
	var all []graph.Batch
	for b, err := range l.Batches(from, to) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, graph.Batch{Images: slices.Clone(b.Images), Labels: slices.Clone(b.Labels)})
	}
	return all
}

// sameBits says whether two lists of batches are the same, bit for bit.
func sameBits(a, b []graph.Batch) bool {
	return slices.EqualFunc(a, b, func(a, b graph.Batch) bool {
		return slices.Equal(a.Labels, b.Labels) && slices.EqualFunc(a.Images, b.Images, func(x, y float32) bool {
			return math.Float32bits(x) == math.Float32bits(y)
		})
	})
}

// slowBatch is batch number b as its definition says: pad the image with the
// mean, cut, flip, normalise. Options must have no zero that means a default.
func slowBatch(set *records, o LoaderOptions, crop RandomCrop, b int) graph.Batch {
	channels, height, width := set.Size()
	distinct := o.Batch / o.Repetitions
	perPass := set.Len() / distinct
	order := source(o.Seed, shuffling, b/perPass).Perm(set.Len())
	random := source(o.Seed, translating, b)
	var batch graph.Batch
	for k := range o.Batch {
		i := order[(b%perPass)*distinct+k/o.Repetitions]
		pixels := set.files[i][1:]
		top := random.IntN(2*crop.Padding + 1)
		left := random.IntN(2*crop.Padding + 1)
		flip := crop.Flip && random.IntN(2) == 1
		for c := range channels {
			padded := make([][]float64, height+2*crop.Padding)
			for y := range padded {
				padded[y] = make([]float64, width+2*crop.Padding)
				for x := range padded[y] {
					padded[y][x] = o.Normalisation.Mean[c]
				}
			}
			for y := range height {
				for x := range width {
					padded[y+crop.Padding][x+crop.Padding] = float64(pixels[(c*height+y)*width+x]) / 255
				}
			}
			for y := range height {
				for x := range width {
					from := x
					if flip {
						from = width - 1 - x
					}
					v := (padded[top+y][left+from] - o.Normalisation.Mean[c]) / o.Normalisation.Std[c]
					batch.Images = append(batch.Images, float32(v))
				}
			}
		}
		batch.Labels = append(batch.Labels, int(set.files[i][0]))
	}
	return batch
}

// For any options, number of workers and place of entry the loader yields what
// the definition says.
func TestLoaderAgainstDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6)
		set := noise(rapid.IntRange(1, 20).Draw(t, "images"), 3, rapid.IntRange(1, 3).Draw(t, "channels"),
			size.Draw(t, "height"), size.Draw(t, "width"))
		repetitions := rapid.IntRange(1, 4).Draw(t, "repetitions")
		o := LoaderOptions{
			Repetitions: repetitions,
			Batch:       repetitions * rapid.IntRange(1, set.Len()).Draw(t, "distinct"),
			Seed:        rapid.Uint64().Draw(t, "seed"),
			Workers:     rapid.IntRange(1, 4).Draw(t, "workers"),
		}
		for range set.channels {
			o.Normalisation.Mean = append(o.Normalisation.Mean, rapid.Float64Range(0, 1).Draw(t, "mean"))
			o.Normalisation.Std = append(o.Normalisation.Std, rapid.Float64Range(0.1, 1).Draw(t, "std"))
		}
		crop := RandomCrop{
			Padding: rapid.IntRange(0, min(set.height, set.width)-1).Draw(t, "padding"),
			Flip:    rapid.Bool().Draw(t, "flip"),
		}
		o.Transform = crop
		from := rapid.IntRange(0, 30).Draw(t, "from")
		to := from + rapid.IntRange(0, 10).Draw(t, "number")
		var want []graph.Batch
		for b := from; b < to; b++ {
			want = append(want, slowBatch(set, o, crop, b))
		}
		if !sameBits(batches(t, set, o, from, to), want) {
			t.Fatal("batches differ from the definition")
		}
	})
}

func TestWorkersAndEntry(t *testing.T) {
	set := noise(50, 10, 3, 8, 8)
	o := LoaderOptions{Batch: 12, Repetitions: 3, Transform: RandomCrop{Padding: 2, Flip: true}, Seed: 7}
	want := batches(t, set, o, 0, 40)
	for _, o.Workers = range []int{1, 2, 4, 64} {
		for _, from := range []int{0, 1, 11, 12, 13, 39, 40} {
			if !sameBits(batches(t, set, o, from, 40), want[from:]) {
				t.Errorf("other bits with %d workers from batch %d", o.Workers, from)
			}
		}
	}
	// Two loops over one stream at the same time.
	l, err := NewLoader(set, o)
	if err != nil {
		t.Fatal(err)
	}
	stream, i := l.Batches(0, 4), 0
	for a := range stream {
		j := 0
		for b := range stream {
			if !sameBits([]graph.Batch{a, b}, []graph.Batch{want[i], want[j]}) {
				t.Fatal("two loops over one stream disturb each other")
			}
			j++
		}
		i++
	}
}

func TestDefaults(t *testing.T) {
	set := noise(300, 10, 1, 3, 3)
	explicit := LoaderOptions{
		Batch: 128, Repetitions: 1, Workers: 1,
		Normalisation: Normalisation{Mean: []float64{0}, Std: []float64{1}},
	}
	got := batches(t, set, LoaderOptions{}, 0, 5)
	if !sameBits(got, batches(t, set, explicit, 0, 5)) {
		t.Error("the zero options do not mean what is written")
	}
	if n := len(got[0].Labels); n != DefaultBatch {
		t.Errorf("batch of %d", n)
	}
	for _, v := range got[0].Images {
		if v < 0 || v > 1 {
			t.Fatalf("pixel %v, want 0 to 1", v)
		}
	}
}

func TestSeeds(t *testing.T) {
	set := noise(50, 10, 1, 4, 4)
	a := batches(t, set, LoaderOptions{Batch: 10, Seed: 1}, 0, 1)
	b := batches(t, set, LoaderOptions{Batch: 10, Seed: 2}, 0, 1)
	if sameBits(a, b) {
		t.Error("two seeds, one stream")
	}
}

// numbered returns n one-pixel images, image i with pixel i.
func numbered(n int) *records {
	set := noise(n, 2, 1, 1, 1)
	for i, record := range set.files {
		record[1] = byte(i)
	}
	return set
}

func TestPasses(t *testing.T) {
	const images = 23
	for _, distinct := range []int{1, 4, 23} {
		const repetitions = 2
		o := LoaderOptions{Batch: distinct * repetitions, Repetitions: repetitions}
		set := numbered(images)
		l, err := NewLoader(set, o)
		if err != nil {
			t.Fatal(err)
		}
		perPass := l.BatchesPerPass()
		if perPass != images/distinct {
			t.Fatalf("%d batches of %d in a pass over %d images", perPass, distinct, images)
		}
		all := batches(t, set, o, 0, 3*perPass)
		var orders [][]int
		for pass := range 3 {
			var order []int
			for _, b := range all[pass*perPass : (pass+1)*perPass] {
				for k, v := range b.Images {
					i := int(math.Round(float64(v) * 255))
					if b.Labels[k] != i%2 {
						t.Fatalf("image %d has label %d", i, b.Labels[k])
					}
					if k%repetitions == 0 {
						order = append(order, i)
					} else if i != order[len(order)-1] {
						t.Fatal("the repetitions of an image are not neighbours")
					}
				}
			}
			unique := slices.Compact(slices.Sorted(slices.Values(order)))
			if len(order) != perPass*distinct || len(unique) != len(order) {
				t.Fatalf("pass %d draws %d images, %d of them distinct", pass, len(order), len(unique))
			}
			for _, before := range orders {
				if slices.Equal(order, before) {
					t.Error("two passes in the same order")
				}
			}
			orders = append(orders, order)
		}
	}
}

func TestLoaderOptionErrors(t *testing.T) {
	set := noise(10, 2, 3, 4, 6)
	for _, c := range []struct {
		options LoaderOptions
		want    []string
	}{
		{LoaderOptions{Batch: -1}, []string{"batch of -1 images"}},
		{LoaderOptions{Batch: 4, Repetitions: -1}, []string{"-1 repetitions"}},
		{LoaderOptions{Batch: 4, Repetitions: 3}, []string{"batch of 4", "3 repetitions"}},
		{LoaderOptions{Batch: 4, Repetitions: 8}, []string{"batch of 4", "8 repetitions"}},
		{LoaderOptions{Batch: 4, Transform: RandomCrop{Padding: -1}}, []string{"up to -1 pixels"}},
		{LoaderOptions{Batch: 4, Transform: RandomCrop{Padding: 4}}, []string{"up to 4 pixels", "4×6", "0 to 3"}},
		{LoaderOptions{Batch: 4, Workers: -1}, []string{"-1 workers"}},
		{LoaderOptions{Batch: 4, Workers: math.MaxInt}, []string{"batches of 4 images", "9223372036854775807 workers", "GB of memory"}},
		{LoaderOptions{Batch: math.MaxInt, Repetitions: math.MaxInt}, []string{"batches of 9223372036854775807 images", "GB of memory"}},
		{LoaderOptions{Batch: 11}, []string{"11 distinct", "a data set of 10"}},
		{LoaderOptions{Batch: 44, Repetitions: 4}, []string{"11 distinct", "a data set of 10"}},
		{LoaderOptions{}, []string{"128 distinct", "a data set of 10"}},
	} {
		_, err := NewLoader(set, c.options)
		wantError(t, err, append(c.want, "data: ")...)
	}
	_, err := NewLoader(noise(10, 2, 3, 4, 0), LoaderOptions{Batch: 1})
	wantError(t, err, "data: images of size 3×4×0")

	l, err := NewLoader(set, LoaderOptions{Batch: 10})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]int{{-1, 3}, {3, 2}, {math.MinInt, math.MaxInt}} {
		elements := 0
		for _, err := range l.Batches(r[0], r[1]) {
			wantError(t, err, "data: batches")
			elements++
		}
		if elements != 1 {
			t.Errorf("%d elements, want the error alone", elements)
		}
	}
}

func TestLoaderReadErrors(t *testing.T) {
	for _, workers := range []int{1, 4} {
		for want, set := range map[string]Dataset{
			"image 5: disk on fire":         faulty{noise(10, 2, 1, 2, 2), 5, errDisk},
			"image 5: label 2, want 0 to 1": faulty{noise(10, 2, 1, 2, 2), 5, nil},
		} {
			l, err := NewLoader(set, LoaderOptions{Batch: 2, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			number, last := -1, error(nil)
			for _, err := range l.Batches(0, math.MaxInt) {
				if last != nil {
					t.Fatal("an element after an error")
				}
				number, last = number+1, err
			}
			wantError(t, last, "data: batch "+string(rune('0'+number))+": "+want)
		}
	}
}

// watched counts the calls of Image, of which each takes a second of a bubble's
// time.
type watched struct {
	Dataset
	calls, running atomic.Int32
}

func (w *watched) Image(i int, image *Image) (int, error) {
	w.calls.Add(1)
	w.running.Add(1)
	defer w.running.Add(-1)
	time.Sleep(time.Second)
	return w.Dataset.Image(i, image)
}

// However a loop ends, its goroutines have ended by then, and while it runs
// they are a bounded number of batches ahead. A goroutine that were left would
// be a deadlock of the bubble.
func TestLoaderGoroutines(t *testing.T) {
	const batch, workers = 3, 4
	loop := map[string]func(i int) bool{
		"break at once":        func(i int) bool { return false },
		"break in the middle":  func(i int) bool { return i < 5 },
		"run to the end":       func(i int) bool { return true },
		"break while it works": func(i int) bool { time.Sleep(time.Second / 2); return i < 5 },
	}
	for name, goOn := range loop {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set := &watched{Dataset: noise(20, 2, 1, 2, 2)}
				l, err := NewLoader(set, LoaderOptions{Batch: batch, Workers: workers})
				if err != nil {
					t.Fatal(err)
				}
				i := 0
				for _, err := range l.Batches(0, 10) {
					if err != nil {
						t.Fatal(err)
					}
					if !goOn(i) {
						break
					}
					i++
				}
				if n := set.running.Load(); n != 0 {
					t.Errorf("%d images are being read after the loop", n)
				}
				calls := set.calls.Load()
				time.Sleep(time.Hour)
				if n := set.calls.Load() - calls; n != 0 {
					t.Errorf("%d images were read after the loop", n)
				}
			})
		})
	}

	t.Run("bounded", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			set := &watched{Dataset: noise(20, 2, 1, 2, 2)}
			l, err := NewLoader(set, LoaderOptions{Batch: batch, Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			i := 0
			for b := range l.Batches(0, math.MaxInt) {
				before := slices.Clone(b.Images)
				time.Sleep(time.Hour)
				synctest.Wait()
				// Each worker holds one finished batch, and the loop one more.
				i++
				if got, want := set.calls.Load(), int32(batch*(workers+i)); got != want {
					t.Errorf("%d images read by batch %d, want %d", got, i, want)
				}
				if !slices.Equal(b.Images, before) {
					t.Error("a batch changed while the loop had it")
				}
				if i == 10 {
					break
				}
			}
		})
	})
}

// Batches come out of two buffers for each worker.
func TestBuffersRecycled(t *testing.T) {
	l, err := NewLoader(noise(8, 2, 1, 2, 2), LoaderOptions{Batch: 2, Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	buffers := map[*float32]bool{}
	for b := range l.Batches(0, 50) {
		buffers[&b.Images[0]] = true
	}
	if len(buffers) != 6 {
		t.Errorf("%d buffers for 3 workers, want 6", len(buffers))
	}
}

func BenchmarkLoader(b *testing.B) {
	l, err := NewLoader(noise(1000, 10, 3, 32, 32), LoaderOptions{Transform: RandomCrop{Padding: 4, Flip: true}})
	if err != nil {
		b.Fatal(err)
	}
	for _, err := range l.Batches(0, b.N) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
