package ops

import (
	"slices"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
	"hypnos/internal/memory"
)

// The memory of a Machine is planned when it is made and set aside when it first runs, so
// that what a network needs is known before any of it exists.

// count is how many numbers a tensor has. It does not overflow.
func count(shape tensor.Shape) float64 {
	n := 1.0
	for _, d := range shape {
		n *= float64(d)
	}
	return n
}

// stock is the plan of memory for one element type: pieces, some of which wait to be used
// again.
type stock struct {
	element int       // bytes
	lengths []float64 // of the pieces, in elements
	free    []int     // pieces
}

// take returns a piece for n elements: the smallest free one that is large enough, or a
// new one.
func (s *stock) take(n float64) int {
	best := -1
	for i, piece := range s.free {
		if s.lengths[piece] >= n && (best < 0 || s.lengths[piece] < s.lengths[s.free[best]]) {
			best = i
		}
	}
	if best < 0 {
		s.lengths = append(s.lengths, n)
		return len(s.lengths) - 1
	}
	piece := s.free[best]
	s.free = slices.Delete(s.free, best, best+1)
	return piece
}

// give frees a piece.
func (s *stock) give(piece int) { s.free = append(s.free, piece) }

func (s *stock) bytes() float64 {
	sum := 0.0
	for _, n := range s.lengths {
		sum += n * float64(s.element)
	}
	return sum
}

// allocate sets the memory aside.
func (m *Machine) allocate() error {
	if m.Bytes() > memory.Addressable {
		return errors.Errorf("ops: machine: its results take %d bytes, more than any memory has", m.Bytes())
	}
	pieces32, pieces64 := pieces[float32](m.memory[tensor.Float32]), pieces[float64](m.memory[tensor.Float64])
	for i := range m.steps {
		s := &m.steps[i]
		switch {
		case s.piece == none:
		case s.dtype == tensor.Float32:
			s.buffer = pieces32[s.piece][:s.shape.TotalSize()]
		case s.dtype == tensor.Float64:
			s.buffer = pieces64[s.piece][:s.shape.TotalSize()]
		}
	}
	m.ready = true
	return nil
}

func pieces[T kernel.Float](s *stock) [][]T {
	all := make([][]T, len(s.lengths))
	for i, n := range s.lengths {
		all[i] = memory.Zeros[T](int(n))
	}
	return all
}
