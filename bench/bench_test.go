package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hypnos/bench/results"
	"hypnos/bench/screen"
)

// TestMain makes the test binary the program where speed starts it to measure a
// step, and where a test starts a training to kill it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"speed", "train", "compare"}, os.Args[1]) {
		main()
	}
	os.Exit(m.Run())
}

// bench runs the program and returns its exit status and what it printed.
func bench(ctx context.Context, args ...string) (status int, stdout, stderr string) {
	var out, err bytes.Buffer
	status = run(ctx, screen.Console{Out: &out, Err: &err, Program: screen.Program{Command: "bench", Arguments: args}})
	return status, out.String(), err.String()
}

// small are flags of a comparison that takes a second or two.
func small(out string, more ...string) []string {
	return append([]string{"-epochs", "1", "-width", "1", "-batch", "100", "-seeds", "1", "-out", out}, more...)
}

func TestCompare(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "report")
	status, stdout, stderr := bench(t.Context(), append([]string{"compare"}, small(dir, "-variants", "conv,lc-translate-2,lc-sleep-10", "-first-conv", "1")...)...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"conv", "lc-translate-2", "lc-sleep-10", "report.html"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the table has no %q:\n%s", want, stdout)
		}
	}
	if !strings.Contains(stderr, "lc-sleep-10, seed 1: epoch 1 of 1") {
		t.Errorf("progress is %q", stderr)
	}
	for _, name := range []string{"report.html", "results.csv", "epochs.csv", "layers.csv", "results.json"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Each run of a comparison says which images its network was right about, those that
// its top-1 counts, and a comparison of a few epochs that nobody asked for says that it
// is too short.
func TestRightImages(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute under the race detector, for resamples")
	}
	dir, data := t.TempDir(), digits(t)
	status, stdout, stderr := bench(t.Context(), "compare", "-quick", "-data", "mnist", "-data-dir", data, "-width", "1", "-batch", "10",
		"-variants", "conv,lc,lc-sleep-1", "-mode", "validation", "-validation", "0.5", "-evaluate-every", "3", "-out", dir)
	if status != 0 || !strings.HasPrefix(stdout, "Too short to judge the method") {
		t.Fatalf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var r results.Comparison
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	if !r.Short || r.Variants[2].Method != "a sleep after every step" {
		t.Errorf("short %v, method %q", r.Short, r.Variants[2].Method)
	}
	for _, v := range r.Variants {
		run := v.Runs[0]
		count := 0
		for _, right := range run.Right {
			if right {
				count++
			}
		}
		if want := run.Epochs[3].Validation.Top1; len(run.Right) != 30 || float64(count)/30 != want {
			t.Errorf("%s: %d of %d images are right, and top-1 is %v", v.Name, count, len(run.Right), want)
		}
	}
	status, stdout, stderr = bench(t.Context(), append([]string{"compare"}, small(filepath.Join(dir, "long"), "-data", "mnist", "-data-dir", data, "-variants", "conv,lc", "-batch", "10")...)...)
	if status != 0 || strings.Contains(stdout, "short") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

// A run is a function of its seed, on any number of threads: CSV files are
// equal but for the columns that hold seconds.
func TestSameSeedSameReport(t *testing.T) {
	if testing.Short() {
		t.Skip("twelve trainings")
	}
	results := func(threads int, seed string) [][]string {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		dir := t.TempDir()
		status, _, stderr := bench(t.Context(), append([]string{"compare"}, small(dir, "-variants", "conv,lc,lc-sleep-10", "-flip", "-seed", seed)...)...)
		if status != 0 {
			t.Fatalf("status %d: %s", status, stderr)
		}
		return append(withoutSeconds(t, filepath.Join(dir, "results.csv")), withoutSeconds(t, filepath.Join(dir, "epochs.csv"))...)
	}
	equal := func(a, b [][]string) bool {
		return slices.EqualFunc(a, b, slices.Equal)
	}
	want := results(2, "1")
	if !equal(results(2, "1"), want) {
		t.Error("a second run differs")
	}
	if !equal(results(1, "1"), want) {
		t.Error("one thread differs from two")
	}
	if equal(results(2, "2"), want) {
		t.Error("another seed gives the same results")
	}
}

func withoutSeconds(t *testing.T, path string) [][]string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", path, len(rows), err)
	}
	for column, name := range slices.Clone(rows[0]) {
		if strings.Contains(name, "seconds") {
			for _, row := range rows {
				row[column] = ""
			}
		}
	}
	return rows
}

// An interrupted comparison leaves a report of what it has and is no failure.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := t.TempDir()
	go func() { // after the first variant
		for ctx.Err() == nil {
			if raw, err := os.ReadFile(filepath.Join(dir, "results.csv")); err == nil && len(raw) > 0 {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	status, stdout, stderr := bench(ctx, "compare", "-epochs", "1", "-width", "1", "-variants", "conv,lc", "-seeds", "3", "-out", dir)
	if status != 0 || !strings.Contains(stderr, "interrupted") || !strings.Contains(stdout, "conv") {
		t.Errorf("status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	if err != nil || !bytes.Contains(page, []byte("</html>")) {
		t.Errorf("no report of an interrupted run: %v", err)
	}
}

func TestTrainAndSearch(t *testing.T) {
	flags := []string{"-epochs", "1", "-width", "1", "-batch", "500"}
	status, stdout, stderr := bench(t.Context(), append([]string{"train", "-variant", "lc", "-repetitions", "2", "-validation", "0.25", "-optimizer", "sgd", "-schedule", "multistep", "-milestones", "1", "-markdown"}, flags...)...)
	if status != 0 || !strings.Contains(stdout, "\n| :--- |") || !strings.Contains(stdout, "\n| lc |") {
		t.Errorf("train: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	status, stdout, stderr = bench(t.Context(), append([]string{"search", "-variants", "conv", "-rates", "0.01,0.02"}, flags...)...)
	if status != 0 || !strings.Contains(stdout, "best rate") || strings.Count(stderr, ": validation top-1") != 2 {
		t.Errorf("search: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
}

func TestSpeed(t *testing.T) {
	dir := t.TempDir()
	profile := filepath.Join(dir, "cpu.pprof")
	status, stdout, stderr := bench(t.Context(), "speed", "-quick", "-model", "resnet8", "-width", "2", "-batch", "2", "-variants", "lc",
		"-peer", "pytorch", "-python", filepath.Join(dir, "no-python"), "-out", filepath.Join(dir, "out"), "-markdown", "-cpuprofile", profile)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, want := range []string{"multiply-add", "weight gradient", "| train | lc | hypnos |", "speed.csv"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("the tables have no %q:\n%s", want, stdout)
		}
	}
	// A peer that is not installed is one line.
	if strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "not measured: pytorch: ") {
		t.Errorf("stderr %q", stderr)
	}
	for _, name := range []string{"out/speed.csv", "out/speed.json", "cpu.pprof", "cpu-train-lc-2-threads-2.pprof"} {
		if runtime.GOMAXPROCS(0) != 2 && strings.Contains(name, "threads") {
			continue
		}
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProfiles(t *testing.T) {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	status, _, stderr := bench(t.Context(), "train", "-epochs", "1", "-width", "1", "-batch", "1000",
		"-cpuprofile", file("cpu"), "-memprofile", file("memory"), "-trace", file("trace"))
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	for _, name := range []string{"cpu", "memory", "trace"} {
		if info, err := os.Stat(file(name)); err != nil || info.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestListAndHelp(t *testing.T) {
	_, stdout, _ := bench(t.Context(), "list")
	for _, want := range []string{"resnet8", "resnet110", "conv", "lc-translate-K", "lc-sleep-M", "lc-sleep-epochs-E", "lc-sleep-end", "sample", "cifar10"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("list does not show %s:\n%s", want, stdout)
		}
	}
	for command, want := range map[string]string{"": "compare", "compare": "-variants", "train": "-milestones", "search": "-rates", "speed": "-peer-env", "list": "USAGE",
		"summary": "-batch", "graph cornet-s": "-unroll", "filters": "-by", "predict": "-classes-file", "features resnet8": "-areas", "eval": "-data-dir"} {
		status, stdout, stderr := bench(t.Context(), strings.Fields(command+" -h")...)
		if status != 0 || stderr != "" || !strings.Contains(stdout, want) {
			t.Errorf("%q -h: status %d, stderr %q, stdout %q", command, status, stderr, stdout)
		}
	}
}

// Bad input is one line on standard error and status 1, or 2 for flags that
// cannot be used, and nothing is written.
func TestBadInput(t *testing.T) {
	dir := t.TempDir()
	broken := filepath.Join(dir, "broken")
	if err := os.MkdirAll(filepath.Join(broken, "cifar-10-batches-bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		if err := os.WriteFile(filepath.Join(broken, "cifar-10-batches-bin", name+".bin"), make([]byte, 3074), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(dir, "folder.svg")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "out")
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"compare -model resnet9", 1, `unknown model "resnet9", want one of resnet8`},
		{"compare -variants conv,lx", 1, `unknown variant "lx", want one of conv, lc, lc-translate-K`},
		{"compare -variants lc-sleep-0", 1, `unknown variant "lc-sleep-0"`},
		{"compare -variants lc-translate-99999999999999999999", 1, `unknown variant "lc-translate-99999999999999999999"`},
		{"compare -variants lc,lc", 1, `variant "lc" stands twice in "lc,lc"`},
		{"compare -variants conv,", 1, `unknown variant "", want`},
		{"compare -data imagenot", 1, `unknown data set "imagenot", known are sample`},
		{"compare -data cifar10", 1, "cifar10 needs a folder"},
		{"compare -data cifar10 -data-dir " + filepath.Join(dir, "nowhere"), 1, "no folder " + filepath.Join(dir, "nowhere")},
		{"compare -data cifar10 -data-dir " + broken, 1, "byte 3073"},
		{"compare -data cifar10 -download", 1, "-download needs -data-dir"},
		{"compare -epochs 0", 1, "-epochs 0, want at least 1"},
		{"compare -batch 0", 1, "-batch 0, want at least 1"},
		{"compare -batch -5", 1, "-batch -5, want at least 1"},
		{"compare -batch 4001", 1, "batch of 4001 distinct images from a data set of 4000"},
		{"compare -batch 62 -variants lc-translate-4", 1, "batch of 62 images is not a whole number of 4 repetitions"},
		{"compare -width -1", 1, "-width -1, want at least 0"},
		{"compare -seeds 0", 1, "-seeds 0, want at least 1"},
		{"compare -lr -1", 1, "-lr -1, want a number of at least 0"},
		{"compare -lr NaN", 1, "-lr NaN, want a number of at least 0"},
		{"compare -weight-decay -1", 1, "weight decay -1, want at least 0"},
		{"compare -optimizer adagrad", 1, `unknown optimizer "adagrad", want one of adamw`},
		{"compare -optimizer sgd -schedule constant -momentum 1", 1, "momentum 1, want at least 0 and below 1"},
		{"compare -schedule linear", 1, `unknown schedule "linear", want one of onecycle`},
		{"compare -schedule multistep -milestones 3,x", 2, `-milestones: "x" in "3,x" is not a whole number`},
		{"compare -schedule multistep -milestones 0", 1, "milestones [0], want epochs of at least 1"},
		{"compare -padding 32", 1, "by up to 32 pixels of images of 32×32, want 0 to 31"},
		{"compare -padding -1", 1, "by up to -1 pixels of images of 32×32, want 0 to 31"},
		{"compare -validation 1", 1, "validation fraction 1, want more than 0 and less than 1"},
		{"compare -validation -0.5", 1, "validation fraction -0.5, want more than 0"},
		{"compare -first-conv -1", 1, "first -1 layers convolutional"},
		{"compare -first-conv 9 -variants lc-sleep-1", 1, "no locally connected layers"},
		{"compare -deviation Inf", 1, "deviation +Inf of the initial weights"},
		{"compare -sleep nap", 1, `unknown kind of sleep "nap", want one of instant, hebbian, dynamic`},
		{"compare -sleep hebbian -sleep-source dreams", 1, `unknown source of patterns "dreams", want one of gaussian, patches, pooled`},
		{"compare -sleep hebbian -sleep-engine steam", 1, `unknown engine of sleep "steam", want one of fast, graph`},
		{"compare -sleep hebbian -sleep-gamma -1", 1, "gamma -1, want a number of at least 0"},
		{"compare -sleep hebbian -sleep-rate -1", 1, "learning rate -1, want a number of at least 0"},
		{"compare -sleep hebbian -sleep-iterations 0", 1, "0 iterations of 128 patterns, want at least 1 of each"},
		{"compare -sleep dynamic -sleep-alpha -1", 1, "alpha -1, want a number of at least 0"},
		{"compare -sleep dynamic -sleep-tau -1", 1, "tau -1, want a positive number"},
		{"compare -sleep dynamic -sleep-over-time -sleep-settle 150", 1, "learning is off for 150 of 150 steps"},
		{"compare -sleep hebbian -sleep-period 2 -variants lc-sleep-1", 1, "a pattern of 2×2 pixels is smaller than the kernel of 3×3"},
		{"compare -sleep hebbian -first-conv 9 -variants lc-sleep-end", 1, "no locally connected layers"},
		{"compare -out " + file, 1, `cannot create folder "` + file},
		{"compare -out " + filepath.Join(file, "below"), 1, `cannot create folder "` + file},
		{"train -variant nothing", 1, `unknown variant "nothing", want one of conv`},
		{"train -repetitions -1", 1, "-repetitions -1, want at least 0"},
		{"train -out " + file, 1, "checkpoints: open " + file},
		{"search -rates 0.1,zero", 1, `rate "zero" in "0.1,zero" is not a positive number`},
		{"search -rates -1", 1, `rate "-1" in "-1" is not a positive number`},
		{"train -cpuprofile " + filepath.Join(file, "below"), 1, `cannot write a profile to "` + file},
		{"speed -model resnet9", 1, `unknown model "resnet9", want one of resnet8`},
		{"speed -batch 1,x", 1, `"x" in "1,x" is not a whole number`},
		{"speed -batch 0", 1, "a batch of 0 images, want at least 1"},
		{"speed -batch=", 1, "no batch sizes to measure"},
		{"speed -variants lc-sleep-1", 1, `unknown variant "lc-sleep-1", want conv or lc`},
		{"speed -variants=", 1, `unknown variant "", want conv or lc`},
		{"speed -peer jax", 1, `unknown peer "jax", want pytorch, gorgonia or scikit-learn`},
		{"speed -peer pytorch -peer-env X", 1, `-peer-env "X", want NAME=VALUE`},
		{"speed -rounds 0", 1, "0 rounds, want at least 1"},
		{"speed -timeout 0s", 1, "-timeout has no effect: it is of -peer"},
		{"speed -peer gorgonia -timeout 0s", 1, "a timeout of 0s, want more than 0"},
		{"speed -width -1", 1, "width -1, want at least 0"},
		{"speed -out " + file, 1, `cannot create folder "` + file},
		{"speed -trace " + filepath.Join(file, "below"), 1, `cannot write a profile to "` + file},
		{"summary", 2, "no model is named, want one of resnet8"},
		{"summary resnet9", 1, `unknown model "resnet9", want one of resnet8`},
		{"summary resnet8 resnet14", 2, `unexpected argument "resnet14"`},
		{"summary resnet8 -batch 0", 1, "a batch of 0 images, want at least 1"},
		{"summary resnet8 -batch 1000000000000", 1, "answers to 1000000000000 images are too many"},
		{"summary resnet8 -variant lc -width 1000000000", 1, `layer "layer1.0.conv1": its 9.22e+21 weights are too many: they take 3.69e+04 EB of memory, and the `},
		{"summary resnet8 -variant lc-sleep-1", 1, `-variant "lc-sleep-1", want conv or lc`},
		{"summary resnet8 -width -1", 1, "-width -1, want at least 0"},
		{"summary resnet8 -classes -1", 1, "-classes -1, want at least 0"},
		{"summary resnet8 -image-size -1", 1, "-image-size -1, want at least 0"},
		{"summary resnet8 -steps 2", 1, "resnet8: 2 time steps, but the network has none"},
		{"summary cornet-rt -steps 3", 1, "cornet-rt: 3 time steps, want at least 4"},
		{"summary resnet8 -weights x", 2, "flag provided but not defined: -weights"},
		{"graph resnet8", 1, "-o is missing"},
		{"graph resnet8 -o x.png", 1, `-o "x.png", want a file that ends with .svg or .dot`},
		{"graph resnet8 -o " + filepath.Join(file, "x.svg"), 1, `cannot create folder "` + file},
		{"graph resnet8 -o " + folder, 1, folder + `" is a folder`},
		{"graph resnet9 -o " + filepath.Join(out, "x.svg"), 1, `unknown model "resnet9", want one of resnet8`},
		{"filters resnet8 -o x.dot", 1, `-o "x.dot", want a file that ends with .png or .svg`},
		{"filters resnet8 -by neuron", 1, `-by "neuron", want location or channel`},
		{"filters resnet8 -locations 0", 1, "-locations 0, want at least 1"},
		{"filters resnet8 -weights " + file + " -o " + filepath.Join(dir, "x.png"), 1, file + ": the file is empty"},
		{"filters resnet8 -deviation NaN -variant lc -o " + filepath.Join(out, "x.png"), 1, "deviation NaN of the initial weights"},
		{"compare -steps -1", 1, "-steps -1, want at least 0"},
		{"speed fast", 2, `unexpected argument "fast"`},
		{"speed -rounds many", 2, `invalid value "many" for flag -rounds`},
		{"compare -epochs many", 2, `invalid value "many" for flag -epochs: want a whole number`},
		{"compare -nothing", 2, "flag provided but not defined: -nothing"},
		{"compare conv", 2, `unexpected argument "conv"`},
		{"list everything", 2, `unexpected argument "everything"`},
		{"compete", 2, `unknown command "compete", want compare, train`},
		{"-nothing", 2, "flag provided but not defined: -nothing"},
	} {
		args := strings.Fields(c.args)
		if args[0] == "compare" && !slices.Contains(args, "-out") {
			args = slices.Insert(args, 1, "-out", out)
		}
		// Input that is taken for good would train for minutes.
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		status, stdout, stderr := bench(ctx, args...)
		cancel()
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want status %d and one line with %q", c.args, status, stdout, stderr, c.status, c.want)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Fatalf("%s: %s was written", c.args, out)
		}
	}
}
