package graph

import (
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"hypnos/internal/checkpoint"
	"hypnos/internal/kernel"
)

// LoadOptions say how weights fit layers that are connected otherwise.
type LoadOptions struct {
	// Deviation is the size of the noise that a local layer adds to the copies
	// of a convolution's kernel, relative to it, as Connectivity.Deviation is;
	// the deviation σ there is the root mean square of the kernel's weights. 0
	// means exact copies.
	Deviation float64
	// Seed is of the noise.
	Seed uint64
	// Note is called with one line that a user may want to know: which tensors of the
	// file were taken, and which were passed over. nil means that it is not said.
	Note func(line string)
}

// Load sets every parameter and running moment from a file: safetensors, or what
// PyTorch's torch.save has written, in its zip format or the older stream of
// pickles, or the index of one of them that is in parts. The contents say which of
// these it is; they are not trusted. Names and layouts are as Save writes them; local
// weights may also be called NAME.weights.
//
// A file may hold several dicts of tensors, and their names may have a prefix, such as
// "module." or "_orig_mod.model.". Load takes the dict and prefix under which all names
// and shapes of the network are found, if need be without the words that PyTorch's
// wrappers put into names. If there are several, one whose name says that it is a copy,
// such as "ema" or "teacher", comes after the others; if several remain and are not the
// same tensors, it is an error.
//
// Where the file has one kernel for all locations and the layer has one for
// each, each becomes a copy of it, with noise if the options ask for it; where
// it is the other way round, the kernel becomes the mean over the locations.
// Biases likewise, without noise. All else is set to the bit from float32, and
// to the nearest float32 from other types.
//
// Other tensors of that dict that have the prefix too are an error: they may be of
// layers that the network lacks. Tensors that cannot be are passed over: those without
// the prefix; those with no dot after it, such as a counter; those that are of a copy or
// a loss by their name; the counters of batches that PyTorch's norms have and those of
// operations that a profiler leaves; and those whose names begin with Beside. Other
// dicts, and what is no tensor, do not matter.
//
// It is an error if another goroutine uses the network, or if that is too large for memory.
// It is a *MismatchError, which names them all, if parameters are missing in the file,
// have another shape, cannot be read, or are not of the network. After an error the
// network is as before, unless the error says that it was loaded in part: the disk may
// fail between two readings of the file.
func (n *Network) Load(path string, o LoadOptions) error {
	if !(o.Deviation >= 0 && o.Deviation <= 1e6) {
		return errors.Errorf("graph: deviation %v of the loaded weights, want a number of at least 0", o.Deviation)
	}
	return n.Change(func() error { return n.load(path, o) })
}

func (n *Network) load(path string, o LoadOptions) error {
	if err := n.present(); err != nil {
		return err
	}
	f, err := checkpoint.Open(path)
	if err != nil {
		return errors.Wrap(err, "graph: weights")
	}
	defer f.Close()
	m, err := n.match(path, f)
	if err != nil {
		return err
	}
	if err := m.dict.Verify(slices.Collect(maps.Values(m.names))); err != nil {
		return errors.Wrapf(err, "graph: the weights in %s", path)
	}
	var scratch []float32
	for s := range n.stored() {
		if err := s.load(m.dict, m.names[s.Parameter], o, &scratch); err != nil {
			return errors.Wrapf(err, "graph: the network is loaded in part from %s", path)
		}
	}
	if o.Note != nil && len(m.notes) > 0 {
		o.Note(fmt.Sprintf("weights %s: %s", path, strings.Join(m.notes, "; ")))
	}
	return nil
}

// Save writes every parameter and running moment to a safetensors file, under
// their names and in PyTorch's layouts:
//
//	weights of a convolution    O C/g KH KW
//	weights of a local layer    OH OW O C/g KH KW
//	biases                      O, or OH OW O if each location has its own
//	weights of a linear layer   O C
//	all else                    a vector of C
//
// The file appears at path whole or not at all, and takes the place of one that
// is there. Load sets the same values to the bit. More tensors may stand beside
// the network's, as they are: their names begin with Beside.
func (n *Network) Save(path string, more ...Tensor) error {
	if err := n.present(); err != nil {
		return err
	}
	var tensors []checkpoint.Tensor
	for s := range n.stored() {
		tensors = append(tensors, checkpoint.Tensor{Name: s.Name, Shape: s.shape(s.each), Values: s.values()})
	}
	for _, t := range more {
		if !strings.HasPrefix(t.Name, Beside) {
			return errors.Errorf("graph: save: tensor %q beside a network, want a name that begins with %q", t.Name, Beside)
		}
		tensors = append(tensors, checkpoint.Tensor{Name: t.Name, Shape: t.Shape, Values: slices.Values([][]float32{t.Data})})
	}
	return n.use.read(func() error {
		return errors.Wrap(checkpoint.Write(path, map[string]string{"format": "pt"}, tensors), "graph: save")
	})
}

// Tensor is a tensor that a file holds beside a network, such as an optimiser's
// average of a parameter.
type Tensor struct {
	Name  string // begins with Beside
	Shape []int
	Data  []float32 // row-major
}

// Beside begins the names of tensors that a file holds beside a network.
const Beside = "optimiser."

// ReadBeside reads the tensors of a file that stand beside a network.
func ReadBeside(path string) ([]Tensor, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "graph: tensors")
	}
	defer f.Close()
	d := f.Dicts[0]
	var tensors []Tensor
	for _, name := range d.Names() {
		if !strings.HasPrefix(name, Beside) {
			continue
		}
		shape, err := d.Shape(name)
		if err != nil {
			return nil, errors.Wrapf(err, "graph: %s", path)
		}
		t := Tensor{Name: name, Shape: shape, Data: make([]float32, tensor.Shape(shape).TotalSize())}
		if err := d.Read(name, t.Data); err != nil {
			return nil, errors.Wrapf(err, "graph: %s", path)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}

// stored is a parameter as it is in files.
type stored struct {
	*Parameter
	kernel []int // shape for one location, in PyTorch's order
	places []int // OH OW of a layer with a receptive field, else nil
	each   bool  // each location has values of its own
}

// stored returns the parameters and moments, each once, in the order of the
// layers.
func (n *Network) stored() iter.Seq[stored] {
	return func(yield func(stored) bool) {
		for _, l := range n.Layers {
			for _, p := range slices.Concat(l.Parameters, l.Moments) {
				s := stored{Parameter: p, kernel: p.Shape}
				if l.Field != nil {
					s.places = []int{l.Field.Output.Height, l.Field.Output.Width}
					if p == l.Field.Weight {
						s.kernel, s.each = []int{p.Shape[1], p.Shape[4], p.Shape[2], p.Shape[3]}, !l.Field.Shared
					} else {
						s.kernel, s.each = []int{l.Field.Channels}, l.Field.Bias == LocationBias
					}
				}
				if !yield(s) {
					return
				}
			}
		}
	}
}

// shape returns the shape in a file that has values for each location, or one set of
// them for all.
func (s stored) shape(each bool) []int {
	if each {
		return slices.Concat(s.places, s.kernel)
	}
	return s.kernel
}

// filters tells whether these are the weights of a layer with a receptive field.
func (s stored) filters() bool { return s.places != nil && len(s.kernel) == 4 }

// count returns how many values a location has.
func (s stored) count() int {
	n := 1
	for _, d := range s.kernel {
		n *= d
	}
	return n
}

// matrix returns the size of the matrices that the values consist of: channels × kernel
// positions in a file, and the transpose of that in memory.
func (s stored) matrix() (rows, columns int) {
	if s.filters() {
		return s.kernel[1], s.kernel[2] * s.kernel[3]
	}
	return 1, s.count()
}

// values yields the values in the order of a file.
func (s stored) values() iter.Seq[[]float32] {
	return func(yield func([]float32) bool) {
		rows, columns := s.matrix()
		if rows == 1 || columns == 1 {
			yield(s.Data)
			return
		}
		piece := make([]float32, rows*columns)
		for at := 0; at < len(s.Data); at += len(piece) {
			kernel.Transpose(piece, columns, s.Data[at:], rows, columns, rows)
			if !yield(piece) {
				return
			}
		}
	}
}

// fromFileOrder reorders values, which are in the order of a file, to that of memory.
func (s stored) fromFileOrder(values []float32) {
	rows, columns := s.matrix()
	if rows == 1 || columns == 1 {
		return
	}
	piece := make([]float32, rows*columns)
	for at := 0; at < len(values); at += len(piece) {
		kernel.Transpose(piece, rows, values[at:], columns, rows, columns)
		copy(values[at:], piece)
	}
}

// load sets the values from the tensor of that name, whose shape fits. scratch is
// reused for tensors that a mean is taken of.
func (s stored) load(f *checkpoint.Dict, name string, o LoadOptions, scratch *[]float32) error {
	count := s.count()
	shape, err := f.Shape(name)
	if err != nil {
		return err
	}
	switch each := len(shape) > len(s.kernel); {
	case each == s.each:
		if err := f.Read(name, s.Data); err != nil {
			return err
		}
		s.fromFileOrder(s.Data)
	case s.each:
		first := s.Data[:count]
		if err := f.Read(name, first); err != nil {
			return err
		}
		s.fromFileOrder(first)
		if o.Deviation > 0 && s.filters() {
			s.copyWithNoise(rootMeanSquare(first), o.Deviation, random(o.Seed, s.Name))
			return nil
		}
		for at := count; at < len(s.Data); at += count {
			copy(s.Data[at:], first)
		}
	default:
		n := s.places[0] * s.places[1]
		*scratch = slices.Grow((*scratch)[:0], n*count)[:n*count]
		if err := f.Read(name, *scratch); err != nil {
			return err
		}
		mean(s.Data, *scratch)
		s.fromFileOrder(s.Data)
	}
	return nil
}

// mean sets the values of one location to the mean over all of them.
func mean(one, all []float32) {
	sums := make([]float64, len(one))
	for i, v := range all[:len(one)] {
		sums[i] = float64(v)
	}
	for at := len(one); at < len(all); at += len(one) {
		for i, v := range all[at : at+len(one)] {
			sums[i] += float64(v)
		}
	}
	for i, sum := range sums {
		one[i] = float32(sum / float64(len(all)/len(one)))
	}
}

func rootMeanSquare(values []float32) float64 {
	sum := 0.0
	for _, v := range values {
		sum += float64(v) * float64(v)
	}
	return math.Sqrt(sum / float64(len(values)))
}
