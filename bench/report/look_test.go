package report

import (
	"encoding/json"
	"os"
	"testing"
)

func TestLook(t *testing.T) {
	for _, f := range []string{"/tmp/brainlook/a.json", "/tmp/brainlook/b.json"} {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Skip(err)
		}
		var b Brain
		if err := json.Unmarshal(text, &b); err != nil {
			t.Fatal(err)
		}
		if f == "/tmp/brainlook/b.json" {
			b.Regions, b.Models, b.Matrices = b.Regions[:2], b.Models[:3], b.Matrices[:0]
			b.Alike = exampleBrain(3, 4, 1, 3).Alike
			b.Models[2] = "untrained lc"
			for i := range b.Areas { if b.Areas[i].Model == "resnet18-lc-translate-4" { b.Areas[i].Model = "untrained lc" } }
			for i := range b.Best { if b.Best[i].Model == "resnet18-lc-translate-4" { b.Best[i].Model = "untrained lc" } }
		}
		if err := b.Write(f[:len(f)-5]); err != nil {
			t.Fatal(err)
		}
		os.WriteFile(f[:len(f)-5]+"/text", []byte(b.Text()), 0o644)
	}
	r := exampleReport()
	for i := range r.Variants {
		for j := range r.Variants[i].Runs {
			s := scored().Variants[0].Runs[0].Brain[0]
			s.Region = "monkey IT"
			u := s
			s.Value = 0.3 - 0.03*float64(i) + 0.01*float64(j)
			u.Value = 0.05 + 0.01*float64(j*i)
			s2, u2 := s, u
			s2.Region, u2.Region = "human IT", "human IT"
			r.Variants[i].Runs[j].Brain = []BrainScore{s, s2}
			r.Variants[i].Runs[j].Untrained = []BrainScore{u, u2}
		}
	}
	r.Write("/tmp/brainlook/c")
}
