package pytorch

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"hypnos/internal/golden"
	"hypnos/zoo"

	"hypnos/graph"
)

// The program computes the networks of hypnos: they have as many parameters and, with the
// values of the golden files, the losses in these.
func TestSameNetwork(t *testing.T) {
	python := interpreter(t)
	requests := "hello 1 resnet8 4\n"
	variants := []string{"conv", "lc"}
	for _, v := range variants {
		requests += fmt.Sprintf("train %s 2 1\nlosses %s 8 ../../../internal/golden/testdata/resnet8w4_%s.safetensors\n", v, v, v)
	}
	requests += "sleep lc 2 1\n"
	command := exec.CommandContext(t.Context(), python, "-c", Script)
	command.Stdin = strings.NewReader(requests)
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	answers := json.NewDecoder(strings.NewReader(string(out)))
	next := func() (a struct {
		Error      string
		Parameters int
		Losses     []float64
	}) {
		if err := answers.Decode(&a); err != nil || a.Error != "" {
			t.Fatalf("%v in\n%s", err, out)
		}
		return a
	}
	next() // hello
	for _, v := range variants {
		net, err := zoo.New("resnet8", zoo.Config{Width: 4, Connectivity: graph.Connectivity{Local: v == "lc"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := next().Parameters; got != net.ParameterCount() {
			t.Errorf("%s: %d parameters, hypnos has %d", v, got, net.ParameterCount())
		}
		golden.Check(t, v+" losses", next().Losses, golden.Open(t, "resnet8w4_"+v).Tensor("losses").Data, 1e-3)
	}
	next() // sleep
}

// The networks for ImageNet, which are convolutional alone, have as many parameters as
// those of hypnos.
func TestLargeNetworks(t *testing.T) {
	if testing.Short() {
		t.Skip("large networks")
	}
	python := interpreter(t)
	for _, model := range []string{"resnet18", "cornet-r", "cornet-rt", "cornet-s"} {
		net, err := zoo.New(model, zoo.Config{Blank: true})
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), python, "-c", Script)
		command.Stdin = strings.NewReader("hello 1 " + model + " 64\nevaluate conv 1 1\nevaluate lc 1 1\n")
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		answers := strings.Split(string(out), "\n")
		if strings.Contains(answers[1], "No module named 'torchvision'") {
			t.Skip("no torchvision here")
		}
		if want := fmt.Sprintf(`"parameters": %d`, net.ParameterCount()); !strings.Contains(answers[1], want) {
			t.Errorf("%s: %s, want %s", model, answers[1], want)
		}
		if !strings.Contains(answers[2], "as a convolutional network alone") {
			t.Errorf("%s, lc: %s, want an error", model, answers[2])
		}
	}
}

// interpreter returns a Python that has torch.
func interpreter(t *testing.T) string {
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.CommandContext(t.Context(), python, "-c", "import torch").Run() == nil {
			return python
		}
	}
	t.Skip("no Python with torch here")
	return ""
}
