package report

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// lead is what the convolutional network has ahead of the locally connected one:
// the gap that the others are to close.
type lead struct {
	conv, lc *Variant // nil where there is none
	top1     measure
	// points is by how much conv's top-1 is higher, a fraction; noEstimate where not
	// all of their runs are complete. It has no interval if a run does not say which
	// images were right.
	points estimate
}

// hasGap says that both networks are compared.
func (r *Report) hasGap() bool { return r.variant(Baseline) != nil && r.variant(Plain) != nil }

// variant returns the variant of that name, or nil.
func (r *Report) variant(name string) *Variant {
	i := slices.IndexFunc(r.Variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &r.Variants[i]
}

// closesGap says that the variant is one of those that are to close the gap.
func (v *Variant) closesGap() bool { return v.Local && v.Name != Baseline && v.Name != Plain }

// lead returns the lead, as far as it is known.
func (r *Report) lead() lead {
	l := lead{r.variant(Baseline), r.variant(Plain), r.headline().top1, noEstimate}
	if !r.hasGap() || !l.conv.finished() || !l.lc.finished() {
		return l
	}
	l.points = l.conv.ahead(l.lc, l.top1)
	return l
}

// ahead returns by how much the variant's top-1 is higher than that of lc, a
// fraction.
func (v *Variant) ahead(lc *Variant, top1 measure) estimate {
	value := v.meanTop1(top1) - lc.meanTop1(top1)
	of, _, ofLC := pairedRuns(v, v, lc)
	if ofLC == nil {
		return estimate{value, math.NaN(), math.NaN()}
	}
	var points []float64
	for _, d := range bootstrap(of, of, ofLC) {
		points = append(points, float64(d.variant)/float64(len(ofLC)*len(ofLC[0])))
	}
	return interval(value, points)
}

// clear says that there is something to win back: that the interval, if it is
// known, is above 0.
func (l lead) clear() bool {
	if l.points.known() {
		return l.points.low > 0
	}
	return l.points.value > 0
}

// shareOf returns which share of the gap a variant wins back: 0 if it is as good
// as lc, 1 if as conv. It is noEstimate where there is no clear gap or where not
// all of the variant's runs are complete.
func (l lead) shareOf(v *Variant) estimate {
	if !v.closesGap() || !v.finished() || !l.clear() {
		return noEstimate
	}
	share := estimate{(v.meanTop1(l.top1) - l.lc.meanTop1(l.top1)) / l.points.value, math.NaN(), math.NaN()}
	variant, conv, lc := pairedRuns(v, l.conv, l.lc)
	if lc == nil {
		return share
	}
	var shares []float64
	for _, d := range bootstrap(variant, conv, lc) {
		shares = append(shares, d.share())
	}
	return interval(share.value, shares)
}

// pairedRuns returns which images the runs of three variants were right about, by
// seed, or nothing if they are not of the same seeds and images or do not say.
func pairedRuns(variant, conv, lc *Variant) (ofVariant, ofConv, ofLC []Right) {
	for i, run := range lc.Runs {
		if len(variant.Runs) != len(lc.Runs) || len(conv.Runs) != len(lc.Runs) {
			return nil, nil, nil
		}
		for _, other := range []Run{variant.Runs[i], conv.Runs[i], lc.Runs[0]} {
			if len(run.Right) == 0 || len(other.Right) != len(run.Right) {
				return nil, nil, nil
			}
		}
		if variant.Runs[i].Seed != run.Seed || conv.Runs[i].Seed != run.Seed {
			return nil, nil, nil
		}
		ofVariant, ofConv, ofLC = append(ofVariant, variant.Runs[i].Right), append(ofConv, conv.Runs[i].Right), append(ofLC, run.Right)
	}
	return ofVariant, ofConv, ofLC
}

// images returns of how many images the results are, or 0 if no run says.
func (r *Report) images() int {
	for _, v := range r.Variants {
		for _, run := range v.Runs {
			if run.Right != nil {
				return len(run.Right)
			}
		}
	}
	return 0
}

// lastTop1 returns the measure in the variant's last epochs.
func (v *Variant) lastTop1(top1 measure) []float64 {
	var values []float64
	for _, e := range v.lastEpochs() {
		values = append(values, *top1.value(e))
	}
	return values
}

func (v *Variant) meanTop1(top1 measure) float64 { return stat.Mean(v.lastTop1(top1), nil) }

// top1Error is the standard error of the variant's mean top-1. The right images of
// a run that is not complete may be of an earlier epoch, and do not count.
func (v *Variant) top1Error(top1 measure, images int) float64 {
	var right []Right
	for _, run := range v.Runs {
		if run.Complete && run.Right != nil {
			right = append(right, run.Right)
		}
	}
	for _, other := range right {
		if len(right) != v.complete() || len(other) != len(right[0]) {
			right = nil
			break
		}
	}
	return standardError(v.lastTop1(top1), right, images)
}
