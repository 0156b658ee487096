package natural

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Names in their order, whatever order they come in.
func TestCompare(t *testing.T) {
	for _, want := range [][]string{
		{"img1.png", "img2.png", "img9.png", "img10.png", "img11.png", "img100.png"},
		{"img1.png", "img01.png", "img001.png", "img2.png", "img02.png"},
		{"1.png", "18446744073709551615.png", "18446744073709551616.png", "99999999999999999999.png", "100000000000000000000.png"},
		{"a.jpg", "a.png", "a1.png", "a1(1).png", "b.png"},
		{"IMG_2.png", "IMG_10.png", "img_1.png"},
		{"2/10.png", "2/z/1.png", "10/1.png", "10/2.png"},
		{"a/1.png", "a/2.png", "a.png", "a1.png"},
		{"a2b3.png", "a2b10.png", "a10b1.png"},
		{"e.png", "f.png", "e\u0301.png", "e\u0301z.png", "\u00e9\u00e9.png"},
		{"", "a"},
	} {
		names := slices.Clone(want)
		for range 20 {
			rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
			slices.SortFunc(names, Compare)
			if !slices.Equal(names, want) {
				t.Fatalf("%q, want %q", names, want)
			}
		}
	}
}

// The order is total: no two names are equal, and what is before what is before
// a third is before that.
func TestOrder(t *testing.T) {
	name := rapid.StringMatching(`(0|1|00|12|a|A|-|\.|/|é|é){0,6}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := name.Draw(t, "a"), name.Draw(t, "b"), name.Draw(t, "c")
		if (Compare(a, b) == 0) != (a == b) || (Compare(a, b) < 0) != (Compare(b, a) > 0) {
			t.Errorf("%q and %q: %d, and back %d", a, b, Compare(a, b), Compare(b, a))
		}
		if Compare(a, b) < 0 && Compare(b, c) < 0 && Compare(a, c) >= 0 {
			t.Errorf("%q < %q < %q, but %d", a, b, c, Compare(a, c))
		}
	})
}
