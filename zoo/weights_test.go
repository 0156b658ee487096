package zoo

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"hypnos/graph"
	"hypnos/internal/golden"
)

func newCheckpointed(t *testing.T, c graph.Connectivity) *graph.Network {
	t.Helper()
	net, err := New("resnet8", Config{Width: 4, Input: graph.Size{Channels: 3, Height: 16, Width: 16}, Connectivity: c, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// PyTorch's own checkpoints of a trained network, bare and from DataParallel,
// give its logits, convolutional and copied to every location, and after a
// round trip through safetensors.
func TestCheckpoints(t *testing.T) {
	f := golden.Open(t, "resnet8w4_conv")
	images, want := f.Tensor("x").Float32(), f.Tensor("logits_eval").Data
	for _, name := range []string{"resnet8w4_conv.pth", "resnet8w4_conv_dataparallel.pth"} {
		t.Run(name, func(t *testing.T) {
			conv := newCheckpointed(t, graph.Connectivity{})
			if err := conv.Load(filepath.Join("../internal/checkpoint/testdata", name), graph.LoadOptions{}); err != nil {
				t.Fatal(err)
			}
			answer := logits(t, conv, images)
			golden.Check(t, "logits", answer, want, 1e-5)
			for _, tensor := range []string{"bn1.running_mean", "bn1.running_var", "fc.weight"} {
				golden.Check(t, tensor, conv.Parameter(tensor).Data, f.Tensor("final."+tensor).Data, 0)
			}

			path := filepath.Join(t.TempDir(), "saved")
			if err := conv.Save(path); err != nil {
				t.Fatal(err)
			}
			local := newCheckpointed(t, graph.Connectivity{Local: true})
			if err := local.Load(path, graph.LoadOptions{}); err != nil {
				t.Fatal(err)
			}
			exact := make([]float64, len(answer))
			for i, v := range answer {
				exact[i] = float64(v)
			}
			golden.Check(t, "logits of the local network", logits(t, local, images), exact, 1e-5)
		})
	}
}

// A checkpoint with a damaged tensor changes nothing.
func TestDamagedCheckpoint(t *testing.T) {
	raw, err := os.ReadFile("../internal/checkpoint/testdata/resnet8w4_conv.pth")
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)/2]++
	path := filepath.Join(t.TempDir(), "damaged.pth")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	net := newCheckpointed(t, graph.Connectivity{})
	images := golden.Open(t, "resnet8w4_conv").Tensor("x").Float32()
	before := logits(t, net, images)
	if err := net.Load(path, graph.LoadOptions{}); err == nil || !strings.Contains(err.Error(), "checksum error") {
		t.Errorf("error %v, want one of a checksum", err)
	}
	if !slices.Equal(logits(t, net, images), before) {
		t.Error("the network has changed")
	}
}
