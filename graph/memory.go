package graph

import (
	"fmt"
	"math"

	"github.com/pkg/errors"
	"gorgonia.org/tensor"

	"hypnos/internal/memory"
	"hypnos/ops"
)

// Memory is how many bytes a network takes, but for scratch memory of a thread.
type Memory struct {
	Weights     int // parameters and running moments
	Gradients   int // of parameters, those that a training step keeps to its end
	Optimiser   int // running averages of gradients: two of each with Adam and AdamW
	Activations int // what layers answer, the gradients of that, and the batch
	Evaluation  int // activations of an Inference that evaluates between steps
}

// Total is the sum.
func (m Memory) Total() int { return whole(m.total()) }

// total is the sum, which may be more than an int holds.
func (m Memory) total() float64 {
	return float64(m.Weights) + float64(m.Gradients) + float64(m.Optimiser) + float64(m.Activations) + float64(m.Evaluation)
}

// String lists the parts that are not 0.
func (m Memory) String() string {
	text := ""
	for _, part := range []struct {
		name  string
		bytes int
	}{{"weights", m.Weights}, {"gradients", m.Gradients}, {"averages of the optimiser", m.Optimiser}, {"activations", m.Activations}, {"evaluation", m.Evaluation}} {
		if part.bytes > 0 {
			if text != "" {
				text += ", "
			}
			text += part.name + " " + bytes(part.bytes)
		}
	}
	return text
}

// CheckMemory is an error if so much is more than Options.MemoryLimit.
func (n *Network) CheckMemory(m Memory) error {
	limit, who := n.Options.memoryLimit()
	if m.total() > limit {
		return errors.Errorf("graph: the network takes %s of memory (%v), and the %s has %s", bytes(m.total()), m, who, bytes(limit))
	}
	return nil
}

// CheckMemoryBesides is CheckMemory before any of it but the weights is set aside. Where the
// limit is the machine's or its cgroup's, it is an error, too, if there is not so much
// besides what else the program has in use.
func (n *Network) CheckMemoryBesides(m Memory) error {
	limit, who := n.Options.memoryLimit()
	if err := n.CheckMemory(m); err != nil || n.Options.MemoryLimit != 0 {
		return err
	}
	own := 0.0 // of the network, in use already
	if !n.absent() {
		own = n.weights().total()
	}
	if m.total()+memory.InUse(false)-own <= limit {
		return nil
	}
	others := max(memory.InUse(true)-own, 0)
	if m.total()+others <= limit {
		return nil
	}
	return errors.Errorf("graph: the network takes %s of memory (%v) besides %s in use, and the %s has %s", bytes(m.total()), m, bytes(others), who, bytes(limit))
}

// TrainingMemory returns what a training on batches of that many images takes with Adam or
// AdamW, and evaluation of as many images. Nothing is set aside, and the network may be of
// any size.
func (n *Network) TrainingMemory(batch int) (Memory, error) {
	t, err := n.planTraining(batch)
	if err != nil {
		return Memory{}, err
	}
	m := t.Memory()
	m.Evaluation, err = n.evaluationMemory(batch)
	return m, err
}

// evaluationMemory is how much an Inference takes besides the weights. Norms that train
// take as much.
func (n *Network) evaluationMemory(batch int) (int, error) {
	c, err := n.compile(batch, true)
	if err != nil {
		return 0, err
	}
	machine, err := ops.NewMachine(c.logits)
	if err != nil {
		return 0, errors.Wrap(err, "graph: inference")
	}
	return c.activations(machine), nil
}

// activations is how much a machine and the inputs of what it computes take.
func (c *compiled) activations(machine *ops.Machine) int {
	return whole(c.bytes() + float64(machine.Bytes()))
}

// memoryLimit returns how many bytes there are, and who has them.
func (o Options) memoryLimit() (limit float64, who string) {
	switch {
	case o.MemoryLimit > 0:
		limit, who = float64(o.MemoryLimit), "limit of its options"
	case o.MemoryLimit == 0:
		limit, who = memory.Limit()
	default:
		limit = math.Inf(1)
	}
	if limit > memory.Addressable {
		return memory.Addressable, "address space of a process"
	}
	return limit, who
}

// weights returns how much the parameters and moments take, there or not.
func (n *Network) weights() Memory {
	sum := 0.0
	for _, l := range n.Layers {
		for _, all := range [][]*Parameter{l.Parameters, l.Moments} {
			for _, p := range all {
				sum += 4 * product(p.Shape...)
			}
		}
	}
	return Memory{Weights: whole(sum)}
}

// allocate sets the memory for parameters and moments aside, zero.
func (n *Network) allocate() {
	for _, p := range n.parameters {
		p.Data = memory.Zeros[float32](p.Count())
		p.value = tensor.New(tensor.WithShape(p.Shape...), tensor.WithBacking(p.Data))
	}
}

// absent tells whether parameters and moments have no memory: see Options.Blank.
func (n *Network) absent() bool {
	all := n.Parameters()
	return len(all) > 0 && all[0].value == nil // as of all others
}

// present sees to it that parameters and moments have memory.
func (n *Network) present() error {
	if !n.absent() {
		return nil
	}
	if err := n.CheckMemory(n.weights()); err != nil {
		return err
	}
	n.allocate()
	return nil
}

// largest is the most numbers that a tensor may have, so that counts of them are exact.
const largest = 1 << 50

// tooLarge says that so many numbers are more than largest.
func (o Options) tooLarge(numbers float64, what string) string {
	limit, who := o.memoryLimit()
	return fmt.Sprintf("its %.3g %s are too many: they take %s of memory, and the %s has %s", numbers, what, bytes(4*numbers), who, bytes(limit))
}

// product multiplies without overflow.
func product(factors ...int) float64 {
	p := 1.0
	for _, f := range factors {
		p *= float64(f)
	}
	return p
}

// whole turns a count to an int, the largest where it is more.
func whole(x float64) int {
	if x >= math.MaxInt {
		return math.MaxInt
	}
	return int(x)
}

// bytes writes a number of bytes, in powers of 1000.
func bytes[N int | float64](n N) string {
	x := float64(n)
	units := []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	unit := 0
	for x >= 999.5 && unit < len(units)-1 {
		x, unit = x/1000, unit+1
	}
	return fmt.Sprintf("%.3g %s", x, units[unit])
}
