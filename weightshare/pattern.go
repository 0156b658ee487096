package weightshare

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"

	"hypnos/graph"
	"hypnos/internal/names"
)

// Source is where the patterns of a phase come from. A pattern is as large as the
// layer's kernel, or a square whose side is the phase's period, tiled over the input of a
// layer. Weights come together only in
// directions in which patterns vary: Gaussian ones vary in all directions alike, what
// layers see of images in few.
type Source int

const (
	// Gaussian patterns are independent standard normal numbers (Pogodin et
	// al. 2021, reference implementation).
	Gaussian Source = iota
	// Patches are pieces cut at random from what the layer sees of images: of
	// the images themselves, for the first layer.
	Patches
	// Pooled patterns are made by lateral connections inside the layer's
	// input, which average whatever it is over positions that lie a period
	// apart (section 4.2), and appear at a random offset.
	Pooled
)

var sources = names.List{"gaussian", "patches", "pooled"}

// String returns the source's name on a command line.
func (s Source) String() string { return sources.Of(int(s), "Source") }

// ParseSource returns the source of that name.
func ParseSource(name string) (Source, error) {
	i, err := sources.Find("weightshare: unknown source of patterns", name)
	return Source(i), err
}

// random returns the random numbers of one use. Each use has a stream of its own, so
// that nothing depends on the order in which layers sleep.
func random(seed uint64, use string, args ...any) *rand.Rand {
	h := fnv.New64a()
	fmt.Fprint(h, use)
	for _, a := range args {
		fmt.Fprint(h, "/", a)
	}
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

// patternsOf returns the random numbers of the patterns of an iteration.
func patternsOf(seed uint64, phase, iteration int, layer string) *rand.Rand {
	return random(seed, "patterns", phase, iteration, layer)
}

// GaussianPatterns fills x, SH SW C N, with the Gaussian patterns that a Sleeper of
// this seed shows the layer of this name: in the phase of this number, counted
// from 1, at this iteration, counted from 0.
func GaussianPatterns(x []float32, seed uint64, phase, iteration int, layer string) {
	gaussian(x, patternsOf(seed, phase, iteration, layer))
}

// gaussian fills x with standard normal numbers.
func gaussian(x []float32, r *rand.Rand) {
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
}

// patterns makes the patterns of one layer.
type patterns struct {
	source        Source
	rows, columns int // of a pattern
	channels      int
	count         int
	// seen is what the layer sees of images, H W C N, where the source needs it.
	seen          []float32
	height, width int
	images        int
}

// size is how many numbers the patterns of an iteration have.
func (p *patterns) size() int { return p.rows * p.columns * p.channels * p.count }

// fill draws the patterns of an iteration: SH SW C N.
func (p *patterns) fill(x []float32, r *rand.Rand) {
	if p.source == Gaussian {
		gaussian(x, r)
		return
	}
	for n := range p.count {
		image := r.IntN(p.images)
		top, left := r.IntN(max(p.height-p.rows, 0)+1), r.IntN(max(p.width-p.columns, 0)+1)
		if p.source == Pooled { // seen is as large as a pattern
			top, left = r.IntN(p.rows), r.IntN(p.columns)
		}
		for i := range p.rows {
			for j := range p.columns {
				row, column := (top+i)%p.height, (left+j)%p.width
				for c := range p.channels {
					x[((i*p.columns+j)*p.channels+c)*p.count+n] = p.seen[((row*p.width+column)*p.channels+c)*p.images+image]
				}
			}
		}
	}
}

// see gives the patterns what the layer sees of images, H W C N.
func (p *patterns) see(seen []float32, in graph.Size) error {
	p.height, p.width, p.images = in.Height, in.Width, len(seen)/(in.Channels*in.Height*in.Width)
	p.seen = seen
	if p.source != Pooled {
		return nil
	}
	size := in.Channels * p.images
	mean, err := averageLaterally(seen, in.Height, in.Width, in.Channels, p.rows, p.columns)
	if err != nil {
		return err
	}
	p.seen = make([]float32, p.rows*p.columns*size)
	for i := range p.rows {
		for j := range p.columns {
			copy(p.seen[(i*p.columns+j)*size:][:size], mean[(i%in.Height*in.Width+j%in.Width)*size:])
		}
	}
	p.height, p.width = p.rows, p.columns
	return nil
}
