package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// LayerNormOptions configure LayerNorm.
type LayerNormOptions struct {
	Epsilon float64 // is added to the variance; 0 means DefaultEpsilon
}

// LayerNorm normalises each image over its whole map, channels and locations (Ba et al.
// 2016, eq. 3 and 4):
//
//	y = scale[c,h,w] · (x - mean[n]) / √(variance[n] + epsilon) + shift[c,h,w]
//
//	x             H W C N
//	scale, shift  C H W, or C where the map is 1×1
//	result        H W C N
//
// It is PyTorch's LayerNorm of C H W, or of C, with its parameters as they are; not that
// of vision transformers, which normalises the channels of each location. The variance is
// divided by the number of values. It is an error if epsilon is negative.
func LayerNorm(x, scale, shift *gorgonia.Node, o LayerNormOptions) (*gorgonia.Node, error) {
	if o.Epsilon == 0 {
		o.Epsilon = DefaultEpsilon
	}
	if !(o.Epsilon > 0) {
		return nil, errors.Errorf("ops: layer norm: epsilon %v, want a positive number", o.Epsilon)
	}
	rank := 3
	if scale != nil && scale.Dims() == 1 {
		rank = 1
	}
	return apply(layerNorm{o, rank, new(moments)}, x, scale, shift)
}

type layerNorm struct {
	LayerNormOptions
	rank int      // of scale and shift
	used *moments // N each
}

func (d layerNorm) String() string {
	return fmt.Sprintf("layer norm%+v of %d axes", d.LayerNormOptions, d.rank)
}
func (d layerNorm) ranks() ([]int, int) { return []int{4, d.rank, d.rank}, 4 }
func (layerNorm) wrt() []bool           { return []bool{true, true, true} }

// parameters returns the shape of scale and shift for x.
func (d layerNorm) parameters(x tensor.Shape) tensor.Shape {
	if d.rank == 1 {
		return tensor.Shape{x[:3].TotalSize()}
	}
	return tensor.Shape{x[2], x[0], x[1]}
}

func (d layerNorm) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, want := in[0], d.parameters(in[0])
	if d.rank == 1 && x[0]*x[1] != 1 {
		return nil, errors.Errorf("ops: %v: a scale of shape %v for a map of %d×%d, want one of C H W", d, in[1], x[0], x[1])
	}
	if err := same(d, "scale", in[1], "its input", want); err != nil {
		return nil, err
	}
	return x, same(d, "shift", in[2], "its input", want)
}

// layer is the kernel's view of the norm of x of shape s.
func layer[T kernel.Float](s tensor.Shape, scale, shift []T) kernel.LayerNorm[T] {
	return kernel.LayerNorm[T]{S: s[0] * s[1], C: s[2], N: s[3], Scale: scale, Shift: shift}
}

func (d layerNorm) run32(y []float32, in [][]float32, s []tensor.Shape) { runLayerNorm(d, y, in, s) }
func (d layerNorm) run64(y []float64, in [][]float64, s []tensor.Shape) { runLayerNorm(d, y, in, s) }

func runLayerNorm[T kernel.Float](d layerNorm, y []T, in [][]T, s []tensor.Shape) {
	if n := s[0][3]; len(d.used.mean) != n {
		*d.used = moments{make([]float64, n), make([]float64, n)}
	}
	g := layer(s[0], in[1], in[2])
	g.Moments(d.used.mean, d.used.inverseDeviation, in[0], d.Epsilon)
	g.Forward(y, in[0], d.used.mean, d.used.inverseDeviation)
}

func (d layerNorm) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	grads := make(gorgonia.Nodes, 3)
	var err error
	if grads[0], err = apply(layerNormInputGradient{d}, in[0], grad, in[1]); err != nil {
		return nil, err
	}
	if grads[1], err = apply(layerNormScaleGradient{d}, in[0], grad); err != nil {
		return nil, err
	}
	grads[2], err = apply(layerNormShiftGradient{d}, grad)
	return grads, err
}

// layerNormInputGradient: x, dy, scale → dx.
type layerNormInputGradient struct{ layerNorm }

func (d layerNormInputGradient) String() string      { return "input gradient of " + d.layerNorm.String() }
func (d layerNormInputGradient) ranks() ([]int, int) { return []int{4, 4, d.rank}, 4 }

func (d layerNormInputGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "output gradient", in[1], "input", in[0])
}

func (d layerNormInputGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	layer(s[0], in[2], nil).InputGradient(dx, in[0], in[1], d.used.mean, d.used.inverseDeviation)
}
func (d layerNormInputGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	layer(s[0], in[2], nil).InputGradient(dx, in[0], in[1], d.used.mean, d.used.inverseDeviation)
}

// layerNormScaleGradient: x, dy → dscale.
type layerNormScaleGradient struct{ layerNorm }

func (d layerNormScaleGradient) String() string      { return "scale gradient of " + d.layerNorm.String() }
func (d layerNormScaleGradient) ranks() ([]int, int) { return []int{4, 4}, d.rank }

func (d layerNormScaleGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return d.parameters(in[0]), same(d, "output gradient", in[1], "input", in[0])
}

func (d layerNormScaleGradient) run32(dscale []float32, in [][]float32, s []tensor.Shape) {
	layer[float32](s[0], nil, nil).ScaleGradient(dscale, in[0], in[1], d.used.mean, d.used.inverseDeviation)
}
func (d layerNormScaleGradient) run64(dscale []float64, in [][]float64, s []tensor.Shape) {
	layer[float64](s[0], nil, nil).ScaleGradient(dscale, in[0], in[1], d.used.mean, d.used.inverseDeviation)
}

// layerNormShiftGradient: dy → dshift.
type layerNormShiftGradient struct{ layerNorm }

func (d layerNormShiftGradient) String() string      { return "shift gradient of " + d.layerNorm.String() }
func (d layerNormShiftGradient) ranks() ([]int, int) { return []int{4}, d.rank }

func (d layerNormShiftGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return d.parameters(in[0]), nil
}

func (layerNormShiftGradient) run32(dshift []float32, in [][]float32, s []tensor.Shape) {
	layer[float32](s[0], nil, nil).ShiftGradient(dshift, in[0])
}
func (layerNormShiftGradient) run64(dshift []float64, in [][]float64, s []tensor.Shape) {
	layer[float64](s[0], nil, nil).ShiftGradient(dshift, in[0])
}
