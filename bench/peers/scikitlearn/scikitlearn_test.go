package scikitlearn_test

import (
	"encoding/json"
	"math"
	"os/exec"
	"strings"
	"testing"

	"hypnos/bench/peers"
	"hypnos/bench/peers/scikitlearn"
	"hypnos/bench/speed"
)

// The program fits the same data as hypnos, and its predictions are as good.
func TestSameFits(t *testing.T) {
	requests := "hello 1 none 1\nfit pls 300 1\nfit ridge 300 2\nfit lasso 300 1\n"
	command := exec.CommandContext(t.Context(), interpreter(t), "-c", scikitlearn.Script)
	command.Stdin = strings.NewReader(requests)
	sklearn, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var hypnos strings.Builder
	if err := speed.Work(strings.NewReader(requests), &hypnos); err != nil {
		t.Fatal(err)
	}
	sklearnAnswers, hypnosAnswers := json.NewDecoder(strings.NewReader(string(sklearn))), json.NewDecoder(strings.NewReader(hypnos.String()))
	for _, request := range strings.Split(strings.TrimSpace(requests), "\n") {
		var x, y peers.Answer
		if sklearnAnswers.Decode(&x) != nil || hypnosAnswers.Decode(&y) != nil {
			t.Fatalf("answers\n%sand\n%s", sklearn, hypnos.String())
		}
		if !(math.Abs(x.Score-y.Score) < 1e-3) || len(x.Seconds) != len(y.Seconds) || x.Parameters != y.Parameters || (x.Error == "") != (y.Error == "") {
			t.Errorf("%s: answer %+v, that of hypnos %+v", request, x, y)
		}
		if strings.Contains(request, "pls") && !(x.Score > 0.2) {
			t.Errorf("%s: r is %v", request, x.Score)
		}
	}
}

// interpreter returns a Python that has scikit-learn.
func interpreter(t *testing.T) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import sklearn, threadpoolctl").Run() == nil {
			return python
		}
	}
	t.Skip("no Python with scikit-learn here")
	return ""
}
