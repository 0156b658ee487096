package ops

import (
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/gorgonia"
	"gorgonia.org/tensor"

	"hypnos/internal/golden"
)

// residual is a network with a branch that meets its shortcut, and a loss; norm,
// sum and ReLU are one operator where fused.
type residual struct {
	loss       *gorgonia.Node
	parameters gorgonia.Nodes
	between    gorgonia.Nodes // results that only later operators need
}

func newResidual(t testing.TB, dtype tensor.Dtype, fused bool) residual {
	t.Helper()
	g := gorgonia.NewGraph()
	r := rand.New(rand.NewPCG(7, 8))
	var net residual
	leaf := func(name string, shape ...int) *gorgonia.Node {
		v := tensor.New(tensor.Of(dtype), tensor.WithShape(shape...))
		x := make([]float64, v.DataSize())
		for i := range x {
			x[i] = r.NormFloat64()
		}
		set(v, x)
		return gorgonia.NewTensor(g, dtype, len(shape), gorgonia.WithShape(shape...), gorgonia.WithName(name), gorgonia.WithValue(v))
	}
	must := func(n *gorgonia.Node, err error) *gorgonia.Node {
		if err != nil {
			t.Fatal(err)
		}
		net.between = append(net.between, n)
		return n
	}
	parameter := func(name string, shape ...int) *gorgonia.Node {
		n := leaf(name, shape...)
		net.parameters = append(net.parameters, n)
		return n
	}
	norm := func(name string, x, shortcut *gorgonia.Node) *gorgonia.Node {
		scale, shift := parameter(name+".weight", 4), parameter(name+".bias", 4)
		if fused {
			return must(BatchNorm(x, scale, shift, shortcut, runningMoments(dtype, 4), BatchNormOptions{Training: true, ReLU: true}))
		}
		y := must(BatchNorm(x, scale, shift, nil, runningMoments(dtype, 4), BatchNormOptions{Training: true}))
		if shortcut != nil {
			y = must(Add(y, shortcut))
		}
		return must(ReLU(y))
	}
	x := must(BatchInnermost(leaf("images", 19, 2, 5, 4)))
	x = norm("bn1", must(Local(x, parameter("conv1", 1, 4, 3, 3, 2), nil, LocalOptions{Padding: 1, FixedInput: true})), nil)
	y := norm("bn2", must(Local(x, parameter("conv2", 20, 4, 3, 3, 4), nil, LocalOptions{Padding: 1})), nil)
	x = norm("bn3", must(Local(y, parameter("conv3", 20, 4, 3, 3, 4), nil, LocalOptions{Padding: 1})), x)
	x = must(GlobalAveragePool(must(Add(x, x))))
	logits := must(BatchOutermost(must(Linear(x, parameter("fc.weight", 3, 4), parameter("fc.bias", 3)))))
	net.loss = must(CrossEntropy(logits, leaf("target", 19, 3)))
	return net
}

// run returns the loss and the gradients of the parameters.
func (net residual) run(t testing.TB, vm gorgonia.VM, grads gorgonia.Nodes) [][]float64 {
	t.Helper()
	var results [][]float64
	for range 2 { // the second run finds what the first left
		vm.Reset()
		if err := vm.RunAll(); err != nil {
			t.Fatal(err)
		}
		results = [][]float64{numbers(net.loss.Value())}
		for _, g := range grads {
			results = append(results, slices.Clone(numbers(g.Value())))
		}
	}
	return results
}

func gradients(t testing.TB, net residual) (*Machine, gorgonia.Nodes) {
	t.Helper()
	grads, err := Gradients(net.loss, net.parameters...)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := NewMachine(append(grads[:len(grads):len(grads)], net.loss)...)
	if err != nil {
		t.Fatal(err)
	}
	return machine, grads
}

// Our gradients, on our machine, are gorgonia's on its tape machine.
func TestMachineAgainstTape(t *testing.T) {
	theirs := newResidual(t, tensor.Float64, false)
	grads, err := gorgonia.Grad(theirs.loss, theirs.parameters...)
	if err != nil {
		t.Fatal(err)
	}
	want := theirs.run(t, gorgonia.NewTapeMachine(theirs.loss.Graph()), grads)
	for _, fused := range []bool{false, true} {
		ours := newResidual(t, tensor.Float64, fused)
		machine, grads := gradients(t, ours)
		got := ours.run(t, machine, grads)
		for i := range want {
			golden.Check(t, "loss or gradient", got[i], want[i], 1e-12)
		}
	}
}

// Fusing changes no bit.
func TestFusedBits(t *testing.T) {
	var results [2][][]float64
	for i, fused := range []bool{false, true} {
		net := newResidual(t, tensor.Float32, fused)
		machine, grads := gradients(t, net)
		results[i] = net.run(t, machine, grads)
	}
	for i := range results[0] {
		if !slices.Equal(results[0][i], results[1][i]) {
			t.Errorf("result %d: %v fused, %v apart", i, results[1][i], results[0][i])
		}
	}
}

// Results that nobody asked for share memory; those asked for are their own.
func TestMachineSharesMemory(t *testing.T) {
	net := newResidual(t, tensor.Float32, true)
	grads, err := Gradients(net.loss, net.parameters...)
	if err != nil {
		t.Fatal(err)
	}
	early := net.between[2] // that later operators read, too
	asked := append(grads, net.loss, early)
	machine, err := NewMachine(asked...)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := upstream(asked...)
	if err != nil {
		t.Fatal(err)
	}
	if nodes[0].Op().(*operator).buffer != nil {
		t.Error("memory is set aside before the first run")
	}
	if err := machine.RunAll(); err != nil {
		t.Fatal(err)
	}
	owners := map[*float32]int{}
	buffer := func(n *gorgonia.Node) *float32 { return &n.Op().(*operator).buffer.([]float32)[0] }
	for _, n := range nodes {
		owners[buffer(n)]++
	}
	bytes, counted := 0, map[*float32]bool{}
	for _, n := range nodes {
		if !counted[buffer(n)] {
			counted[buffer(n)] = true
			bytes += 4 * cap(n.Op().(*operator).buffer.([]float32))
		}
	}
	if machine.Bytes() != bytes {
		t.Errorf("a machine of %d bytes, whose buffers have %d", machine.Bytes(), bytes)
	}
	if len(owners) >= len(nodes)*2/3 {
		t.Errorf("%d operators have %d buffers, want fewer", len(nodes), len(owners))
	}
	for _, n := range asked {
		for _, later := range nodes[slices.Index(nodes, n)+1:] {
			if buffer(later) == buffer(n) {
				t.Errorf("%v overwrites %v, which was asked for", later.Op(), n.Op())
			}
		}
	}
}

func TestMachineAllocatesLittle(t *testing.T) {
	net := newResidual(t, tensor.Float32, true)
	machine, _ := gradients(t, net)
	run := func() {
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	run()
	perOperator := testing.AllocsPerRun(5, run) / float64(len(machine.steps))
	if perOperator > 12 { // closures and goroutines of the kernels
		t.Errorf("%.1f allocations per operator", perOperator)
	}
}

// Machines that compute the same nodes take turns, each in memory of its own.
func TestMachinesTakeTurns(t *testing.T) {
	alone := newResidual(t, tensor.Float32, true)
	machine, grads := gradients(t, alone)
	want := alone.run(t, machine, grads)
	net := newResidual(t, tensor.Float32, true)
	machine, grads = gradients(t, net)
	forward, err := NewMachine(net.between[4])
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := forward.RunAll(); err != nil {
			t.Fatal(err)
		}
		// Twice more than alone: the running moments are not compared.
		for i, got := range net.run(t, machine, grads) {
			if !slices.Equal(got, want[i]) {
				t.Fatalf("result %d: %v beside another machine, %v alone", i, got, want[i])
			}
		}
	}
}

// A machine that goroutines share answers right or says that it is in use.
func TestSharedMachine(t *testing.T) {
	net := newResidual(t, tensor.Float32, true)
	machine, grads := gradients(t, net)
	want := net.run(t, machine, grads)
	other, err := NewMachine(net.loss)
	if err != nil {
		t.Fatal(err)
	}
	if err := other.claim(); err != nil {
		t.Fatal(err)
	}
	const inUse = "is in use by another goroutine"
	if err := machine.RunAll(); err == nil || !strings.Contains(err.Error(), inUse) {
		t.Errorf("error %v of a machine whose operators another one runs, want %s", err, inUse)
	}
	other.release(len(other.steps))
	var group sync.WaitGroup
	for i := range 4 {
		group.Go(func() {
			for range 100 {
				m := machine
				if i == 0 {
					m = other
				}
				if err := m.RunAll(); err != nil && !strings.Contains(err.Error(), inUse) {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	for i, got := range net.run(t, machine, grads) {
		if !slices.Equal(got, want[i]) {
			t.Errorf("result %d: %v after sharing, %v before", i, got, want[i])
		}
	}
}

// What takes more than any memory has is an error, not the end of the program.
func TestMachineTooLarge(t *testing.T) {
	x := gorgonia.NewTensor(gorgonia.NewGraph(), tensor.Float32, 4, gorgonia.WithShape(2, 2, 1, 1), gorgonia.WithName("x"),
		gorgonia.WithValue(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(2, 2, 1, 1))))
	y, err := Tile(x, 1<<30, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := NewMachine(y)
	if err != nil {
		t.Fatal(err)
	}
	if err := machine.RunAll(); err == nil || !strings.Contains(err.Error(), "more than any memory has") {
		t.Errorf("error %v, want one that names the bytes", err)
	}
}

func TestMachineErrors(t *testing.T) {
	wants := func(err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
	g := gorgonia.NewGraph()
	x := gorgonia.NewTensor(g, tensor.Float32, 4, gorgonia.WithShape(1, 2, 3, 4), gorgonia.WithName("x"))
	y, err := ReLU(x)
	if err != nil {
		t.Fatal(err)
	}
	machine, err := NewMachine(y)
	if err != nil {
		t.Fatal(err)
	}
	wants(machine.RunAll(), `input "x" of relu has no value`)
	_, err = Gradients(y, x)
	wants(err, "the loss has shape (1, 2, 3, 4), want a scalar")
	net := newResidual(t, tensor.Float32, true)
	_, err = Gradients(net.loss, x)
	wants(err, `the loss does not depend on "x"`)
}

// Operators write over inputs that nobody reads any more, and no others: the results are
// those of gorgonia's machine, which has memory for each.
func TestMachineWritesOver(t *testing.T) {
	g, must := gorgonia.NewGraph(), must(t)
	leaf := leaves(g, tensor.Float32)
	x, y := leaf("x", 2, 3, 4, 5), leaf("y", 2, 3, 4, 5)
	a := must(Add(x, y))              // takes memory: leaves are not written over
	b := must(ReLU(a))                // a is read again
	c := must(Sigmoid(must(Tanh(b)))) // over each other, but b is read again
	d := must(Add(must(Add(a, c)), b))
	twice := must(Add(d, d)) // reads its input twice
	machine, err := NewMachine(c, twice)
	if err != nil {
		t.Fatal(err)
	}
	const piece = 4 * 2 * 3 * 4 * 5
	if got := machine.Bytes(); got != 3*piece { // of a and d, of b and then twice, of c
		t.Errorf("%d bytes, want %d", got, 3*piece)
	}
	for range 2 {
		if err := machine.RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	var got [][]float64
	for _, n := range []*gorgonia.Node{c, twice} {
		got = append(got, slices.Clone(numbers(n.Value())))
	}
	tape := gorgonia.NewTapeMachine(g)
	if err := tape.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range []*gorgonia.Node{c, twice} {
		if !slices.Equal(got[i], numbers(n.Value())) {
			t.Errorf("result %d is %v on our machine, %v on gorgonia's", i, got[i], numbers(n.Value()))
		}
	}
}
