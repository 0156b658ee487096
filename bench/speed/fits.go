package speed

import (
	"fmt"
	"math"
	"slices"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/peers"
	"hypnos/ventral"
)

// The data of fits, but for the number of features: those of a session that
// recorded V4. A few things that stimuli have vary in all features and responses.
const (
	fitStimuli  = 640
	fitNeuroids = 50
	fitThings   = 20
)

// fitUnits is the number of features that the aims are for.
const fitUnits = 100_000

// regressions are those of fits, by the names that they have in requests.
var regressions = map[string]ventral.Regression{"pls": ventral.PLS{}, "ridge": ventral.Ridge{Alpha: 1}}

// fitTasks are the fits that are measured.
func (p *Plan) fitTasks() []peers.Task {
	var tasks []peers.Task
	for _, regression := range []string{"pls", "ridge"} {
		tasks = append(tasks, peers.Task{Name: "fit", Variant: regression, Batch: p.FitUnits})
	}
	return tasks
}

// anyCan tells whether a peer can do one of some tasks.
func (p *Plan) anyCan(tasks []peers.Task) bool {
	return slices.ContainsFunc(p.Peers, func(peer peers.Peer) bool {
		return slices.ContainsFunc(tasks, func(t peers.Task) bool { return peer.Can(t, p.largest()) })
	})
}

// noise is numbers of -1/2 to 1/2, always the same, that programs in other
// languages make as well: splitmix64 (Steele et al. 2014, OOPSLA), the upper 24
// bits.
type noise uint64

func (n *noise) draw() float64 {
	*n += 0x9E3779B97F4A7C15
	z := uint64(*n)
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return float64((z^z>>31)>>40)/(1<<24) - 0.5
}

func (n *noise) matrix(rows, columns int) *mat.Dense {
	m := mat.NewDense(rows, columns, nil)
	m.Apply(func(int, int, float64) float64 { return n.draw() }, m)
	return m
}

// madeUp returns the data of a fit: of stimulus s
//
//	features  = Σ_k seen(s,k)/√(k+1) · in features(k)  + noise
//	responses = Σ_k seen(s,k)/√(k+1) · in responses(k) + noise
//
// over things k = 0, 1, …, where all numbers are noise, drawn in the order in
// features, in responses, and for each stimulus seen, noise of features, noise of
// responses. Every tenth stimulus is tested.
func madeUp(units int) (*ventral.Features, *mat.Dense, ventral.Split, error) {
	var n noise
	inFeatures, inResponses := n.matrix(fitThings, units), n.matrix(fitThings, fitNeuroids)
	features, responses := make([]float32, 0, fitStimuli*units), mat.NewDense(fitStimuli, fitNeuroids, nil)
	var split ventral.Split
	for s := range fitStimuli {
		seen := n.matrix(1, fitThings)
		seen.Apply(func(_, k int, v float64) float64 { return v / math.Sqrt(float64(k+1)) }, seen)
		var row mat.Dense
		row.Mul(seen, inFeatures)
		for _, v := range row.RawMatrix().Data {
			features = append(features, float32(v+n.draw()))
		}
		row.Reset()
		row.Mul(seen, inResponses)
		for i, v := range row.RawMatrix().Data {
			responses.Set(s, i, v+n.draw())
		}
		if s%10 == 9 {
			split.Test = append(split.Test, s)
		} else {
			split.Train = append(split.Train, s)
		}
	}
	f, err := ventral.NewFeatures(fitStimuli, units, features)
	return f, responses, split, err
}

// newFit returns one fit of a regression: the kernel of all features, as a user
// computes it once for all regressions and splits, the fit on one split, and the
// prediction of its test stimuli.
func newFit(t peers.Task) (*peers.Work, error) {
	regression, ok := regressions[t.Variant]
	if !ok {
		return nil, errors.Errorf("unknown regression %q, want pls or ridge", t.Variant)
	}
	features, responses, split, err := madeUp(t.Batch)
	if err != nil {
		return nil, err
	}
	var predicted *mat.Dense
	return &peers.Work{
		Step: func() error {
			kernel, err := ventral.NewKernel(features)
			if err != nil {
				return err
			}
			predicted, err = ventral.Predict(kernel, responses, regression, split)
			return err
		},
		Parameters: t.Batch * fitNeuroids,
		Score: func() float64 {
			var correlations []float64
			for j := range fitNeuroids {
				var measured []float64
				for _, s := range split.Test {
					measured = append(measured, responses.At(s, j))
				}
				correlations = append(correlations, stat.Correlation(mat.Col(nil, j, predicted), measured, nil))
			}
			return median(correlations)
		},
	}, nil
}

// differs returns an error if a program did not do what hypnos, the reference, did: if
// its network has another number of parameters, or if its fit predicts with another r.
// The order of sums and the end of iterations make less than 1e-3.
func differs(system string, answer, reference peers.Answer) error {
	if answer.Parameters != reference.Parameters {
		return errors.Errorf("%s: its network has %d parameters, that of hypnos %d", system, answer.Parameters, reference.Parameters)
	}
	if !(math.Abs(answer.Score-reference.Score) <= 1e-3) {
		return errors.Errorf("%s: its median r is %.4f, that of hypnos %.4f", system, answer.Score, reference.Score)
	}
	return nil
}

// fitGeometry describes the data of a fit.
func fitGeometry(units int) string {
	return fmt.Sprintf("%d × %d, %d", fitStimuli, units, fitNeuroids)
}

func (r *Result) fitTable() *table {
	t := &table{title: "Fits of a regression on 90 % of the stimuli and prediction of the rest, each in a process of its own, in turns",
		headings: []string{"fit", "program", "stimuli × features, neuroids", "threads", "s", "times hypnos", "median r", "peak memory, MB"}, left: 3}
	for _, row := range r.section("fits") {
		t.add(row.Variant, row.Version, row.Geometry, count(row.Threads), digits(row.Milliseconds/1e3), digits(row.Ratio),
			fmt.Sprintf("%.4f", row.Score), megabytes(row.PeakBytes))
	}
	return t
}

// fitAims are what fits are to reach.
func (r *Result) fitAims() []bound {
	none := math.NaN()
	var bounds []bound
	for _, c := range []struct{ regression, name string }{{"pls", fmt.Sprintf("PLS with %d components", ventral.DefaultComponents)}, {"ridge", "ridge"}} {
		of := func(system string) Row {
			return r.find(func(row Row) bool {
				return row.Section == "fits" && row.System == system && row.Variant == c.regression && row.Geometry == fitGeometry(fitUnits)
			})
		}
		bounds = append(bounds,
			bound{measure: c.name + ", 100,000 features, against scikit-learn", value: absentIfZero(of("scikit-learn").Ratio), show: times, limit: 5, aim: none},
			bound{measure: c.name + ", 100,000 features, peak memory", value: of("hypnos").PeakBytes, show: gigabytes, limit: 2e9, aim: none, upper: true},
		)
	}
	return bounds
}
