package plotting

import (
	"testing"

	"gonum.org/v1/plot/vg"
)

func TestFitted(t *testing.T) {
	const width = 60 * vg.Length(1)
	long, other := fitted("untrained resnet18, lc-sleep-10", 9, width), fitted("untrained resnet18, lc-sleep-20", 9, width)
	if long == other || textWidth(long, 9) > width {
		t.Errorf("%q and %q", long, other)
	}
	if got := fitted("a\nb", 9, width); got != "a�b" {
		t.Errorf("a short name becomes %q", got)
	}
	if got := fitted("wide", 9, 0); got != "…" {
		t.Errorf("no room: %q", got)
	}
}
