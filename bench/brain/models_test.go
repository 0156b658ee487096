package brain

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"hypnos/bench/experiment"
	"hypnos/bench/look"
	"hypnos/recordings"
)

// Models are found and shown pictures by a value, without any flag: those of package zoo
// and those that learn nothing, in the order of their names.
func TestModels(t *testing.T) {
	names, err := ParseNames("pixels, resnet8,gabor")
	if err != nil || !slices.Equal(names.All, []string{"pixels", "resnet8", "gabor"}) || !slices.Equal(names.Zoo, []string{"resnet8"}) || names.Folders != nil {
		t.Fatalf("%+v, %v", names, err)
	}
	m := Models{Names: names, Zoo: look.Model{Spec: experiment.Spec{Variants: []string{"lc"}, Width: 1, Local: experiment.Local{Deviation: -1}}}, Areas: "conv1,layer3"}
	sources, err := m.Sources(t.Context(), experiment.Observer{})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(sources); got != "[pixels untrained resnet8 lc Gabor]" {
		t.Errorf("models %s", got)
	}
	recording, err := recordings.Open("it92")
	if err != nil {
		t.Fatal(err)
	}
	study, err := New(recording.Subset([]int{0, 3, 20, 30, 40, 50, 60, 70, 80, 90}), Options{Resamples: 2})
	if err != nil {
		t.Fatal(err)
	}
	steps := 0
	if err := study.Show(t.Context(), sources[1], experiment.Observer{Steps: func(n int) { steps += n }}); err != nil {
		t.Fatal(err)
	}
	var areas []string
	for _, s := range study.Report().Areas {
		if s.Region == "human IT" && s.Measure == "RSA (Spearman)" {
			areas = append(areas, s.Model+": "+s.Area)
		}
	}
	if want := []string{"untrained resnet8 lc: conv1", "untrained resnet8 lc: layer3"}; !slices.Equal(areas, want) || steps != 11 {
		t.Errorf("scores of %q after %d steps, want %q after 11", areas, steps, want)
	}
	for want, change := range map[string]func(*Models){
		`-models: "nobody" is no folder`:  func(m *Models) { m.Names = Names{All: []string{"nobody"}} },
		`-variant "", want conv or lc`:    func(m *Models) { m.Zoo.Spec.Variants = nil },
		`no area or layer is called "V4"`: func(m *Models) { m.Areas = "V4" },
		`two models are called "Gabor"`:   func(m *Models) { m.Names.All = append(m.Names.All, "gabor") },
	} {
		wrong := m
		change(&wrong)
		if _, err := wrong.Sources(t.Context(), experiment.Observer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
