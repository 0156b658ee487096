package results_test

import (
	"encoding/json"
	"slices"
	"testing"

	"hypnos/bench/results"
)

// A Right is the same after JSON; it is an error if the bits are too few or too many.
func TestRightJSON(t *testing.T) {
	for n := range 18 {
		want := make(results.Right, n)
		for i := range want {
			want[i] = i%3 == 0
		}
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got results.Right
		if err := json.Unmarshal(text, &got); err != nil || !slices.Equal(got, want) {
			t.Errorf("%v is %v after %s, %v", want, got, text, err)
		}
	}
	for _, text := range []string{`{"images":9,"bits":"AA=="}`, `{"images":-1,"bits":""}`, `{"images":0,"bits":"AA=="}`, `{"images":8,"bits":"?"}`, `[true]`} {
		var r results.Right
		if err := json.Unmarshal([]byte(text), &r); err == nil {
			t.Errorf("%s is %v", text, r)
		}
	}
}
