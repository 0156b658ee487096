package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hypnos/bench/results"
	"hypnos/zoo"
)

// brainReport reads what bench brain found.
func brainReport(t *testing.T, dir string) results.Brain {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, "brain.json"))
	if err != nil {
		t.Fatal(err)
	}
	var b results.Brain
	if err := json.Unmarshal(content, &b); err != nil {
		t.Fatal(err)
	}
	return b
}

// A comparison with -brain scores its networks, trained and before, and bench
// brain finds the same in its folder.
func TestBrainOfComparison(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector, for pictures")
	}
	dir := filepath.Join(t.TempDir(), "report")
	args := append([]string{"compare"}, small(dir, "-variants", "conv,lc,lc-sleep-10", "-brain", "it92")...)
	status, stdout, stderr := bench(t.Context(), args...)
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	_, scores, _ := strings.Cut(stdout, "\nvariant ") // after a sentence
	_, scores, _ = strings.Cut(scores, "\nvariant ")  // and the table of top-1
	if head, _, _ := strings.Cut(scores, "\n"); !strings.Contains(head, "monkey IT RSA") || !strings.Contains(head, "human IT RSA") || strings.Count(head, "untrained") != 2 {
		t.Errorf("table %s", head)
	}
	within := brainReport(t, filepath.Join(dir, "brain"))
	if got := strings.Join(within.Models, ","); got != "conv,lc,lc-sleep-10,untrained conv,untrained lc" {
		t.Errorf("models %s", got)
	}
	out := filepath.Join(t.TempDir(), "brain")
	status, stdout, stderr = bench(t.Context(), "brain", "-models", dir+",pixels", "-untrained", "-areas", "auto", "-resamples", "2", "-out", out) // errors depend on resamples, scores do not
	if status != 0 || !strings.Contains(stdout, "report: "+out) {
		t.Fatalf("status %d: %s%s", status, stdout, stderr)
	}
	alone := brainReport(t, out)
	if got := strings.Join(alone.Models, ","); got != "conv,lc,lc-sleep-10,pixels,untrained conv,untrained lc" {
		t.Errorf("models %s", got)
	}
	found := map[string]float64{}
	for _, s := range alone.Areas {
		found[s.Region+s.Measure+s.Model+s.Area] = s.Value
	}
	for _, s := range within.Areas {
		if v := found[s.Region+s.Measure+s.Model+s.Area]; v != s.Value {
			t.Errorf("%+v, from the folder %v", s, v)
		}
	}
	// Training changed the network, and so did sleep.
	for _, pair := range [][2]string{{"conv", "untrained conv"}, {"lc", "untrained lc"}, {"lc", "lc-sleep-10"}} {
		const at = "monkey ITRSA (Spearman)"
		if found[at+pair[0]+"layer3"] == found[at+pair[1]+"layer3"] {
			t.Errorf("%s and %s score alike", pair[0], pair[1])
		}
	}

	// Once more, of one of them: without training, a table again.
	status, again, stderr := bench(t.Context(), append([]string{"compare"}, small(dir, "-variants", "conv", "-brain", "it92")...)...)
	if status != 0 || !strings.Contains(stderr, "was finished before") || !strings.Contains(again, "monkey IT RSA") {
		t.Errorf("once more: status %d, %s%s", status, again, stderr)
	}
	// Without its weights it says so.
	weights, err := filepath.Glob(filepath.Join(dir, "runs", "*", "*.safetensors"))
	if err != nil || len(weights) != 3 {
		t.Fatalf("weights of finished runs: %v, %v", weights, err)
	}
	for _, path := range weights {
		if err := os.Truncate(path, 100); err != nil {
			t.Fatal(err)
		}
	}
	wantLine(t, []string{"brain", "-models", dir, "-out", out}, "damaged")
}

// wantLine wants a command to fail with one line that contains the parts.
func wantLine(t *testing.T, args []string, parts ...string) {
	t.Helper()
	status, stdout, stderr := bench(t.Context(), args...)
	if status != 1 || stdout != "" || strings.Count(stderr, "\n") != 1 {
		t.Errorf("%v: status %d, stdout %q, stderr %q", args, status, stdout, stderr)
	}
	for _, part := range parts {
		if !strings.Contains(stderr, part) {
			t.Errorf("%v: %q, want %q", args, stderr, part)
		}
	}
}

// Pictures without responses compare models with each other.
func TestBrainOfPictures(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute under the race detector, for pictures")
	}
	pictures, _ := writePictures(t, 20)
	dir := t.TempDir()
	if err := os.Rename(pictures, filepath.Join(dir, "images")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "brain")
	_, weights := writeWeights(t, "resnet8", zoo.Config{Width: 2, Classes: 3, Seed: 5})
	status, stdout, stderr := bench(t.Context(), "brain", "-models", "gabor,resnet8", "-width", "2", "-classes", "3", "-weights", weights, "-data", dir, "-areas", "conv1,layer3", "-out", out, "-markdown")
	if status != 0 {
		t.Fatalf("status %d: %s", status, stderr)
	}
	b := brainReport(t, out)
	if len(b.Regions) != 0 || len(b.Areas) != 0 || len(b.Pairs) != 3 || b.Pairs[2].A != "resnet8: conv1" || b.Pairs[2].B != "resnet8: layer3" {
		t.Errorf("%s\n%+v", stdout, b.Pairs)
	}
	// The same once more is the same, but for times.
	first := b.Pairs
	if status, _, stderr := bench(t.Context(), "brain", "-models", "gabor,resnet8", "-width", "2", "-classes", "3", "-weights", weights, "-data", dir, "-areas", "conv1,layer3", "-batch", "7", "-out", out); status != 0 {
		t.Fatal(stderr)
	}
	for i, p := range brainReport(t, out).Pairs {
		if p != first[i] {
			t.Errorf("in other batches %+v, before %+v", p, first[i])
		}
	}
}

// An order of responses that is only implied is said at once and in the report,
// and is the natural one.
func TestBrainImpliedOrder(t *testing.T) {
	const n = 29 // PLS has 25 components
	pictures, paths := writePictures(t, n)
	dir := t.TempDir()
	if err := os.Rename(pictures, filepath.Join(dir, "images")); err != nil {
		t.Fatal(err)
	}
	scores := map[bool]float64{}
	for _, stated := range []bool{false, true} {
		rows := "file,a,b,c,d\n"
		table := ""
		for i, path := range paths {
			name := fmt.Sprintf("img%d.png", i)
			if !stated {
				if err := os.Rename(filepath.Join(dir, "images", filepath.Base(path)), filepath.Join(dir, "images", name)); err != nil {
					t.Fatal(err)
				}
			}
			values := fmt.Sprintf("%d,%d,%d,%d\n", i*3%31, i*i%37, i*5%41, (i+3)*(i+3)%29)
			table += values
			rows += name + "," + values
		}
		if stated {
			table = rows
		}
		if err := os.WriteFile(filepath.Join(dir, "responses.csv"), []byte(table), 0o644); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(t.TempDir(), "brain")
		status, stdout, stderr := bench(t.Context(), "brain", "-models", "pixels", "-data", dir, "-splits", "2", "-resamples", "2", "-out", out)
		if status != 0 {
			t.Fatal(stderr)
		}
		const line = "img9.png before img10.png, where the order of bytes has img10.png first"
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		b := brainReport(t, out)
		for where, text := range map[string]string{"standard error": stderr, "table": strings.Join(strings.Fields(stdout), " "), "page": string(page), "brain.json": b.Warning} {
			if strings.Contains(text, line) == stated {
				t.Errorf("stated %t: %s %q", stated, where, text)
			}
		}
		for _, s := range b.Areas {
			if s.Measure == results.MeasureSpearman {
				scores[stated] = s.Value
			}
		}
	}
	if scores[true] == 0 || scores[true] != scores[false] {
		t.Errorf("scores %v", scores)
	}
}

func TestBrainErrors(t *testing.T) {
	empty := t.TempDir()
	pictures, _ := writePictures(t, 4)
	few := t.TempDir()
	if err := os.Rename(pictures, filepath.Join(few, "images")); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "brain")
	for _, test := range []struct {
		args  []string
		parts []string
	}{
		{nil, []string{"-models is missing"}},
		{[]string{"-models", "nobody"}, []string{`"nobody"`, "pixels or gabor"}},
		{[]string{"-models", empty}, []string{empty, "no checkpoint"}},
		{[]string{"-models", "pixels,pixels"}, []string{`"pixels" stands twice`}},
		{[]string{"-models", "pixels", "-weights", "w"}, []string{"-weights", "names 0"}},
		{[]string{"-models", "resnet8,resnet14", "-weights", "w"}, []string{"-weights", "names 2"}},
		{[]string{"-models", "pixels", "-untrained"}, []string{"-untrained"}},
		{[]string{"-models", "resnet8", "-areas", "V4"}, []string{`"V4"`, "layer1, layer2, layer3"}},
		{[]string{"-models", "resnet8", "-areas", "layer1,layer1"}, []string{`"layer1" stands twice`}},
		{[]string{"-models", "pixels", "-data", empty}, []string{empty, "images"}},
		{[]string{"-models", "pixels", "-data", filepath.Join(empty, "no")}, []string{filepath.Join(empty, "no") + ": no such file"}},
		{[]string{"-models", "pixels", "-splits", "1"}, []string{"-splits 1"}},
		{[]string{"-models", "pixels", "-ridge", "-3"}, []string{`-ridge "-3"`}},
		{[]string{"-models", "pixels", "-resamples", "1"}, []string{"-resamples 1"}},
		{[]string{"-models", "pixels", "-batch", "0"}, []string{"-batch 0"}},
		{[]string{"-models", "pixels", "-resamples", "2000000000"}, []string{"-resamples 2000000000"}},
		{[]string{"-models", "pixels", "-width", "3"}, []string{"-width", "names none"}},
		{[]string{"-models", "pixels", "-data-dir", "x"}, []string{"-data-dir", "names none"}},
	} {
		wantLine(t, append([]string{"brain", "-out", out}, test.args...), test.parts...)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a mistake leaves a report")
	}
	wantLine(t, append([]string{"compare", "-brain", few}, small(out)...), few, "no responses")
	wantLine(t, append([]string{"compare", "-brain", "it92"}, tiny(digits(t), "-variants", "conv", "-out", out)...), "-brain", "1 channels")
}

// Runs of other flags are other networks, and folders have names where there are
// several.
func TestBrainOfTrainings(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under the race detector, for pictures")
	}
	parent := t.TempDir()
	a, b := filepath.Join(parent, "a [1]"), filepath.Join(parent, "b")
	for dir, more := range map[string][]string{a: {"-conv-1x1"}, b: nil} {
		trained(t, append([]string{"-variant", "lc", "-epochs", "1", "-width", "1", "-batch", "100", "-out", dir}, more...)...)
	}
	both, alone := filepath.Join(parent, "both"), filepath.Join(parent, "alone")
	for out, models := range map[string]string{both: a + "/," + b, alone: b} {
		if status, _, stderr := bench(t.Context(), "brain", "-models", models, "-untrained", "-resamples", "2", "-out", out); status != 0 {
			t.Fatal(stderr)
		}
	}
	two, one := brainReport(t, both), brainReport(t, alone)
	if got := strings.Join(two.Models, ","); got != "a [1]/lc,b/lc,a [1]/untrained lc,b/untrained lc" {
		t.Errorf("models %s", got)
	}
	if got := strings.Join(one.Models, ","); got != "lc,untrained lc" {
		t.Errorf("models %s", got)
	}
	found := map[string]float64{}
	for _, s := range two.Areas {
		found[s.Region+s.Measure+s.Model+s.Area] = s.Value
	}
	for _, s := range one.Areas {
		if v := found[s.Region+s.Measure+"b/"+s.Model+s.Area]; v != s.Value {
			t.Errorf("%+v, beside another %v", s, v)
		}
	}
	wantLine(t, []string{"brain", "-models", a + "," + a + "/", "-out", both}, "stands twice")
}

// Ctrl-C leaves a report of what was finished.
func TestBrainInterrupted(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute under the race detector, for pictures")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	out := filepath.Join(t.TempDir(), "brain")
	status, stdout, stderr := bench(ctx, "brain", "-models", "pixels,resnet8", "-width", "1", "-out", out)
	if status != 0 || !strings.Contains(stdout, "interrupted before untrained resnet8") {
		t.Errorf("status %d, %s%s", status, stdout, stderr)
	}
	if b := brainReport(t, out); strings.Join(b.Models, ",") != "pixels" {
		t.Errorf("models %v", b.Models)
	}
}
