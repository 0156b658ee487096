// Package peers runs programs that do the same as this one, train the same network
// or fit the same regression, each as a process of its own that measures on
// request, so that two of them can take turns. hypnos itself is one of them.
//
// A request is a line on the process's standard input and an answer a line of
// JSON on its standard output, in the same order:
//
//	hello THREADS MODEL WIDTH
//	    the first request: how many threads to use, and which network
//	    {"name": "PyTorch 1.13.0", "threads": 2}
//	train VARIANT BATCH STEPS
//	    steps of training: forward, backward, AdamW
//	    {"seconds": [0.21, 0.2], "parameters": 272474, "peak_bytes": 687000000}
//	evaluate VARIANT BATCH STEPS
//	    forward passes with running moments, answered as train is
//	share VARIANT BATCH STEPS
//	    instant sharing of all local layers, answered as train is
//	sleep VARIANT ITERATIONS STEPS
//	    Hebbian sleeps of all local layers, of so many iterations with 128
//	    Gaussian patterns each, answered as train is
//	fit REGRESSION UNITS STEPS
//	    fits of 50 responses to 576 stimuli by so many features, and predictions
//	    of those to 64 others, of data that package speed makes up, all the same
//	    {"seconds": [1.2], "parameters": 5000000, "score": 0.49, "peak_bytes": 687000000}
//
// VARIANT is conv or lc, and REGRESSION pls or ridge. A request that names another
// task, variant or batch than the one before makes a new network, or new data, and
// takes a step that is not measured. What cannot be done is answered by
// {"error": "…"}. A process ends when its standard input does.
package peers

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/pkg/errors"
)

// Answer is what a process answers to a request.
type Answer struct {
	// Error says why there is no other answer.
	Error string `json:"error,omitempty"`
	// Name and Threads answer hello: the program with its version, and how
	// many threads it uses.
	Name    string `json:"name,omitempty"`
	Threads int    `json:"threads,omitempty"`
	// Seconds are those of each step.
	Seconds []float64 `json:"seconds,omitempty"`
	// Parameters is how many numbers the network or the regression learns.
	Parameters int `json:"parameters,omitempty"`
	// Score is the median over neuroids of Pearson's r of predicted and measured
	// responses; 0 for a network.
	Score float64 `json:"score,omitempty"`
	// PeakBytes is the most memory that the process has had resident, 0 where
	// that is not known.
	PeakBytes int64 `json:"peak_bytes,omitempty"`
	// HeapBytes is how much was allocated per step, on average over the steps;
	// nil where that is not known.
	HeapBytes *float64 `json:"heap_bytes,omitempty"`
}

// Task is what a peer measures.
type Task struct {
	Name    string // train, evaluate, share, sleep or fit
	Variant string // conv or lc, or of fit the regression: pls or ridge
	Batch   int    // of sleep its iterations, of fit the number of features
}

// request is the line that asks for so many steps of the task.
func (t Task) request(steps int) string {
	return fmt.Sprintf("%s %s %d %d", t.Name, t.Variant, t.Batch, steps)
}

// parse reads an answer.
func parse(line []byte) (Answer, error) {
	var a Answer
	decoder := json.NewDecoder(bytes.NewReader(line))
	if err := decoder.Decode(&a); err != nil || decoder.More() {
		return a, errors.Errorf("%q, which is no answer", shortened(line))
	}
	for _, s := range a.Seconds {
		if !(s > 0) {
			return a, errors.Errorf("a step of %v seconds", s)
		}
	}
	return a, nil
}

// shortened returns the beginning of a line that may be anything.
func shortened(line []byte) []byte {
	const most = 80
	return line[:min(len(line), most)]
}
