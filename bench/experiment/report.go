package experiment

import (
	"time"

	"hypnos/bench/results"
)

// Comparison starts a report of the experiment with what is known before the first run.
// The command is what its reader can call to see the same.
func (e *Experiment) Comparison(title, command string) *results.Comparison {
	c := &results.Comparison{
		Title: title, Command: command, Started: time.Now(),
		Mode: e.Spec.Evaluation.Mode, Machine: results.Machine(), Versions: results.Versions(),
	}
	c.Settings, c.LearningRateChoice = e.Describe()
	return c
}

// Update takes over what the runs came to so far. Where they are kept, the report began
// with the first of them, and its duration is that of all, in all processes.
func (e *Experiment) Update(c *results.Comparison) {
	c.Variants, c.Duration = e.Variants, 0
	for _, k := range e.keepers {
		c.Duration += time.Duration(k.seconds() * float64(time.Second))
		if !k.Started.IsZero() && k.Started.Before(c.Started) {
			c.Started = k.Started
		}
	}
}
