package speed

import (
	"fmt"
	"math"
	"slices"
)

// Aim is what a measure should come to.
type Aim struct {
	Measure string `json:"measure"`
	Value   string `json:"value"` // absent where it was not measured
	AtLeast string `json:"at_least"`
	Aim     string `json:"aim"`
	// Met says whether the value is at least what it should be; it is false
	// where there is no value.
	Met bool `json:"met"`
}

// aimsModel is the network that the aims are for, as published.
const aimsModel = "resnet20"

// bound is what a measure is compared with.
type bound struct {
	measure    string
	value      float64 // NaN where it was not measured
	show       func(float64) string
	limit, aim float64 // NaN for none
	upper      bool    // the value is to be at most the limit, instead of at least
	remark     string  // follows the value
}

// aims compares what was measured with what hypnos is to reach.
func (r *Result) aims(p *Plan) {
	var bounds []bound
	if p.networks && p.Model == aimsModel && p.Width == 0 {
		bounds = r.networkAims(p)
	}
	if p.FitUnits == fitUnits && len(r.section("fits")) > 0 {
		bounds = append(bounds, r.fitAims()...)
	}
	for _, b := range bounds {
		r.Aims = append(r.Aims, b.compare())
	}
}

// networkAims are what the network of the aims is to reach.
func (r *Result) networkAims(p *Plan) []bound {
	none := math.NaN()
	// step is a row of steps, on so many threads or, for 0, on any number.
	step := func(system, phase, variant string, batch, threads int) Row {
		return r.find(func(row Row) bool {
			return row.System == system && row.Phase == phase && row.Variant == variant && row.Batch == batch && (threads == 0 || row.Threads == threads)
		})
	}
	against := func(peer, phase, variant string, batch int) float64 {
		return absentIfZero(step(peer, phase, variant, batch, 0).Ratio)
	}
	oneThread := func(variant string) float64 {
		if p.threads == 1 {
			return none
		}
		return absentIfZero(step("hypnos", "train", variant, 128, 1).Ratio)
	}
	optimiser := r.find(func(row Row) bool { return row.Phase == "AdamW" && row.Variant == "lc" })
	bounds := []bound{
		{measure: "training step, locally connected, batch 128, against PyTorch", value: against("pytorch", "train", "lc", 128), show: times, limit: 10, aim: 15},
		{measure: "training step, locally connected, batch 32, against PyTorch", value: against("pytorch", "train", "lc", 32), show: times, limit: 8, aim: 12},
		{measure: "training step, convolutional, batch 128, against PyTorch", value: against("pytorch", "train", "conv", 128), show: times, limit: 1, aim: 1.5},
		{measure: "training step, convolutional, batch 128, against gorgonia", value: against("gorgonia", "train", "conv", 128), show: times, limit: 25, aim: 40},
		{measure: "evaluation, locally connected, batch 128, against PyTorch", value: against("pytorch", "evaluate", "lc", 128), show: times, limit: 8, aim: none},
		{measure: "evaluation, convolutional, batch 128, against PyTorch", value: against("pytorch", "evaluate", "conv", 128), show: times, limit: 1, aim: none},
	}
	for _, phase := range []struct {
		name       string
		limit, aim float64
	}{{forward, 0.7, 0.85}, {inputGradient, 0.7, 0.85}, {weightGradient, 0.5, 0.65}} {
		share, lowest := r.kernelShare(phase.name, p.machine.peak)
		bounds = append(bounds, bound{
			measure: "local layers of 32 or more channels, " + phase.name + ", share of peak", value: share, show: percent,
			limit: phase.limit, aim: phase.aim, remark: lowest,
		})
	}
	bounds = append(bounds,
		bound{measure: "instant sharing of the whole network, against PyTorch", value: against("pytorch", "share", "lc", 0), show: times, limit: 4, aim: none},
		bound{measure: "Hebbian sleep of the whole network, an iteration, against PyTorch", value: against("pytorch", "sleep", "lc", 0), show: times, limit: 10, aim: none},
		bound{measure: "AdamW over all parameters, locally connected, share of copy bandwidth", value: absentIfZero(optimiser.Share), show: percent, limit: 0.7, aim: none},
		bound{measure: fmt.Sprintf("%d threads against one, training step, locally connected, batch 128", p.threads), value: oneThread("lc"), show: times, limit: 1.7, aim: none},
		bound{measure: fmt.Sprintf("%d threads against one, training step, convolutional, batch 128", p.threads), value: oneThread("conv"), show: times, limit: 1.7, aim: none},
		bound{measure: "peak memory, training, locally connected, batch 128", value: step("hypnos", "train", "lc", 128, p.threads).PeakBytes, show: gigabytes, limit: 1.3e9, aim: 1e9, upper: true},
	)
	for _, variant := range VariantNames {
		bounds = append(bounds, bound{
			measure: "heap allocated per training step, " + variant + ", batch 128", value: step("hypnos", "train", variant, 128, p.threads).HeapBytes,
			show: func(x float64) string { return megabytes(x) + " MB" }, limit: 1e6, aim: 0, upper: true,
		})
	}
	return bounds
}

// compare shows the measure beside its bounds.
func (b bound) compare() Aim {
	a := Aim{Measure: b.measure, Value: absent, AtLeast: b.show(b.limit), Aim: absent}
	if b.upper {
		a.AtLeast = "at most " + a.AtLeast
	}
	if !math.IsNaN(b.aim) {
		a.Aim = b.show(b.aim)
	}
	if math.IsNaN(b.value) {
		return a
	}
	a.Value = b.show(b.value) + b.remark
	a.Met = b.value >= b.limit
	if b.upper {
		a.Met = b.value <= b.limit
	}
	return a
}

// find returns the first row that is wanted, or one in which nothing is measured.
func (r *Result) find(wanted func(Row) bool) Row {
	if i := slices.IndexFunc(r.Rows, wanted); i >= 0 {
		return r.Rows[i]
	}
	return Row{HeapBytes: math.NaN(), PeakBytes: math.NaN()}
}

// kernelShare returns the share of the peak that a phase of the local layers of
// 32 or more channels reaches, over all of them together, and says which of
// them reaches least.
func (r *Result) kernelShare(phase string, peak float64) (share float64, lowest string) {
	least := math.Inf(1)
	var operations, seconds float64
	for _, row := range r.section("layers") {
		if row.Variant != "lc" || row.Phase != phase || row.channels < 32 {
			continue
		}
		operations += float64(row.Count) * row.operations
		seconds += float64(row.Count) * row.Milliseconds / 1e3
		if row.Share < least {
			least, lowest = row.Share, fmt.Sprintf(" (least %s, %s)", percent(row.Share), row.Geometry)
		}
	}
	if seconds == 0 {
		return math.NaN(), ""
	}
	return operations / seconds / 1e9 / peak, lowest
}

func times(x float64) string { return digits(x) + "x" }

func gigabytes(x float64) string { return fmt.Sprintf("%.2f GB", x/1e9) }

func (r *Result) aimTable() *table {
	title := "Against the aims"
	if len(r.section("steps")) > 0 {
		title += ", ResNet-20"
	}
	t := &table{title: title, headings: []string{"measure", "value", "at least", "aim", "met"}, left: 1}
	for _, a := range r.Aims {
		met := "no"
		if a.Met {
			met = "yes"
		}
		if a.Value == absent {
			met = absent
		}
		t.add(a.Measure, a.Value, a.AtLeast, a.Aim, met)
	}
	return t
}
