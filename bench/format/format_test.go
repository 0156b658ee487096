package format

import (
	"math"
	"strings"
	"testing"
)

func TestNumbers(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct{ got, want string }{
		{Grouped(0), "0"}, {Grouped(999), "999"}, {Grouped(1000), "1,000"}, {Grouped(40800000), "40,800,000"}, {Grouped(-1234), "-1,234"},
		{Counted(1, "seed"), "1 seed"}, {Counted(0, "seed"), "0 seeds"}, {Counted(2000, "image"), "2,000 images"},
		{Number("%.1f", nan), Absent}, {Number("%.1f", math.Inf(1)), "∞"}, {Number("%.1f", math.Inf(-1)), "−∞"}, {Number("%.1f", -0.25), "-0.2"},
		{Decimals(-0.125, 3), "−0.125"}, {Decimals(-0.0004, 3), "0.000"}, {Decimals(0.346, 2), "0.35"}, {Decimals(-123456, 3), "−1e+05"}, {Decimals(nan, 3), Absent},
		{Minus("-0.0"), "0.0"}, {Minus("-1.0"), "−1.0"}, {Minus("+1.0"), "+1.0"},
		{Score(0.25, 0.02), "0.250 ± 0.020"}, {Score(0.25, nan), "0.250"}, {Score(nan, 0.02), Absent},
	} {
		if c.got != c.want {
			t.Errorf("shows %q, want %q", c.got, c.want)
		}
	}
}

func TestTables(t *testing.T) {
	rows := [][]string{{"model", "PLS", "RSA", "CKA"}, {"a|b", "1", "−0.5", "∞"}}
	if got, want := Table(rows), "model   PLS    RSA   CKA\na|b       1   −0.5     ∞\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := MarkdownTable(rows), "| model | PLS | RSA | CKA |\n| :--- | ---: | ---: | ---: |\n| a\\|b | 1 | −0.5 | ∞ |\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// With 18 letters two columns fit beside the first, with 24 all.
	for width, want := range map[int]string{24: "model PLS RSA CKA", 23: "model PLS RSA|model CKA", 18: "model PLS RSA|model CKA", 17: "model PLS RSA CKA"} {
		var got []string
		for _, table := range Narrow(rows, width) {
			got = append(got, strings.Join(table[0], " "))
		}
		if strings.Join(got, "|") != want {
			t.Errorf("%d letters: %q, want %q", width, got, want)
		}
	}
}

func TestText(t *testing.T) {
	if got := Printable("a\nb\x1b"); got != "a�b�" {
		t.Errorf("printable %q", got)
	}
	if got, want := Wrap("aa  bb cc\nδδδ longer", 5), "aa bb\ncc\nδδδ\nlonger\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
