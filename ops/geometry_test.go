package ops

import (
	"fmt"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
	"pgregory.net/rapid"

	"hypnos/internal/golden"
)

// padOf reads the padding of a golden file.
func padOf(f golden.File) Pad {
	return Pad{Top: f.Int("top"), Bottom: f.Int("bottom"), Left: f.Int("left"), Right: f.Int("right")}
}

// Rectangular kernels, strides, dilations and one-sided and same padding give what
// PyTorch gives of a map that F.pad has padded.
func TestGoldenGeometry(t *testing.T) {
	for i := range 6 {
		f := golden.Open(t, fmt.Sprintf("geometry%d", i))
		o := LocalOptions{
			Stride: f.Int("stride"), StrideWidth: f.Int("stride_width"), Dilation: f.Int("dilation"), DilationWidth: f.Int("dilation_width"),
			Groups: f.Int("groups"), Pad: padOf(f),
		}
		t.Run(fmt.Sprint(i), func(t *testing.T) { checkGeometry(t, f, o) })
		if f.Int("same") == 1 {
			o.Pad, o.Same = Pad{}, true
			t.Run(fmt.Sprint(i, ", same"), func(t *testing.T) { checkGeometry(t, f, o) })
		}
	}
}

func checkGeometry(t *testing.T, f golden.File, o LocalOptions) {
	in, wrt := []golden.Tensor{f.Tensor("x").Activations(), f.Tensor("w").Weights()}, []int{0, 1}
	if f.Has("bias") {
		in, wrt = append(in, f.Tensor("bias")), append(wrt, 2)
	}
	var shapes []tensor.Shape
	for _, x := range in {
		shapes = append(shapes, x.Shape)
	}
	b := build(t, tensor.Float32, shapes, wrt, local(o))
	for i, x := range in {
		set(b.values[i], x.Data)
	}
	set(b.upwards, f.Tensor("dy").Activations().Data)
	b.run()
	golden.Check(t, "y", numbers(b.output.Value()), f.Tensor("y").Activations().Data, 1e-5)
	golden.Check(t, "dx", numbers(b.grads[0].Value()), f.Tensor("dx").Activations().Data, 1e-5)
	golden.Check(t, "dw", numbers(b.grads[1].Value()), f.Tensor("dw").Weights().Data, 1e-5)
	if f.Has("bias") {
		golden.Check(t, "dbias", numbers(b.grads[2].Value()), f.Tensor("dbias").Data, 1e-5)
	}
}

// A rectangular window that reaches beyond the map on single sides is PyTorch's over a
// map that is padded with -inf.
func TestGoldenMaxPool(t *testing.T) {
	f := golden.Open(t, "geometry_pool")
	x := f.Tensor("x").Activations()
	b := build(t, tensor.Float32, []tensor.Shape{x.Shape}, []int{0}, func(in gorgonia.Nodes) (*gorgonia.Node, error) {
		return MaxPool(in[0], WindowOptions{
			Kernel: f.Int("kernel"), KernelWidth: f.Int("kernel_width"), Stride: f.Int("stride"), StrideWidth: f.Int("stride_width"), Pad: padOf(f),
		})
	})
	set(b.values[0], x.Data)
	set(b.upwards, f.Tensor("dy").Activations().Data)
	b.run()
	golden.Check(t, "y", numbers(b.output.Value()), f.Tensor("y").Activations().Data, 0)
	golden.Check(t, "dx", numbers(b.grads[0].Value()), f.Tensor("dx").Activations().Data, 1e-6)
}

// Same padding gives ⌈size/stride⌉ outputs with no more zeros than that takes, of which
// at most one more comes after than before.
func TestSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		between := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
		size, kernel, stride, dilation := between("size", 1, 20), between("kernel", 1, 7), between("stride", 1, 5), between("dilation", 1, 3)
		for _, wide := range []bool{false, true} {
			o := LocalOptions{Stride: stride, StrideWidth: 1, Dilation: dilation, DilationWidth: 1, Same: true}
			height, width, kernelHeight, kernelWidth := size, 1, kernel, 1
			if wide {
				o = LocalOptions{StrideWidth: stride, DilationWidth: dilation, Same: true}
				height, width, kernelHeight, kernelWidth = 1, size, 1, kernel
			}
			g, err := o.Over(height, width, kernelHeight, kernelWidth)
			if err != nil {
				t.Fatal(err)
			}
			outputs, other, pad := g.Height, g.Width, g.Pad
			before, after := pad.Top, pad.Bottom
			if wide {
				outputs, other, before, after = g.Width, g.Height, pad.Left, pad.Right
			}
			if outputs != (size+stride-1)/stride || other != 1 || after-before != (before+after)%2 || before+after != pad.Top+pad.Bottom+pad.Left+pad.Right {
				t.Fatalf("%d of %d outputs with padding %v", outputs, size, pad)
			}
			if before+after == 0 {
				continue
			}
			fewer := LocalOptions{Stride: o.Stride, StrideWidth: o.StrideWidth, Dilation: o.Dilation, DilationWidth: o.DilationWidth, Pad: pad}
			if wide {
				fewer.Pad.Right--
			} else {
				fewer.Pad.Bottom--
			}
			if g, err := fewer.Over(height, width, kernelHeight, kernelWidth); err == nil && g.Height*g.Width >= outputs {
				t.Fatalf("padding %v is enough, where same has %v", fewer.Pad, pad)
			}
		}
	})
}
