package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// Tile repeats patterns over a map, from its upper left corner on: what a
// sleeping layer is shown.
//
//	pattern  SH SW C N
//	result   height width C N, result[h,w] = pattern[h mod SH, w mod SW]
//
// It is an error if the map has no pixels. It has no gradient.
func Tile(pattern *gorgonia.Node, height, width int) (*gorgonia.Node, error) {
	return apply(tile{height, width}, pattern)
}

type tile struct{ height, width int }

func (d tile) String() string    { return fmt.Sprintf("tile over %d×%d", d.height, d.width) }
func (tile) ranks() ([]int, int) { return []int{4}, 4 }

func (d tile) shape(in []tensor.Shape) (tensor.Shape, error) {
	if d.height < 1 || d.width < 1 {
		return nil, errors.Errorf("ops: %v: want at least one pixel", d)
	}
	return tensor.Shape{d.height, d.width, in[0][2], in[0][3]}, nil
}

func (d tile) run32(x []float32, in [][]float32, s []tensor.Shape) { runTile(d, x, in[0], s[0]) }
func (d tile) run64(x []float64, in [][]float64, s []tensor.Shape) { runTile(d, x, in[0], s[0]) }

func runTile[T kernel.Float](d tile, x, pattern []T, s tensor.Shape) {
	rows, columns, size := s[0], s[1], s[2]*s[3]
	for h := range d.height {
		for w := range d.width {
			copy(x[(h*d.width+w)*size:][:size], pattern[(h%rows*columns+w%columns)*size:])
		}
	}
}
