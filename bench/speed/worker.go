package speed

import (
	"io"
	"math/rand/v2"

	"github.com/pkg/errors"

	"hypnos/bench/peers"
	"hypnos/bench/peers/gorgonia"
	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
)

// Work answers the requests of package peers with the networks of hypnos. It
// is what the process does that a Plan starts for each step that it measures,
// so that memory at its peak is that of one network at one task.
func Work(requests io.Reader, answers io.Writer) error {
	return (&peers.Server{Name: "hypnos", New: newStep}).Serve(requests, answers)
}

// WorkByGorgonia does the same with gorgonia's own operators.
func WorkByGorgonia(requests io.Reader, answers io.Writer) error {
	return gorgonia.Server().Serve(requests, answers)
}

// newStep makes a network and returns one step of a task, on one batch, or makes
// data and returns a fit.
func newStep(model string, width int, task peers.Task) (*peers.Work, error) {
	if task.Name == "fit" {
		return newFit(task)
	}
	net, err := network(model, width, task.Variant)
	if err != nil {
		return nil, err
	}
	var step func() error
	switch task.Name {
	case "train":
		step, err = trainingStep(net, task.Batch)
	case "evaluate":
		step, err = evaluationStep(net, task.Batch)
	case "share":
		step = func() error { return weightshare.Share(net) }
	case "sleep":
		step, err = hebbianSleep(net, task.Batch)
	default:
		err = errors.Errorf("unknown task %q, want train, evaluate, share, sleep or fit", task.Name)
	}
	return &peers.Work{Step: step, Parameters: net.ParameterCount()}, err
}

// trainingStep returns a step forwards, backwards and of AdamW.
func trainingStep(net *graph.Network, batch int) (func() error, error) {
	training, err := net.Train(batch)
	if err != nil {
		return nil, err
	}
	optimiser, err := train.NewOptimiser(training, train.OptimiserOptions{WeightDecay: 0.01})
	if err != nil {
		return nil, err
	}
	images := randomBatch(net, batch)
	return func() error {
		_, err := optimiser.TrainStep(images, 1e-3, 0)
		return err
	}, nil
}

// evaluationStep returns a forward pass with running moments.
func evaluationStep(net *graph.Network, batch int) (func() error, error) {
	inference, err := net.Infer(batch)
	if err != nil {
		return nil, err
	}
	images := randomBatch(net, batch).Images
	return func() error {
		_, err := inference.Logits(images)
		return err
	}, nil
}

// hebbianSleep returns a Hebbian sleep of so many iterations, with the numbers of
// the reference implementation otherwise.
func hebbianSleep(net *graph.Network, iterations int) (func() error, error) {
	phase := weightshare.Reference(weightshare.Hebbian)
	phase.Iterations = iterations
	sleeper, err := weightshare.New(net, weightshare.Options{Phase: phase})
	if err != nil {
		return nil, err
	}
	return func() error {
		_, err := sleeper.Sleep()
		return err
	}, nil
}

// randomBatch returns images of normal noise with random labels.
func randomBatch(net *graph.Network, batch int) graph.Batch {
	r := rand.New(rand.NewPCG(1, 1))
	in := net.Options.Input
	b := graph.Batch{Images: make([]float32, batch*in.Channels*in.Height*in.Width), Labels: make([]int, batch)}
	for i := range b.Images {
		b.Images[i] = float32(r.NormFloat64())
	}
	for i := range b.Labels {
		b.Labels[i] = r.IntN(net.Classes())
	}
	return b
}
