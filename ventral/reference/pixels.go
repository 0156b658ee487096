package reference

import (
	"github.com/pkg/errors"

	"hypnos/data"
)

// Pixels is the model whose features are the pixels themselves: red, green and
// blue of 0 to 1, axes C H W.
type Pixels struct {
	side int
}

// maxSide bounds the memory that a mistyped side can take, pixels.
const maxSide = 1024

// NewPixels returns the model for pictures of that side; 0 means 32. It is an
// error if the side is below 1 or above 1024.
func NewPixels(side int) (*Pixels, error) {
	if side == 0 {
		side = 32
	}
	if side < 1 || side > maxSide {
		return nil, errors.Errorf("reference: pixels of pictures with a side of %d, want 1 to %d", side, maxSide)
	}
	return &Pixels{side}, nil
}

// Name returns "pixels".
func (p *Pixels) Name() string { return "pixels" }

// Side returns the side of the pictures.
func (p *Pixels) Side() int { return p.side }

// Units returns 3·side².
func (p *Pixels) Units() int { return 3 * p.side * p.side }

// Features writes the pixels of a picture, as Model has it.
func (p *Pixels) Features(picture *data.Image, features []float32) error {
	if err := check(p, picture, features); err != nil {
		return err
	}
	for i, v := range picture.Pixels {
		features[i] = float32(v) / 255
	}
	return nil
}
