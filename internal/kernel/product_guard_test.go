//go:build linux

package kernel

import (
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// guarded returns room for n numbers that begins (or, if atEnd, ends) at a
// page which may be neither read nor written.
func guarded(t *testing.T, n int, atEnd bool) []float32 {
	page := syscall.Getpagesize()
	inner := (4*n + page - 1) / page * page
	all, err := syscall.Mmap(-1, 0, inner+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Munmap(all) })
	for _, guard := range [][]byte{all[:page], all[page+inner:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	numbers := unsafe.Slice((*float32)(unsafe.Pointer(&all[page])), inner/4)
	if atEnd {
		return numbers[len(numbers)-n:]
	}
	return numbers[:n:n]
}

// A product reads and writes nothing before or after its matrices.
func TestProductGuard(t *testing.T) {
	eachPath(t, func(t *testing.T) {
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		random := rand.New(rand.NewPCG(11, 12))
		for m := 1; m <= 9; m++ {
			for n := 1; n <= 58; n++ {
				q, terms := layout(m, n, 3, 2, 0, n%2 == 0, n%3 == 0)
				plain := newExample[float32](q, terms, random)
				for _, atEnd := range []bool{false, true} {
					e := plain
					for s, from := range map[*[]float32][]float32{&e.c: plain.c, &e.a: plain.a, &e.b: plain.b} {
						*s = guarded(t, len(from), atEnd)
						copy(*s, from)
					}
					e.check(t)
				}
			}
		}
	})
}
