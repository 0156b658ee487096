package kernel

import "runtime"

// partsPerGradient is how many partial sums, of blocks of locations, make the gradient of a
// convolution's shared weights, or fewer on a small map: a constant, so that the sum does
// not depend on the number of threads.
const partsPerGradient = 8

// So many numbers of a block stay in the second-level cache: of rows of the input that a
// row of its locations sees, and of the gradient of a local layer's weights, which are
// computed kernel row by kernel row.
const (
	turnedTogether   = 3 << 15
	gradientTogether = 1 << 14
)

// WeightGradient computes dw (L O KH KW C/g) of x (H W C N) and dy
// (OH OW O N).
//
// The sum over the batch is the inner one here, so rows of the input are first
// turned to N × (W·C), with their padding: then the columns of a kernel row lie
// side by side in memory for every image. Locations are done in blocks so narrow that
// the rows that one row of the block sees are still in the cache when they are used.
func WeightGradient[T Float](p Plan, dw, x, dy []T) {
	switch p.WeightGradient {
	case ByRows:
		rowsGradient(p.Local, dw, Use[T]{}, x, dy)
	case BySums:
		wideGradient(p.Local, dw, x, dy)
	default:
		partsGradient(p, Use[T]{By: func(from int, gradient []T) { copy(dw[from:], gradient) }}, x, dy)
	}
}

// partsGradient hands the gradient of a convolution to a use, once its parts are there.
func partsGradient[T Float](p Plan, use Use[T], x, dy []T) {
	g, parts, size := p.Local, p.parts(), p.weights()
	sums := borrow[T](len(parts) * size)
	defer release(sums)
	Parallel(len(parts), func(i int) {
		part, sum := parts[i], (*sums)[i*size:][:size]
		if p.WeightGradient == ByPartsOfChannels || part.empty() {
			clear(sum)
			for oh := part.oh0; oh < part.oh1; oh++ {
				singleGradientRow(g, sum, x, dy, oh, part.ow0, part.ow1)
			}
			return
		}
		turned := newTurned(g, x, part, g.windowHeight())
		defer release(turned.numbers)
		for oh := part.oh0; oh < part.oh1; oh++ {
			turned.gradientRow(sum, dy, oh, oh > part.oh0, nil)
		}
	})
	ParallelSpans(size, func(from, to int) {
		total := (*sums)[from:to]
		for part := 1; part < len(parts); part++ {
			addRows(total, total, (*sums)[part*size:][from:to])
		}
		use.By(from, total)
	})
}

// WeightGradientOnto adds the gradient that WeightGradient computes to dw, with the same
// bits as if it were computed first and added then.
func WeightGradientOnto[T Float](p Plan, dw, x, dy []T) {
	WeightGradientFor(p, Use[T]{By: func(int, []T) {}}.Onto(dw), x, dy)
}

// Use is what is done with a gradient of weights that nobody keeps.
type Use[T Float] struct {
	// By is called with the gradient of some weights, from weight number from on, and of
	// others at the same time by another goroutine; of every weight once. The memory is
	// lent until it returns.
	By func(from int, gradient []T)
	// Reads lists what it reads, laid out like the weights: memory that is fetched
	// beforehand.
	Reads [][]T
}

// Onto returns a use that adds the gradient to a sum, and hands that to u.
func (u Use[T]) Onto(sum []T) Use[T] {
	return Use[T]{By: func(from int, gradient []T) {
		here := sum[from:][:len(gradient)]
		addRows(here, here, gradient)
		u.By(from, here)
	}, Reads: append([][]T{sum}, u.Reads...)}
}

// WeightGradientFor computes what WeightGradient does, and hands it to a use as soon as
// some of it is there and still in the caches.
func WeightGradientFor[T Float](p Plan, use Use[T], x, dy []T) {
	switch p.WeightGradient {
	case ByRows:
		rowsGradient(p.Local, nil, use, x, dy)
	case BySums:
		gradient := borrow[T](p.weights())
		defer release(gradient)
		wideGradient(p.Local, *gradient, x, dy)
		ParallelSpans(len(*gradient), func(from, to int) { use.By(from, (*gradient)[from:to]) })
	default:
		partsGradient(p, use, x, dy)
	}
}

// rowsGradient is WeightGradient of a local layer or, where dw is nil, hands it to a use.
func rowsGradient[T Float](g Local, dw []T, use Use[T], x, dy []T) {
	// No sum depends on where a block ends.
	blocks := g.blocks(runtime.GOMAXPROCS(0), max(gradientTogether/g.weights(), 1))
	Parallel(len(blocks), func(i int) {
		turned := newTurned(g, x, blocks[i], g.windowHeight())
		defer release(turned.numbers)
		at := blocks[i]
		var some *[]T // of the gradient
		if dw == nil {
			some = borrow[T]((at.ow1 - at.ow0) * g.weights())
			defer release(some)
		}
		for oh := at.oh0; oh < at.oh1; oh++ {
			from := g.location(oh, at.ow0)
			if dw != nil {
				turned.gradientRow(dw[from:], dy, oh, false, nil)
				continue
			}
			turned.gradientRow(*some, dy, oh, false, use.Reads)
			use.By(from, *some)
		}
	})
}

// block is the locations with oh0 ≤ oh < oh1 and ow0 ≤ ow < ow1.
type block struct{ oh0, oh1, ow0, ow1 int }

func (b block) empty() bool { return b.oh0 == b.oh1 || b.ow0 == b.ow1 }

// across is into how many blocks side by side the map is cut, so that they have at most
// widest columns and no more than the second-level cache has room for.
func (g Local) across(widest int) int {
	columns := turnedTogether / (g.windowHeight() * g.C * g.N) // of the input
	widest = max(min(widest, (columns-g.windowWidth())/g.StrideW+1), 1)
	return (g.OW + widest - 1) / widest
}

// blocks cuts the map into blocks of at most widest columns, two for every thread or more,
// and so many that no thread waits long for another. Further ones would turn more rows of
// the input twice.
func (g Local) blocks(threads, widest int) []block {
	across, down := g.across(widest), 1
	for n := across; down < g.OH && (n < 2*threads || n%threads > 0 && n < 8*threads); n += across {
		down++
	}
	return g.grid(down, across)
}

// parts are the blocks of the partial sums of a convolution.
func (g Local) parts() []block {
	across := 1
	for across < min(partsPerGradient, g.OW, g.across(g.OW)) {
		across *= 2
	}
	return g.grid(partsPerGradient/across, across)
}

// grid cuts the map into down × across blocks, or fewer if it has fewer rows.
func (g Local) grid(down, across int) []block {
	down = min(down, g.OH)
	blocks := make([]block, 0, down*across)
	for i := range down {
		for j := range across {
			blocks = append(blocks, block{i * g.OH / down, (i + 1) * g.OH / down, j * g.OW / across, (j + 1) * g.OW / across})
		}
	}
	return blocks
}

// turned holds the rows of the input that one row of a block of locations sees, each
// as N × columns·C with zeros in the padding.
type turned[T Float] struct {
	g       Local
	block   block
	x       []T
	left    int // the first column, negative in the padding
	columns int
	numbers *[]T  // window rows, to be released
	held    []int // which row of the input each is, or -1
}

// newTurned makes room for a window of consecutive rows.
func newTurned[T Float](g Local, x []T, of block, window int) turned[T] {
	t := turned[T]{g: g, block: of, x: x, held: make([]int, window)}
	t.left, t.columns = g.StrideW*of.ow0-g.Left, g.StrideW*(of.ow1-of.ow0-1)+g.windowWidth()
	t.numbers = borrow[T](window * g.N * t.rowLength())
	for i := range t.held {
		t.held[i] = -1
	}
	from, to := t.inside()
	if before, after := (from-t.left)*g.C, (t.left+t.columns-to)*g.C; before > 0 || after > 0 {
		for row := range window * g.N {
			image := (*t.numbers)[row*t.rowLength():][:t.rowLength()]
			clear(image[:before])
			clear(image[len(image)-after:])
		}
	}
	return t
}

// rowLength is the length of one image's row, padding included.
func (t turned[T]) rowLength() int { return t.columns * t.g.C }

// inside is the range of columns that are no padding.
func (t turned[T]) inside() (from, to int) {
	from = min(max(t.left, 0), t.left+t.columns)
	return from, max(min(t.left+t.columns, t.g.W), from)
}

// at returns where row ih of the input has its place in numbers.
func (t turned[T]) at(ih int) int { return ih % len(t.held) * t.g.N * t.rowLength() }

// row returns the same, once the row is there: it turns it unless it is held already.
func (t turned[T]) row(ih int) int {
	g, at, slot := t.g, t.at(ih), ih%len(t.held)
	if t.held[slot] != ih {
		t.held[slot] = ih
		if from, to := t.inside(); from < to {
			Transpose((*t.numbers)[at+(from-t.left)*g.C:], t.rowLength(), t.x[(ih*g.W+from)*g.C*g.N:], g.N, (to-from)*g.C, g.N)
		}
	}
	return at
}

// gradientRow computes the gradient of the weights of the block's locations of row oh, or
// adds it to dw. The weights of a convolution get the sum. What reads have of these
// weights is fetched, and what the next row needs.
func (t turned[T]) gradientRow(dw, dy []T, oh int, add bool, reads [][]T) {
	var room [usualRow]Term
	g, ow0, ow1 := t.g, t.block.ow0, t.block.ow1
	c := g.channels()
	columns, width := g.KW, c
	if g.patched() {
		columns, width = 1, g.KW*c
	}
	next := borrowFetching()
	defer fetchings.Put(next)
	q := Product{M: g.filters(), N: width, K: g.N, ARow: g.N, AColumn: 1, BRow: t.rowLength(), CRow: g.field(), Add: add, ahead: next}
	summed := ow1 - ow0
	if !g.Shared {
		summed = 1
		q.Runs, q.ARun, q.BRun, q.CRun = ow1-ow0, g.O*g.N, g.StrideW*g.C, g.weights()
	}
	next.lines = q.steps(ow1-ow0) * g.KH * columns * g.Groups
	if oh == t.block.oh0 {
		t.fetchInput(next, oh, 1)
	}
	for _, memory := range reads {
		fetch(next, memory, g.location(oh, ow0), (ow1-ow0)*g.weights())
	}
	if oh+1 < t.block.oh1 {
		fetch(next, dy, ((oh+1)*g.OW+ow0)*g.O*g.N, (ow1-ow0)*g.O*g.N)
		t.fetchInput(next, oh+1, max(g.KH-g.StrideH, 0))
		fetch(next, dw, g.OW*g.weights(), (ow1-ow0)*g.weights())
	}
	for kh := range g.KH {
		ih := g.StrideH*oh + g.DilationH*kh - g.Top
		seen := ih >= 0 && ih < g.H // otherwise these weights see only padding
		at := 0
		if seen {
			at = t.row(ih)
		}
		for group := range g.Groups {
			for kw := range columns {
				terms := room[:0]
				for i := 0; seen && i < summed; i++ {
					terms = append(terms, Term{
						A: ((oh*g.OW+ow0+i)*g.O + group*g.filters()) * g.N,
						B: at + (g.StrideW*i+g.DilationW*kw)*g.C + group*c,
					})
				}
				Compute(q, dw[group*g.filters()*g.field()+(kh*g.KW+kw)*c:], dy, *t.numbers, terms)
			}
		}
	}
}

// fetchInput lists the rows of the input that row oh sees through the kernel's rows from
// kh on.
func (t turned[T]) fetchInput(next *fetching, oh, kh int) {
	g := t.g
	from, to := t.inside()
	for ; kh < g.KH; kh++ {
		if ih := g.StrideH*oh + g.DilationH*kh - g.Top; ih >= 0 && ih < g.H {
			fetch(next, t.x, (ih*g.W+from)*g.C*g.N, (to-from)*g.C*g.N)
		}
	}
}
