package main

import (
	"context"
	"flag"
	"fmt"
	"math"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/peterbourgon/ff/v3/ffcli"
	"github.com/pkg/errors"
	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"

	"hypnos/bench/report"
	"hypnos/weightshare"
)

func convergeCommand(c console) *ffcli.Command {
	fs := flag.NewFlagSet("converge", flag.ContinueOnError)
	trials := fs.Int("trials", 10, "pools of each setting, each with weights and inputs of its own")
	seed := fs.Uint64("seed", 1, "source of weights and inputs")
	quick := fs.Bool("quick", false, "a short look: 2 trials, unless -trials says otherwise")
	out := fs.String("out", "hypnos-converge", "`folder` to write the study to")
	return &ffcli.Command{
		Name:       "converge",
		ShortUsage: "go run ./bench converge [flags]",
		ShortHelp:  "study whether sleeping pools reach the fixed point",
		LongHelp: strings.TrimSpace(`
Follows pools of neurons that see random inputs of several sizes while they
learn by the Hebbian rule or by lateral dynamics, pulled back to their first
weights by gamma, and compares them with the fixed point of the Hebbian rule.
Prints a table and writes report.html, converge.csv and figures.`),
		FlagSet: fs,
		Exec: func(ctx context.Context, args []string) error {
			if err := noArguments(args); err != nil {
				return err
			}
			all := given(fs)
			if err := needEffects(all, []effect{{[]string{"quick"}, !all["trials"], "-trials says all that it would"}}); err != nil {
				return err
			}
			if *quick {
				*trials = 2
			}
			return converge(ctx, c, convergeRules, *trials, *seed, *out)
		},
	}
}

// The settings of the study (Pogodin et al. 2021, section 4.3 and appendix).
var (
	convergeSides  = []int{3, 6, 9}
	convergeGammas = []float64{0.1, 0.01, 0.001}
	convergeRules  = []convergeRule{{weightshare.Hebbian, 2000}, {weightshare.Dynamic, 10000}}
)

const convergeNeurons = 100 // of a pool

type convergeRule struct {
	kind          weightshare.Kind
	presentations int
}

// setting is a setting of the study with the courses of its pools.
type setting struct {
	weightshare.Convergence
	trials [][]weightshare.State
}

// converge runs the study, all pools in parallel, and writes it.
func converge(ctx context.Context, c console, rules []convergeRule, trials int, seed uint64, out string) error {
	if trials < 1 {
		return errors.Errorf("-trials %d, want at least 1", trials)
	}
	if err := report.Prepare(out); err != nil {
		return err
	}
	started := time.Now()
	var settings []*setting
	for _, rule := range rules {
		for _, gamma := range convergeGammas {
			for _, side := range convergeSides {
				settings = append(settings, &setting{
					weightshare.Convergence{Kind: rule.kind, Neurons: convergeNeurons, Side: side, Gamma: gamma, Presentations: rule.presentations, Points: 50},
					make([][]weightshare.State, trials),
				})
			}
		}
	}
	b := newBar(c.err, len(settings)*trials, "converge")
	defer b.finish()
	err := inParallel(len(settings)*trials, func(i int) error {
		// Backwards: the longest first, large sides of the dynamic rule.
		s, trial := settings[len(settings)-1-i/trials], i%trials
		states, err := s.Run(ctx, seed+uint64(trial))
		s.trials[trial] = states
		b.step()
		return err
	})
	b.finish()
	if err != nil {
		return err
	}
	study := convergeStudy(settings)
	study.Started, study.Duration = started, time.Since(started)
	study.Settings = append(study.Settings, report.Setting{Name: "trials", Value: fmt.Sprintf("%d, seeds %d to %d", trials, seed, seed+uint64(trials)-1)})
	if err := study.Write(out); err != nil {
		return err
	}
	fmt.Fprint(c.out, study.Text())
	fmt.Fprintf(c.out, "\nreport: %s%creport.html\n", strings.TrimRight(out, "/"), os.PathSeparator)
	return nil
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
func (s *setting) curve(style int, of func(weightshare.State) float64) report.Curve {
	c := report.Curve{Name: fmt.Sprintf("K = %d", s.Side), Style: style}
	for i, state := range s.trials[0] {
		values := s.at(i, of)
		c.Points = append(c.Points, report.Point{X: float64(state.Presentations), Mean: stat.Mean(values, nil), Low: floats.Min(values), High: floats.Max(values)})
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

// convergeNames are what reports call the rules.
var convergeNames = map[weightshare.Kind]string{weightshare.Hebbian: "Hebbian", weightshare.Dynamic: "dynamic"}

// listed joins numbers by commas.
func listed[T any](numbers []T) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(numbers), "[]"), " ", ", ")
}

// convergeStudy turns settings, ordered by rule, gamma and side, to a study.
func convergeStudy(settings []*setting) *report.Study {
	s := &report.Study{
		Name: "converge", Title: "Do sleeping pools reach the fixed point?",
		Summary: fmt.Sprintf("Pools of %d neurons", convergeNeurons) + " whose weights start at 1 + N(0, 1) see inputs from N(0, I). " +
			"Hebbian pools know the mean response of the pool; dynamic ones have an inhibitory neuron instead, of finite strength, " +
			"so that their mean may drift while their weights come together. A pull of strength γ holds all weights back. " +
			"Disorder is −log10 of the weight signal-to-noise ratio, the mean over the K² inputs of mean²/variance of the weights of the pool.",
		Command:      "go run ./bench " + strings.Join(os.Args[1:], " "),
		Machine:      report.Machine(),
		Versions:     report.Versions(),
		TableCaption: "Mean over trials ± sample standard deviation. Disorder is −log10 of the weight signal-to-noise ratio; excess is how far it lies above the fixed point of the Hebbian rule, and the rule at hand drifts to the next. Cosine and length compare the pool's mean weights with those of the start.",
		Table:        [][]string{{"rule", "gamma", "K", "disorder", "fixed point", "excess", "drifts to", "cosine of mean", "length of mean"}},
		Records:      [][]string{{"rule", "gamma", "k", "trial", "presentation", "disorder", "fixed_point", "cosine", "length"}},
	}
	for len(settings) > 0 {
		rule := settings[:len(convergeGammas)*len(convergeSides)]
		settings = settings[len(rule):]
		name := convergeNames[rule[0].Kind]
		s.Settings = append(s.Settings, report.Setting{Name: name, Value: fmt.Sprintf("%d presentations; %s", rule[0].Presentations, rule[0].Rule())})
		s.Sheets = append(s.Sheets, convergeSheet(rule))
		for _, setting := range rule {
			s.Table = append(s.Table, setting.tableRow())
			s.Records = append(s.Records, setting.records()...)
		}
	}
	s.Settings = append(s.Settings, report.Setting{
		Name: "pools", Value: fmt.Sprintf("%d neurons, K×K inputs, K = %s; gamma %s", convergeNeurons, listed(convergeSides), listed(convergeGammas)),
	})
	return s
}

// convergeSheet is the figure of a rule: a panel a gamma, a curve a side.
func convergeSheet(settings []*setting) report.Sheet {
	kind := settings[0].Kind
	name := convergeNames[kind]
	sheet := report.Sheet{
		Name: "converge_" + kind.String(), Title: "Convergence of the " + name + " rule", Level: "fixed point of the Hebbian rule",
		Caption: "above, disorder of the weights of a pool; below, the cosine of its mean weights to those of the start, and their length relative to these; mean over trials, the band from the lowest to the highest",
	}
	above, middle, below := make([]report.Panel, len(convergeGammas)), make([]report.Panel, len(convergeGammas)), make([]report.Panel, len(convergeGammas))
	for i, s := range settings {
		p, style := i/len(convergeSides), i%len(convergeSides)+1
		above[p].Title, above[p].Y = fmt.Sprintf("γ = %g", s.Gamma), "disorder, −log10 w-SNR"
		middle[p].Y, middle[p].Low, middle[p].High = "cosine of mean weights", 0.98, 1
		below[p].X, below[p].Y, below[p].High = "presentations", "length of mean weights", 1
		above[p].Curves = append(above[p].Curves, s.curve(style, stateDisorder))
		middle[p].Curves = append(middle[p].Curves, s.curve(style, stateCosine))
		below[p].Curves = append(below[p].Curves, s.curve(style, stateLength))
		above[p].Levels = append(above[p].Levels, report.Level{Y: s.limit(s.FixedPoint), Style: style})
	}
	sheet.Panels = [][]report.Panel{above, middle, below}
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
