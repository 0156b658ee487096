package train

import (
	"math"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
)

// Sums add up the metrics of batches, over images.
type Sums struct {
	Images           int
	Loss, Top1, Top5 float64
}

// add adds a batch, its logits, N classes, its labels and its mean loss, and returns
// which images were right: those whose label is the largest logit.
func (s *Sums) add(logits []float32, labels []int, loss float64) (right []bool) {
	right = make([]bool, len(labels))
	classes := len(logits) / len(labels)
	for i, label := range labels {
		switch r := rank(logits[i*classes:][:classes], label); {
		case r < 1:
			right[i] = true
			s.Top1++
			fallthrough
		case r < 5:
			s.Top5++
		}
	}
	s.Loss += loss * float64(len(labels))
	s.Images += len(labels)
	return right
}

func (s *Sums) mean() Metrics {
	n := float64(s.Images)
	return Metrics{Loss: s.Loss / n, Top1: s.Top1 / n, Top5: s.Top5 / n}
}

// rank returns how many logits come before the label's: larger ones, and equal ones of
// lower index, so that equal answers to all classes gain nothing. Not-a-number comes
// last.
func rank(logits []float32, label int) int {
	own := logits[label]
	if own != own {
		return len(logits)
	}
	before := 0
	for i, v := range logits {
		if v > own || v == own && i < label {
			before++
		}
	}
	return before
}

// crossEntropy returns the mean cross-entropy of logits, N classes, in nats.
func crossEntropy(logits []float32, labels []int) (float64, error) {
	classes := len(logits) / len(labels)
	row := make([]float64, classes)
	sum := 0.0
	for i, label := range labels {
		if label < 0 || label >= classes {
			return 0, errors.Errorf("train: label %d of image %d, want one of %d classes", label, i, classes)
		}
		for j, v := range logits[i*classes:][:classes] {
			row[j] = float64(v)
		}
		sum += floats.LogSumExp(row) - row[label]
	}
	if math.IsNaN(sum) {
		return sum, errors.New("train: the logits are not finite")
	}
	return sum / float64(len(labels)), nil
}
