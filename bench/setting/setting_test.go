package setting

import (
	"slices"
	"testing"

	"github.com/pkg/errors"
)

type options struct {
	text, checked string
	integer       int
	seed          uint64
	number        float64
	truth         bool
	list          []string
	integers      []int
}

func notEmpty(text string) error {
	if text == "" {
		return errors.New("want something")
	}
	return nil
}

// What a value shows is what sets it, and what it cannot read leaves it as it was.
func TestValues(t *testing.T) {
	for name, c := range map[string]struct {
		value            func(*options) Value
		text, shown, bad string
		complaint        string
	}{
		"text":     {Text(func(o *options) *string { return &o.text }), "a,b", "a,b", "", ""},
		"checked":  {Checked(func(o *options) *string { return &o.checked }, notEmpty), "a", "a", "", "want something"},
		"integer":  {Integer(func(o *options) *int { return &o.integer }), "0x10", "16", "1.5", "want a whole number"},
		"seed":     {Seed(func(o *options) *uint64 { return &o.seed }), "18446744073709551615", "18446744073709551615", "-1", "want a whole number of at least 0"},
		"number":   {Number(func(o *options) *float64 { return &o.number }), "0.50", "0.5", "half", "want a number"},
		"truth":    {Truth(func(o *options) *bool { return &o.truth }), "1", "true", "yes", "want true or false"},
		"list":     {List(func(o *options) *[]string { return &o.list }), "a, b", "a,b", "", ""},
		"one":      {One(func(o *options) *[]string { return &o.list }), "a,b", "a,b", "", ""},
		"integers": {IntegerList(func(o *options) *[]int { return &o.integers }), "1, 20", "1,20", "1,x", `"x" in "1,x" is not a whole number`},
	} {
		var o, other options
		v := c.value(&o)
		if err := v.Set(c.text); err != nil || v.String() != c.shown {
			t.Errorf("%s: %q, %v, want %q", name, v, err, c.shown)
		}
		if err := c.value(&other).Set(v.String()); err != nil || c.value(&other).String() != c.shown {
			t.Errorf("%s: set to %q it is %q, %v", name, v, c.value(&other), err)
		}
		if v.IsBoolFlag() != (name == "truth") {
			t.Errorf("%s: IsBoolFlag() = %v", name, v.IsBoolFlag())
		}
		if c.complaint == "" {
			continue
		}
		if err := v.Set(c.bad); err == nil || err.Error() != c.complaint || v.String() != c.shown {
			t.Errorf("%s: %q sets it to %q, error %v, want %s", name, c.bad, v, err, c.complaint)
		}
	}
	var o options
	One(func(o *options) *[]string { return &o.list })(&o).Set("a,b")
	if !slices.Equal(o.list, []string{"a,b"}) {
		t.Errorf("one name is %q", o.list)
	}
}

func TestDistinct(t *testing.T) {
	if err := Distinct("variant %q", []string{"conv", "lc"}); err != nil {
		t.Error(err)
	}
	for want, err := range map[string]error{
		`variant "lc" stands twice in "lc,conv,lc"`:      Distinct("variant %q", Names("lc, conv,lc")),
		`a batch of 8 images stands twice in "8,1,8,16"`: Distinct("a batch of %d images", []int{8, 1, 8, 16}),
	} {
		if err == nil || err.Error() != want {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}
