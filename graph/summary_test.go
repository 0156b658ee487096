package graph

import (
	"strings"
	"testing"
)

// Layers that are computed in one pass have one answer between them, what repeats
// has no parameters, and what is frozen has neither gradient nor moments.
func TestSummary(t *testing.T) {
	for _, c := range []struct {
		net  *Network
		want string
	}{
		{newTiny(t, Connectivity{Local: true, Convolutional1x1: true, Frozen1x1: true}, 1), `layer     kind                                              output  parameters  multiply-adds  activations of 10
images    input                                             2×6×5   0           0              2.4 kB
conv1     local                                             4×6×5   2164        2160           4.8 kB
bn1       batch norm                                        4×6×5   8           0              0 B
relu1     relu                                              4×6×5   0           0              4.8 kB
conv2     local                                             6×3×3   1026        972            2.16 kB
shortcut  convolution                                       6×3×3   24, frozen  216            2.16 kB
add       add                                               6×3×3   0           0              2.16 kB
relu2     relu                                              6×3×3   0           0              2.16 kB
pool      global average pool                               6×1×1   0           0              240 B
fc        linear                                            3×1×1   21          18             120 B
total     locally connected, 1x1 convolutional, 1x1 frozen          3243        3366           26.2 kB

memory for training on batches of 10 with AdamW: 77 kB
  weights 13 kB, gradients 348 B, moments of AdamW 25.8 kB, activations and their gradients 26.2 kB, evaluation 11.8 kB
`},
		{newRecurrent(t, Connectivity{}), `layer       kind                 output  parameters  multiply-adds  activations of 10
images      input                2×6×5   0           0              2.4 kB
V1.conv     convolution          2×6×5   4           120            2.4 kB
V1.norm     group norm           2×6×5   4           0              2.4 kB
V1.relu     relu                 2×6×5   0           0              2.4 kB
V1.pool     max pool             2×3×3   0           0              720 B
V1.conv.t1  convolution          2×3×3   as V1.conv  36             720 B
V1.norm.t1  group norm           2×3×3   as V1.norm  0              720 B
V1.zeros    zeros                2×3×3   0           0              720 B
V1.skip.t1  add                  2×3×3   0           0              720 B
V1.relu.t1  relu                 2×3×3   0           0              720 B
pool        global average pool  2×1×1   0           0              80 B
fc          linear               3×1×1   9           6              120 B
total       convolutional                17          162            17 kB

memory for training on batches of 10 with AdamW: 25.1 kB
  weights 68 B, gradients 52 B, moments of AdamW 136 B, activations and their gradients 17 kB, evaluation 7.92 kB
`},
	} {
		var b strings.Builder
		if err := c.net.WriteSummary(&b, 10); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("summary is\n%s, want\n%s", b.String(), c.want)
		}
	}
}
