package recordings

import (
	"fmt"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// A subset is the recording of a folder that never had the other stimuli.
func TestSubset(t *testing.T) {
	const neuroids, stimuli, repetitions = 5, 7, 2
	values := drawn(neuroids, stimuli, repetitions, 0.3, 4)
	folder := func(kept []int) *Recording {
		t.Helper()
		files := map[string][]byte{}
		csv := "file,category\n"
		var some []float64
		for _, i := range kept {
			name := fmt.Sprintf("%d.png", i)
			files["images/"+name] = picture(uint64(i))
			csv += fmt.Sprintf("%s,%d\n", name, i%3)
		}
		for j := range neuroids {
			for _, i := range kept {
				some = append(some, values[(j*stimuli+i)*repetitions:][:repetitions]...)
			}
		}
		files["stimuli.csv"] = []byte(csv)
		files["responses.npy"] = npyFile(1, npyHeader("<f8", false, neuroids, len(kept), repetitions), some)
		r, err := Open(write(t, files))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	kept := []int{6, 0, 3, 4}
	got, want := folder([]int{0, 1, 2, 3, 4, 5, 6}).Subset(kept), folder(kept)
	if !slices.Equal(images(t, got.Stimuli), images(t, want.Stimuli)) || !slices.Equal(got.Categories, want.Categories) {
		t.Errorf("other pictures, or categories %q, want %q", got.Categories, want.Categories)
	}
	if g, w := got.Regions[0], want.Regions[0]; !mat.Equal(g.Responses.Mean(), w.Responses.Mean()) || g.Responses.Count() != repetitions || !mat.EqualApprox(g.Dissimilarities, w.Dissimilarities, 1e-14) {
		t.Errorf("responses\n%v\nwant\n%v", mat.Formatted(g.Responses.Mean()), mat.Formatted(w.Responses.Mean()))
	}

	whole, err := Open("it92")
	if err != nil {
		t.Fatal(err)
	}
	part := whole.Subset(kept)
	for i, region := range part.Regions {
		for j, d := range append(region.Subjects, region.Dissimilarities) {
			of := append(whole.Regions[i].Subjects, whole.Regions[i].Dissimilarities)[j]
			if d.SymmetricDim() != len(kept) || d.At(0, 2) != of.At(6, 3) || d.At(1, 1) != 0 {
				t.Errorf("%s: %v", region.Name, mat.Formatted(d))
			}
		}
	}
	if len(part.Models) != len(whole.Models) || part.Models[0].Dissimilarities.At(3, 0) != whole.Models[0].Dissimilarities.At(4, 6) {
		t.Error("other models")
	}
}
