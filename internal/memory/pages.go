package memory

import "unsafe"

// Zeros returns n numbers, all 0, that are kept for long. Where the system has huge pages
// for those who ask, many numbers are in such pages: a processor that reads all of them
// then looks up five hundred times fewer addresses, and the first use of each page is
// quicker.
func Zeros[T float32 | float64](n int) []T {
	numbers := make([]T, n)
	if pages := hugePages(numbers); len(pages) > 0 {
		_ = adviseHuge(pages) // without, all is as usual
	}
	return numbers
}

// hugePage is how large they are on x86 and, mostly, on ARM.
const hugePage = 2 << 20

// hugePages are the whole pages of numbers, or none of few numbers.
func hugePages[T float32 | float64](numbers []T) []byte {
	bytes := len(numbers) * int(unsafe.Sizeof(T(0)))
	if bytes < 2*hugePage {
		return nil
	}
	at := unsafe.Pointer(unsafe.SliceData(numbers))
	before := int(-uintptr(at) & (hugePage - 1)) // to the first whole page
	return unsafe.Slice((*byte)(unsafe.Add(at, before)), (bytes-before)&^(hugePage-1))
}
