package gorgonia

import (
	"testing"

	"hypnos/zoo"
)

// The network has the parameters of hypnos' own, and learns its batch.
func TestTraining(t *testing.T) {
	blocks, width := 1, 2
	training, err := compile(blocks, width, 4)
	if err != nil {
		t.Fatal(err)
	}
	net, err := zoo.New("resnet8", zoo.Config{Width: width})
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, n := range training.learned {
		count += n.Shape().TotalSize()
	}
	if count != net.ParameterCount() {
		t.Errorf("%d parameters, hypnos has %d", count, net.ParameterCount())
	}
	var losses []float32
	for range 60 {
		if err := training.step(); err != nil {
			t.Fatal(err)
		}
		losses = append(losses, training.loss.Data().(float32))
	}
	// gorgonia draws initial weights without a seed: the loss falls by a different amount
	// each time.
	if first, last := losses[0], losses[len(losses)-1]; !(last < first) {
		t.Errorf("the loss went from %v to %v", first, last)
	} else {
		t.Logf("the loss went from %v to %v", first, last)
	}
}
