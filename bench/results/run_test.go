package results_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"hypnos/bench/results"
)

// storedRun is a run as checkpoints have had it since they keep scores of the brain.
const storedRun = `{"seed":7,"complete":false,"epochs":[{"epoch":4,` +
	`"layers":[{"layer":"conv1","weight_snr":0.25,"pool_snr":"+Inf","sleep_spread":0,"sleep_cosine":1}],` +
	`"learning_rate":8e-08,"pool_snr":1.3697097655921883e+13,"seconds":0.5,"sleep_cosine":1,"sleep_spread":0,"step":248,` +
	`"test_loss":1.75,"test_top1":0.375,"test_top5":0.875,"train_eval_loss":"NaN","train_eval_top1":"NaN","train_eval_top5":"NaN",` +
	`"train_loss":1.5,"train_top1":0.25,"validation_loss":"NaN","validation_top1":"NaN","validation_top5":"NaN","weight_snr":0.125}],` +
	`"right":{"images":3,"bits":"BQ=="},` +
	`"brain":[{"area":"layer3","ceiling_error":"NaN","ceiling_high":"NaN","ceiling_low":"NaN","error":0.0625,"explained_variance":"NaN",` +
	`"measure":"RSA (Spearman)","model":"lc","p":0.001,"region":"monkey IT","seed":7,"squared_ratio":"NaN","value":0.1875}]}`

// A run in a checkpoint is read correctly, and written again with the same bytes.
func TestStoredRun(t *testing.T) {
	var run results.Run
	if err := json.Unmarshal([]byte(storedRun), &run); err != nil {
		t.Fatal(err)
	}
	e := run.Epochs[0]
	if run.Seed != 7 || run.Complete || e.Epoch != 4 || e.Step != 248 || e.Test != (results.Evaluation{Loss: 1.75, Top1: 0.375, Top5: 0.875}) ||
		e.SNR != 0.125 || e.Cosine != 1 || !math.IsNaN(e.Validation.Loss) || e.Layers[0].SNR != 0.25 || !math.IsInf(e.Layers[0].PoolSNR, 1) {
		t.Errorf("it is %+v", run)
	}
	if !slices.Equal(run.Right, results.Right{true, false, true}) || run.Brain[0].Value != 0.1875 || run.Brain[0].Area != "layer3" || !math.IsNaN(run.Brain[0].Low) {
		t.Errorf("right %v, scores %+v", run.Right, run.Brain)
	}
	text, err := json.Marshal(run)
	if err != nil || string(text) != storedRun {
		t.Errorf("it is written as\n%s, %v", text, err)
	}
}
