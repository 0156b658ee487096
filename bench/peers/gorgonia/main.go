// Command gorgonia trains the convolutional ResNets of hypnos with plain
// gorgonia, as a good user of it would: Conv2d, BatchNorm, Rectify, the tape
// machine and its own Adam. It answers requests as package peers says.
//
// Differences from the network of hypnos, forced by gorgonia 0.9.18: Mean pools
// the map, since GlobalAveragePool2D has no gradient, and the optimiser is
// Adam, since AdamW stops learning.
package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"

	"github.com/pkg/errors"
	. "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/bench/peers"
)

func main() {
	s := peers.Server{Name: "gorgonia" + version(), New: newTraining}
	if err := s.Serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// version returns the version of gorgonia that this program was built with.
func version() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == "gorgonia.org/gorgonia" {
				return " " + module.Version
			}
		}
	}
	return ""
}

const (
	classes = 10
	size    = 32 // of the images
)

// newTraining makes a network and returns a step of its training on one batch.
func newTraining(model string, width int, task peers.Task) (*peers.Work, error) {
	layers := 0
	if n, _ := fmt.Sscanf(model, "resnet%d", &layers); n != 1 || layers%6 != 2 {
		return nil, errors.Errorf("%s is not a ResNet for CIFAR, resnet6N+2", model)
	}
	if task.Name != "train" || task.Variant != "conv" {
		return nil, errors.Errorf("%s %s: gorgonia trains conv only", task.Name, task.Variant)
	}
	t, err := compile(layers/6, width, task.Batch)
	if err != nil {
		return nil, err
	}
	parameters := 0
	for _, n := range t.learned {
		parameters += n.Shape().TotalSize()
	}
	return &peers.Work{Step: t.step, Parameters: parameters}, nil
}

// training is a network with a batch to train on.
type training struct {
	machine VM
	solver  Solver
	learned Nodes
	loss    Value // of the last step
}

// compile makes a network of so many blocks a stage.
func compile(blocks, width, batch int) (t *training, err error) {
	defer func() { // Must panics
		if r := recover(); r != nil {
			err = errors.Errorf("%v", r)
		}
	}()
	b := builder{graph: NewGraph()}
	images := NewTensor(b.graph, tensor.Float32, 4, WithShape(batch, 3, size, size), WithName("images"))
	target := NewMatrix(b.graph, tensor.Float32, WithShape(batch, classes), WithName("target"))
	logits := b.resNet(images, blocks, width)
	losses := Must(HadamardProd(Must(Log(Must(SoftMax(logits)))), target))
	loss := Must(Neg(Must(Div(Must(Sum(losses)), NewConstant(float32(batch))))))
	if _, err := Grad(loss, b.learned...); err != nil {
		return nil, err
	}
	t = &training{solver: NewAdamSolver(WithLearnRate(1e-3)), learned: b.learned}
	Read(loss, &t.loss)
	program, locations, err := Compile(b.graph)
	if err != nil {
		return nil, err
	}
	t.machine = NewTapeMachine(b.graph, WithPrecompiled(program, locations), BindDualValues(b.learned...))
	if err := Let(images, randomImages(batch)); err != nil {
		return nil, err
	}
	return t, Let(target, randomTarget(batch))
}

func (t *training) step() error {
	if err := t.machine.RunAll(); err != nil {
		return err
	}
	if err := t.solver.Step(NodesToValueGrads(t.learned)); err != nil {
		return err
	}
	t.machine.Reset()
	return nil
}

// builder adds layers to a graph.
type builder struct {
	graph   *ExprGraph
	learned Nodes
}

// weight adds a parameter.
func (b *builder) weight(name string, init InitWFn, shape ...int) *Node {
	n := NewTensor(b.graph, tensor.Float32, len(shape), WithShape(shape...), WithName(name), WithInit(init))
	b.learned = append(b.learned, n)
	return n
}

// convolution adds a convolution and its norm.
func (b *builder) convolution(name string, x *Node, channels, kernel, stride int) *Node {
	w := b.weight(name, GlorotN(1), channels, x.Shape()[1], kernel, kernel)
	padding := (kernel - 1) / 2
	y := Must(Conv2d(x, w, tensor.Shape{kernel, kernel}, []int{padding, padding}, []int{stride, stride}, []int{1, 1}))
	scale := b.weight(name+".scale", Ones(), 1, channels, 1, 1)
	shift := b.weight(name+".shift", Zeroes(), 1, channels, 1, 1)
	y, _, _, _, err := BatchNorm(y, scale, shift, 0.9, 1e-5)
	return Must(y, err)
}

// resNet adds a ResNet for CIFAR, of so many blocks a stage, and returns its
// logits (He et al. 2015, section 4.2, option B).
func (b *builder) resNet(x *Node, blocks, width int) *Node {
	x = Must(Rectify(b.convolution("conv1", x, width, 3, 1)))
	for stage := range 3 {
		for block := range blocks {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			x = b.block(fmt.Sprintf("layer%d.%d", stage+1, block), x, width<<stage, stride)
		}
	}
	pooled := Must(Mean(x, 2, 3))
	weight := b.weight("fc", GlorotU(1), x.Shape()[1], classes)
	bias := b.weight("fc.bias", Zeroes(), 1, classes)
	return Must(BroadcastAdd(Must(Mul(pooled, weight)), bias, nil, []byte{0}))
}

func (b *builder) block(name string, x *Node, channels, stride int) *Node {
	y := Must(Rectify(b.convolution(name+".conv1", x, channels, 3, stride)))
	y = b.convolution(name+".conv2", y, channels, 3, 1)
	if stride != 1 {
		x = b.convolution(name+".downsample", x, channels, 1, stride)
	}
	return Must(Rectify(Must(Add(y, x))))
}

func randomImages(batch int) *tensor.Dense {
	r := rand.New(rand.NewPCG(1, 1))
	pixels := make([]float32, batch*3*size*size)
	for i := range pixels {
		pixels[i] = float32(r.NormFloat64())
	}
	return tensor.New(tensor.WithShape(batch, 3, size, size), tensor.WithBacking(pixels))
}

func randomTarget(batch int) *tensor.Dense {
	r := rand.New(rand.NewPCG(2, 2))
	target := make([]float32, batch*classes)
	for i := range batch {
		target[i*classes+r.IntN(classes)] = 1
	}
	return tensor.New(tensor.WithShape(batch, classes), tensor.WithBacking(target))
}
