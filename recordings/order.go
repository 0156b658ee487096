package recordings

import (
	"fmt"
	"path"
	"regexp"
	"strconv"
	"strings"

	"hypnos/internal/natural"
)

// otherOrders are orders other than the natural one that a user may have meant.
var otherOrders = []struct {
	name    string
	compare func(a, b string) int
}{
	{"an order with negative numbers", func(a, b string) int { return natural.Compare(signed(a), signed(b)) }},
	{"the order of bytes", strings.Compare},
	{"an order without regard to capitals", func(a, b string) int { return natural.Compare(strings.ToLower(a), strings.ToLower(b)) }},
	{"an order of files before folders", func(a, b string) int {
		if folder := strings.TrimPrefix(path.Dir(b)+"/", "./"); path.Dir(a) != path.Dir(b) && strings.HasPrefix(a, folder) {
			return 1 // a lies deeper in the folder of b
		}
		return 0
	}},
	{"an order by endings", func(a, b string) int {
		return strings.Compare(strings.ToLower(path.Ext(a)), strings.ToLower(path.Ext(b)))
	}},
}

// numberInName matches a number in a name, with its minus unless that joins it to a word
// or to another number.
var numberInName = regexp.MustCompile(`(^|[^0-9A-Za-z])-[0-9]+|[0-9]+`)

// signed adds 10¹⁸ to the numbers in a name, those of 19 digits or more aside, so that in
// natural order negative numbers come before others.
func signed(name string) string {
	return numberInName.ReplaceAllStringFunc(name, func(number string) string {
		before, digits, negative := strings.Cut(number, "-")
		if !negative {
			before, digits = "", number
		}
		value, err := strconv.ParseInt(digits, 10, 64)
		if err != nil || value >= 1e18 {
			return number
		}
		if negative {
			value = -value
		}
		return before + strconv.FormatInt(1e18+value, 10)
	})
}

// orderDoubt says how names in natural order would be sorted otherwise by another order,
// "" if they are the same in all orders.
func orderDoubt(names []string) string {
	for _, other := range otherOrders {
		for i := range max(len(names)-1, 0) {
			if a, b := names[i], names[i+1]; other.compare(a, b) > 0 {
				return fmt.Sprintf("%s before %s, where %s has %s first", a, b, other.name, b)
			}
		}
	}
	return ""
}
