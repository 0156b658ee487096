// Package format writes names, numbers and tables as people read them: on a
// terminal, in Markdown, on a page and in figures.
package format

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Absent is what people see in place of a value that does not exist.
const Absent = "–"

// Number writes x in a format of package fmt, NaN as Absent and infinities as ∞ and −∞.
// The minus of a finite number stays a hyphen: see Minus.
func Number(format string, x float64) string {
	switch {
	case math.IsNaN(x):
		return Absent
	case math.IsInf(x, 1):
		return "∞"
	case math.IsInf(x, -1):
		return "−∞"
	}
	return fmt.Sprintf(format, x)
}

// Decimals writes x with a number of decimals or, from 10,000 on, as its order of
// magnitude: 0.250, −0.125, 1e+05. NaN and infinities are written as Number does.
func Decimals(x float64, decimals int) string {
	const large = 1e4
	if math.Abs(x) >= large {
		return strings.ReplaceAll(Number("%.0e", x), "-", "−")
	}
	return Minus(Number(fmt.Sprintf("%%.%df", decimals), x))
}

// Minus writes a minus sign in place of the hyphen before a number, and none before 0.
func Minus(number string) string {
	if strings.Trim(number, "-0.") == "" {
		return strings.TrimPrefix(number, "-")
	}
	return strings.Replace(number, "-", "−", 1)
}

// PlusMinus joins a value and its error, both already written: 0.25 ± 0.02. If either is
// Absent, the result is the value alone.
func PlusMinus(value, err string) string {
	if value == Absent || err == Absent {
		return value
	}
	return value + " ± " + err
}

// Score writes a score of likeness and its error, if it has one, with three
// decimals: 0.250 ± 0.020.
func Score(value, err float64) string {
	return PlusMinus(Decimals(value, 3), Decimals(err, 3))
}

// Grouped writes a count with a comma between its thousands.
func Grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// Counted writes a count of things, named in the singular: 1 seed, 2,000 images.
func Counted(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return Grouped(n) + " " + thing + "s"
}
