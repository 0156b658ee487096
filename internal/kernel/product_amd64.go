//go:build amd64 && !purego

package kernel

import (
	"unsafe"

	"golang.org/x/sys/cpu"
)

//go:generate go run -C _asm . -out ../assembly_amd64.s -stubs ../assembly_amd64.go -pkg kernel

// A level is a set of instructions that the assembly is written in.
type level int

const (
	portable    level = iota // Go alone
	levelAVX2                // with FMA
	levelAVX512              // F, DQ and VL
)

// available is the highest level that this processor has, and using the one
// that is used; tests lower it.
var (
	available = highestLevel()
	using     = available
)

func highestLevel() level {
	switch x := cpu.X86; {
	case !x.HasAVX2 || !x.HasFMA:
		return portable
	case !x.HasAVX512F || !x.HasAVX512DQ || !x.HasAVX512VL:
		return levelAVX2
	}
	return levelAVX512
}

// A product is computed in blocks, so that what a block reads again and again stays in
// the caches: two or three vectors of columns of B, which all tiles below each other read, in
// the first level as far as they fit, and a block of A in the second. Blocks are long
// enough to hide the loading and storing of C. No sum depends on where they end.
const (
	blockRows = 96  // rows of C
	blockSum  = 256 // values of p, over all terms

	// A sum of up to this length, with A not transposed, is faster as one block:
	// weights (3·3·64 of a neuron) are then read in the order of memory.
	wholeSum = 640
	// So few rows read B twice at most, and need no blocks for it.
	fewRows = 16
	longSum = 4096
)

// masks[16-n:] is a mask of the first n lanes, of up to 16.
var masks = [32]int32{-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1}

// computeFast evaluates a float32 product that fits its slices and reports
// whether it did.
func computeFast[T Float](q Product, c, a, b []T, terms []Term) bool {
	if unsafe.Sizeof(T(0)) != 4 || using == portable {
		return false
	}
	compute32(q, pointer(c), pointer(a), pointer(b), terms)
	return true
}

// twins tells whether a product of n columns is faster with a twin: in
// float32, if they are just one vector.
func twins(n int) bool { return using == levelAVX512 && n == 16 || using == levelAVX2 && n == 8 }

func pointer[T Float](s []T) *float32 { return (*float32)(unsafe.Pointer(unsafe.SliceData(s))) }

func offset(p *float32, elements int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), 4*elements))
}

// compute32 cuts the product into blocks.
func compute32(q Product, c, a, b *float32, terms []Term) {
	if q.K <= 0 || len(terms) == 0 {
		if !q.Add {
			computeBlock(q, c, a, b, nil)
		}
		return
	}
	block := blockSum
	switch {
	case q.M <= fewRows:
		block = longSum
	case q.AColumn == 1 && q.K*len(terms) <= wholeSum:
		block = wholeSum
	}
	perBlock := max(block/q.K, 1) // where it is more than 1, K is in one piece
	if whole := len(terms) <= perBlock && q.K <= block && q.M <= blockRows; q.Runs > 1 && !whole {
		one := q
		one.Runs = 1
		for run := range q.Runs {
			compute32(one, offset(c, run*q.CRun), offset(a, run*q.ARun), offset(b, run*q.BRun), terms)
		}
		return
	}
	for t := 0; t < len(terms); t += perBlock {
		some := terms[t:min(t+perBlock, len(terms))]
		for p := 0; p < q.K; p += block {
			for i := 0; i < q.M; i += blockRows {
				part := q
				part.M, part.K = min(blockRows, q.M-i), min(block, q.K-p)
				computeBlock(part, offset(c, i*q.CRow), offset(a, i*q.ARow+p*q.AColumn), offset(b, p*q.BRow), some)
			}
			q.Add = true
		}
	}
}

// lanes is how many numbers a vector holds.
func lanes() int {
	if using == levelAVX512 {
		return 16
	}
	return 8
}

// split is in how many panels of one, two and three vectors n columns are computed.
func split(n int) (ones, twos, threes int) {
	all := (n + lanes() - 1) / lanes()
	switch {
	case using == levelAVX512 && all%3 == 0:
		return 0, 0, all / 3
	case using == levelAVX512 && all%2 == 1 && all > 1:
		return 0, (all - 3) / 2, 1
	}
	return all % 2, all / 2, 0
}

// panels is how many these are.
func panels(n int) int {
	ones, twos, threes := split(n)
	return ones + twos + threes
}

// computeBlock goes through panels of two vectors of columns, or of three where that
// leaves no single one.
func computeBlock(q Product, c, a, b *float32, terms []Term) {
	lanes := lanes()
	if q.Twin && q.N == lanes { // as the second vector of a panel
		q.vectors = [2]int{q.BTwin, q.CTwin}
		computePanels(q, c, a, b, terms, 1, 2, lanes)
		return
	}
	q.vectors = [2]int{lanes, lanes}
	if q.Twin {
		one := q
		one.Twin = false
		computeBlock(one, c, a, b, terms)
		computeBlock(one, offset(c, q.CTwin), a, offset(b, q.BTwin), terms)
		return
	}
	ones, twos, threes := split(q.N)
	at := 0
	compute := func(count, vectors int) {
		if count == 0 {
			return
		}
		last := min(q.N-at-(count*vectors-1)*lanes, lanes)
		if full := count - 1; last < lanes && full > 0 {
			computePanels(q, offset(c, at), a, offset(b, at), terms, full, vectors, lanes)
			at, count = at+full*vectors*lanes, 1
		}
		computePanels(q, offset(c, at), a, offset(b, at), terms, count, vectors, last)
		at += count * vectors * lanes
	}
	compute(twos, 2)
	compute(threes, 3)
	compute(ones, 1)
}

// oneAndHalf stands for two vectors, of the second of which half the lanes exist.
const oneAndHalf = 4

// computePanels computes panels of one, two or three vectors of columns; the last vector
// has only last lanes.
func computePanels(q Product, c, a, b *float32, terms []Term, panels, vectors, last int) {
	mask := &masks[len(masks)/2-last]
	tallest := 8
	if using == levelAVX2 && vectors == 2 {
		tallest = 6
	}
	if using == levelAVX512 && vectors == 2 && last == 8 {
		vectors = oneAndHalf
	}
	// Nearly equal tiles: some have one row more than the others.
	count := (q.M + tallest - 1) / tallest
	rows, larger := q.M/count, q.M%count
	if larger > 0 {
		productTiles(q, c, a, b, terms, mask, larger, rows+1, vectors, panels)
	}
	i := larger * (rows + 1)
	productTiles(q, offset(c, i*q.CRow), offset(a, i*q.ARow), b, terms, mask, count-larger, rows, vectors, panels)
}

// loops says how often the assembly repeats its tiles: for each panel of each run. The
// steps of A, B and C, in bytes, start from where the loop inside has ended.
type loops struct {
	panels                 int
	panelA, panelB, panelC int
	runs                   int
	runA, runB, runC       int
}

// productTiles computes tiles of q with the instructions in use. (Calling the one or the
// other by a variable would let terms escape to the heap.)
func productTiles(q Product, c, a, b *float32, terms []Term, mask *int32, tiles, rows, vectors, panels int) {
	var term, fetch *int
	if len(terms) > 0 {
		term = &terms[0].A
	}
	fetches := 0
	if q.ahead != nil && len(q.ahead.left()) > 0 {
		fetch, fetches = (*int)(unsafe.Pointer(&q.ahead.left()[0])), len(q.ahead.left())
	}
	aDown, cDown, across := 4*tiles*rows*q.ARow, 4*tiles*rows*q.CRow, 4*vectors*q.vectors[0]
	around := loops{
		panels: panels, panelA: -aDown, panelB: across, panelC: across - cDown,
		runs: max(q.Runs, 1), runA: 4*q.ARun - aDown, runB: 4*q.BRun - (panels-1)*across, runC: 4*q.CRun - (panels-1)*across - cDown,
	}
	if using == levelAVX512 {
		productTilesAVX512(c, a, b, term, len(terms), q.K, q.ARow, q.AColumn, q.BRow, q.CRow, q.vectors[0], q.vectors[1], mask, tiles, rows, vectors, q.Add, fetch, fetches, &around.panels)
	} else {
		productTilesAVX2(c, a, b, term, len(terms), q.K, q.ARow, q.AColumn, q.BRow, q.CRow, q.vectors[0], q.vectors[1], mask, tiles, rows, vectors, q.Add, fetch, fetches, &around.panels)
	}
	if fetches > 0 {
		q.ahead.done(tiles * len(terms) * q.K * panels * around.runs)
	}
}
