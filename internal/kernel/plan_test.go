package kernel

import "testing"

// Which path each pass takes, by geometry, batch and the width of vectors.
func TestPlan(t *testing.T) {
	layer := func(c, o, kernel, stride, side, n int, shared bool) Local {
		padding := (kernel - 1) / 2
		size := (side+2*padding-kernel)/stride + 1
		return Local{
			H: side, W: side, C: c, N: n, OH: size, OW: size, O: o, KH: kernel, KW: kernel, StrideH: stride, StrideW: stride,
			DilationH: 1, DilationW: 1, Top: padding, Left: padding, Right: padding, Groups: 1, Shared: shared,
		}
	}
	dilated, grouped := layer(32, 32, 3, 1, 16, 16, true), layer(32, 32, 3, 1, 16, 1, true)
	dilated.DilationH, dilated.Top, dilated.OH = 2, 2, 16
	grouped.Groups = 4
	far := layer(16, 16, 3, 1, 8, 1, true) // its first field sees padding alone
	far.Left, far.OW = 3, 9
	for _, c := range []struct {
		name                                   string
		g                                      Local
		vector                                 int // the batch that fills one, on the processor that the case is of; 0 means any
		forward, inputGradient, weightGradient Path
	}{
		{"local", layer(16, 16, 3, 1, 32, 128, false), 0, ByRuns, ByRuns, ByRows},
		{"local, one image", layer(16, 16, 3, 1, 32, 1, false), 0, ByRuns, ByRuns, ByRows},
		{"local, a vector", layer(16, 16, 3, 1, 32, 16, false), 0, ByRuns, ByRuns, ByRows},
		{"local, more weights than a convolution may have", layer(512, 512, 3, 1, 2, 32, false), 0, ByRuns, ByRuns, ByRows},
		{"convolution", layer(16, 16, 3, 1, 32, 128, true), 0, ByRuns, ByRuns, ByParts},
		{"convolution, a vector of 16", layer(16, 16, 3, 1, 32, 16, true), 16, ByPairs, ByPairs, ByParts},
		{"convolution, a vector of 8", layer(16, 16, 3, 1, 32, 8, true), 8, ByPairs, ByPairs, ByParts},
		{"convolution, half a vector", layer(16, 16, 3, 1, 32, 8, true), 16, ByRuns, ByRuns, ByParts},
		{"convolution, two vectors", layer(16, 16, 3, 1, 32, 16, true), 8, ByRuns, ByRuns, ByParts},
		{"dilated, a vector of 16", dilated, 16, ByRuns, ByRuns, ByParts},
		{"one image", layer(16, 16, 3, 1, 32, 1, true), 0, ByChannels, ByChannels, ByPartsOfChannels},
		{"one image, stride 2", layer(16, 32, 3, 2, 32, 1, true), 0, ByChannels, ByRuns, ByPartsOfChannels},
		{"one image, far to the left", far, 0, ByChannels, ByRuns, ByPartsOfChannels},
		{"one image, groups", grouped, 0, ByRuns, ByRuns, ByParts},
		{"one image, wide", layer(512, 512, 3, 1, 7, 1, true), 0, ByChannels, ByChannels, ByPartsOfChannels},
		{"weights beyond the second-level cache, a small input", layer(512, 512, 3, 1, 7, 128, true), 0, ByBlocks, ByBlocks, BySums},
		{"a million weights, a large input", layer(512, 512, 2, 2, 56, 32, true), 0, ByRuns, ByRuns, ByParts},
		{"four million weights, a large input", layer(1024, 1024, 2, 2, 56, 32, true), 0, ByBlocks, ByBlocks, ByParts},
		{"more weights than inputs", layer(64, 64, 3, 1, 4, 32, true), 0, ByRuns, ByRuns, BySums},
		{"linear", Local{H: 1, W: 1, C: 512, N: 128, OH: 1, OW: 1, O: 1000, KH: 1, KW: 1, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1, Shared: true}, 0, ByRuns, ByRuns, BySums},
	} {
		t.Run(c.name, func(t *testing.T) {
			tried := false
			eachPath(t, func(t *testing.T) {
				if c.vector > 0 && !twins(c.vector) || c.vector == 0 && twins(c.g.N) && c.g.Shared {
					return
				}
				tried = true
				p := NewPlan(c.g)
				if p.Forward != c.forward || p.InputGradient != c.inputGradient || p.WeightGradient != c.weightGradient {
					t.Errorf("%v; want %v", p, Plan{c.g, c.forward, c.inputGradient, c.weightGradient})
				}
			})
			if !tried && c.vector == 0 {
				t.Error("no processor was tried")
			}
		})
	}
	if got, want := NewPlan(layer(16, 16, 3, 1, 32, 128, false)).String(), "forward by runs, input gradient by runs, weight gradient by rows"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	for n, want := range map[int]Path{1: ByLocations, 8: ByLocations, 31: ByLocations, 32: ByChannelRows, 33: ByLocations, 40: ByChannelRows, 128: ByChannelRows} {
		if got := NormPath(n); got != want {
			t.Errorf("batch %d: a norm by %v, want %v", n, got, want)
		}
	}
	if got := Path(-1).String(); got != "Path(-1)" {
		t.Error(got)
	}
}
