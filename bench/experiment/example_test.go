package experiment_test

import (
	"context"
	"fmt"
	"log"

	"hypnos/bench/experiment"
	"hypnos/bench/results"
)

// Two variants of a tiny network, one of which sleeps, without a command line.
func Example() {
	spec := experiment.Default()
	spec.Variants = []string{"conv", "lc-sleep-2"}
	spec.Width, spec.Epochs, spec.Batch = 1, 1, 800
	variants, err := experiment.Run(context.Background(), spec, experiment.Observer{
		Run: func(so []results.Variant) error {
			fmt.Println("a run has ended")
			return nil
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	for _, v := range variants {
		last := v.Runs[0].Epochs[spec.Epochs-1]
		fmt.Printf("%s: %d steps, tested: %t\n", v.Name, last.Step, last.Test.Top1 > 0)
	}
	// Output:
	// a run has ended
	// a run has ended
	// conv: 5 steps, tested: true
	// lc-sleep-2: 5 steps, tested: true
}
