package reference

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"

	"hypnos/data"
)

// Gabor is a model of the complex cells of V1: the energy of pairs of Gabor
// filters at several frequencies, orientations and positions, on the luminance
// of a picture.
//
// A filter is a wave under a round Gaussian (Jones & Palmer 1987, J.
// Neurophysiol. 58:1233). With L the luminance of the pixel at p, 0 to 1, c the
// filter's position and k = 2πf·(cos θ, sin θ),
//
//	w(p) = exp(-‖p-c‖²/2σ²), divided by its sum over the pixels of the picture
//	m    = Σ w(p)·L(p)
//	z    = 2·Σ w(p)·(L(p)-m)·exp(i·k·(p-c))
//	feature = |z| = √(even² + odd²)
//
// where the real part of z is the even filter of the pair and the imaginary part
// the odd one (Adelson & Bergen 1985, J. Opt. Soc. Am. A 2:284, with the root, as
// in Kay et al. 2008, Nature 452:352). Since the local mean m is taken off, a
// uniform picture gives 0, at the border too, outside of which there is nothing.
// A grating of the filter's own frequency, orientation and amplitude a gives a
// away from the border, whatever its phase.
//
// Frequencies are 1, 2, 4, … cycles per picture; at f cycles, filters stand on
// a grid of f×f positions, in the middle of cells as wide as a wave, at all
// orientations (the pyramid of Kay et al. 2008). σ = 0.56/f is a bandwidth of one
// octave at half the height, which with a round Gaussian is one of 38° in
// orientation. In macaque V1 they are 1.4 octaves (De Valois, Albrecht & Thorell
// 1982, Vision Res. 22:545) and some 40° (De Valois, Yund & Hepler 1982, 22:531).
//
// Features are in the order frequency, orientation, row, column. The first
// orientation, θ = 0, is that of a vertical grating, and the others turn
// clockwise.
type Gabor struct {
	side, units int
	octaves     []octave
}

// GaborOptions are those of NewGabor.
type GaborOptions struct {
	Side         int // of pictures, pixels; 0 means 112
	Octaves      int // number of frequencies: 1, 2, 4, … cycles per picture; 0 means 6, of which the last is 32
	Orientations int // evenly from 0 to π; 0 means 8
}

// octave is the filters of one frequency.
type octave struct {
	cycles  int
	mean    *mat.Dense // side × cycles: the Gaussian of each column of the grid, or of each row
	filters []filters  // of each orientation
}

// filters are those of one frequency and orientation. The Gaussian is one of x times one
// of y, so that
//
//	w·cos k(p-c) = cos·cos - sin·sin
//	w·sin k(p-c) = sin·cos + cos·sin
//
// with one factor of y and one of x each. So two matrix products compute the answers at
// all positions at once.
type filters struct {
	x, y      *mat.Dense // side × 2·cycles: for each position cosines, then sines, under the Gaussian
	even, odd []float64  // answers to a picture that is 1 everywhere
}

// deviation is the standard deviation of the Gaussian in wavelengths for a
// bandwidth of one octave: √(ln 2/2)/π · (2+1)/(2-1).
var deviation = 3 * math.Sqrt(math.Ln2/2) / math.Pi

// NewGabor returns the filters. It is an error if there is no frequency or
// orientation, if there are more than 180 orientations, if the side is above 1024,
// or if the highest frequency, with half its bandwidth, is beyond what pixels can
// show: 4/3 of its cycles are more than half the side.
func NewGabor(o GaborOptions) (*Gabor, error) {
	if o.Side == 0 {
		o.Side = 112
	}
	if o.Octaves == 0 {
		o.Octaves = 6
	}
	if o.Orientations == 0 {
		o.Orientations = 8
	}
	const maxOrientations = 180
	switch {
	case o.Side < 1 || o.Side > maxSide:
		return nil, errors.Errorf("reference: Gabor filters for pictures with a side of %d, want 1 to %d", o.Side, maxSide)
	case o.Orientations < 1 || o.Orientations > maxOrientations:
		return nil, errors.Errorf("reference: Gabor filters of %d orientations, want 1 to %d", o.Orientations, maxOrientations)
	case o.Octaves < 1:
		return nil, errors.Errorf("reference: Gabor filters of %d frequencies, want 1 or more", o.Octaves)
	}
	g := &Gabor{side: o.Side}
	for i := range o.Octaves {
		cycles := 1 << i
		if 8*cycles > 3*o.Side {
			return nil, errors.Errorf("reference: Gabor filters of %d frequencies: %d cycles in pictures with a side of %d, want at most %d",
				o.Octaves, cycles, o.Side, 3*o.Side/8)
		}
		g.octaves = append(g.octaves, newOctave(o.Side, cycles, o.Orientations))
		g.units += o.Orientations * cycles * cycles
	}
	return g, nil
}

func newOctave(side, cycles, orientations int) octave {
	o := octave{cycles: cycles, mean: waves(side, cycles, 0).Slice(0, side, 0, cycles).(*mat.Dense)}
	white := make([]float64, side*side)
	for i := range white {
		white[i] = 1
	}
	s := newScratch(side, cycles)
	for i := range orientations {
		sin, cos := math.Sincos(math.Pi * float64(i) / float64(orientations))
		f := filters{x: waves(side, cycles, cos), y: waves(side, cycles, sin)}
		f.even, f.odd = make([]float64, cycles*cycles), make([]float64, cycles*cycles)
		f.answer(mat.NewDense(side, side, white), s, f.even, f.odd)
		o.filters = append(o.filters, f)
	}
	return o
}

// waves returns, for each position along a side, a wave under its Gaussian: first the
// cosines of all positions, then the sines. The wave has slope·cycles cycles a side.
func waves(side, cycles int, slope float64) *mat.Dense {
	w := mat.NewDense(side, 2*cycles, nil)
	wavelength := float64(side) / float64(cycles)
	for j := range cycles {
		sum := 0.0
		for i := range side {
			d := (float64(i)+0.5)/wavelength - (float64(j) + 0.5) // in wavelengths
			gauss := math.Exp(-d * d / (2 * deviation * deviation))
			sin, cos := math.Sincos(2 * math.Pi * slope * d)
			w.Set(i, j, gauss*cos)
			w.Set(i, cycles+j, gauss*sin)
			sum += gauss
		}
		for i := range side {
			w.Set(i, j, w.At(i, j)/sum)
			w.Set(i, cycles+j, w.At(i, cycles+j)/sum)
		}
	}
	return w
}

// Name returns "Gabor".
func (g *Gabor) Name() string { return "Gabor" }

// Side returns the side of the pictures.
func (g *Gabor) Side() int { return g.side }

// Units returns orientations·(1² + 2² + 4² + …), by default 10,920.
func (g *Gabor) Units() int { return g.units }

// Features writes the energies of a picture, as Model has it.
func (g *Gabor) Features(picture *data.Image, features []float32) error {
	if err := check(g, picture, features); err != nil {
		return err
	}
	luminance := luminance(picture)
	for _, o := range g.octaves {
		n := o.cycles * o.cycles
		s := newScratch(g.side, o.cycles)
		var rows, mean mat.Dense
		rows.Mul(luminance, o.mean)
		mean.Mul(o.mean.T(), &rows)
		even, odd := make([]float64, n), make([]float64, n)
		for _, f := range o.filters {
			f.answer(luminance, s, even, odd)
			for i, m := range mean.RawMatrix().Data {
				features[i] = float32(2 * math.Hypot(even[i]-m*f.even[i], odd[i]-m*f.odd[i]))
			}
			features = features[n:]
		}
	}
	return nil
}

// luminance returns the luminance of each pixel, on a scale of 0 to 1, by ITU-R BT.601
// on pixels that are not linearised, as pictures are usually made grey. The first pixel's
// is subtracted from all: filters without a mean do not notice, and a uniform picture
// gives exactly 0.
func luminance(picture *data.Image) *mat.Dense {
	n := picture.Height * picture.Width
	l := make([]float64, n)
	for i := range l {
		red, green, blue := picture.Pixels[i], picture.Pixels[n+i], picture.Pixels[2*n+i]
		l[i] = (0.299*float64(red) + 0.587*float64(green) + 0.114*float64(blue)) / 255
	}
	floats.AddConst(-l[0], l)
	return mat.NewDense(picture.Height, picture.Width, l)
}

// scratch is what an answer needs on the way.
type scratch struct {
	rows, all *mat.Dense // side × 2·cycles, 2·cycles × 2·cycles
}

func newScratch(side, cycles int) scratch {
	return scratch{mat.NewDense(side, 2*cycles, nil), mat.NewDense(2*cycles, 2*cycles, nil)}
}

// answer sums a picture under the filters, at each position, row by row.
func (f *filters) answer(luminance *mat.Dense, s scratch, even, odd []float64) {
	s.rows.Mul(luminance, f.x)
	s.all.Mul(f.y.T(), s.rows)
	n, _ := s.all.Dims()
	n /= 2
	for i := range n {
		cos, sin := s.all.RawRowView(i), s.all.RawRowView(n+i) // of y; cosines and sines of x
		for j := range n {
			even[i*n+j] = cos[j] - sin[n+j]
			odd[i*n+j] = sin[j] + cos[n+j]
		}
	}
}
