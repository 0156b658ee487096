package speed

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hypnos/bench/peers"
	"hypnos/graph"
	"hypnos/zoo"
)

// roleVariable makes the test binary the worker, or a peer that fails.
const roleVariable = "HYPNOS_SPEED_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "":
		os.Exit(m.Run())
	case "worker":
		if err := Work(os.Stdin, os.Stdout); err != nil {
			os.Exit(1)
		}
	case "other network":
		server := peers.Server{Name: "other", New: func(string, int, peers.Task) (*peers.Work, error) {
			return &peers.Work{Step: func() error { time.Sleep(time.Microsecond); return nil }, Parameters: 1}, nil
		}}
		server.Serve(os.Stdin, os.Stdout)
	case "missing":
		fmt.Fprintln(os.Stderr, "no such module")
		os.Exit(1)
	case "hangs":
		time.Sleep(time.Minute)
	}
}

// launch starts the test binary in a role.
func launch(role string) peers.Launch {
	return peers.Launch{Name: role, Command: []string{os.Args[0]}, Environment: append(os.Environ(), roleVariable+"="+role)}
}

// peer is one that the test binary plays.
func peer(role string) peers.Peer {
	return peers.Peer{
		Name: role,
		Can:  func(peers.Task, int) bool { return true },
		Prepare: func(context.Context, peers.Options) ([]peers.Launch, func(), error) {
			return []peers.Launch{launch(role)}, func() {}, nil
		},
	}
}

// tiny are options of a measurement of seconds.
func tiny() Options {
	return Options{
		Model: "resnet8", Width: 2, Batches: []int{1, 2}, Variants: []string{"conv", "lc"}, Rounds: 2, Repeats: 1, FitUnits: 30,
		StepTime: time.Millisecond, YardstickTime: time.Millisecond, StreamBytes: 1 << 20, Self: launch("worker"), Timeout: time.Minute,
		Progress: func(string) {}, Note: func(string) {},
	}
}

func TestRun(t *testing.T) {
	o := tiny()
	steps := 0
	o.Progress = func(string) { steps++ }
	o.Peers = []peers.Peer{peer("worker"), peer("missing"), peer("other network")}
	plan, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if steps != plan.Steps() {
		t.Errorf("%d steps, %d planned", steps, plan.Steps())
	}
	// One note of a peer that does not start, one a task of one that starts
	// and computes something else.
	missing, other := 0, 0
	for _, note := range r.Notes {
		if strings.Contains(note, "no such module") {
			missing++
		}
		if strings.Contains(note, "other network: its network has 1 parameters") {
			other++
		}
	}
	if missing != 1 || other != 12 || len(r.Notes) != 13 {
		t.Errorf("notes %q", r.Notes)
	}
	// 3x3 layers and shortcuts, three phases each but for the first layer's
	// input gradient; training and evaluation at two batches, sharing and sleep,
	// and the largest batch on one thread.
	oneThread := 0
	if runtime.GOMAXPROCS(0) > 1 {
		oneThread = 2
	}
	if got, want := len(r.section("layers")), 2*(8*3-1); got != want {
		t.Errorf("%d rows of layers, want %d", got, want)
	}
	if got, want := len(r.section("steps")), 2*10+oneThread; got != want {
		t.Errorf("%d rows of steps, want %d", got, want)
	}
	for _, row := range r.Rows {
		if row.Section != "machine" && !(row.Milliseconds > 0) || row.Phase != "share" && row.Phase != "sleep" && row.Phase != "fit" && !(row.Rate > 0) {
			t.Errorf("nothing measured: %+v", row)
		}
		if (row.Section == "steps" || row.Section == "fits") && (!(row.Ratio > 0) || math.IsNaN(row.HeapBytes) || runtime.GOOS == "linux" && !(row.PeakBytes > 1e6)) {
			t.Errorf("steps: %+v", row)
		}
	}
	// Both fits by both that work, and predictions that are worth something.
	fits := r.section("fits")
	if len(fits) != 4 {
		t.Errorf("%d rows of fits, want 4", len(fits))
	}
	for _, row := range fits {
		if !(row.Score > 0.2) || row.Score != fits[0].Score && row.Variant == "pls" || !(row.Ratio > 0) || row.Geometry != "640 × 30, 50" {
			t.Errorf("fits: %+v", row)
		}
	}
	checkFiles(t, r)
}

// checkFiles writes the result and reads it again.
func checkFiles(t *testing.T, r *Result) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "below")
	if err := r.Write(dir); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "speed.json"))
	if err != nil {
		t.Fatal(err)
	}
	var object struct{ Rows []map[string]any }
	if err := json.Unmarshal(content, &object); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "speed.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil || len(records) != len(r.Rows)+1 || len(object.Rows) != len(r.Rows) {
		t.Fatalf("%d records, %d objects, %d rows: %v", len(records), len(object.Rows), len(r.Rows), err)
	}
	for i, record := range records[1:] {
		for j, cell := range record {
			value, ok := object.Rows[i][records[0][j]]
			if ok != (cell != "") {
				t.Fatalf("row %d: %s is %q in CSV, %v in JSON", i, records[0][j], cell, value)
			}
		}
	}
}

// A program of our own that hangs is an error, a peer that does is not.
func TestTimeout(t *testing.T) {
	o := tiny()
	o.Variants, o.Batches, o.Timeout = []string{"conv"}, []int{1}, 20*time.Second
	hangs := peer("hangs")
	hangs.Can = func(t peers.Task, _ int) bool { return t.Name != "fit" }
	o.Peers = []peers.Peer{hangs}
	o.Timeout = 2 * time.Second
	plan, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(t.Context())
	if err != nil || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "within 2s") {
		t.Errorf("notes %q, %v", r.Notes, err)
	}
	o.Peers, o.Self = nil, launch("hangs")
	if plan, err = NewPlan(o); err != nil {
		t.Fatal(err)
	}
	if _, err := plan.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "within 2s") {
		t.Errorf("error %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := tiny()
	o.Progress = func(what string) {
		if strings.HasPrefix(what, "train") {
			cancel()
		}
	}
	plan, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(ctx)
	if err != context.Canceled || len(r.section("layers")) == 0 || len(r.section("steps")) != 0 {
		t.Errorf("%v with %d layers and %d steps", err, len(r.section("layers")), len(r.section("steps")))
	}
}

func TestBadOptions(t *testing.T) {
	for want, change := range map[string]func(*Options){
		"resnet110":                             func(o *Options) { o.Model = "resnet9" },
		"width -1":                              func(o *Options) { o.Width = -1 },
		"no batch":                              func(o *Options) { o.Batches = nil },
		"batch of 0":                            func(o *Options) { o.Batches = []int{1, 0} },
		"2 images stan":                         func(o *Options) { o.Batches = []int{2, 1, 2} },
		"lc-sleep-1":                            func(o *Options) { o.Variants = []string{"lc-sleep-1"} },
		"stands twice":                          func(o *Options) { o.Variants = []string{"lc", "lc"} },
		"no variants":                           func(o *Options) { o.Variants = nil },
		"0 rounds":                              func(o *Options) { o.Rounds = 0 },
		"0 features":                            func(o *Options) { o.FitUnits = 0 },
		"conv: graph: the network takes ":       func(o *Options) { o.Batches = []int{1, 1e10} },
		"answers to 9223372036854775807 images": func(o *Options) { o.Batches = []int{1, math.MaxInt} },
		"timeout":                               func(o *Options) { o.Timeout = 0 },
	} {
		o := tiny()
		change(&o)
		if _, err := NewPlan(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

// A layer without padding takes 2·batch·(multiply-adds) operations, and one
// with padding as many less as a loop that looks at each of them finds.
func TestOperations(t *testing.T) {
	net, err := zoo.New("resnet8", zoo.Config{Width: 4})
	if err != nil {
		t.Fatal(err)
	}
	b := graph.NewBuilder(graph.Options{Input: graph.Size{Channels: 3, Height: 7, Width: 9}})
	rectangular := b.Local("rectangular", b.Input(), graph.Local{Channels: 4, Kernel: 2, KernelWidth: 5, StrideWidth: 2, Padding: 1, Pad: graph.Pad{Left: 2}})
	if got, want := geometryOf(rectangular, 3).String(), "3→4 2×5/1×2 on 7×9"; got != want {
		t.Errorf("the rectangular layer is %s, want %s", got, want)
	}
	for _, l := range append(net.Layers, rectangular) {
		if l.Field == nil {
			continue
		}
		g := geometryOf(l, 3)
		pairs := 0
		for oh := range g.OH {
			for ow := range g.OW {
				for kh := range g.KH {
					for kw := range g.KW {
						ih, iw := g.StrideH*oh+kh-g.Top, g.StrideW*ow+kw-g.Left
						if ih >= 0 && ih < g.H && iw >= 0 && iw < g.W {
							pairs++
						}
					}
				}
			}
		}
		if want := float64(2 * 3 * pairs * g.O * g.C); g.operations() != want {
			t.Errorf("%s: %v operations, want %v", l.Name, g.operations(), want)
		}
		if nominal := float64(2 * 3 * l.MultiplyAdds); l.Field.Padding == 0 && g.operations() != nominal || g.operations() > nominal {
			t.Errorf("%s: %v operations, %v with padding", l.Name, g.operations(), nominal)
		}
	}
}

// A training step of ResNet-20 at batch 128 is 31 GFLOP with those on padding.
func TestStepOperations(t *testing.T) {
	net, err := zoo.New("resnet20", zoo.Config{})
	if err != nil {
		t.Fatal(err)
	}
	training := stepOperations(net, peers.Task{Name: "train", Batch: 128})
	evaluation := stepOperations(net, peers.Task{Name: "evaluate", Batch: 128})
	if training < 27e9 || training > 31e9 || evaluation < training/3 || evaluation > training/2.9 {
		t.Errorf("%v operations of training, %v of evaluation", training, evaluation)
	}
}

// fits returns a peer that does fits alone, whose answers are those of a role.
func fits(role string) peers.Peer {
	p := peer(role)
	p.Can = func(t peers.Task, _ int) bool { return t.Name == "fit" }
	return p
}

// With peers that do fits alone, nothing else is measured; without them, no fits.
func TestFitsAlone(t *testing.T) {
	o := tiny()
	o.Rounds, o.Peers = 1, []peers.Peer{fits("worker"), fits("missing")}
	plan, err := NewPlan(o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := plan.Run(t.Context())
	if err != nil || len(r.section("fits")) != 4 || len(r.Rows) != 4 || len(r.Notes) != 1 || len(r.Aims) != 0 {
		t.Errorf("%d rows of fits, %d in all, notes %q, %d aims, %v", len(r.section("fits")), len(r.Rows), r.Notes, len(r.Aims), err)
	}
	o.Peers = nil
	if plan, err = NewPlan(o); err != nil {
		t.Fatal(err)
	}
	for _, task := range plan.tasks {
		if strings.HasPrefix(task.name, "fit") {
			t.Errorf("%s is planned, which nobody can do", task.name)
		}
	}
}

// A program whose r is another, or no number, did something else.
func TestDiffers(t *testing.T) {
	ours := peers.Answer{Parameters: 50, Score: 0.5}
	for _, c := range []struct {
		theirs peers.Answer
		want   string
	}{
		{peers.Answer{Parameters: 50, Score: 0.5009}, ""},
		{peers.Answer{Parameters: 50, Score: 0.4989}, "its median r is 0.4989, that of hypnos 0.5000"},
		{peers.Answer{Parameters: 50, Score: math.NaN()}, "its median r is NaN"},
		{peers.Answer{Parameters: 51, Score: 0.5}, "51 parameters"},
	} {
		err := differs("other", c.theirs, ours)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.theirs, err, c.want)
		}
	}
}

// Numbers are those that splitmix64 gives for the seed 0: its first output is
// 0xe220a8397b1dcdaf.
func TestNoise(t *testing.T) {
	var n noise
	if got, want := n.draw(), float64(0xe220a8)/(1<<24)-0.5; got != want {
		t.Errorf("the first number is %v, want %v", got, want)
	}
	var least, most, sum float64
	const count = 100_000
	for range count {
		v := n.draw()
		least, most, sum = min(least, v), max(most, v), sum+v
	}
	if least < -0.5 || least > -0.49 || most >= 0.5 || most < 0.49 || math.Abs(sum/count) > 0.005 {
		t.Errorf("from %v to %v, mean %v", least, most, sum/count)
	}
}

// The aims of fits are for one size.
func TestFitAims(t *testing.T) {
	for units, want := range map[int]int{fitUnits: 4, 5000: 0} {
		r := &Result{}
		for _, c := range []struct {
			system string
			ratio  float64
		}{{"hypnos", 1}, {"scikit-learn", 40}} {
			r.add(Row{Section: "fits", System: c.system, Variant: "pls", Geometry: fitGeometry(units), Milliseconds: 2000 * c.ratio, Ratio: c.ratio, Score: 0.5, PeakBytes: 1e9})
		}
		r.aims(&Plan{Options: Options{FitUnits: units}})
		if len(r.Aims) != want {
			t.Fatalf("%d features: %d aims, want %d", units, len(r.Aims), want)
		}
		if want > 0 && (!r.Aims[0].Met || r.Aims[0].Value != "40.0x" || r.Aims[1].Value != "1.00 GB" || r.Aims[2].Value != absent) {
			t.Errorf("aims %+v", r.Aims)
		}
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		x    []float64
		want float64
	}{{[]float64{3}, 3}, {[]float64{4, 1}, 2.5}, {[]float64{9, 1, 2}, 2}} {
		if got := median(c.x); got != c.want {
			t.Errorf("median of %v is %v", c.x, got)
		}
	}
}

// made is a result whose tables can be worked out by hand.
func made() *Result {
	none := math.NaN()
	r := &Result{Notes: []string{"not measured: gorgonia: go build: no go"}}
	r.add(Row{Section: "machine", Phase: "multiply-add, AVX2", Threads: 2, Rate: 200, Unit: "GFLOP/s"})
	for i, phase := range []string{forward, inputGradient, weightGradient} {
		ms := float64(i + 1)
		r.add(Row{Section: "layers", Variant: "lc", Batch: 128, Threads: 2, Layer: "conv", Geometry: "32→32 3×3 on 16×16", Count: 5,
			Phase: phase, Path: []string{"runs", "pairs", "rows"}[i], Milliseconds: ms, Rate: 150 / ms, Unit: "GFLOP/s", Share: 0.75 / ms, channels: 32, operations: 150e6})
	}
	r.add(Row{Section: "layers", Variant: "lc", Batch: 128, Layer: "thin", Geometry: "3→16", Count: 1, Phase: forward, Path: "runs", Milliseconds: 9, Rate: 1, Share: 0.005, channels: 3, operations: 9e6})
	r.add(Row{Section: "passes", Variant: "lc", Phase: "AdamW", Geometry: "7 parameters", Milliseconds: 60, Rate: 16, Unit: "GB/s", Share: 0.8})
	r.add(Row{Section: "steps", System: "hypnos", Version: "hypnos", Variant: "lc", Batch: 128, Threads: 2, Phase: "train", Milliseconds: 400, Steps: 9,
		Rate: 320, Unit: "images/s", Share: 0.35, Ratio: 1, HeapBytes: 0, PeakBytes: 1.25e9, operations: 28e9})
	r.add(Row{Section: "steps", System: "pytorch", Version: "PyTorch 1.13", Variant: "lc", Batch: 128, Threads: 2, Phase: "train", Milliseconds: 4400, Steps: 3,
		Rate: 29.1, Unit: "images/s", Share: 0.03, Ratio: 11, HeapBytes: none, PeakBytes: none, operations: 28e9})
	p := &Plan{Options: Options{Model: aimsModel}, networks: true, threads: 2, machine: machine{peak: 200}}
	r.aims(p)
	return r
}

func TestTables(t *testing.T) {
	var text, markdown strings.Builder
	if err := made().WriteTables(&text, false); err != nil {
		t.Fatal(err)
	}
	if err := made().WriteTables(&markdown, true); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`
measure              threads   rate
multiply-add, AVX2         2    200   GFLOP/s
`, `
lc        conv    32→32 3×3 on 16×16   runs, pairs, rows        5          1.00       150    75.0 %                 2.00      75.0    37.5 %                  3.00      50.0    25.0 %
lc        thin    3→16                 runs                     1          9.00      1.00     0.5 %                    –         –         –                     –         –         –
`, `
train   lc        hypnos           128         2    400        320      70.0    35.0 %           1.00                 0              1250
train   lc        PyTorch 1.13     128         2   4400       29.1      6.36     3.0 %           11.0                 –                 –

`, "\nnot measured: gorgonia: go build: no go\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the tables are\n%s\nwant%s", text.String(), want)
		}
	}
	for _, want := range []string{`
| measure | threads | rate |  |
| :--- | ---: | ---: | ---: |
| multiply-add, AVX2 | 2 | 200 | GFLOP/s |
`, `
| training step, locally connected, batch 128, against PyTorch | 11.0x | 10.0x | 15.0x | yes |
| training step, locally connected, batch 32, against PyTorch | – | 8.00x | 12.0x | – |
`, `
| local layers of 32 or more channels, forward, share of peak | 75.0 % (least 75.0 %, 32→32 3×3 on 16×16) | 70.0 % | 85.0 % | yes |
| local layers of 32 or more channels, input gradient, share of peak | 37.5 % (least 37.5 %, 32→32 3×3 on 16×16) | 70.0 % | 85.0 % | no |
`, `
| AdamW over all parameters, locally connected, share of copy bandwidth | 80.0 % | 70.0 % | – | yes |
`, `
| peak memory, training, locally connected, batch 128 | 1.25 GB | at most 1.30 GB | 1.00 GB | yes |
`, `
| heap allocated per training step, lc, batch 128 | 0 MB | at most 1.00 MB | 0 MB | yes |
`} {
		if !strings.Contains(markdown.String(), want) {
			t.Errorf("the tables are\n%s\nwant%s", markdown.String(), want)
		}
	}
}

// The aims are for the published network alone.
func TestAimsOfOtherNetworks(t *testing.T) {
	r := &Result{}
	r.aims(&Plan{Options: Options{Model: "resnet8"}, networks: true})
	r.aims(&Plan{Options: Options{Model: aimsModel, Width: 8}, networks: true})
	if len(r.Aims) > 0 || slices.ContainsFunc(r.tables(), func(t *table) bool { return t.left == 0 }) {
		t.Errorf("%d aims", len(r.Aims))
	}
}

func TestFiles(t *testing.T) {
	checkFiles(t, made())
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := made().Write(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("into a file: %v", err)
	}
}
