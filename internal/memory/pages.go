package memory

import "unsafe"

// Zeros returns n numbers, all 0, that are kept for long. Where the system has huge pages
// for those who ask, many numbers are in such pages: a processor that reads all of them
// then looks up five hundred times fewer addresses, and the first use of each page is
// quicker.
func Zeros[T float32 | float64](n int) []T {
	numbers := make([]T, n)
	if bytes := n * int(unsafe.Sizeof(T(0))); bytes >= 2*hugePage {
		at := unsafe.Pointer(unsafe.SliceData(numbers))
		before := int(-uintptr(at) & (hugePage - 1)) // to the first whole page
		adviseHuge(unsafe.Slice((*byte)(unsafe.Add(at, before)), (bytes-before)&^(hugePage-1)))
	}
	return numbers
}

// hugePage is how large they are on x86 and, mostly, on ARM.
const hugePage = 2 << 20
