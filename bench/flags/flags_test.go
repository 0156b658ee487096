package flags

import (
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	"hypnos/bench/experiment"
)

// Flags of all commands are settings that there are, each once.
func TestNames(t *testing.T) {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	s := experiment.Default()
	Register(fs, &s, slices.Concat(Training, Evaluation, Checkpoints)...) // panics otherwise
	if err := fs.Parse([]string{"-epochs", "7", "-flip", "-milestones", "2,4"}); err != nil {
		t.Fatal(err)
	}
	if s.Epochs != 7 || !s.Data.Flip || !slices.Equal(s.Schedule.Milestones, []int{2, 4}) {
		t.Errorf("%+v", s)
	}
	if got := slices.Sorted(maps.Keys(Given(fs))); !slices.Equal(got, []string{"epochs", "flip", "milestones"}) {
		t.Errorf("given: %q", got)
	}
}

// -quick sets what was not given, and is an error where it sets nothing.
func TestQuick(t *testing.T) {
	values := map[string]string{"epochs": "4", "seeds": "1"}
	for args, want := range map[string]string{
		"":                    "4 epochs, 1 seeds, sets epochs seeds",
		"-epochs 9":           "9 epochs, 1 seeds, sets seeds",
		"-epochs 4":           "4 epochs, 1 seeds, sets seeds",
		"-epochs 9 -seeds 11": "-quick has no effect: -epochs and -seeds say all that it would",
	} {
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		s := experiment.Default()
		s.Seeds = 3
		Register(fs, &s, "epochs", "seeds")
		if err := fs.Parse(strings.Fields(args)); err != nil {
			t.Fatal(err)
		}
		set, err := Quick(fs, values)
		got := experiment.FieldOf("epochs").Value(&s).String() + " epochs, " + experiment.FieldOf("seeds").Value(&s).String() + " seeds, sets " + strings.Join(slices.Sorted(maps.Keys(set)), " ")
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %s, want %s", args, got, want)
		}
	}
}

// Flags stand anywhere around the model and what follows it.
func TestModelFirst(t *testing.T) {
	for _, args := range []string{"-classes 3 resnet8 a b", "resnet8 -classes 3 a b", "resnet8 a -classes 3 b", "resnet8 a b -classes 3"} {
		fs := flag.NewFlagSet("test", flag.ContinueOnError)
		var m Model
		m.Register(fs)
		if err := fs.Parse(strings.Fields(args)); err != nil { // as a command does before
			t.Fatal(err)
		}
		model, others, err := ModelFirst(fs, fs.Args())
		if err != nil || model != "resnet8" || !slices.Equal(others, []string{"a", "b"}) || m.Classes != 3 {
			t.Errorf("%s: %q, %q, %d classes, %v", args, model, others, m.Classes, err)
		}
		if _, err := OneModel(fs, []string{model, "a"}); err == nil || !IsUsage(err) || !strings.Contains(err.Error(), `"a"`) {
			t.Errorf("one model: %v", err)
		}
	}
}
