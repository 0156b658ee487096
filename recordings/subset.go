package recordings

import (
	"gonum.org/v1/gonum/mat"

	"hypnos/ventral"
)

// Subset returns the recording with only the stimuli that have these indices, in the
// order of the indices. It panics if there is no stimulus of an index.
func (r *Recording) Subset(stimuli []int) *Recording {
	among := func(d *mat.SymDense) *mat.SymDense {
		rest, err := ventral.Among(d, stimuli)
		if err != nil {
			panic(err)
		}
		return rest
	}
	part := *r
	part.Stimuli = r.Stimuli.Subset(stimuli)
	if r.Categories != nil {
		part.Categories = make([]string, len(stimuli))
		for i, k := range stimuli {
			part.Categories[i] = r.Categories[k]
		}
	}
	part.Regions = make([]Region, len(r.Regions))
	for i, region := range r.Regions {
		if region.Responses != nil {
			region.Responses = region.Responses.Subset(stimuli)
		}
		region.Dissimilarities = among(region.Dissimilarities)
		var subjects []*mat.SymDense
		for _, d := range region.Subjects {
			subjects = append(subjects, among(d))
		}
		region.Subjects = subjects
		part.Regions[i] = region
	}
	part.Models = make([]Model, len(r.Models))
	for i, m := range r.Models {
		part.Models[i] = Model{m.Name, among(m.Dissimilarities)}
	}
	return &part
}
