// Package gorgonia trains the convolutional ResNets of hypnos with plain
// gorgonia, as a good user of it would: Conv2d, BatchNorm, Rectify, the tape
// machine and its own Adam.
//
// Differences from the network of hypnos, forced by gorgonia 0.9.18: Mean pools
// the map, since GlobalAveragePool2D has no gradient, and the optimiser is
// Adam, since AdamW stops learning.
package gorgonia

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"

	"github.com/pkg/errors"
	G "gorgonia.org/gorgonia" // the name that its documentation gives it
	"gorgonia.org/tensor"

	"hypnos/bench/peers"
)

// Server answers requests as package peers says.
func Server() *peers.Server { return &peers.Server{Name: "gorgonia" + version(), New: newTraining} }

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
	machine G.VM
	solver  G.Solver
	learned G.Nodes
	loss    G.Value // of the last step
}

// compile makes a network with so many blocks in each stage.
func compile(blocks, width, batch int) (t *training, err error) {
	defer func() { // G.Must panics
		if r := recover(); r != nil {
			err = errors.Errorf("%v", r)
		}
	}()
	b := builder{graph: G.NewGraph()}
	images := G.NewTensor(b.graph, tensor.Float32, 4, G.WithShape(batch, 3, size, size), G.WithName("images"))
	target := G.NewMatrix(b.graph, tensor.Float32, G.WithShape(batch, classes), G.WithName("target"))
	logits := b.resNet(images, blocks, width)
	losses := G.Must(G.HadamardProd(G.Must(G.Log(G.Must(G.SoftMax(logits)))), target))
	loss := G.Must(G.Neg(G.Must(G.Div(G.Must(G.Sum(losses)), G.NewConstant(float32(batch))))))
	if _, err := G.Grad(loss, b.learned...); err != nil {
		return nil, err
	}
	t = &training{solver: G.NewAdamSolver(G.WithLearnRate(1e-3)), learned: b.learned}
	G.Read(loss, &t.loss)
	program, locations, err := G.Compile(b.graph)
	if err != nil {
		return nil, err
	}
	t.machine = G.NewTapeMachine(b.graph, G.WithPrecompiled(program, locations), G.BindDualValues(b.learned...))
	if err := G.Let(images, randomImages(batch)); err != nil {
		return nil, err
	}
	return t, G.Let(target, randomTarget(batch))
}

func (t *training) step() error {
	if err := t.machine.RunAll(); err != nil {
		return err
	}
	if err := t.solver.Step(G.NodesToValueGrads(t.learned)); err != nil {
		return err
	}
	t.machine.Reset()
	return nil
}

// builder adds layers to a graph.
type builder struct {
	graph   *G.ExprGraph
	learned G.Nodes
}

// weight adds a parameter.
func (b *builder) weight(name string, init G.InitWFn, shape ...int) *G.Node {
	n := G.NewTensor(b.graph, tensor.Float32, len(shape), G.WithShape(shape...), G.WithName(name), G.WithInit(init))
	b.learned = append(b.learned, n)
	return n
}

// convolution adds a convolution and its norm.
func (b *builder) convolution(name string, x *G.Node, channels, kernel, stride int) *G.Node {
	w := b.weight(name, G.GlorotN(1), channels, x.Shape()[1], kernel, kernel)
	padding := (kernel - 1) / 2
	y := G.Must(G.Conv2d(x, w, tensor.Shape{kernel, kernel}, []int{padding, padding}, []int{stride, stride}, []int{1, 1}))
	scale := b.weight(name+".scale", G.Ones(), 1, channels, 1, 1)
	shift := b.weight(name+".shift", G.Zeroes(), 1, channels, 1, 1)
	y, _, _, _, err := G.BatchNorm(y, scale, shift, 0.9, 1e-5)
	return G.Must(y, err)
}

// resNet adds a ResNet for CIFAR, with so many blocks in each stage, and returns its
// logits (He et al. 2015, section 4.2, option B).
func (b *builder) resNet(x *G.Node, blocks, width int) *G.Node {
	x = G.Must(G.Rectify(b.convolution("conv1", x, width, 3, 1)))
	for stage := range 3 {
		for block := range blocks {
			stride := 1
			if stage > 0 && block == 0 {
				stride = 2
			}
			x = b.block(fmt.Sprintf("layer%d.%d", stage+1, block), x, width<<stage, stride)
		}
	}
	pooled := G.Must(G.Mean(x, 2, 3))
	weight := b.weight("fc", G.GlorotU(1), x.Shape()[1], classes)
	bias := b.weight("fc.bias", G.Zeroes(), 1, classes)
	return G.Must(G.BroadcastAdd(G.Must(G.Mul(pooled, weight)), bias, nil, []byte{0}))
}

func (b *builder) block(name string, x *G.Node, channels, stride int) *G.Node {
	y := G.Must(G.Rectify(b.convolution(name+".conv1", x, channels, 3, stride)))
	y = b.convolution(name+".conv2", y, channels, 3, 1)
	if stride != 1 {
		x = b.convolution(name+".downsample", x, channels, 1, stride)
	}
	return G.Must(G.Rectify(G.Must(G.Add(y, x))))
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
