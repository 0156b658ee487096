package results

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Gap is the lead of the convolutional network over the locally connected one, which the
// other variants are meant to close.
type Gap struct {
	// Lead is by how much conv's top-1 is higher, a fraction; NaN if some of their runs
	// are not complete. It has no interval if a run does not say which images were right.
	Lead Estimate

	conv, lc *Variant // nil if they are not compared
	top1     EpochMeasure
}

// HasGap tells whether both networks are compared.
func (c *Comparison) HasGap() bool { return c.variant(Baseline) != nil && c.variant(Plain) != nil }

// variant returns the variant of that name, or nil.
func (c *Comparison) variant(name string) *Variant {
	i := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Variants[i]
}

// ClosesGap tells whether the variant is meant to close the gap.
func (v *Variant) ClosesGap() bool { return v.Local && v.Name != Baseline && v.Name != Plain }

// Gap returns the gap, with as much of it as is known.
func (c *Comparison) Gap() Gap {
	g := Gap{noEstimate, c.variant(Baseline), c.variant(Plain), c.Headline().Top1}
	if c.HasGap() && g.conv.Finished() && g.lc.Finished() {
		g.Lead = g.Ahead(g.conv)
	}
	return g
}

// Ahead returns by how much a variant's top-1 is higher than that of lc, a fraction. All
// runs of both must be complete.
func (g Gap) Ahead(v *Variant) Estimate {
	value := v.meanTop1(g.top1) - g.lc.meanTop1(g.top1)
	variant, _, lc := pairedRuns(v, v, g.lc)
	if lc == nil {
		return Estimate{value, math.NaN(), math.NaN()}
	}
	var points []float64
	for _, d := range bootstrap(variant, variant, lc) {
		points = append(points, float64(d.variant)/float64(len(lc)*len(lc[0])))
	}
	return interval(value, points)
}

// Clear tells whether there is something to win back: whether the lead, and its interval if
// that is known, is above 0.
func (g Gap) Clear() bool {
	if g.Lead.Known() {
		return g.Lead.Low > 0
	}
	return g.Lead.Value > 0
}

// share returns which share of the gap a variant wins back: 0 if it is as good as lc, 1 if
// it is as good as conv. It is noEstimate if the gap is not clear, or some of the variant's
// runs are not complete.
func (g Gap) share(v *Variant) Estimate {
	if !v.ClosesGap() || !v.Finished() || !g.Clear() {
		return noEstimate
	}
	share := Estimate{(v.meanTop1(g.top1) - g.lc.meanTop1(g.top1)) / g.Lead.Value, math.NaN(), math.NaN()}
	variant, conv, lc := pairedRuns(v, g.conv, g.lc)
	if lc == nil {
		return share
	}
	var shares []float64
	for _, d := range bootstrap(variant, conv, lc) {
		shares = append(shares, d.share())
	}
	return interval(share.Value, shares)
}

// pairedRuns returns which images the runs of three variants were right about, by seed; nil
// if a run does not say, or if they are not of the same seeds and as many images.
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

// Images returns how many images the results are of, 0 if no run says which were right.
func (c *Comparison) Images() int {
	for _, v := range c.Variants {
		for _, run := range v.Runs {
			if run.Right != nil {
				return len(run.Right)
			}
		}
	}
	return 0
}

// lastTop1 returns the top-1 in the variant's last epochs.
func (v *Variant) lastTop1(top1 EpochMeasure) []float64 {
	var values []float64
	for _, e := range v.LastEpochs() {
		values = append(values, *top1.Value(e))
	}
	return values
}

func (v *Variant) meanTop1(top1 EpochMeasure) float64 { return stat.Mean(v.lastTop1(top1), nil) }

// top1Error returns the standard error of the variant's mean top-1. It does not use which
// images an incomplete run was right about: they may be from an earlier epoch.
func (v *Variant) top1Error(top1 EpochMeasure, images int) float64 {
	var right []Right
	for _, run := range v.Runs {
		if run.Complete && run.Right != nil {
			right = append(right, run.Right)
		}
	}
	for _, other := range right {
		if len(right) != v.CompleteRuns() || len(other) != len(right[0]) {
			right = nil
			break
		}
	}
	return standardError(v.lastTop1(top1), right, images)
}
