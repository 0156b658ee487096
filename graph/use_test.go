package graph

import (
	"errors"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// together calls f from several goroutines at the same time, many times each.
func together(f func(goroutine, i int)) {
	var all sync.WaitGroup
	for goroutine := range 6 {
		all.Go(func() {
			for i := range 30 {
				f(goroutine, i)
			}
		})
	}
	all.Wait()
}

// Goroutines with an Inference or Observation each get right answers from one network.
func TestGoroutinesShareANetwork(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	batch := images(6)
	size := len(batch.Images) / 6
	want, err := net.Features(batch.Images, "conv2", "fc")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for g := range 6 {
		all.Go(func() {
			inference, err := net.Infer(1)
			if err != nil {
				t.Error(err)
				return
			}
			observation, err := net.Observe(1, "conv2")
			if err != nil {
				t.Error(err)
				return
			}
			for range 30 {
				own := batch.Images[g*size:][:size]
				logits, err := inference.Logits(own)
				if err != nil || !slices.Equal(logits, want[1].Data[3*g:][:3]) {
					t.Errorf("image %d: logits %v, %v, want %v", g, logits, err, want[1].Data[3*g:][:3])
				}
				features, err := observation.Features(own)
				if n := len(want[0].Data) / 6; err != nil || !slices.Equal(features[0].Data, want[0].Data[n*g:][:n]) {
					t.Errorf("image %d: wrong features, %v", g, err)
				}
			}
		})
	}
	all.Wait()
}

// A compiled network that goroutines share answers right, or says that it is in use.
func TestGoroutinesShareACompiledNetwork(t *testing.T) {
	net := newTiny(t, Connectivity{Local: true}, 1)
	batch := images(6)
	size := len(batch.Images) / 6
	want, err := net.Features(batch.Images, "conv2", "fc")
	if err != nil {
		t.Fatal(err)
	}
	inference, err := net.Infer(6)
	if err != nil {
		t.Fatal(err)
	}
	observation, err := net.Observe(6, "conv2")
	if err != nil {
		t.Fatal(err)
	}
	together(func(g, _ int) {
		own := batch.Images[g*size:][:size]
		logits, err := inference.Logits(own)
		if err != nil && !errors.Is(err, errRunning) || err == nil && !slices.Equal(logits, want[1].Data[3*g:][:3]) {
			t.Errorf("image %d: logits %v, %v, want %v", g, logits, err, want[1].Data[3*g:][:3])
		}
		features, err := observation.Features(own)
		n := len(want[0].Data) / 6
		if err != nil && !errors.Is(err, errRunning) || err == nil && !slices.Equal(features[0].Data, want[0].Data[n*g:][:n]) {
			t.Errorf("image %d: wrong features, %v", g, err)
		}
	})
}

// Steps of goroutines that share a Training, or train one network beside each other, are
// refused or done one after the other, and nothing answers beside them.
func TestGoroutinesTrainANetwork(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	batch := images(6)
	var trainings [2]*Training
	for i := range trainings {
		var err error
		if trainings[i], err = net.Train(6); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(t.TempDir(), "weights")
	together(func(g, i int) {
		training := trainings[i%2]
		var err error
		switch g {
		case 0:
			_, err = net.Features(batch.Images, "fc")
		case 1:
			if i < 3 {
				err = net.Save(path)
			}
		case 2:
			err = training.Change(func() error {
				for i, p := range training.Learned() {
					if g := training.Gradient(i); g != nil {
						p.Data[0] -= g[0]
					}
				}
				return nil
			})
		default:
			if i%3 == 0 {
				_, err = training.StepWith(batch, Update{Change: func(i, from int, gradient []float32) { training.Learned()[i].Data[from] -= gradient[0] }})
			} else {
				_, err = training.Step(batch)
			}
			if err == nil && len(training.Logits()) != 18 {
				t.Errorf("%d logits", len(training.Logits()))
			}
		}
		if err != nil && !errors.Is(err, errRunning) && !errors.Is(err, errBeingChanged) && !errors.Is(err, errBeingUsed) {
			t.Error(err)
		}
	})
}

// Who uses a network at the same time as whom, one after the other.
func TestUse(t *testing.T) {
	net := newTiny(t, Connectivity{}, 1)
	batch := images(6)
	training, err := net.Train(6)
	if err != nil {
		t.Fatal(err)
	}
	inference, err := net.Infer(6)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "weights")
	if err := net.Save(path); err != nil {
		t.Fatal(err)
	}
	step := func() error { _, err := training.Step(batch); return err }
	answer := func() error { _, err := inference.Logits(batch.Images); return err }
	load := func() error { return net.Load(path, LoadOptions{}) }
	save := func() error { return net.Save(path) }
	for name, f := range map[string]func() error{"step": step, "answer": answer, "load": load, "save": save} {
		if err := net.Change(f); !errors.Is(err, errBeingChanged) {
			t.Errorf("%s beside a change: %v", name, err)
		}
		want := error(nil)
		if name == "step" || name == "load" {
			want = errBeingUsed
		}
		if err := net.use.read(f); !errors.Is(err, want) {
			t.Errorf("%s beside an answer: %v, want %v", name, err, want)
		}
		if err := f(); err != nil {
			t.Errorf("%s alone: %v", name, err)
		}
	}
	for name, refused := range map[string]func() error{
		"a step beside itself":     func() error { return training.alone(step) },
		"an answer beside itself":  func() error { return inference.alone(answer) },
		"a change beside its step": func() error { return training.alone(func() error { return training.Change(answer) }) },
	} {
		if err := refused(); !errors.Is(err, errRunning) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if logits := training.Logits(); len(logits) != 18 {
		t.Fatalf("%d logits", len(logits))
	} else if before := slices.Clone(logits); step() != nil || !slices.Equal(before, logits) {
		t.Error("a step changes the logits of the one before")
	}
	if err := net.Change(func() error { return errors.New("own") }); err == nil || err.Error() != "own" {
		t.Errorf("error %v, want that of the change", err)
	}
}

// Builder, Layer and the like are plain values or for one goroutine; building networks in
// several is safe.
func TestGoroutinesBuild(t *testing.T) {
	together(func(g, i int) {
		if i < 5 {
			net := newTiny(t, Connectivity{Local: g%2 == 0}, 1)
			if _, err := net.TrainingMemory(3); err != nil {
				t.Error(err)
			}
		}
	})
}
