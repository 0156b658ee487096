package train

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"hypnos/graph"
)

// turn is a batch that differs from step to step, counted from 1.
func turn(step int) graph.Batch {
	b := graph.Batch{Images: slices.Clone(batch.Images), Labels: []int{step % 3, (step + 1) % 3}}
	b.Images[step%len(b.Images)] += float32(step)
	return b
}

// turns are the batches after a step.
func turns(after int) Batches {
	return func(yield func(graph.Batch, error) bool) {
		for step := after + 1; yield(turn(step), nil); step++ {
		}
	}
}

// values returns a copy of the parameters.
func values(net *graph.Network) []float32 {
	var all []float32
	for _, p := range net.Parameters() {
		all = append(all, p.Data...)
	}
	return all
}

// snapshot copies a state, its small part through JSON.
func snapshot(t *testing.T, s State) State {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back State
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	for _, a := range s.Optimiser.Averages {
		back.Optimiser.Averages = append(back.Optimiser.Averages, Average{a.Parameter, slices.Clone(a.First), slices.Clone(a.Second)})
	}
	return back
}

// A run that is stopped after any step, by any optimiser and in any schedule,
// goes on as if it had not been.
func TestResume(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"adamw one cycle": func(o *Options) {},
		"adam milestones": func(o *Options) {
			o.Optimiser.Method = Adam
			o.Schedule = Schedule{Form: MultiStep, Rate: 0.1, Milestones: []int{1, 2}}
		},
		"sgd":          func(o *Options) { o.Optimiser.Method = SGD },
		"dropout":      func(o *Options) { o.Optimiser.Method = SGD },
		"sgd momentum": func(o *Options) { o.Optimiser = OptimiserOptions{Method: SGD, Momentum: 0.9, Nesterov: true} },
	} {
		o := options()
		o.StepsPerEpoch, o.Schedule, o.Training = 3, Schedule{Rate: 0.1}, turns(0)
		change(&o)
		type moment struct {
			State
			weights []float32
		}
		rate := 0.0
		if name == "dropout" {
			rate = 0.5
		}
		net, moments := dropping(t, rate), []moment{}
		o.Checkpoint = func(s State, stopping bool) error {
			if stopping {
				t.Errorf("%s: step %d stops", name, s.Step)
			}
			moments = append(moments, moment{snapshot(t, s), values(net)})
			return nil
		}
		o.Measure = func() (any, error) { return values(net), nil }
		want, err := Run(t.Context(), net, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(moments) != 9 {
			t.Fatalf("%s: %d states, want 9", name, len(moments))
		}
		o.Checkpoint = nil
		for _, m := range moments {
			again := dropping(t, rate)
			copy(again.Parameter("fc.weight").Data, m.weights)
			copy(again.Parameter("fc.bias").Data, m.weights[len(again.Parameter("fc.weight").Data):])
			o.Resume, o.Training = &m.State, turns(m.Step)
			o.Measure = func() (any, error) { return values(again), nil }
			got, err := Run(t.Context(), again, o)
			if err != nil {
				t.Fatal(err)
			}
			same := func(a, b Epoch) bool {
				a.Seconds, b.Seconds = 0, 0
				return reflect.DeepEqual(a, b)
			}
			if !slices.Equal(values(again), values(net)) || !slices.EqualFunc(got, want[m.Step/3:], same) {
				t.Errorf("%s: stopped after step %d: %+v, want %+v", name, m.Step, got, want[m.Step/3:])
			}
		}
	}
}

// A cancelled run offers its last state, with the time that the epoch took.
func TestStop(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := options()
	o.Progress = func(step int) {
		if step == 3 {
			cancel()
		}
	}
	stops := 0
	o.Checkpoint = func(s State, stopping bool) error {
		if stopping != (s.Step == 3) || stopping && (s.Sums.Images != 2 || !(s.Seconds > 0)) {
			t.Errorf("stopping %v: %+v", stopping, s)
		}
		if stopping {
			stops++
		}
		return nil
	}
	if _, err := Run(ctx, linear(t), o); !errors.Is(err, context.Canceled) || stops != 1 {
		t.Errorf("%d stops, error %v", stops, err)
	}
	o.Checkpoint = func(State, bool) error { return errors.New("no space") }
	if _, err := Run(t.Context(), linear(t), o); err == nil || !strings.Contains(err.Error(), "step 1: no space") {
		t.Errorf("error %v", err)
	}
}

// An epoch's time is that of its steps, before and after a stop; not that of
// checkpoints.
func TestSeconds(t *testing.T) {
	o := options()
	o.Epochs = 1
	const pause = 50 * time.Millisecond
	o.Checkpoint = func(s State, _ bool) error { time.Sleep(pause); return nil }
	begun := time.Now()
	epochs, err := Run(t.Context(), linear(t), o)
	if err != nil {
		t.Fatal(err)
	}
	// The checkpoint at the end of the epoch is no more in it anyway.
	if most := (time.Since(begun) - 2*pause).Seconds(); epochs[0].Seconds > most {
		t.Errorf("the epoch took %v seconds, want at most %v without checkpoints", epochs[0].Seconds, most)
	}
	var s State
	o.Checkpoint = func(now State, _ bool) error {
		if now.Step == 1 {
			s = snapshot(t, now)
		}
		return nil
	}
	if _, err := Run(t.Context(), linear(t), o); err != nil {
		t.Fatal(err)
	}
	s.Seconds, o.Resume = 100, &s
	if epochs, err = Run(t.Context(), linear(t), o); err != nil || !(epochs[0].Seconds > 100 && epochs[0].Seconds < 200) {
		t.Errorf("after 100 seconds before the stop: %+v, %v", epochs, err)
	}
}

func TestBadState(t *testing.T) {
	for want, s := range map[string]State{
		"after step 7, want one of 6":                           {Step: 7},
		"after step -1":                                         {Step: -1},
		"averages of 0 parameters, want 2":                      {},
		`2 and 12 values for parameter "fc.weight", want 12 an`: {Optimiser: OptimiserState{Averages: []Average{{First: make([]float32, 2), Second: make([]float32, 12)}, {}}}},
		`12 and 0 values for parameter "fc.weight", want 12 an`: {Optimiser: OptimiserState{Averages: []Average{{First: make([]float32, 12)}, {}}}},
		"an optimiser after -1 steps":                           {Optimiser: OptimiserState{Steps: -1, Averages: make([]Average, 2)}},
	} {
		o := options()
		o.Resume = &s
		if _, err := Run(t.Context(), linear(t), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
