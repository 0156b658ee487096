package ventral

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// BenchmarkPLS is 10 splits of PLS with 25 components, for 50 neuroids, from
// features in float32: of a session of 640 stimuli and a layer of 100,000 units
// (256 MB), unless -short is given, and of a smaller one.
func BenchmarkPLS(b *testing.B) {
	for _, size := range []struct{ stimuli, units int }{{160, 5_000}, {640, 100_000}} {
		b.Run(fmt.Sprintf("%dx%d", size.stimuli, size.units), func(b *testing.B) {
			if testing.Short() && size.units > 5_000 {
				b.Skip("large")
			}
			random := rand.New(rand.NewPCG(1, 2))
			values := make([]float32, size.stimuli*size.units)
			for i := range values {
				values[i] = random.Float32()
			}
			features, err := NewFeatures(size.stimuli, size.units, values)
			if err != nil {
				b.Fatal(err)
			}
			responses := noise(size.stimuli, 50, random)
			b.ReportAllocs()
			for b.Loop() {
				k, err := NewKernel(features)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := Predictivity(k, responses, PLS{}, Splits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkRidge is the kernel of the same session and 10 splits of ridge, with
// one alpha and with a grid.
func BenchmarkRidge(b *testing.B) {
	random := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, 640*20_000)
	for i := range values {
		values[i] = random.Float32()
	}
	features, err := NewFeatures(640, 20_000, values)
	if err != nil {
		b.Fatal(err)
	}
	k, err := NewKernel(features)
	if err != nil {
		b.Fatal(err)
	}
	responses := noise(640, 50, random)
	for name, r := range map[string]Ridge{"one": {}, "grid": {Alphas: Decades(-2, 8)}} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Predictivity(k, responses, r, Splits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
