package kernel

import (
	"sync"
	"unsafe"
)

// stretch is memory that will be used soon: cache lines, step bytes apart, the first
// at address at. While a Product is computed, the memory of the next one is fetched,
// one line with every step of the sum: the processor cannot foresee where the next
// receptive field lies.
type stretch struct {
	at          uintptr
	lines, step int
}

const lineBytes = 64

// usualStretches is how many stretches are listed for a location: its output and new
// columns of six rows of input, or two filters' columns of nine rows of weights.
const usualStretches = 20

// fetching is a list of what to fetch while a product is computed, in the order in which
// it will be needed. It takes no more than there are steps for: a line that comes too
// late delays those behind it.
type fetching struct {
	list     [mostRuns * usualStretches]stretch
	from, to int // of what is left of the list
	lines    int // that may still be listed
}

// fetchings are lent, since they are too large to be made for every row.
var fetchings = sync.Pool{New: func() any { return new(fetching) }}

// borrowFetching lends an empty list, until it is put back.
func borrowFetching() *fetching {
	f := fetchings.Get().(*fetching)
	f.empty()
	return f
}

func (f *fetching) empty()          { f.from, f.to, f.lines = 0, 0, 0 }
func (f *fetching) left() []stretch { return f.list[f.from:f.to] }

// fetch lists s[from:from+n], or as much of its beginning as there is room for. It lists
// nothing if that reaches outside of s.
func fetch[T Float](f *fetching, s []T, from, n int) { fetchColumn(f, s, from, n, 1, 0) }

// fetchColumn lists count pieces of n numbers, stride apart, the first s[from:from+n].
func fetchColumn[T Float](f *fetching, s []T, from, n, count, stride int) {
	size := int(unsafe.Sizeof(T(0)))
	if n <= 0 || count <= 0 || from < 0 || from+(count-1)*stride+n > len(s) {
		return
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(s))) + uintptr(from*size)
	end := at + uintptr(n*size)
	at &^= lineBytes - 1
	if count == 1 {
		f.add(stretch{at, int(end-at+lineBytes-1) / lineBytes, lineBytes})
		return
	}
	for ; at < end; at += lineBytes {
		f.add(stretch{at, count, stride * size})
	}
}

func (f *fetching) add(s stretch) {
	if s.lines = min(s.lines, f.lines); s.lines > 0 && f.to < len(f.list) {
		f.list[f.to] = s
		f.to++
		f.lines -= s.lines
	}
}

// done takes so many lines, which have been fetched, off the list.
func (f *fetching) done(lines int) {
	for ; f.from < f.to; f.from++ {
		s := &f.list[f.from]
		if lines < s.lines {
			s.at += uintptr(lines * s.step)
			s.lines -= lines
			return
		}
		lines -= s.lines
	}
}
