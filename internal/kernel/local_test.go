package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawLocal draws a geometry whose kernel fits.
func drawLocal(t *rapid.T) Local {
	g := Local{
		H: rapid.IntRange(1, 7).Draw(t, "H"), W: rapid.IntRange(1, 7).Draw(t, "W"), N: rapid.OneOf(rapid.IntRange(1, 19), rapid.SampledFrom([]int{8, 16})).Draw(t, "N"),
		KH: rapid.IntRange(1, 4).Draw(t, "KH"), KW: rapid.IntRange(1, 4).Draw(t, "KW"),
		StrideH: rapid.IntRange(1, 3).Draw(t, "stride"), DilationH: rapid.IntRange(1, 2).Draw(t, "dilation"),
		Top: rapid.IntRange(0, 3).Draw(t, "top"), Groups: rapid.IntRange(1, 3).Draw(t, "groups"),
		Shared: rapid.Bool().Draw(t, "shared"),
	}
	g.C, g.O = g.Groups*rapid.IntRange(1, 3).Draw(t, "C/g"), g.Groups*rapid.IntRange(1, 5).Draw(t, "O/g")
	g.StrideW, g.DilationW, g.Left, g.Right = g.StrideH, g.DilationH, g.Top, g.Top
	bottom := g.Top
	if rapid.Bool().Draw(t, "sides differ") {
		g.StrideW, g.DilationW = rapid.IntRange(1, 3).Draw(t, "column stride"), rapid.IntRange(1, 2).Draw(t, "column dilation")
		g.Left, g.Right = rapid.IntRange(0, 3).Draw(t, "left"), rapid.IntRange(0, 3).Draw(t, "right")
		bottom = rapid.IntRange(0, 3).Draw(t, "bottom")
	}
	return g.fitted(t, bottom)
}

// fitted returns the geometry with its output, if the kernel fits.
func (g Local) fitted(t *rapid.T, bottom int) Local {
	height, width := g.Top+g.H+bottom-g.windowHeight(), g.Left+g.W+g.Right-g.windowWidth()
	if height < 0 || width < 0 {
		t.Skip("the kernel does not fit")
	}
	g.OH, g.OW = height/g.StrideH+1, width/g.StrideW+1
	return g
}

func (g Local) weightCount() int {
	if g.Shared {
		return g.weights()
	}
	return g.OH * g.OW * g.weights()
}

// What sees no padding is what sees as many inputs as its kernel has positions.
func TestUnpadded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawLocal(t)
		from, to := g.unpaddedColumns()
		for ow := range g.OW {
			first, end := inside(g.KW, g.DilationW, g.StrideW*ow-g.Left, g.W)
			if want := end-first == g.KW; want != (ow >= from && ow < to) {
				t.Fatalf("%+v: from %d to %d see no padding, but of %d it is %t", g, from, to, ow, want)
			}
		}
		if from < 0 || to < from || to > g.OW {
			t.Fatalf("%+v: from %d to %d of %d", g, from, to, g.OW)
		}
	})
}

// oracle visits every product of a weight and an input, with their indices in
// w, x and y: the definition of a local layer, and nothing else.
func (g Local) oracle(visit func(w, x, y int)) {
	for oh := range g.OH {
		for ow := range g.OW {
			for o := range g.O {
				for kh := range g.KH {
					for kw := range g.KW {
						ih, iw := g.StrideH*oh+g.DilationH*kh-g.Top, g.StrideW*ow+g.DilationW*kw-g.Left
						if ih < 0 || ih >= g.H || iw < 0 || iw >= g.W {
							continue
						}
						for c := range g.C / g.Groups {
							l := 0
							if !g.Shared {
								l = oh*g.OW + ow
							}
							channel := o/(g.O/g.Groups)*(g.C/g.Groups) + c
							w := (((l*g.O+o)*g.KH+kh)*g.KW+kw)*(g.C/g.Groups) + c
							for n := range g.N {
								visit(w, ((ih*g.W+iw)*g.C+channel)*g.N+n, ((oh*g.OW+ow)*g.O+o)*g.N+n)
							}
						}
					}
				}
			}
		}
	}
}

func normal[T Float](r *rand.Rand, n int) []T {
	x := make([]T, n)
	for i := range x {
		x[i] = T(r.NormFloat64())
	}
	return x
}

// agree fails unless got is want to a tolerance relative to the largest value,
// or to 1, the size of the numbers that it is a sum of and that may cancel.
func agree[T Float](t rapid.TB, what string, got []T, want []float64, tolerance float64) {
	t.Helper()
	largest := 1.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= tolerance*largest) {
			t.Fatalf("%s[%d] is %v, want %v", what, i, got[i], v)
		}
	}
}

func TestLocalAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawLocal(t)
		seed := rapid.Uint64().Draw(t, "seed")
		checkLocal[float64](t, g, seed, 1e-13)
		checkLocal[float32](t, g, seed, 2e-5)
	})
}

// A convolution of one image, whose lanes are its channels, is the same.
func TestSingleAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawLocal(t)
		g.N, g.Shared, g.Groups, g.DilationH, g.DilationW = 1, true, 1, 1, 1
		g.StrideW = min(g.StrideW, 2)
		g = g.fitted(t, rapid.IntRange(0, 3).Draw(t, "below"))
		checkLocal[float64](t, g, rapid.Uint64().Draw(t, "seed"), 1e-13)
	})
}

func checkLocal[T Float](t rapid.TB, g Local, seed uint64, tolerance float64) {
	r := rand.New(rand.NewPCG(seed, 0))
	x, w, dy := normal[T](r, g.H*g.W*g.C*g.N), normal[T](r, g.weightCount()), normal[T](r, g.OH*g.OW*g.O*g.N)
	bias := normal[T](r, []int{0, g.O, g.OH * g.OW * g.O}[seed%3])
	wantY, wantX, wantW := make([]float64, len(dy)), make([]float64, len(x)), make([]float64, len(w))
	wantBias := make([]float64, len(bias))
	for i := range wantY {
		if len(bias) > 0 {
			at := i / g.N % len(bias)
			wantY[i] = float64(bias[at])
			wantBias[at] += float64(dy[i])
		}
	}
	g.oracle(func(iw, ix, iy int) {
		wantY[iy] += float64(w[iw]) * float64(x[ix])
		wantX[ix] += float64(w[iw]) * float64(dy[iy])
		wantW[iw] += float64(x[ix]) * float64(dy[iy])
	})
	// Results start as garbage: they must be overwritten, not added to.
	y, dx, dw, dbias := normal[T](r, len(dy)), normal[T](r, len(x)), normal[T](r, len(w)), normal[T](r, len(bias))
	Forward(NewPlan(g), y, x, w, bias)
	InputGradient(NewPlan(g), dx, dy, w, nil)
	WeightGradient(NewPlan(g), dw, x, dy)
	agree(t, "y", y, wantY, tolerance)
	agree(t, "dx", dx, wantX, tolerance)
	agree(t, "dw", dw, wantW, tolerance)
	onto := normal[T](r, len(w))
	sum := make([]T, len(w))
	addRows(sum, onto, dw)
	WeightGradientOnto(NewPlan(g), onto, x, dy)
	if !slices.Equal(onto, sum) {
		t.Fatalf("%+v: dw onto others is not their sum", g)
	}
	if len(bias) > 0 {
		BiasGradient(g, dbias, dy)
		agree(t, "dbias", dbias, wantBias, tolerance)
	}
}

// Results have the same bits on any number of threads.
func TestThreadsShareNoSum(t *testing.T) {
	t.Run("square", func(t *testing.T) {
		threadsShareNoSum(t, Local{H: 9, W: 8, C: 6, N: 33, OH: 9, OW: 8, O: 10, KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Top: 1, Left: 1, Right: 1, Groups: 1, Shared: true})
	})
	for _, shared := range []bool{false, true} {
		t.Run(fmt.Sprint("rectangular, shared ", shared), func(t *testing.T) {
			threadsShareNoSum(t, Local{H: 9, W: 8, C: 6, N: 33, OH: 10, OW: 5, O: 10, KH: 2, KW: 5, StrideH: 1, StrideW: 2, DilationH: 1, DilationW: 1, Top: 2, Left: 1, Right: 4, Groups: 1, Shared: shared})
		})
	}
}

func threadsShareNoSum(t *testing.T, g Local) {
	r := rand.New(rand.NewPCG(1, 1))
	x, w, dy := normal[float32](r, g.H*g.W*g.C*g.N), normal[float32](r, g.weightCount()), normal[float32](r, g.OH*g.OW*g.O*g.N)
	compute := func(threads int) []float32 {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		y, dx, dw := make([]float32, len(dy)), make([]float32, len(x)), make([]float32, len(w))
		Forward(NewPlan(g), y, x, w, nil)
		InputGradient(NewPlan(g), dx, dy, w, nil)
		WeightGradient(NewPlan(g), dw, x, dy)
		WeightGradientOnto(NewPlan(g), dw, x, dy)
		mean, squares := make([]float64, g.C), make([]float64, g.C)
		Moments(mean, squares, x, g.H*g.W, g.C, g.N)
		norm := Norm[float32]{S: g.H * g.W, C: g.C, N: g.N, Mean: mean, InverseDeviation: squares, Scale: mean32(mean), Shift: mean32(squares), Training: true}
		scale, shift := make([]float32, g.C), make([]float32, g.C)
		norm.ParameterGradient(scale, shift, x, dx)
		return slices.Concat(y, dx, dw, mean32(mean), mean32(squares), scale, shift)
	}
	want := compute(1)
	for _, threads := range []int{2, 3, 8} {
		if !slices.Equal(compute(threads), want) {
			t.Errorf("%d threads give other bits than one", threads)
		}
	}
}

func mean32(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func TestTranspose(t *testing.T) {
	for rows := range 40 {
		columns := (rows*7)%37 + 1
		src, dst := normal[float64](rand.New(rand.NewPCG(1, 1)), (rows+1)*(columns+3)), make([]float64, columns*(rows+2)+2)
		Transpose(dst, rows+2, src, columns+3, rows, columns)
		for r := range rows {
			for c := range columns {
				if dst[c*(rows+2)+r] != src[r*(columns+3)+c] {
					t.Fatalf("%d×%d: element %d,%d is wrong", rows, columns, r, c)
				}
			}
		}
	}
}

func TestParallelCallsEachOnce(t *testing.T) {
	for _, n := range []int{0, 1, 2, 100, 3*span + 1} {
		calls := make([]int32, n)
		Parallel(n, func(i int) { calls[i]++ })
		ParallelSpans(n, func(from, to int) {
			for i := from; i < to; i++ {
				calls[i]++
			}
		})
		for i, c := range calls {
			if c != 2 {
				t.Fatalf("%d of %d was called %d times", i, n, c)
			}
		}
	}
}

// benchmarks of the three products of a layer, in the shapes of ResNet-20 and of
// ResNet-8 of width 8.
func BenchmarkLocal(b *testing.B) {
	for _, shape := range []struct{ side, in, out, kernel, stride, batch int }{
		{32, 16, 16, 3, 1, 32}, {16, 32, 32, 3, 1, 32}, {8, 64, 64, 3, 1, 32},
		{32, 16, 16, 3, 1, 128}, {16, 32, 32, 3, 1, 128}, {8, 64, 64, 3, 1, 128},
		{32, 3, 8, 3, 1, 64}, {32, 8, 8, 3, 1, 64}, {16, 16, 16, 3, 1, 64}, {8, 32, 32, 3, 1, 64},
		{32, 8, 16, 3, 2, 64}, {16, 16, 32, 3, 2, 64}, {32, 8, 16, 1, 2, 64}, {16, 16, 32, 1, 2, 64},
	} {
		for _, shared := range []bool{true, false} {
			g := Local{
				H: shape.side, W: shape.side, C: shape.in, N: shape.batch,
				OH: shape.side / shape.stride, OW: shape.side / shape.stride, O: shape.out,
				KH: shape.kernel, KW: shape.kernel, StrideH: shape.stride, StrideW: shape.stride, DilationH: 1, DilationW: 1,
				Top: shape.kernel / 2, Left: shape.kernel / 2, Right: shape.kernel / 2, Groups: 1, Shared: shared,
			}
			r := rand.New(rand.NewPCG(1, 1))
			x, w, y := normal[float32](r, g.H*g.W*g.C*g.N), normal[float32](r, g.weightCount()), normal[float32](r, g.OH*g.OW*g.O*g.N)
			for _, phase := range []struct {
				name string
				run  func()
			}{
				{"forward", func() { Forward(NewPlan(g), y, x, w, nil) }},
				{"input-gradient", func() { InputGradient(NewPlan(g), x, y, w, nil) }},
				{"weight-gradient", func() { WeightGradient(NewPlan(g), w, x, y) }},
			} {
				name := fmt.Sprintf("%d→%d,%d×%d,stride=%d,side=%d", g.C, g.O, g.KH, g.KW, g.StrideH, g.H)
				b.Run(fmt.Sprintf("shared=%t/%s/batch=%d/%s", shared, name, g.N, phase.name), func(b *testing.B) {
					for b.Loop() {
						phase.run()
					}
					flop := 2 * float64(g.OH*g.OW*g.weights()*g.N)
					b.ReportMetric(flop*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
