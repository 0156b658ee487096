package kernel

import "unsafe"

// stretch is memory that will be used soon: cache lines, step bytes apart, the first
// at address at. While a Product is computed, the memory of the next one is fetched,
// one line with every step of the sum: the processor cannot foresee where the next
// receptive field lies.
type stretch struct {
	at          uintptr
	lines, step int
}

const lineBytes = 64

// usualStretches is how many stretches are listed for a location at most: its weights, its
// output and new columns of six rows of input, or a filter's columns of weights.
const usualStretches = 8

// fetch adds s[from:from+n] to a list of stretches, unless it reaches outside of s.
func fetch[T Float](list []stretch, s []T, from, n int) []stretch {
	return fetchColumn(list, s, from, n, 1, 0)
}

// fetchColumn adds count pieces of n numbers, stride apart, the first s[from:from+n].
func fetchColumn[T Float](list []stretch, s []T, from, n, count, stride int) []stretch {
	size := int(unsafe.Sizeof(T(0)))
	if n <= 0 || count <= 0 || from < 0 || from+(count-1)*stride+n > len(s) {
		return list
	}
	at := uintptr(unsafe.Pointer(unsafe.SliceData(s))) + uintptr(from*size)
	end := at + uintptr(n*size)
	at &^= lineBytes - 1
	if count == 1 {
		return append(list, stretch{at, int(end-at+lineBytes-1) / lineBytes, lineBytes})
	}
	for ; at < end; at += lineBytes {
		list = append(list, stretch{at, count, stride * size})
	}
	return list
}

// after returns what is left of list once so many lines of it have been fetched.
func after(list []stretch, lines int) []stretch {
	for len(list) > 0 {
		s := &list[0]
		if lines < s.lines {
			s.at += uintptr(lines * s.step)
			s.lines -= lines
			break
		}
		lines -= s.lines
		list = list[1:]
	}
	return list
}

// linesOf is how many lines the stretches of a list have.
func linesOf(list []stretch) int {
	lines := 0
	for _, s := range list {
		lines += s.lines
	}
	return lines
}
