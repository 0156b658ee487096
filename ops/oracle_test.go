package ops

import (
	"math"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/golden"
)

// each calls f with the four indices of every value of an array, and its place.
func each(s tensor.Shape, f func(h, w, c, n, at int)) {
	for at := range s.TotalSize() {
		f(at/s[3]/s[2]/s[1], at/s[3]/s[2]%s[1], at/s[3]%s[2], at%s[3], at)
	}
}

// normalised is x with mean 0 and variance 1 over the values that set numbers alike,
// then with the channel's scale and shift.
func normalised(x, scale, shift []float64, s tensor.Shape, epsilon float64, set func(c, n int) int) []float64 {
	sum, squares, count := map[int]float64{}, map[int]float64{}, map[int]float64{}
	each(s, func(_, _, c, n, at int) { sum[set(c, n)] += x[at]; count[set(c, n)]++ })
	each(s, func(_, _, c, n, at int) {
		d := x[at] - sum[set(c, n)]/count[set(c, n)]
		squares[set(c, n)] += d * d
	})
	y := make([]float64, len(x))
	each(s, func(_, _, c, n, at int) {
		i := set(c, n)
		y[at] = (x[at]-sum[i]/count[i])/math.Sqrt(squares[i]/count[i]+epsilon)*scale[c] + shift[c]
	})
	return y
}

// The results of operators are what their definitions say, value by value. (A
// gradient, which other tests compare with central differences, agrees with a
// result that is wrong.) Layers have golden values, TestGoldenLocal; the operators
// of sleep have oracles in lateral_test.go.
func TestResults(t *testing.T) {
	image, large, bias := tensor.Shape{3, 4, 6, 5}, tensor.Shape{3, 4, 6, 32}, tensor.Shape{6}
	batch := func(_, n int) int { return n }
	perChannel := func(c, _ int) int { return c }
	for name, c := range map[string]struct {
		shapes []tensor.Shape
		apply  func(gorgonia.Nodes) (*gorgonia.Node, error)
		want   func(in [][]float64) []float64
	}{
		"group norm": {[]tensor.Shape{image, bias, bias}, groupNorm64(GroupNormOptions{}), func(in [][]float64) []float64 {
			return normalised(in[0], in[1], in[2], image, 1e-5, batch)
		}},
		"group norm of 2": {[]tensor.Shape{image, bias, bias}, groupNorm64(GroupNormOptions{Groups: 2, Epsilon: 0.5}), func(in [][]float64) []float64 {
			return normalised(in[0], in[1], in[2], image, 0.5, func(c, n int) int { return 2*n + c/3 })
		}},
		"batch norm": {[]tensor.Shape{image, bias, bias}, training(BatchNormOptions{Training: true}), func(in [][]float64) []float64 {
			return normalised(in[0], in[1], in[2], image, 1e-5, perChannel)
		}},
		"batch norm of 32": {[]tensor.Shape{large, bias, bias}, training(BatchNormOptions{Training: true}), func(in [][]float64) []float64 {
			return normalised(in[0], in[1], in[2], large, 1e-5, perChannel)
		}},
		"batch norm of 32, relu": {[]tensor.Shape{large, bias, bias}, training(BatchNormOptions{Training: true, ReLU: true}), func(in [][]float64) []float64 {
			y := normalised(in[0], in[1], in[2], large, 1e-5, perChannel)
			for i := range y {
				y[i] = max(y[i], 0)
			}
			return y
		}},
		"batch norm, shortcut, relu": {[]tensor.Shape{image, bias, bias, image}, training(BatchNormOptions{Training: true, ReLU: true, Epsilon: 0.5}), func(in [][]float64) []float64 {
			y := normalised(in[0], in[1], in[2], image, 0.5, perChannel)
			for i, v := range in[3] {
				y[i] = max(y[i]+v, 0)
			}
			return y
		}},
		"batch norm, inference": {[]tensor.Shape{{3, 4, 2, 5}, {2}, {2}}, norm64(BatchNormOptions{}), func(in [][]float64) []float64 {
			y := make([]float64, len(in[0]))
			each(tensor.Shape{3, 4, 2, 5}, func(_, _, c, _, at int) {
				mean, variance := []float64{0.3, -0.2}[c], []float64{0.7, 1.9}[c]
				y[at] = (in[0][at]-mean)/math.Sqrt(variance+1e-5)*in[1][c] + in[2][c]
			})
			return y
		}},
		"max pool": {[]tensor.Shape{image}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
			return MaxPool(in[0], WindowOptions{Kernel: 3, Stride: 2, Padding: 1})
		}, func(in [][]float64) []float64 {
			y := make([]float64, 2*2*6*5)
			each(tensor.Shape{2, 2, 6, 5}, func(h, w, c, n, at int) {
				y[at] = math.Inf(-1)
				each(image, func(ih, iw, ic, in_, i int) {
					if ic == c && in_ == n && ih >= 2*h-1 && ih <= 2*h+1 && iw >= 2*w-1 && iw <= 2*w+1 {
						y[at] = max(y[at], in[0][i])
					}
				})
			})
			return y
		}},
		"every location": {[]tensor.Shape{{15, 2, 1, 1, 3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return EveryLocation(in[0], 5, 3, 2) }, func(in [][]float64) []float64 {
			var y []float64
			for _, location := range []int{0, 2, 6, 8, 12, 14} { // of 5 rows of 3
				y = append(y, in[0][location*6:][:6]...)
			}
			return y
		}},
		"add": {[]tensor.Shape{image, image}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Add(in[0], in[1]) }, func(in [][]float64) []float64 {
			y := make([]float64, len(in[0]))
			for i := range y {
				y[i] = in[0][i] + in[1][i]
			}
			return y
		}},
		"global average pool": {[]tensor.Shape{image}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return GlobalAveragePool(in[0]) }, func(in [][]float64) []float64 {
			y := make([]float64, 6*5)
			each(image, func(_, _, c, n, at int) { y[c*5+n] += in[0][at] / 12 })
			return y
		}},
		"average pool": {[]tensor.Shape{image}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { // padding on the right counts
			return AveragePool(in[0], WindowOptions{Kernel: 2, KernelWidth: 3, Stride: 1, StrideWidth: 2, Pad: Pad{Right: 1}})
		}, func(in [][]float64) []float64 {
			var y []float64
			for h := range image[0] - 1 {
				for w := 0; w+3 <= image[1]+1; w += 2 {
					for cn := range 6 * 5 {
						sum := 0.0
						for i := range 2 {
							for j := range 3 {
								if w+j < image[1] {
									sum += in[0][((h+i)*image[1]+w+j)*6*5+cn]
								}
							}
						}
						y = append(y, sum/6)
					}
				}
			}
			return y
		}},
		"linear": {[]tensor.Shape{{1, 1, 4, 5}, {3, 4}, {3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return Linear(in[0], in[1], in[2]) }, func(in [][]float64) []float64 {
			y := make([]float64, 3*5)
			for i := range y {
				o, n := i/5, i%5
				y[i] = in[2][o]
				for c := range 4 {
					y[i] += in[1][o*4+c] * in[0][c*5+n]
				}
			}
			return y
		}},
		"batch innermost": {[]tensor.Shape{{2, 3, 4, 5}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return BatchInnermost(in[0]) }, func(in [][]float64) []float64 {
			y := make([]float64, len(in[0]))
			each(tensor.Shape{2, 3, 4, 5}, func(n, c, h, w, at int) { y[((h*5+w)*3+c)*2+n] = in[0][at] })
			return y
		}},
		"batch outermost": {[]tensor.Shape{{1, 1, 2, 3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return BatchOutermost(in[0]) }, func(in [][]float64) []float64 {
			x := in[0]
			return []float64{x[0], x[3], x[1], x[4], x[2], x[5]}
		}},
		"cross-entropy": {[]tensor.Shape{{4, 3}, {4, 3}}, func(in gorgonia.Nodes) (*gorgonia.Node, error) { return CrossEntropy(in[0], in[1]) }, func(in [][]float64) []float64 {
			loss := 0.0
			for n := range 4 {
				sum := 0.0
				for _, v := range in[0][3*n:][:3] {
					sum += math.Exp(v)
				}
				for c := range 3 {
					loss -= in[1][3*n+c] * math.Log(math.Exp(in[0][3*n+c])/sum) / 4
				}
			}
			return []float64{loss}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := build(t, tensor.Float64, c.shapes, nil, c.apply)
			b.randomise(nil)
			var in [][]float64
			for _, v := range b.values {
				in = append(in, numbers(v))
			}
			b.run()
			golden.Check(t, "result", numbers(b.output.Value()), c.want(in), 1e-12)
		})
	}
}

// training is a batch norm of six channels that learns.
func training(o BatchNormOptions) func(gorgonia.Nodes) (*gorgonia.Node, error) {
	return func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		var shortcut *gorgonia.Node
		if len(in) > 3 {
			shortcut = in[3]
		}
		return BatchNorm(in[0], in[1], in[2], shortcut, runningMoments(tensor.Float64, 6), o)
	}
}
