package train

import (
	"time"

	"github.com/pkg/errors"
)

// State is where a run stands after a step. The rest of the run depends on it, on the
// parameters and running moments of the network, on what the hooks know, and on the
// batches, which follow from Step; on nothing else, since no generator of random numbers
// keeps a state.
//
// All of it but the optimiser's averages is small, and JSON keeps it to the bit.
type State struct {
	Step      int // steps done
	Optimiser OptimiserState
	Sums      Sums    // of the epoch so far, zero at its end
	Seconds   float64 // of the epoch so far
}

// offer calls Checkpoint with the state after a step. Its time is not the epoch's.
func (r *run) offer(step int, stopping bool) error {
	if r.Checkpoint == nil {
		return nil
	}
	now := time.Now()
	err := r.Checkpoint(State{
		Step: step, Optimiser: r.optimiser.State(), Sums: r.sum, Seconds: now.Sub(r.started).Seconds(),
	}, stopping)
	r.started = r.started.Add(time.Since(now))
	return errors.Wrapf(err, "train: step %d", step)
}

// resume goes on from the state of a run of so many steps.
func (r *run) resume(s State, steps int) error {
	if s.Step < 0 || s.Step > steps {
		return errors.Errorf("train: go on after step %d, want one of %d", s.Step, steps)
	}
	r.training.Resume(s.Step)
	r.sum = s.Sums
	r.started = r.started.Add(-time.Duration(s.Seconds * float64(time.Second)))
	return r.optimiser.Restore(s.Optimiser)
}
