package ventral

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

func TestCKAInvariances(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, units := rapid.IntRange(5, 20).Draw(t, "stimuli"), rapid.IntRange(1, 30).Draw(t, "units")
		x, y := linked(n, units, 4, rapid.Uint64().Draw(t, "seed"))
		random := source(rapid.Uint64().Draw(t, "another seed"), 0, 0)
		scale := math.Exp(3 * random.NormFloat64())
		offset := random.NormFloat64()
		var turned mat.Dense
		turned.Mul(x, rotation(units, random))
		turned.Apply(func(_, _ int, v float64) float64 { return offset + scale*v }, &turned)
		for name, measure := range map[string]func(a, b *Kernel) (float64, error){"unbiased": CKA, "biased": BiasedCKA} {
			values := map[string]float64{}
			for pair, k := range map[string][2]*Kernel{
				"a b":        {kernelOf(t, x), kernelOf(t, y)},
				"b a":        {kernelOf(t, y), kernelOf(t, x)},
				"turned a b": {kernelOf(t, &turned), kernelOf(t, y)},
				"turned a a": {kernelOf(t, &turned), kernelOf(t, x)},
			} {
				v, err := measure(k[0], k[1])
				if err != nil {
					t.Fatal(err)
				}
				values[pair] = v
			}
			want := values["a b"]
			if math.Abs(values["b a"]-want) > 1e-8 || math.Abs(values["turned a b"]-want) > 1e-8 || math.Abs(values["turned a a"]-1) > 1e-8 {
				t.Fatalf("%s: %v", name, values)
			}
		}
	})
}

// TestCKAOfNoise: of unrelated representations with many units the unbiased one
// is about 0, and the biased one far from it.
func TestCKAOfNoise(t *testing.T) {
	for seed := range uint64(5) {
		random := source(seed, 0, 0)
		a, b := kernelOf(t, noise(60, 300, random)), kernelOf(t, noise(60, 400, random))
		unbiased, err := CKA(a, b)
		if err != nil {
			t.Fatal(err)
		}
		biased, err := BiasedCKA(a, b)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(unbiased) > 0.1 || biased < 0.7 {
			t.Errorf("unbiased %v, biased %v", unbiased, biased)
		}
	}
}
