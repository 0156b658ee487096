package results

import (
	"slices"
	"strconv"

	"hypnos/ventral"
)

// Names of the measures of how like a region of the brain an area of a model is.
const (
	MeasurePLS      = "PLS"
	MeasureRidge    = "ridge"
	MeasureSpearman = "RSA (Spearman)"
	MeasurePearson  = "RSA (Pearson)"
	MeasureCKA      = "CKA"
)

// BrainMeasure is what reports say of such a measure.
type BrainMeasure struct {
	Name       string
	Words      string // what sentences call it
	Definition string // a sentence or two, with the source
	// Predictive measures predict responses from features: their scores can be put in
	// terms of the reliability of the responses.
	Predictive bool
	// Pairs says that models are also compared with each other by it.
	Pairs bool
}

// BrainMeasures are all measures.
var BrainMeasures = []BrainMeasure{
	{
		Name: MeasurePLS, Words: "PLS predictivity", Predictive: true,
		Definition: "Partial least squares regression with " + strconv.Itoa(ventral.DefaultComponents) + " components" + regression + " (Yamins et al. 2014, PNAS 111:8619; Schrimpf et al. 2018, bioRxiv 407007).",
	},
	{
		Name: MeasureRidge, Words: "ridge", Predictive: true,
		Definition: "Ridge regression (Hoerl & Kennard 1970, Technometrics 12:55)" + regression + ".",
	},
	{Name: MeasureSpearman, Words: "Spearman's RSA", Definition: "Representational similarity: Spearman's" + similarity, Pairs: true},
	{Name: MeasurePearson, Words: "Pearson's RSA", Definition: "Representational similarity: Pearson's" + similarity},
	{
		Name: MeasureCKA, Words: "CKA", Pairs: true,
		Definition: "Linear centred kernel alignment (Kornblith et al. 2019, ICML) with the unbiased estimator (Nguyen et al. 2021, ICLR); near 0 for unrelated representations, also below.",
	},
}

const (
	regression = " from an area's features to the responses, fitted on 90 % of the stimuli; the score is Pearson's r of predicted and measured responses to the others, its median over neuroids (neurons, recording sites or voxels), its mean over splits"
	similarity = " correlation of the dissimilarities, 1 − Pearson's r, of every two stimuli (Kriegeskorte et al. 2008, Front. Syst. Neurosci. 2:4); p is that of a permutation test."
)

// FindBrainMeasure returns the measure of that name. If it is not known, as may happen with
// one from a file, the result has the name alone.
func FindBrainMeasure(name string) BrainMeasure {
	if i := slices.IndexFunc(BrainMeasures, func(m BrainMeasure) bool { return m.Name == name }); i >= 0 {
		return BrainMeasures[i]
	}
	return BrainMeasure{Name: name, Words: name}
}
