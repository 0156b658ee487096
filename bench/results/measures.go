package results

import "strings"

// EpochMeasure is a number that every epoch has. Its entry in EpochMeasures decides all
// that files, tables and figures say of it.
type EpochMeasure struct {
	Name  string                // column and file name
	Value func(*Epoch) *float64 // where it is stored

	Final bool // the mean and deviation over runs of its last values are results
	Local bool // exists only where there are local layers

	// A measure that has an axis label is drawn against the epoch.
	Axis    string
	Title   string // of the figure
	Percent bool   // a fraction, drawn in percent
	Log     bool   // drawn on a logarithmic axis
	// Rounding is the value from which on weights are equal in float32, and the measure
	// says only how they were rounded; 0 if there is none.
	Rounding float64
	// Ideal is a value that says nothing if all epochs have it: then the measure is not
	// drawn; 0 if there is none.
	Ideal float64
	// If they differ, the axis reaches at least from Low to High.
	Low, High float64
}

var (
	test       = evaluated("test", "test", func(e *Epoch) *Evaluation { return &e.Test })
	validation = evaluated("validation", "validation", func(e *Epoch) *Evaluation { return &e.Validation })
	trainEval  = evaluated("train_eval", "training images, evaluated:", func(e *Epoch) *Evaluation { return &e.TrainEval })

	trainLoss   = EpochMeasure{Name: "train_loss", Value: func(e *Epoch) *float64 { return &e.TrainLoss }, Final: true, Axis: "training loss (nats)", Title: "Training loss"}
	poolSNR     = EpochMeasure{Name: "pool_snr", Value: func(e *Epoch) *float64 { return &e.PoolSNR }, Final: true, Local: true, Axis: "w-SNR of pools (ratio, log scale)", Title: "Weight signal-to-noise ratio within pools", Log: true, Rounding: 1e12}
	sleepSpread = EpochMeasure{Name: "sleep_spread", Value: func(e *Epoch) *float64 { return &e.Spread }, Final: true, Local: true, Axis: "distance to the fixed point (share)", Title: "What a sleep leaves of the distance to its fixed point", Log: true}
	sleepCosine = EpochMeasure{Name: "sleep_cosine", Value: func(e *Epoch) *float64 { return &e.Cosine }, Final: true, Local: true, Axis: "cosine", Title: "Cosine of the pools' mean weights to those before a sleep", Low: 0.9, High: 1, Ideal: 1}
	seconds     = EpochMeasure{Name: "seconds", Value: func(e *Epoch) *float64 { return &e.Seconds }}
)

// WeightSNR is the signal-to-noise ratio of the weights of local layers.
var WeightSNR = EpochMeasure{Name: "weight_snr", Value: func(e *Epoch) *float64 { return &e.SNR }, Final: true, Local: true, Axis: "weight SNR (ratio, log scale)", Title: "Weight signal-to-noise ratio", Log: true, Rounding: 1e6}

// Equal tells whether a value is that of weights which are equal but for rounding. A
// deviation of a millionth of the mean, say, is only eight times the precision of float32.
func (m EpochMeasure) Equal(v float64) bool { return m.Rounding > 0 && v >= m.Rounding }

// EvaluationMeasures are the measures of an evaluation on a set of images.
type EvaluationMeasures struct {
	Images           string // which images, in words
	Top1, Top5, Loss EpochMeasure
}

func evaluated(name, images string, evaluation func(*Epoch) *Evaluation) EvaluationMeasures {
	words := images + " top-1"
	return EvaluationMeasures{
		Images: images,
		Top1:   EpochMeasure{Name: name + "_top1", Value: func(e *Epoch) *float64 { return &evaluation(e).Top1 }, Final: true, Axis: words + " (%)", Title: strings.ToUpper(words[:1]) + words[1:], Percent: true},
		Top5:   EpochMeasure{Name: name + "_top5", Value: func(e *Epoch) *float64 { return &evaluation(e).Top5 }, Final: true},
		Loss:   EpochMeasure{Name: name + "_loss", Value: func(e *Epoch) *float64 { return &evaluation(e).Loss }, Final: true},
	}
}

// Headline returns the measures that variants are compared by: those of the images that
// Mode names.
func (c *Comparison) Headline() EvaluationMeasures {
	if c.Mode == "validation" {
		return validation
	}
	return test
}

// EpochMeasures are all the measures of an epoch, in the order of their columns and
// figures.
var EpochMeasures = []EpochMeasure{
	{Name: "learning_rate", Value: func(e *Epoch) *float64 { return &e.LearningRate }},
	test.Top1, test.Top5, test.Loss,
	validation.Top1, validation.Top5, validation.Loss,
	trainEval.Top1, trainEval.Top5, trainEval.Loss,
	trainLoss,
	{Name: "train_top1", Value: func(e *Epoch) *float64 { return &e.TrainTop1 }, Final: true},
	WeightSNR,
	poolSNR,
	sleepSpread,
	sleepCosine,
	seconds,
}

// LayerMeasure is a number that every local layer has at every epoch.
type LayerMeasure struct {
	EpochMeasure // the same measure of the whole network
	Layer        func(*Layer) *float64
}

// LayerMeasures are all the measures of a layer, in the order of their columns
// and figures.
var LayerMeasures = []LayerMeasure{
	{WeightSNR, func(l *Layer) *float64 { return &l.SNR }},
	{poolSNR, func(l *Layer) *float64 { return &l.PoolSNR }},
	{sleepSpread, func(l *Layer) *float64 { return &l.Spread }},
	{sleepCosine, func(l *Layer) *float64 { return &l.Cosine }},
}
