package graph_test

import (
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"path/filepath"

	"gorgonia.org/gorgonia"

	"hypnos/graph"
	"hypnos/train"
	"hypnos/weightshare"
)

// swish is x·sigmoid(beta·x) with a beta for each channel that is learned (Ramachandran et
// al. 2017, section 5): an expression of gorgonia's operators, which know its gradient.
func swish(b *graph.Builder, name string, x *graph.Layer) *graph.Layer {
	return b.Op(name, graph.Op{
		Kind:   "swish",
		Inputs: []*graph.Layer{x},
		Parameters: []graph.OpParameter{{
			Name: "beta", Shape: []int{1, 1, x.Output.Channels, 1},
			Start: func(beta []float32, r *rand.Rand) {
				for i := range beta {
					beta[i] = 1 + 0.1*float32(r.NormFloat64())
				}
			},
		}},
		Apply: func(n graph.OpNodes) (*gorgonia.Node, error) {
			x, beta := n.Inputs[0], n.Parameters[0] // H W C N and 1 1 C 1
			steep, err := gorgonia.BroadcastHadamardProd(x, beta, nil, []byte{0, 1, 3})
			if err != nil {
				return nil, err
			}
			gate, err := gorgonia.Sigmoid(steep)
			if err != nil {
				return nil, err
			}
			return gorgonia.HadamardProd(x, gate)
		},
	})
}

// A layer of one's own is trained, sleeps, is saved and asked as the others are.
func ExampleBuilder_Op() {
	network := func() (*graph.Network, error) {
		b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 1, Height: 8, Width: 8}, Connectivity: graph.Connectivity{Local: true}, Seed: 1})
		x := swish(b, "swish1", b.Local("layer1", b.Input(), graph.Local{Channels: 4, Kernel: 3, Padding: 1}))
		x = swish(b, "swish2", b.Local("layer2", x, graph.Local{Channels: 4, Kernel: 3, Padding: 1}))
		return b.Build(b.Linear("fc", x, 2))
	}
	net, err := network()
	if err != nil {
		log.Fatal(err)
	}
	// Is the upper or the lower half of an image brighter?
	batch := graph.Batch{Images: make([]float32, 2*64), Labels: []int{0, 1}}
	for i := range 32 {
		batch.Images[i], batch.Images[64+32+i] = 1, 1
	}
	training, err := net.Train(2)
	if err != nil {
		log.Fatal(err)
	}
	optimiser, err := train.NewOptimiser(training, train.OptimiserOptions{})
	if err != nil {
		log.Fatal(err)
	}
	sleeper, err := weightshare.New(net, weightshare.Options{Phase: weightshare.Reference(weightshare.Instant)})
	if err != nil {
		log.Fatal(err)
	}
	var first, last float64
	for step := range 20 {
		loss, err := optimiser.TrainStep(batch, 1e-2, 0)
		if err != nil {
			log.Fatal(err)
		}
		if step == 0 {
			first = loss
		}
		last = loss
		if step%10 == 9 {
			if _, err := sleeper.Sleep(); err != nil {
				log.Fatal(err)
			}
		}
	}
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "net.safetensors")
	if err := net.Save(path); err != nil {
		log.Fatal(err)
	}
	loaded, err := network()
	if err != nil {
		log.Fatal(err)
	}
	if err := loaded.Load(path, graph.LoadOptions{}); err != nil {
		log.Fatal(err)
	}
	features, err := loaded.Features(batch.Images, "swish2", "fc")
	if err != nil {
		log.Fatal(err)
	}
	logits := features[1].Data // N C
	fmt.Println("the loss falls:", last < first/2)
	fmt.Println("the images are told apart:", logits[0] > logits[1] && logits[2] < logits[3])
	fmt.Println(features[0].Name, "answers", features[0].Size)
	for _, p := range loaded.Parameters()[:2] {
		fmt.Println(p.Name, p.Shape)
	}
	// Output:
	// the loss falls: true
	// the images are told apart: true
	// swish2 answers 4×8×8
	// layer1.weight (64, 4, 3, 3, 1)
	// swish1.beta (1, 1, 4, 1)
}
