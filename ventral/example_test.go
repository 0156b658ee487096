package ventral_test

import (
	"fmt"
	"log"
	"math/rand/v2"

	"gonum.org/v1/gonum/mat"

	"hypnos/ventral"
)

// made returns features of 100 stimuli in float32, and the responses of 8
// neuroids to 6 repetitions that each see one of the features, with noise.
func made() (features *ventral.Features, responses *ventral.Repetitions) {
	random := rand.New(rand.NewPCG(1, 1))
	x := make([]float32, 100*400)
	for i := range x {
		x[i] = float32(random.NormFloat64())
	}
	// A few things that stimuli have vary in all units.
	for i := range 100 {
		for thing := range 8 {
			v := 2 * float32(random.NormFloat64())
			for j := thing; j < 400; j += 8 {
				x[i*400+j] += v
			}
		}
	}
	var y []float64
	for i := range 100 {
		for neuroid := range 8 {
			for range 6 {
				y = append(y, float64(x[i*400+neuroid])+3*random.NormFloat64())
			}
		}
	}
	features, err := ventral.NewFeatures(100, 400, x)
	if err != nil {
		log.Fatal(err)
	}
	responses, err = ventral.NewRepetitions(100, 8, 6, y)
	if err != nil {
		log.Fatal(err)
	}
	return features, responses
}

// How well do features predict responses, of what can be predicted?
func ExamplePredictivity() {
	features, responses := made()
	kernel, err := ventral.NewKernel(features)
	if err != nil {
		log.Fatal(err)
	}
	fit, err := ventral.Predictivity(kernel, responses.Mean(), ventral.PLS{Components: 8}, ventral.Splits{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	ceiling, err := ventral.Ceiling(responses, ventral.Halves{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	n, err := ventral.Normalise(fit.Value, ceiling.Value)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("r = %.2f ± %.2f\n", n.R, fit.Error)
	fmt.Printf("ceiling = %.2f ± %.2f\n", n.Ceiling, ceiling.Error)
	fmt.Printf("r²/c = %.2f, (r/c)² = %.2f\n", n.ExplainedVariance, n.SquaredRatio)
	// Output:
	// r = 0.81 ± 0.01
	// ceiling = 0.78 ± 0.00
	// r²/c = 0.84, (r/c)² = 1.07
}

// Do features and responses find the same stimuli alike?
func ExampleRSA() {
	features, responses := made()
	a, err := ventral.Dissimilarities(features)
	if err != nil {
		log.Fatal(err)
	}
	b, err := ventral.Dissimilarities(responses.Mean())
	if err != nil {
		log.Fatal(err)
	}
	s, err := ventral.RSA(a, b, ventral.RSAOptions{Seed: 1})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("Spearman: %.2f ± %.2f, P = %.3f\n", s.Value, s.Error, s.P)
	// Output: Spearman: 0.59 ± 0.03, P = 0.001
}

// Representations are alike whatever the axes that they are written in.
func ExampleCKA() {
	x := mat.NewDense(5, 2, []float64{0, 1, 2, 0, 3, 5, 1, 1, 4, 2})
	var turned mat.Dense
	turned.Mul(x, mat.NewDense(2, 2, []float64{0.6, -0.8, 0.8, 0.6}))
	a, err := ventral.NewKernel(x)
	if err != nil {
		log.Fatal(err)
	}
	b, err := ventral.NewKernel(&turned)
	if err != nil {
		log.Fatal(err)
	}
	alike, err := ventral.CKA(a, b)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%.3f\n", alike)
	// Output: 1.000
}

// The area that is most like a region is chosen on one half of the stimuli.
func ExampleBestArea() {
	features, responses := made()
	region, err := ventral.Dissimilarities(responses.Mean())
	if err != nil {
		log.Fatal(err)
	}
	own, err := ventral.Dissimilarities(features)
	if err != nil {
		log.Fatal(err)
	}
	reversed := mat.NewSymDense(100, nil)
	for i := range 100 {
		for j := range i {
			reversed.SetSym(i, j, own.At(99-i, 99-j))
		}
	}
	areas := []*mat.SymDense{reversed, own}
	best, err := ventral.BestArea(len(areas), 100, ventral.Choice{Seed: 1}, func(area int, stimuli []int) (ventral.Score, error) {
		a, err := ventral.Among(areas[area], stimuli)
		if err != nil {
			return ventral.Score{}, err
		}
		b, err := ventral.Among(region, stimuli)
		if err != nil {
			return ventral.Score{}, err
		}
		s, err := ventral.RSA(a, b, ventral.RSAOptions{})
		return s.Score, err
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("area %d: %.2f ± %.2f\n", best.Area, best.Reported.Value, best.Reported.Error)
	// Output: area 1: 0.63 ± 0.04
}
