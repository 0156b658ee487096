package kernel

import (
	"testing"

	"pgregory.net/rapid"
)

// Layers whose weight gradients are computed in several blocks side by side.
func TestBlocksAgainstOracle(t *testing.T) {
	for name, g := range map[string]Local{
		"large locations":     {H: 3, W: 7, C: 64, N: 2, O: 64, StrideW: 1},
		"many channels":       {H: 3, W: 9, C: 200, N: 64, O: 2, StrideW: 1, Shared: true},
		"strided":             {H: 3, W: 18, C: 200, N: 64, O: 2, StrideW: 2, Shared: true},
		"local, strided":      {H: 3, W: 18, C: 200, N: 64, O: 2, StrideW: 2},
		"one image":           {H: 2, W: 130, C: 256, N: 1, O: 2, StrideW: 1, Shared: true},
		"dilated, in groups":  {H: 3, W: 12, C: 202, N: 64, O: 2, StrideW: 1, Shared: true, DilationW: 2, Groups: 2},
		"padded on one side":  {H: 3, W: 9, C: 200, N: 64, O: 2, StrideW: 1, Shared: true, Left: 5, Right: 0},
		"local, padded alone": {H: 3, W: 4, C: 200, N: 64, O: 2, StrideW: 1, Left: 6, Right: 6},
	} {
		t.Run(name, func(t *testing.T) {
			g.KH, g.KW, g.StrideH, g.DilationH, g.Top, g.OH = 3, 3, 1, 1, 1, g.H
			g.DilationW, g.Groups = max(g.DilationW, 1), max(g.Groups, 1)
			if g.Left == 0 {
				g.Left, g.Right = 1, 1
			}
			g.OW = (g.Left+g.W+g.Right-g.windowWidth())/g.StrideW + 1
			if len(g.blocks(1, max(gradientTogether/g.weights(), 1))) < 2 {
				t.Fatal("a single block")
			}
			checkLocal[float32](t, g, 1, 2e-5)
			checkLocal[float64](t, g, 2, 1e-13)
		})
	}
}

// Blocks, and parts, hold each location once, and blocks are dealt out evenly.
func TestBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 40)
		g := Local{
			OH: size.Draw(t, "OH"), OW: size.Draw(t, "OW"), C: size.Draw(t, "C"), N: size.Draw(t, "N") * 8, O: 1,
			KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1,
		}
		threads, widest := rapid.IntRange(1, 16).Draw(t, "threads"), size.Draw(t, "widest")
		blocks := g.blocks(threads, widest)
		for name, blocks := range map[string][]block{"blocks": blocks, "parts": g.parts()} {
			seen := make([]int, g.OH*g.OW)
			for _, b := range blocks {
				if name == "blocks" && (b.empty() || b.ow1-b.ow0 > widest) {
					t.Fatalf("block %v, at most %d wide", b, widest)
				}
				for oh := b.oh0; oh < b.oh1; oh++ {
					for ow := b.ow0; ow < b.ow1; ow++ {
						seen[oh*g.OW+ow]++
					}
				}
			}
			for location, count := range seen {
				if count != 1 {
					t.Fatalf("location %d is in %d %s", location, count, name)
				}
			}
		}
		across := g.across(widest)
		if n := len(blocks); n < across*g.OH && (n < 2*threads || n%threads > 0 && n < 8*threads) {
			t.Fatalf("%d blocks for %d threads", n, threads)
		}
		if n := len(g.parts()); n > 2*partsPerGradient {
			t.Fatalf("%d parts", n)
		}
	})
}
