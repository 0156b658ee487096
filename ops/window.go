package ops

import (
	"fmt"

	"github.com/pkg/errors"

	"hypnos/internal/kernel"
)

// Pad is by how many rows and columns a map is extended on each of its sides.
type Pad struct{ Top, Bottom, Left, Right int }

// String is a single number if all sides are equal.
func (p Pad) String() string {
	if p.Top == p.Bottom && p.Top == p.Left && p.Top == p.Right {
		return fmt.Sprint(p.Top)
	}
	return fmt.Sprintf("%d above, %d below, %d left, %d right", p.Top, p.Bottom, p.Left, p.Right)
}

// Grid is how receptive fields, or the windows of a pooling, lie on a map.
type Grid struct {
	Height, Width int    // of the output
	Pad           Pad    // around the map
	Rows, Columns [2]int // of the output that see no padding: from [0] to [1]-1
}

// windows are receptive fields, or the windows of a pooling, before it is known on
// which map they lie. Pairs are along the height and the width.
type windows struct {
	op, what                 string // which operator they are of, and what it calls one of them
	kernel, stride, dilation [2]int
	padding                  int // on each side
	pad                      Pad // besides
	same                     bool
}

// mostPixels is the most that a kernel, stride, dilation or padding may be.
const mostPixels = 1 << 30

// check returns an error for a number that is out of range.
func (w windows) check() error {
	for _, f := range []struct {
		name   string
		values []int
		least  int
	}{
		{w.what, w.kernel[:], 1}, {"stride", w.stride[:], 1}, {"dilation", w.dilation[:], 1},
		{"padding", []int{w.padding}, 0}, {"padding", []int{w.pad.Top, w.pad.Bottom, w.pad.Left, w.pad.Right}, 0},
	} {
		for _, v := range f.values {
			if v < f.least || v > mostPixels {
				return errors.Errorf("ops: %s: %s %d, want %d to %d", w.op, f.name, v, f.least, mostPixels)
			}
		}
	}
	if w.same && (w.padding > 0 || w.pad != Pad{}) {
		return errors.Errorf("ops: %s: same padding, and padding %v besides: want one of them", w.op, w.around())
	}
	return nil
}

// around is the padding unless it is the same.
func (w windows) around() Pad {
	p := w.padding
	return Pad{p + w.pad.Top, p + w.pad.Bottom, p + w.pad.Left, p + w.pad.Right}
}

// over lays the windows on a map.
func (w windows) over(height, width int) (Grid, error) {
	if err := w.check(); err != nil {
		return Grid{}, err
	}
	p := w.around()
	rows := axis{height, w.kernel[0], w.stride[0], w.dilation[0], p.Top, p.Bottom}
	columns := axis{width, w.kernel[1], w.stride[1], w.dilation[1], p.Left, p.Right}
	if w.same {
		rows, columns = rows.same(), columns.same()
	}
	g := Grid{rows.outputs(), columns.outputs(), Pad{rows.before, rows.after, columns.before, columns.after}, rows.unpadded(), columns.unpadded()}
	if g.Height < 1 || g.Width < 1 {
		dilation := ""
		if w.dilation != [2]int{1, 1} {
			dilation = " with dilation " + pair(w.dilation)
		}
		return g, errors.Errorf("ops: %s: a %s of %s%s is larger than its input of %d×%d with padding %v",
			w.op, w.what, pair(w.kernel), dilation, height, width, g.Pad)
	}
	return g, nil
}

// pair writes what is along the height and the width: as one number if it is the same.
func pair(p [2]int) string {
	if p[0] == p[1] {
		return fmt.Sprint(p[0])
	}
	return fmt.Sprintf("%d×%d", p[0], p[1])
}

// axis is how windows lie along one axis of a map.
type axis struct{ size, kernel, stride, dilation, before, after int }

// length is that of a window, gaps included.
func (a axis) length() int { return a.dilation*(a.kernel-1) + 1 }

// outputs is how many windows there are, 0 if none fits.
func (a axis) outputs() int {
	room := a.before + a.size + a.after - a.length()
	if room < 0 {
		return 0
	}
	return room/a.stride + 1
}

// same returns the axis with padding for ⌈size/stride⌉ outputs. If it is odd, there is
// one more after than before: SAME of TensorFlow and SAME_UPPER of ONNX, and at stride 1
// "same" of PyTorch.
func (a axis) same() axis {
	outputs := (a.size + a.stride - 1) / a.stride
	padding := max((outputs-1)*a.stride+a.length()-a.size, 0)
	a.before, a.after = padding/2, padding-padding/2
	return a
}

// unpadded is the range of outputs that see no padding.
func (a axis) unpadded() [2]int {
	from, to := kernel.Unpadded(a.outputs(), a.length(), a.stride, a.before, a.size)
	return [2]int{from, to}
}
