package kernel

import "math"

// CrossEntropy returns the mean over n rows of -Σ_k target_k log softmax_k of
// logits and target (N K).
func CrossEntropy[T Float](logits, target []T, n, k int) float64 {
	var loss float64
	for i := range n {
		row := logits[i*k:][:k]
		norm := logSumExp(row)
		for j, t := range target[i*k:][:k] {
			if t != 0 { // 0·log 0 = 0
				loss -= float64(t) * (float64(row[j]) - norm)
			}
		}
	}
	return loss / float64(n)
}

// CrossEntropyGradient computes the gradient of logits, gain being the
// gradient of the loss: gain/n · (softmax·Σ_k target_k - target).
func CrossEntropyGradient[T Float](dlogits, logits, target []T, gain T, n, k int) {
	for i := range n {
		row, drow := logits[i*k:][:k], dlogits[i*k:][:k]
		norm := logSumExp(row)
		var total float64
		for _, t := range target[i*k:][:k] {
			total += float64(t)
		}
		for j, t := range target[i*k:][:k] {
			p := math.Exp(float64(row[j]) - norm)
			drow[j] = T(float64(gain) / float64(n) * (p*total - float64(t)))
		}
	}
}

// logSumExp returns log Σ exp(row), shifted so that exp does not overflow.
func logSumExp[T Float](row []T) float64 {
	largest := math.Inf(-1)
	for _, v := range row {
		largest = max(largest, float64(v)) // NaN stays NaN
	}
	var s float64
	for _, v := range row {
		s += math.Exp(float64(v) - largest)
	}
	return largest + math.Log(s)
}
