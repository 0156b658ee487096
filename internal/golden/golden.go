// Package golden reads the reference values that tests compare with.
//
// Most files in testdata were computed in float32 with PyTorch 1.13 on the CPU, by the
// published reference implementation of Pogodin et al. 2021; formula_* by that of the
// CORnets and by torchvision; layers and geometry* by torch.nn.functional; ventral in float64 by
// scikit-learn, scipy and numpy; resnet8w4_lc by resnet8w4.py beside it.
// Local weights have axes OH OW O I/g KH KW, activations N C H W.
//
// A formula file of MODEL (torchvision.models.MODEL for resnet18, alexnet, vgg16 and
// vgg16_bn) is made so. In eval mode, every tensor of the state dict, but the counters of
// batches, gets by its NAME the values, over its elements i in row-major order,
//
//	mean + std·√2·sin(c + 0.61803398875·i + fmod(1e-4·i·i, 6.283185307179586))
//
// in float64, rounded to float32, with c = crc32(NAME) mod 1000. Mean and std are 0 and
// √(2/(I·KH·KW)) for a tensor of four axes, 0 and √(1/I) for one of two, 1 and 0.1 for the
// weight of a norm and a running variance, 0 and 0.1 for all others. Two images N C H W
// follow from the name "image", mean 0 and std 1. The file holds the logits of the two,
// mean.AREA, the mean over locations of the area's output (of the layer that the metadata
// names in areas), and as metadata the names in order and the count of parameters.
package golden

import (
	"embed"
	"encoding/binary"
	"math"
	"strconv"
	"testing"

	"github.com/nlpodyssey/safetensors"
)

//go:embed testdata/*.safetensors
var files embed.FS

// File is one file of reference values.
type File struct {
	t        testing.TB
	name     string
	tensors  safetensors.SafeTensors
	metadata map[string]string
}

// Tensor is a tensor of a file, row-major, in float64.
type Tensor struct {
	Shape []int
	Data  []float64
}

// Open reads testdata/NAME.safetensors.
func Open(t testing.TB, name string) File {
	t.Helper()
	raw, err := files.ReadFile("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := safetensors.Deserialize(raw)
	if err != nil {
		t.Fatal(name, err)
	}
	_, metadata, err := safetensors.ReadMetadata(raw)
	if err != nil {
		t.Fatal(name, err)
	}
	return File{t, name, tensors, metadata.Metadata()}
}

// Text returns an entry of the file's metadata.
func (f File) Text(key string) string {
	f.t.Helper()
	v, ok := f.metadata[key]
	if !ok {
		f.t.Fatalf("%s: no metadata %q", f.name, key)
	}
	return v
}

// Int returns a whole number of the file's metadata.
func (f File) Int(key string) int {
	f.t.Helper()
	v, err := strconv.Atoi(f.metadata[key])
	if err != nil {
		f.t.Fatalf("%s: metadata %q: %v", f.name, key, err)
	}
	return v
}

// Float returns a number of the file's metadata.
func (f File) Float(key string) float64 {
	f.t.Helper()
	v, err := strconv.ParseFloat(f.metadata[key], 64)
	if err != nil {
		f.t.Fatalf("%s: metadata %q: %v", f.name, key, err)
	}
	return v
}

// Names returns the names of the tensors.
func (f File) Names() []string { return f.tensors.Names() }

// Has tells whether the file holds a tensor of that name.
func (f File) Has(name string) bool {
	_, ok := f.tensors.Tensor(name)
	return ok
}

// Tensor returns the tensor of that name.
func (f File) Tensor(name string) Tensor {
	f.t.Helper()
	view, ok := f.tensors.Tensor(name)
	if !ok {
		f.t.Fatalf("%s has no tensor %q", f.name, name)
	}
	shape := make([]int, len(view.Shape()))
	for i, n := range view.Shape() {
		shape[i] = int(n)
	}
	raw, size := view.Data(), int(view.DType().Size())
	data := make([]float64, len(raw)/size)
	for i := range data {
		switch bits := raw[i*size:]; view.DType() {
		case safetensors.F32:
			data[i] = float64(math.Float32frombits(binary.LittleEndian.Uint32(bits)))
		case safetensors.F64:
			data[i] = math.Float64frombits(binary.LittleEndian.Uint64(bits))
		case safetensors.I64:
			data[i] = float64(int64(binary.LittleEndian.Uint64(bits)))
		default:
			f.t.Fatalf("%s: tensor %q has type %v", f.name, name, view.DType())
		}
	}
	return Tensor{shape, data}
}

// Permute returns the tensor with its axes in this order: axis i is axes[i] of x.
func (x Tensor) Permute(axes ...int) Tensor {
	y := Tensor{make([]int, len(axes)), make([]float64, len(x.Data))}
	stride := make([]int, len(axes))
	for i, axis := range axes {
		y.Shape[i] = x.Shape[axis]
		stride[i] = 1
		for _, n := range x.Shape[axis+1:] {
			stride[i] *= n
		}
	}
	index := make([]int, len(axes))
	for i := range y.Data {
		from := 0
		for axis, at := range index {
			from += at * stride[axis]
		}
		y.Data[i] = x.Data[from]
		for axis := len(axes) - 1; axis >= 0; axis-- {
			if index[axis]++; index[axis] < y.Shape[axis] {
				break
			}
			index[axis] = 0
		}
	}
	return y
}

// Reshape returns the same data with another shape.
func (x Tensor) Reshape(shape ...int) Tensor { return Tensor{shape, x.Data} }

// Activations returns images N C H W as activations H W C N.
func (x Tensor) Activations() Tensor { return x.Permute(2, 3, 1, 0) }

// Weights returns local weights OH OW O I/g KH KW, or shared ones O I/g KH KW,
// as L O KH KW C/g.
func (x Tensor) Weights() Tensor {
	if len(x.Shape) == 4 {
		x = x.Reshape(append([]int{1, 1}, x.Shape...)...)
	}
	y := x.Permute(0, 1, 2, 4, 5, 3)
	return y.Reshape(append([]int{y.Shape[0] * y.Shape[1]}, y.Shape[2:]...)...)
}

// Float32 returns the data in float32.
func (x Tensor) Float32() []float32 {
	data := make([]float32, len(x.Data))
	for i, v := range x.Data {
		data[i] = float32(v)
	}
	return data
}

// Check fails the test unless got and want agree to tolerance, relative to the
// largest value of want.
func Check[T float32 | float64](t testing.TB, what string, got []T, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	largest := 0.0
	for _, v := range want {
		largest = max(largest, math.Abs(v))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= tolerance*largest) {
			t.Fatalf("%s: value %d is %v, want %v within %g of %v", what, i, got[i], v, tolerance, largest)
		}
	}
}
