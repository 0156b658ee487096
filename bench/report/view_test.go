package report

import (
	"os"
	"testing"
)

func TestView(t *testing.T) {
	r := exampleReport()
	if err := r.Write("/tmp/hreport"); err != nil {
		t.Fatal(err)
	}
	r.WriteTable(os.Stdout)
	r.Interrupted = true
	r.Variants[4].Runs[1].Epochs = r.Variants[4].Runs[1].Epochs[:7]
	r.Variants[4].Runs[1].Complete = false
	r.Variants[4].Runs[2] = Run{Seed: 3}
	r.Variants = append(r.Variants, Variant{Name: "lc-sleep-100", Local: true, Description: "Not reached.", LearningRate: 1e-3})
	if err := r.Write("/tmp/hreport2"); err != nil {
		t.Fatal(err)
	}
	r.WriteTable(os.Stdout)
	r.WriteMarkdown(os.Stdout)
	r = exampleReport()
	for i := range r.Variants {
		for j := range r.Variants[i].Runs {
			r.Variants[i].Runs[j].Epochs = r.Variants[i].Runs[j].Epochs[:1]
		}
	}
	for i := range 5 {
		v := r.Variants[i]
		v.Name += "-with-a-longer-name"
		r.Variants = append(r.Variants, v)
	}
	if err := r.Write("/tmp/hreport3"); err != nil {
		t.Fatal(err)
	}
	t.Log(Machine(), Versions())
}
