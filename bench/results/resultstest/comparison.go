// Package resultstest has made-up results for tests of results and reports, and
// checks of the files of a report.
package resultstest

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"hypnos/bench/results"
)

// Comparison returns a plausible comparison with made-up numbers: five variants, three
// seeds, twenty epochs, two thousand test images.
func Comparison() *results.Comparison {
	const epochs, batches = 20, 390
	random := rand.New(rand.NewPCG(1, 2))
	variants := []struct {
		name, description, method string
		local                     bool
		top1, snr                 float64 // at the end
	}{
		{"conv", "Convolutional network: all locations share one set of weights.", "", false, 0.66, math.Inf(1)},
		{"lc", "Locally connected network: every location has weights of its own.", "", true, 0.56, 0.06},
		{"lc-translate-4", "Locally connected, trained on images translated by up to 4 pixels.", "showing each image in 4 translations at a time", true, 0.54, 0.4},
		{"lc-sleep-1", "Locally connected; weights shared in a sleep phase after every step.", "a sleep after every step", true, 0.63, 80},
		{"lc-sleep-10", "Locally connected; weights shared in a sleep phase after every 10 steps.", "a sleep after every 10 steps", true, 0.59, 9},
	}
	r := &results.Comparison{
		Title:              "Weight sharing in sleep: ResNet-18 on CIFAR-10",
		Summary:            "A small residual network as a convolutional network, as a locally connected one, as a locally connected one trained on translations, and as locally connected ones that share weights in their sleep. All variants see the same images in the same order for each seed.",
		Command:            "go run ./bench compare -network resnet18 -data cifar10 -variants conv,lc,lc-translate-4,lc-sleep-1,lc-sleep-10 -epochs 20 -seeds 3",
		Started:            time.Date(2026, 3, 14, 9, 26, 53, 0, time.UTC),
		Duration:           2*time.Hour + 41*time.Minute + 7*time.Second,
		LearningRateChoice: "Best test top-1 after 3 epochs with seed 0, out of 1e-4, 3e-4, 1e-3 and 3e-3, for each variant on its own.",
		Settings:           []results.Setting{{Name: "network", Value: "resnet18, width 16"}, {Name: "data", Value: "CIFAR-10, 50,000 training and 10,000 test images"}, {Name: "batch", Value: "128"}, {Name: "optimiser", Value: "AdamW, weight decay 1e-4"}, {Name: "schedule", Value: "cosine, 20 epochs"}, {Name: "augmentation", Value: "horizontal flips"}},
		Machine:            []results.Setting{{Name: "CPU", Value: "Example Processor 3000 @ 2.40GHz"}, {Name: "cores", Value: "8"}, {Name: "system", Value: "linux/amd64"}},
		Versions:           []results.Setting{{Name: "Go", Value: "go1.26.8"}, {Name: "gorgonia.org/gorgonia", Value: "v0.9.18"}, {Name: "gonum.org/v1/gonum", Value: "v0.17.0"}},
	}
	for i, v := range variants {
		variant := results.Variant{Name: v.name, Description: v.description, Method: v.method, Parameters: 175_258, LearningRate: 1e-3, Local: v.local}
		if v.local {
			variant.Parameters = 6_532_874
		}
		for seed := range uint64(3) {
			run := results.Run{Seed: seed + 1, Complete: true}
			offset := 0.008 * random.NormFloat64()
			for epoch := 1; epoch <= epochs; epoch++ {
				progress := 1 - math.Exp(-float64(epoch)/5)
				noise := 0.006 * random.NormFloat64()
				if epoch == epochs {
					noise = 0
				}
				top1 := 0.1 + (v.top1+offset-0.1)*progress/0.98 + noise
				run.Epochs = append(run.Epochs, results.Epoch{
					Epoch: epoch, Step: epoch * batches,
					LearningRate: 5e-4 * (1 + math.Cos(math.Pi*float64(epoch)/epochs)),
					TrainLoss:    2.3 - (1.4+0.05*float64(i))*progress + 3*noise,
					TrainTop1:    top1 + 0.12*progress,
					Test:         results.Evaluation{Loss: 2.3 - 0.9*progress, Top1: top1, Top5: math.Min(1, 0.5+0.8*top1)},
					Validation:   results.Evaluation{Loss: 2.3 - 0.85*progress, Top1: top1 - 0.01, Top5: math.Min(1, 0.5+0.79*top1)},
					TrainEval:    results.Evaluation{Loss: 2.3 - 1.3*progress, Top1: top1 + 0.1*progress, Top5: math.Min(1, 0.52+0.8*top1)},
					SNR:          0.05 + v.snr*progress*math.Exp(10*noise),
					PoolSNR:      0.1 + 2*v.snr*progress,
					Spread:       math.NaN(),
					Cosine:       math.NaN(),
					Seconds:      31 + 4*float64(i) + 100*math.Abs(noise),
				})
				e := &run.Epochs[epoch-1]
				if v.local {
					e.Layers = []results.Layer{
						{Name: "conv1", SNR: 2 * e.SNR, PoolSNR: e.PoolSNR, Spread: math.NaN(), Cosine: math.NaN()},
						{Name: "conv2", SNR: e.SNR / 2, PoolSNR: e.PoolSNR, Spread: math.NaN(), Cosine: math.NaN()},
					}
				}
				if strings.HasPrefix(v.name, "lc-sleep") {
					e.Spread, e.Cosine = 0.01*math.Exp(5*noise), 1-math.Abs(noise)
					for j := range e.Layers {
						e.Layers[j].Spread, e.Layers[j].Cosine = e.Spread*float64(1+j), e.Cosine
					}
				}
			}
			run.Right = madeUpRight(run.Epochs[epochs-1].Test.Top1, random)
			variant.Runs = append(variant.Runs, run)
		}
		r.Variants = append(r.Variants, variant)
	}
	return r
}

// madeUpRight returns the answers of a network that is right about a share of two thousand
// images, more often about the first, as if they were easier.
func madeUpRight(share float64, random *rand.Rand) results.Right {
	right := make(results.Right, 2000)
	places := make([]int, len(right))
	hard := make([]float64, len(right))
	for i := range right {
		places[i], hard[i] = i, float64(i)/float64(len(right))+0.3*random.NormFloat64()
	}
	slices.SortFunc(places, func(a, b int) int { return cmp.Compare(hard[a], hard[b]) })
	for _, i := range places[:int(math.Round(share*float64(len(right))))] {
		right[i] = true
	}
	return right
}

// Interrupted returns a comparison that was stopped: one run is short, another and a whole
// variant were not started.
func Interrupted() *results.Comparison {
	r := Comparison()
	r.Interrupted = true
	r.Variants[4].Runs[1].Epochs = r.Variants[4].Runs[1].Epochs[:7]
	r.Variants[4].Runs[1].Complete = false
	r.Variants[4].Runs[2] = results.Run{Seed: 3}
	r.Variants = append(r.Variants, results.Variant{Name: "lc-sleep-100", Local: true, Description: "Not reached.", LearningRate: 1e-3})
	return r
}

// Small returns a comparison whose table can be worked out by hand.
func Small() *results.Comparison {
	run := func(seed uint64, top1 ...float64) results.Run {
		r := results.Run{Seed: seed, Complete: true}
		for i, v := range top1 {
			r.Epochs = append(r.Epochs, results.Epoch{Epoch: i + 1, Test: results.Evaluation{Top1: v, Top5: 0.9}, Validation: results.Evaluation{Top1: v / 2, Top5: 0.5}, SNR: 0.5 + 0.02*float64(seed), Seconds: float64(i + 1)})
		}
		return r
	}
	return &results.Comparison{Variants: []results.Variant{
		{Name: "conv", Parameters: 1234567, Runs: []results.Run{run(1, 0.1, 0.2, 0.5), run(2, 0.1, 0.2, 0.7)}},
		{Name: "lc", Local: true, Parameters: 12, Runs: []results.Run{run(1, 0.3, 0.3, 0.3), run(2, 0.4, 0.4, 0.4)}},
	}}
}

// Answered returns a variant with a run of seed 1, 2, … for each Right.
func Answered(name string, runs ...results.Right) results.Variant {
	v := results.Variant{Name: name, Local: name != "conv"}
	for s, right := range runs {
		count := 0
		for _, yes := range right {
			if yes {
				count++
			}
		}
		v.Runs = append(v.Runs, results.Run{Seed: uint64(s + 1), Complete: true, Right: right,
			Epochs: []results.Epoch{{Epoch: 1, Test: results.Evaluation{Top1: float64(count) / float64(len(right))}}}})
	}
	return v
}
