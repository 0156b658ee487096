// Package converge studies whether sleeping pools reach the fixed point of the Hebbian
// rule (Pogodin et al. 2021, section 4.3).
package converge

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/experiment"
	"hypnos/bench/plotting"
	"hypnos/bench/report"
	"hypnos/bench/results"
	"hypnos/weightshare"
)

// The settings of the study (Pogodin et al. 2021, section 4.3 and appendix).
var (
	sides  = []int{3, 6, 9}
	gammas = []float64{0.1, 0.01, 0.001}
	// Rules are those of the study, with how many presentations pools learn from.
	Rules = []Rule{{weightshare.Hebbian, 2000}, {weightshare.Dynamic, 10000}}
)

const neurons = 100 // of a pool

// Rule is a rule of sleep.
type Rule struct {
	Kind          weightshare.Kind
	Presentations int
}

// setting is a setting of the study with the courses of its pools.
type setting struct {
	weightshare.Convergence
	trials [][]weightshare.State
}

// Check is an error if so many pools of each setting are none or too many.
func Check(trials int) error {
	const most = 1000000
	if trials < 1 || trials > most {
		return errors.Errorf("-trials %d, want 1 to %d", trials, most)
	}
	return nil
}

// Study follows so many pools of each setting under these rules, all in parallel, and
// says what came out. The observer hears of each pool.
func Study(ctx context.Context, rules []Rule, trials int, seed uint64, o experiment.Observer) (*report.Study, error) {
	if err := Check(trials); err != nil {
		return nil, err
	}
	started := time.Now()
	var settings []*setting
	for _, rule := range rules {
		for _, gamma := range gammas {
			for _, side := range sides {
				settings = append(settings, &setting{
					weightshare.Convergence{Kind: rule.Kind, Neurons: neurons, Side: side, Gamma: gamma, Presentations: rule.Presentations, Points: 50},
					make([][]weightshare.State, trials),
				})
			}
		}
	}
	o = o.Heard()
	o.Begin("converge", len(settings)*trials)
	var mutex sync.Mutex // an observer is not for several goroutines
	err := inParallel(len(settings)*trials, func(i int) error {
		// Backwards: the longest first, large sides of the dynamic rule.
		s, trial := settings[len(settings)-1-i/trials], i%trials
		states, err := s.Run(ctx, seed+uint64(trial))
		s.trials[trial] = states
		mutex.Lock()
		defer mutex.Unlock()
		o.Steps(1)
		return err
	})
	o.End()
	if err != nil {
		return nil, err
	}
	study := describe(settings)
	study.Started, study.Duration = started, time.Since(started)
	study.Settings = append(study.Settings, results.Setting{Name: "trials", Value: fmt.Sprintf("%d, seeds %d to %d", trials, seed, seed+uint64(trials)-1)})
	return study, nil
}

// inParallel calls f(0), …, f(n-1) on all threads and returns the error of the
// lowest index, if any. None is started after an error.
func inParallel(n int, f func(i int) error) error {
	errs := make([]error, n)
	var next, failed = 0, false
	var lock sync.Mutex
	take := func() (int, bool) {
		lock.Lock()
		defer lock.Unlock()
		next++
		return next - 1, next <= n && !failed
	}
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), n) {
		workers.Go(func() {
			for i, ok := take(); ok; i, ok = take() {
				if errs[i] = f(i); errs[i] != nil {
					lock.Lock()
					failed = true
					lock.Unlock()
				}
			}
		})
	}
	workers.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// disorder is what the study shows of a w-SNR, as the paper does.
func disorder(snr float64) float64 { return -math.Log10(snr) }

// limit returns the disorder at an end that depends on the start, the mean over
// trials.
func (s *setting) limit(of func(start float64) float64) float64 {
	return stat.Mean(s.at(0, func(state weightshare.State) float64 { return disorder(of(state.SNR)) }), nil)
}

// curve returns the course of a quantity over presentations.
func (s *setting) curve(style int, of func(weightshare.State) float64) plotting.Curve {
	c := plotting.Curve{Name: fmt.Sprintf("K = %d", s.Side), Style: style}
	for i, state := range s.trials[0] {
		values := s.at(i, of)
		c.Points = append(c.Points, plotting.Point{X: float64(state.Presentations), Mean: stat.Mean(values, nil), Low: floats.Min(values), High: floats.Max(values)})
	}
	return c
}

// at returns a quantity of all trials at recorded state i.
func (s *setting) at(i int, of func(weightshare.State) float64) []float64 {
	var values []float64
	for _, states := range s.trials {
		values = append(values, of(states[i]))
	}
	return values
}

// The quantities of a state that are shown.
var (
	stateDisorder = func(s weightshare.State) float64 { return disorder(s.SNR) }
	stateCosine   = func(s weightshare.State) float64 { return s.Cosine }
	stateLength   = func(s weightshare.State) float64 { return s.Length }
)

// names are what reports call the rules.
var names = map[weightshare.Kind]string{weightshare.Hebbian: "Hebbian", weightshare.Dynamic: "dynamic"}

// listed joins numbers by commas.
func listed[T any](numbers []T) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}

// describe turns settings, ordered by rule, gamma and side, to a study.
func describe(settings []*setting) *report.Study {
	s := &report.Study{
		Name: "converge", Title: "Do sleeping pools reach the fixed point?",
		Summary: fmt.Sprintf("Pools of %d neurons", neurons) + " whose weights start at 1 + N(0, 1) see inputs from N(0, I). " +
			"Hebbian pools know the mean response of the pool; dynamic ones have an inhibitory neuron instead, of finite strength, " +
			"so that their mean may drift while their weights come together. A pull of strength γ holds all weights back. " +
			"Disorder is −log10 of the weight signal-to-noise ratio, the mean over the K² inputs of mean²/variance of the weights of the pool.",
		Machine:      results.Machine(),
		Versions:     results.Versions(),
		TableCaption: "Mean over trials ± sample standard deviation. Disorder is −log10 of the weight signal-to-noise ratio; excess is how far it lies above the fixed point of the Hebbian rule, and the rule at hand drifts to the next. Cosine and length compare the pool's mean weights with those of the start.",
		Table:        [][]string{{"rule", "gamma", "K", "disorder", "fixed point", "excess", "drifts to", "cosine of mean", "length of mean"}},
		Records:      [][]string{{"rule", "gamma", "k", "trial", "presentation", "disorder", "fixed_point", "cosine", "length"}},
	}
	for len(settings) > 0 {
		rule := settings[:len(gammas)*len(sides)]
		settings = settings[len(rule):]
		name := names[rule[0].Kind]
		s.Settings = append(s.Settings, results.Setting{Name: name, Value: fmt.Sprintf("%d presentations; %s", rule[0].Presentations, rule[0].Rule())})
		s.Sheets = append(s.Sheets, sheetOf(rule))
		for _, setting := range rule {
			s.Table = append(s.Table, setting.tableRow())
			s.Records = append(s.Records, setting.records()...)
		}
	}
	s.Settings = append(s.Settings, results.Setting{
		Name: "pools", Value: fmt.Sprintf("%d neurons, K×K inputs, K = %s; gamma %s", neurons, listed(sides), listed(gammas)),
	})
	return s
}

// sheetOf is the figure of a rule: a panel a gamma, a curve a side.
func sheetOf(settings []*setting) plotting.Sheet {
	kind := settings[0].Kind
	name := names[kind]
	sheet := plotting.Sheet{
		Name: "converge_" + kind.String(), Title: "Convergence of the " + name + " rule", Level: "fixed point of the Hebbian rule",
		Caption: "above, disorder of the weights of a pool; below, the cosine of its mean weights to those of the start, and their length relative to these; mean over trials, the band from the lowest to the highest",
	}
	above, middle, below := make([]plotting.Panel, len(gammas)), make([]plotting.Panel, len(gammas)), make([]plotting.Panel, len(gammas))
	for i, s := range settings {
		p, style := i/len(sides), i%len(sides)+1
		above[p].Title, above[p].Y = fmt.Sprintf("γ = %g", s.Gamma), "disorder, −log10 w-SNR"
		middle[p].Y, middle[p].Low, middle[p].High = "cosine of mean weights", 0.98, 1
		below[p].X, below[p].Y, below[p].High = "presentations", "length of mean weights", 1
		above[p].Curves = append(above[p].Curves, s.curve(style, stateDisorder))
		middle[p].Curves = append(middle[p].Curves, s.curve(style, stateCosine))
		below[p].Curves = append(below[p].Curves, s.curve(style, stateLength))
		above[p].Levels = append(above[p].Levels, plotting.Level{Y: s.limit(s.FixedPoint), Style: style})
	}
	sheet.Panels = [][]plotting.Panel{above, middle, below}
	return sheet
}

// tableRow is how a setting ends.
func (s *setting) tableRow() []string {
	last := len(s.trials[0]) - 1
	show := func(of func(weightshare.State) float64) string {
		values := s.at(last, of)
		if len(values) == 1 {
			return fmt.Sprintf("%.3f", values[0])
		}
		mean, deviation := stat.MeanStdDev(values, nil)
		return fmt.Sprintf("%.3f ± %.3f", mean, deviation)
	}
	fixed := s.limit(s.FixedPoint)
	return []string{
		s.Kind.String(), fmt.Sprint(s.Gamma), strconv.Itoa(s.Side), show(stateDisorder), fmt.Sprintf("%.3f", fixed),
		fmt.Sprintf("%.3f", stat.Mean(s.at(last, stateDisorder), nil)-fixed), fmt.Sprintf("%.3f", s.limit(s.DriftsTo)), show(stateCosine), show(stateLength),
	}
}

// records are the rows of a setting in the CSV file.
func (s *setting) records() [][]string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	var records [][]string
	for trial, states := range s.trials {
		for _, state := range states {
			records = append(records, []string{
				s.Kind.String(), number(s.Gamma), strconv.Itoa(s.Side), strconv.Itoa(trial + 1), strconv.Itoa(state.Presentations),
				number(disorder(state.SNR)), number(disorder(s.FixedPoint(states[0].SNR))), number(state.Cosine), number(state.Length),
			})
		}
	}
	return records
}
