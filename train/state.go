package train

import (
	"time"

	"github.com/pkg/errors"
)

// State is where a run stands after a step. With the parameters and running
// moments of the network, with those of the batches, which follow from Step, and
// with what the hooks know, it is all that the rest of the run depends on: there
// are no generators of random numbers that have a state.
//
// All but the optimiser's averages is small, and JSON keeps it to the bit.
type State struct {
	Step      int // steps done
	Optimiser OptimiserState
	Sums      Sums    // of the epoch so far, zero at its end
	Seconds   float64 // likewise
}

// offer shows the state after a step to Checkpoint.
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

// resume goes back to a state of a run of so many steps.
func (r *run) resume(s State, steps int) error {
	if s.Step < 0 || s.Step > steps {
		return errors.Errorf("train: go on after step %d, want one of %d", s.Step, steps)
	}
	r.sum = s.Sums
	r.started = r.started.Add(-time.Duration(s.Seconds * float64(time.Second)))
	return r.optimiser.Restore(s.Optimiser)
}
