package kernel

import (
	"testing"

	"pgregory.net/rapid"
)

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
