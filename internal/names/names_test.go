package names

import "testing"

func TestList(t *testing.T) {
	l := List{"fast", "graph"}
	for i, want := range map[int]string{-1: "Engine(-1)", 0: "fast", 1: "graph", 2: "Engine(2)"} {
		if got := l.Of(i, "Engine"); got != want || l.Has(i) != (i == 0 || i == 1) {
			t.Errorf("%d is %q, and there is one: %t", i, got, l.Has(i))
		}
	}
	if i, err := l.Find("unknown engine", "graph"); i != 1 || err != nil {
		t.Errorf("graph is %d, %v", i, err)
	}
	if _, err := l.Find("unknown engine", "slow"); err == nil || err.Error() != `unknown engine "slow", want one of fast, graph` {
		t.Error(err)
	}
}
