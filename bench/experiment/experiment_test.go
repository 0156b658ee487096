package experiment

import (
	"context"
	"encoding/json"
	"hypnos/bench/results"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// A Spec is the same after JSON, whatever its fields, and what JSON does not mention is
// at its default.
func TestSpecJSON(t *testing.T) {
	s := Default()
	for _, f := range Fields { // none at its default
		text := map[string]string{
			"background": "white", "milestones": "3,5", "variant": "lc", "variants": "conv,lc-sleep-end",
		}[f.Name]
		v := f.Value(&s)
		if text == "" {
			text = "7"
			if v.IsBoolFlag() {
				text = "true"
			}
		}
		if err := v.Set(text); err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
	}
	raw, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var got Spec
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	for _, f := range Fields {
		is := f.Value(&got).String()
		if kept := is == f.Value(&s).String(); kept != (f.Role != NotKept) && f.Name != "variants" && f.Name != "seeds" {
			t.Errorf("%s: %q after JSON, before %q", f.Name, is, f.Value(&s))
		}
	}
	if err := Differences(s, got); err != nil {
		t.Error(err)
	}
	if err := json.Unmarshal([]byte(`{"variants":["conv"],"sleep":{"kind":"hebbian"}}`), &got); err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Variants, want.Sleep.Kind = []string{"conv"}, "hebbian"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Every field is in the text of a Spec's differences, by its name and both values.
func TestDifferences(t *testing.T) {
	for _, f := range Fields {
		was, is := Default(), Default()
		f.Value(&was).Set("2")
		f.Value(&is).Set("true")
		f.Value(&is).Set("3")
		if f.Name == "background" {
			f.Value(&is).Set("white")
		}
		err := Differences(was, is)
		switch {
		case f.Role == Identity && (err == nil || !strings.Contains(err.Error(), "-"+f.Name+" ")):
			t.Errorf("%s: %v", f.Name, err)
		case f.Role != Identity && f.Name != "variants" && err != nil:
			t.Errorf("%s: %v", f.Name, err)
		}
	}
}

// tiny is an experiment of a second.
func tiny(dir string) Spec {
	s := Default()
	s.Variants, s.Width, s.Epochs, s.Batch = []string{"conv"}, 1, 2, 1000
	s.Checkpoints.Folder = dir
	return s
}

// An experiment that is stopped goes on, in another process or this one, and ends like
// one that was not.
func TestRunGoesOn(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	steps := 0
	variants, err := Run(ctx, tiny(dir), Observer{Steps: func(n int) {
		if steps += n; steps == 6 { // of 8, in the second epoch
			cancel()
		}
	}})
	if err == nil || len(variants[0].Runs[0].Epochs) != 1 {
		t.Fatalf("%v, %+v", err, variants)
	}
	var lines []string
	say := Observer{Line: func(line string) { lines = append(lines, line) }}
	if variants, err = Run(t.Context(), tiny(dir), say); err != nil || !strings.Contains(strings.Join(lines, "\n"), "goes on after step 6 of 8") {
		t.Fatalf("%v, %q", err, lines)
	}
	whole, err := Run(t.Context(), tiny(""), Observer{})
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range whole[0].Runs[0].Epochs {
		got := variants[0].Runs[0].Epochs[i]
		if got.TrainLoss != e.TrainLoss || got.Test != e.Test && i == 1 {
			t.Errorf("epoch %d: %+v, want %+v", i+1, got, e)
		}
	}
	kept, err := Load(filepath.Join(dir, "runs", "conv-seed-1"), false)
	if err != nil || !kept.Run.Complete || kept.Spec.Width != 1 {
		t.Errorf("%+v, %v", kept, err)
	}
	other := tiny(dir)
	other.Data.Flip = true
	if _, err := Run(t.Context(), other, Observer{}); err == nil || !strings.Contains(err.Error(), "other settings: -flip false, now true") {
		t.Errorf("error %v", err)
	}
}

// An error of the observer ends the experiment, and a mistake is found before anything
// is written.
func TestRunErrors(t *testing.T) {
	full := os.ErrClosed
	if _, err := Run(t.Context(), tiny(""), Observer{Run: func([]results.Variant) error { return full }}); err == nil || !strings.Contains(err.Error(), full.Error()) {
		t.Errorf("error %v", err)
	}
	s := tiny(filepath.Join(t.TempDir(), "out"))
	s.Variants = []string{"lc", "lc"}
	if _, err := Run(t.Context(), s, Observer{}); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("error %v", err)
	}
	if _, err := os.Stat(s.Checkpoints.Folder); err == nil {
		t.Error("a mistake leaves a folder")
	}
}
