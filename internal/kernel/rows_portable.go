//go:build !amd64 || purego

package kernel

// There is no faster path on this processor: each of these does none of the
// numbers of a row.

func reluFast[T Float](_, _ []T) int { return 0 }

func reluGradientFast[T Float](_, _, _ []T) int { return 0 }

func addFast[T Float](_, _, _ []T) int { return 0 }

func maxFast[T Float](_, _ []T) int { return 0 }

func claimFast[T Float](_, _, _, _ []T) int { return 0 }

func scaleRowsFast[T Float](_, _, _, _ []T) int { return 0 }

func addSquaresFast[T Float](_, _, _ []T) int { return 0 }

func addDeviationsFast[T Float](_, _, _, _ []T) int { return 0 }

func addProductsFast[T Float](_, _, _, _, _ []T) int { return 0 }

func normGradientRowsFast[T Float](_, _, _, _, _, _ []T) int { return 0 }

func (momentum) fast(_, _, _ []float32) int { return 0 }

func (adam) fast(_, _, _, _ []float32) int { return 0 }

func accumulateFast([]float64, []float32) int { return 0 }

func momentsFast[T Float](_, _ []T, _ int) bool { return false }

func normForwardFast[T Float](_ Norm[T], _, _, _, _ []T, _, _ int) bool { return false }

func normSumsFast[T Float](_ Norm[T], _ []float64, _, _, _ []T, _, _ int) bool { return false }

func normGradientFast[T Float](_ Norm[T], _, _, _, _ []T, _, _ int) bool { return false }

func transposeFast[T Float]([]T, int, []T, int, int, int) (int, int) { return 0, 0 }
