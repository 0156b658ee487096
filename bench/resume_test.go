package main

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"hypnos/bench/experiment"
	"hypnos/bench/runs"
	"hypnos/graph"
)

// digits writes a small data set in the files of MNIST and returns its folder.
func digits(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for part, n := range map[string]int{"train": 60, "t10k": 20} {
		images := binary.BigEndian.AppendUint32(nil, 0x803)
		labels := binary.BigEndian.AppendUint32(nil, 0x801)
		for _, d := range []int{n, 28, 28} {
			images = binary.BigEndian.AppendUint32(images, uint32(d))
		}
		labels = binary.BigEndian.AppendUint32(labels, uint32(n))
		for i := range n {
			labels = append(labels, byte(i%10))
			for p := range 28 * 28 { // stripes, wider from class to class
				images = append(images, byte(p/(1+i%10)%2*200+(i*p)%50))
			}
		}
		for name, contents := range map[string][]byte{"-images-idx3-ubyte": images, "-labels-idx1-ubyte": labels} {
			if err := os.WriteFile(filepath.Join(dir, part+name), contents, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir
}

// tiny are flags of a training of three epochs of six steps.
func tiny(dir string, more ...string) []string {
	return append([]string{"-data", "mnist", "-data-dir", dir, "-width", "1", "-batch", "10", "-epochs", "3"}, more...)
}

// asleep are flags of a sleep of two iterations.
func asleep(kind string) []string {
	return []string{"-sleep", kind, "-sleep-iterations", "2", "-sleep-patterns", "4"}
}

// trained runs bench train and wants it to succeed.
func trained(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	status, stdout, stderr := bench(t.Context(), append([]string{"train"}, args...)...)
	if status != 0 {
		t.Fatalf("%v: status %d: %s", args, status, stderr)
	}
	return stdout, stderr
}

// outcome is what a run of three epochs has come to: all that must not depend on
// whether it was stopped.
func outcome(t *testing.T, dir string) string {
	t.Helper()
	weights, err := os.ReadFile(filepath.Join(dir, "checkpoint-3.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	all.Write(weights)
	for _, name := range []string{"epochs.csv", "results.csv"} {
		fmt.Fprintln(&all, withoutSeconds(t, filepath.Join(dir, name)))
	}
	pictures, err := filepath.Glob(filepath.Join(dir, "*_*.svg"))
	if err != nil || len(pictures) < 2 {
		t.Fatalf("pictures %q, %v", pictures, err)
	}
	for _, path := range append(pictures, filepath.Join(dir, "layers.csv")) {
		contents, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(contents)
	}
	var result map[string]any
	raw, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err == nil {
		err = json.Unmarshal(raw, &result)
	}
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintln(&all, result["interrupted"], result["settings"], result["title"])
	right := result["variants"].([]any)[0].(map[string]any)["runs"].([]any)[0].(map[string]any)["right"]
	if right == nil {
		t.Fatal("no right images")
	}
	fmt.Fprintln(&all, right)
	return all.String()
}

// copyCheckpoint copies a checkpoint into a folder of its own.
func copyCheckpoint(t *testing.T, from runs.Folder, at runs.Place) (dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, extension := range []string{".json", ".safetensors"} {
		contents, err := os.ReadFile(filepath.Join(from.Dir, at.String()+extension))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, at.String()+extension), contents, 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// A run that was stopped, wherever that was, and went on, on whatever number of
// threads, ends with the bits of one that was not.
func TestResume(t *testing.T) {
	data := digits(t)
	middle := []runs.Place{{Epochs: 0, Step: 1}, {Epochs: 0, Step: 3}, {Epochs: 0, Step: 4}, {Epochs: 1}, {Epochs: 1, Step: 9}, {Epochs: 2, Step: 17}, {Epochs: 3}}
	for name, c := range map[string]struct {
		flags  []string
		places []runs.Place
	}{
		"conv":    {[]string{"-variant", "conv", "-checkpoint-every", "1"}, []runs.Place{{Epochs: 1}, {Epochs: 2}, {Epochs: 3}}},
		"instant": {[]string{"-variant", "lc-sleep-4", "-optimizer", "sgd", "-schedule", "multistep", "-milestones", "1,2", "-lr", "0.01", "-flip", "-validation", "0.1", "-batch", "9", "-evaluate-training-every", "2"}, middle},
		"hebbian": {append(asleep("hebbian"), "-variant", "lc-sleep-4", "-sleep-source", "patches", "-validation", "0.3", "-mode", "validation", "-evaluate-every", "2", "-batch", "7", "-freeze-1x1"), middle},
		"graph":   {append(asleep("hebbian"), "-variant", "lc-sleep-4", "-sleep-engine", "graph", "-sleep-source", "pooled"), middle[4:5]},
		"dynamic": {append(asleep("dynamic"), "-variant", "lc-sleep-epochs-1", "-repetitions", "2", "-optimizer", "adam"), []runs.Place{{Epochs: 0, Step: 5}, {Epochs: 1}, {Epochs: 2, Step: 13}}},
	} {
		t.Run(name, func(t *testing.T) {
			if testing.Short() {
				if name != "hebbian" {
					t.Skip("seconds, and minutes with the race detector")
				}
				c.places = c.places[4:5]
			}
			whole := runs.Folder{Dir: t.TempDir()}
			trained(t, tiny(data, append([]string{"-out", whole.Dir, "-keep", "100", "-checkpoint-every", "1ns"}, c.flags...)...)...)
			want := outcome(t, whole.Dir)
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
			for i, at := range c.places {
				runtime.GOMAXPROCS(1 + i%3)
				dir := copyCheckpoint(t, whole, at)
				trained(t, "-resume", dir, "-checkpoint-every", "2")
				if outcome(t, dir) != want {
					t.Errorf("stopped at %s, on %d threads: the end differs", at, 1+i%3)
				}
			}
		})
	}
}

// Flags that contradict the run, and checkpoints that are damaged or of other
// data, are errors of one line that list what it is, and nothing is changed.
func TestResumeErrors(t *testing.T) {
	data := digits(t)
	dir := t.TempDir()
	trained(t, tiny(data, "-out", dir, "-checkpoint-every", "1", "-keep", "3", "-lr", "0.01")...)
	want := outcome(t, dir)
	fails := func(want string, args ...string) {
		t.Helper()
		status, stdout, stderr := bench(t.Context(), append([]string{"train"}, args...)...)
		if status != 1 || stdout != "" || !strings.Contains(stderr, want) || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: status %d, stdout %q, stderr %q; want one line with %q", args, status, stdout, stderr, want)
		}
	}
	fails("checkpoint-3 in "+dir+" is of a run with other settings: -batch 10, now 20; -model resnet8, now resnet14; -width 1, now 2",
		"-resume", dir, "-width", "2", "-model", "resnet14", "-batch", "20", "-lr", "0.01", "-keep", "5")
	fails("stays in its folder", "-resume", dir, "-out", data)
	fails("-fresh starts anew and -resume goes on", "-resume", dir, "-fresh")
	fails("no checkpoint to go on from", "-resume", data)
	fails("-checkpoint-every \"0\"", "-resume", dir, "-checkpoint-every", "0")
	fails("-checkpoint-every \"-1s\"", "-out", dir, "-checkpoint-every", "-1s")
	fails("-keep 0", "-out", dir, "-keep", "0")
	fails("-resume "+dir+" goes on with it, -fresh starts anew", tiny(data, "-out", dir)...)
	fails(".safetensors", tiny(data, "-init", filepath.Join(data, "nothing.safetensors"))...)
	fails("do not fit the network", tiny(data, "-init", filepath.Join(dir, "checkpoint-3.safetensors"), "-width", "2")...)

	// Other data under the same name.
	other := digits(t)
	for _, name := range []string{"train-images-idx3-ubyte", "train-labels-idx1-ubyte"} {
		contents, err := os.ReadFile(filepath.Join(other, name))
		if err != nil {
			t.Fatal(err)
		}
		binary.BigEndian.PutUint32(contents[4:], 50)
		size := map[bool]int{true: 16 + 50*28*28, false: 8 + 50}[strings.Contains(name, "images")]
		if err := os.WriteFile(filepath.Join(other, name), contents[:size], 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fails("training images 60, now 50", "-resume", dir, "-data-dir", other)

	// The newest is damaged: it is named, and the one before it goes on to the
	// same end.
	path := filepath.Join(dir, "checkpoint-3.safetensors")
	contents, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(contents)
	damaged[len(damaged)/2] ^= 1
	if err := os.WriteFile(path, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	fails("checkpoint-3 in "+dir+" is damaged: the checksum of checkpoint-3.safetensors is not the one in checkpoint-3.json; with -skip-damaged the run goes on from checkpoint-2", "-resume", dir)
	if _, stderr := trained(t, "-resume", dir, "-skip-damaged"); !strings.Contains(stderr, "is damaged: ") || !strings.Contains(stderr, "goes on after step 12 of 18") {
		t.Errorf("stderr %q", stderr)
	}
	if outcome(t, dir) != want {
		t.Error("the end differs")
	}
	for _, at := range []string{"1", "2", "3"} {
		if err := os.Truncate(filepath.Join(dir, "checkpoint-"+at+".json"), 100); err != nil {
			t.Fatal(err)
		}
	}
	fails("checkpoint-3 in "+dir+" is damaged: its JSON: unexpected end of JSON input, and there is none before it", "-resume", dir)
	status, stdout, stderr := bench(t.Context(), "train", "-resume", dir, "-skip-damaged")
	if status != 1 || stdout != "" || !strings.Contains(stderr, "no checkpoint that is not damaged") {
		t.Errorf("all damaged: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	fails("goes on with it, -fresh starts anew", tiny(data, "-out", dir)...)
	trained(t, tiny(data, "-out", dir, "-fresh", "-lr", "0.01")...)
	if outcome(t, dir) != want {
		t.Error("-fresh: the end differs")
	}
	if _, stderr := trained(t, "-resume", dir); !strings.Contains(stderr, "was finished before") || outcome(t, dir) != want {
		t.Errorf("once more after the end: %q", stderr)
	}
}

// changeRecord changes what a checkpoint holds beside its tensors.
func changeRecord(t *testing.T, dir string, at runs.Place, change func(*experiment.Record)) {
	t.Helper()
	f := runs.Folder{Dir: dir}
	var r experiment.Record
	if got, _, err := f.Newest(&r); err != nil || got != at {
		t.Fatalf("%v, %v", got, err)
	}
	change(&r)
	if err := f.Write(at, r, func(string) error { return nil }, 1); err != nil {
		t.Fatal(err)
	}
}

// Another processor is said, and settings that are not those of the run are refused.
func TestOtherProgram(t *testing.T) {
	data, dir := digits(t), t.TempDir()
	trained(t, tiny(data, "-out", dir)...)
	changeRecord(t, dir, runs.Place{Epochs: 3}, func(r *experiment.Record) { r.Instructions = "" })
	if _, stderr := trained(t, "-resume", dir, "-v"); !strings.Contains(stderr, "was finished before") || strings.Contains(stderr, "computed with") {
		t.Errorf("stderr %q", stderr)
	}
	status, _, stderr := bench(t.Context(), "train", "-resume", dir, "-evaluate-every", "2")
	if want := "is of a run with other settings: -evaluate-every 1, now 2\n"; status != 1 || !strings.HasSuffix(stderr, want) {
		t.Errorf("status %d, stderr %q, want %q", status, stderr, want)
	}
	asleep := tiny(data, append(asleep("hebbian"), "-variant", "lc-sleep-4", "-out", filepath.Join(dir, "asleep"))...)
	trained(t, asleep...)
	status, _, stderr = bench(t.Context(), "train", "-resume", filepath.Join(dir, "asleep"), "-sleep-engine", "graph")
	if want := "is of a run with other settings: -sleep-engine fast, now graph\n"; status != 1 || !strings.HasSuffix(stderr, want) {
		t.Errorf("status %d, stderr %q, want %q", status, stderr, want)
	}
	changeRecord(t, dir, runs.Place{Epochs: 3}, func(r *experiment.Record) { r.Instructions = "slide rules" })
	if _, stderr := trained(t, "-resume", dir); !strings.Contains(stderr, "checkpoint-3 in "+dir+" was computed with slide rules, and this process computes with "+runs.Instructions()+": results may differ in bits\n") {
		t.Errorf("stderr %q", stderr)
	}
}

// A checkpoint is a file of weights, too.
func TestInit(t *testing.T) {
	data, dir, out := digits(t), t.TempDir(), t.TempDir()
	trained(t, tiny(data, "-out", dir)...)
	weights := filepath.Join(dir, "checkpoint-3.safetensors")
	for _, variant := range []string{"conv", "lc"} {
		trained(t, tiny(data, "-init", weights, "-variant", variant, "-out", out, "-fresh")...)
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil || !bytes.Contains(page, []byte("initial weights")) {
			t.Errorf("%s: the report does not say what it began with: %v", variant, err)
		}
	}
	// A run that goes on, or is over, does not need the file again.
	if err := os.Remove(weights); err != nil {
		t.Fatal(err)
	}
	saved := filepath.Join(t.TempDir(), "saved.safetensors")
	trained(t, "-resume", out, "-save", saved)
	trained(t, tiny(data, "-init", saved, "-variant", "lc")...)
}

// A comparison does what is left of it.
func TestCompareGoesOn(t *testing.T) {
	if testing.Short() {
		t.Skip("eight trainings")
	}
	data, dir := digits(t), t.TempDir()
	run := func(more ...string) (status int, stdout, stderr string) {
		return bench(t.Context(), append([]string{"compare"}, tiny(data, append([]string{"-out", dir, "-seeds", "1"}, more...)...)...)...)
	}
	tables := func() string {
		return fmt.Sprint(withoutSeconds(t, filepath.Join(dir, "results.csv")), withoutSeconds(t, filepath.Join(dir, "layers.csv")))
	}
	if status, _, stderr := run(append(asleep("hebbian"), "-variants", "conv,lc-sleep-4")...); status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	want := tables()
	status, stdout, stderr := run(append(asleep("hebbian"), "-variants", "conv,lc-sleep-4")...)
	if status != 0 || !strings.Contains(stdout, "lc-sleep-4") || !strings.Contains(stderr, "holds this comparison, which was finished before; -fresh trains anew") || strings.Contains(stderr, "epoch 1") || tables() != want {
		t.Errorf("once more: status %d, %s%s", status, stdout, stderr)
	}
	status, stdout, stderr = run(append(asleep("dynamic"), "-variants", "conv,lc-sleep-4", "-epochs", "2", "-batch", "20")...)
	if w := "checkpoint-3 in " + filepath.Join(dir, "runs", "conv-seed-1") + " is of a run with other settings: -batch 10, now 20; -epochs 3, now 2; -sleep hebbian, now dynamic (-fresh"; status != 1 || stdout != "" || !strings.Contains(stderr, w) {
		t.Errorf("other settings: status %d, stdout %q, stderr %q", status, stdout, stderr)
	}
	status, _, stderr = run(append(asleep("hebbian"), "-variants", "conv,lc,lc-sleep-4")...)
	if status != 0 || !strings.Contains(stderr, "2 of 3 runs were finished before") || strings.Count(stderr, "epoch 1 of 3") != 1 {
		t.Errorf("one more: status %d, stderr %q", status, stderr)
	}
	status, _, stderr = run(append(asleep("hebbian"), "-variants", "conv,lc-sleep-4", "-fresh")...)
	if status != 0 || strings.Count(stderr, "epoch 1 of 3") != 2 || tables() != want {
		t.Errorf("-fresh: status %d, stderr %q", status, stderr)
	}
	// Finished runs keep their weights, and no averages of the optimiser.
	left, err := filepath.Glob(filepath.Join(dir, "runs", "*", "*.safetensors"))
	if err != nil || len(left) != 2 {
		t.Errorf("weights of finished runs: %v, %v", left, err)
	}
	for _, path := range left {
		if beside, err := graph.ReadBeside(path); err != nil || len(beside) > 0 {
			t.Errorf("%s: %d tensors beside weights, %v", path, len(beside), err)
		}
	}
}

// Every setting is a flag of train or compare.
func TestFields(t *testing.T) {
	known := map[string]bool{}
	for _, command := range []string{"train", "compare"} {
		_, help, _ := bench(t.Context(), command, "-h")
		for _, m := range regexp.MustCompile(`(?m)^  -([a-z0-9-]+)`).FindAllStringSubmatch(help, -1) {
			known[m[1]] = true
		}
	}
	for _, f := range experiment.Fields {
		if !known[f.Name] {
			t.Errorf("-%s is no flag", f.Name)
		}
	}
}
