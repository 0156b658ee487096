package speed

import (
	"math"
	"time"

	"hypnos/bench/results"
)

// Result is what was measured.
type Result struct {
	Command     string            `json:"command"`
	Started     time.Time         `json:"started"`
	Seconds     float64           `json:"seconds"` // how long it took
	Interrupted bool              `json:"interrupted"`
	Machine     []results.Setting `json:"machine"`  // see results.Machine
	Versions    []results.Setting `json:"versions"` // see results.Versions
	Settings    []results.Setting `json:"settings"`
	Notes       []string          `json:"notes"` // what is not measured, and why
	Rows        []Row             `json:"rows"`
	Aims        []Aim             `json:"aims"`
}

// Row is one measurement. A number that does not apply is 0, or NaN where 0
// would be an answer.
type Row struct {
	Section  string // machine, layers, passes, data, steps or fits
	System   string // of steps and fits: hypnos, or a peer's name
	Version  string // of the system
	Variant  string // conv or lc, of fits pls or ridge
	Batch    int
	Threads  int
	Layer    string // the first of those that are equal
	Geometry string
	Count    int // layers of that geometry
	Phase    string
	Path     string // of layers and norms, how it is computed: see kernel.Plan

	Milliseconds float64 // median, of a step or of a pass
	Steps        int     // that were measured
	Rate         float64
	Unit         string  // of Rate: GFLOP/s, GB/s or images/s
	Share        float64 // of the peak of all threads or of the copy bandwidth
	Ratio        float64 // of steps and fits: time as a multiple of that of hypnos on all threads
	Score        float64 // of fits: median r of neuroids, predicted and measured
	HeapBytes    float64 // allocated per step after warm-up
	PeakBytes    float64 // most memory resident in the process

	channels   int     // the smaller number of a layer's two sides
	operations float64 // of a pass or a step
}

func (r *Result) add(row Row) {
	if row.Section != "steps" && row.Section != "fits" {
		row.HeapBytes, row.PeakBytes = math.NaN(), math.NaN()
	}
	r.Rows = append(r.Rows, row)
}

// gigaflops is the row's speed in GFLOP/s, 0 where it has none.
func (r Row) gigaflops() float64 {
	if r.operations == 0 {
		return 0
	}
	return r.operations / r.Milliseconds / 1e6
}
