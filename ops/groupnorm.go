package ops

import (
	"fmt"

	"github.com/pkg/errors"
	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/kernel"
)

// GroupNormOptions configure GroupNorm.
type GroupNormOptions struct {
	Groups  int     // of channels that are normalised together; 0 means 1
	Epsilon float64 // is added to the variance; 0 means DefaultEpsilon
}

// GroupNorm normalises each group of channels of each image over its locations
// (Wu and He 2018):
//
//	y = scale[c] · (x - mean[group,n]) / √(variance[group,n] + epsilon) + shift[c]
//
//	x             H W C N
//	scale, shift  C
//	result        H W C N
//
// The variance is divided by the number of values. It does the same in training
// and inference. It is an error if groups do not divide the channels or epsilon
// is negative.
func GroupNorm(x, scale, shift *gorgonia.Node, o GroupNormOptions) (*gorgonia.Node, error) {
	if o.Groups == 0 {
		o.Groups = 1
	}
	if o.Epsilon == 0 {
		o.Epsilon = DefaultEpsilon
	}
	if o.Groups < 0 || !(o.Epsilon > 0) {
		return nil, errors.Errorf("ops: group norm: %d groups, epsilon %v: want positive numbers", o.Groups, o.Epsilon)
	}
	return apply(groupNorm{o, new(moments)}, x, scale, shift)
}

type groupNorm struct {
	GroupNormOptions
	used *moments // Groups N each
}

func (d groupNorm) String() string    { return fmt.Sprintf("group norm%+v", d.GroupNormOptions) }
func (groupNorm) ranks() ([]int, int) { return []int{4, 1, 1}, 4 }
func (groupNorm) wrt() []bool         { return []bool{true, true, true} }

func (d groupNorm) shape(in []tensor.Shape) (tensor.Shape, error) {
	x, channels := in[0], tensor.Shape{in[0][2]}
	if x[2]%d.Groups != 0 {
		return nil, errors.Errorf("ops: %v: %d groups do not divide %d channels", d, d.Groups, x[2])
	}
	if err := same(d, "scale", in[1], "its channels", channels); err != nil {
		return nil, err
	}
	return x, same(d, "shift", in[2], "its channels", channels)
}

// groups is the kernel's view of the norm of x of shape s.
func groups[T kernel.Float](d groupNorm, s tensor.Shape, scale, shift []T) kernel.GroupNorm[T] {
	return kernel.GroupNorm[T]{S: s[0] * s[1], C: s[2], N: s[3], Groups: d.Groups, Scale: scale, Shift: shift}
}

func (d groupNorm) run32(y []float32, in [][]float32, s []tensor.Shape) { runGroupNorm(d, y, in, s) }
func (d groupNorm) run64(y []float64, in [][]float64, s []tensor.Shape) { runGroupNorm(d, y, in, s) }

func runGroupNorm[T kernel.Float](d groupNorm, y []T, in [][]T, s []tensor.Shape) {
	if n := d.Groups * s[0][3]; len(d.used.mean) != n {
		*d.used = moments{make([]float64, n), make([]float64, n)}
	}
	g := groups(d, s[0], in[1], in[2])
	g.Moments(d.used.mean, d.used.inverseDeviation, in[0], d.Epsilon)
	g.Forward(y, in[0], d.used.mean, d.used.inverseDeviation)
}

func (d groupNorm) gradient(in gorgonia.Nodes, _, grad *gorgonia.Node) (gorgonia.Nodes, error) {
	// The sums over locations serve all three gradients.
	sums, err := apply(groupNormSums{d}, in[0], grad)
	if err != nil {
		return nil, err
	}
	grads := make(gorgonia.Nodes, 3)
	if grads[0], err = apply(groupNormInputGradient{d}, in[0], grad, in[1], in[2], sums); err != nil {
		return nil, err
	}
	parameters, err := apply(groupNormParameterGradient{d}, sums)
	if err != nil {
		return nil, err
	}
	for i := range 2 {
		if grads[1+i], err = apply(row{i}, parameters); err != nil {
			return nil, err
		}
	}
	return grads, nil
}

// groupNormSums: x, dy → for each channel and image what the gradients need, 2 C N.
type groupNormSums struct{ groupNorm }

func (d groupNormSums) String() string    { return fmt.Sprintf("group norm sums%+v", d.GroupNormOptions) }
func (groupNormSums) ranks() ([]int, int) { return []int{4, 4}, 3 }

func (d groupNormSums) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{2, in[0][2], in[0][3]}, same(d, "output gradient", in[1], "input", in[0])
}

func (d groupNormSums) run32(sums []float32, in [][]float32, s []tensor.Shape) {
	groups[float32](d.groupNorm, s[0], nil, nil).Sums(sums, in[0], in[1], d.used.mean)
}
func (d groupNormSums) run64(sums []float64, in [][]float64, s []tensor.Shape) {
	groups[float64](d.groupNorm, s[0], nil, nil).Sums(sums, in[0], in[1], d.used.mean)
}

// groupNormInputGradient: x, dy, scale, shift, sums → dx.
type groupNormInputGradient struct{ groupNorm }

func (d groupNormInputGradient) String() string {
	return fmt.Sprintf("group norm input gradient%+v", d.GroupNormOptions)
}
func (groupNormInputGradient) ranks() ([]int, int) { return []int{4, 4, 1, 1, 3}, 4 }

func (d groupNormInputGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return in[0], same(d, "output gradient", in[1], "input", in[0])
}

func (d groupNormInputGradient) run32(dx []float32, in [][]float32, s []tensor.Shape) {
	groups(d.groupNorm, s[0], in[2], in[3]).InputGradient(dx, in[0], in[1], in[4], d.used.mean, d.used.inverseDeviation)
}
func (d groupNormInputGradient) run64(dx []float64, in [][]float64, s []tensor.Shape) {
	groups(d.groupNorm, s[0], in[2], in[3]).InputGradient(dx, in[0], in[1], in[4], d.used.mean, d.used.inverseDeviation)
}

// groupNormParameterGradient: sums → the gradients of scale and shift, 2 C.
type groupNormParameterGradient struct{ groupNorm }

func (d groupNormParameterGradient) String() string {
	return fmt.Sprintf("group norm parameter gradient%+v", d.GroupNormOptions)
}
func (groupNormParameterGradient) ranks() ([]int, int) { return []int{3}, 2 }

func (groupNormParameterGradient) shape(in []tensor.Shape) (tensor.Shape, error) {
	return tensor.Shape{2, in[0][1]}, nil
}

func (d groupNormParameterGradient) run32(g []float32, in [][]float32, s []tensor.Shape) {
	runGroupNormParameters(d, g, in[0], s[0])
}
func (d groupNormParameterGradient) run64(g []float64, in [][]float64, s []tensor.Shape) {
	runGroupNormParameters(d, g, in[0], s[0])
}

func runGroupNormParameters[T kernel.Float](d groupNormParameterGradient, g, sums []T, s tensor.Shape) {
	c, n := s[1], s[2]
	kernel.GroupNorm[T]{C: c, N: n, Groups: d.Groups}.ParameterGradient(g[:c], g[c:], sums, d.used.inverseDeviation)
}
