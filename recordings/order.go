package recordings

import (
	"fmt"
	"path"
	"strings"

	"hypnos/internal/natural"
)

// otherOrders are those by which names may be meant to be sorted.
var otherOrders = []struct {
	name    string
	compare func(a, b string) int
}{
	{"the order of bytes", strings.Compare},
	{"an order without regard to capitals", func(a, b string) int { return natural.Compare(strings.ToLower(a), strings.ToLower(b)) }},
	{"an order of files before folders", func(a, b string) int {
		if folder := strings.TrimPrefix(path.Dir(b)+"/", "./"); path.Dir(a) != path.Dir(b) && strings.HasPrefix(a, folder) {
			return 1 // b is in a folder that that of a is in
		}
		return 0
	}},
	{"an order by endings", func(a, b string) int {
		return strings.Compare(strings.ToLower(path.Ext(a)), strings.ToLower(path.Ext(b)))
	}},
}

// doubt says by which other order names would be sorted otherwise than in the
// natural order, in which they are: nothing if they sort alike in all.
func doubt(names []string) string {
	for _, other := range otherOrders {
		for i := range max(len(names)-1, 0) {
			if a, b := names[i], names[i+1]; other.compare(a, b) > 0 {
				return fmt.Sprintf("%s before %s, where %s has %s first", a, b, other.name, b)
			}
		}
	}
	return ""
}
