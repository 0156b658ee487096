// Package names gives the constants of a type, which count from 0, their names on a command
// line.
package names

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pkg/errors"
)

// List has the name of each constant, by its number.
type List []string

// Has tells whether there is a constant of this number.
func (l List) Has(i int) bool { return i >= 0 && i < len(l) }

// Of returns the name of a constant or, where there is none, its type with its number, such
// as Kind(9).
func (l List) Of(i int, kind string) string {
	if !l.Has(i) {
		return fmt.Sprintf("%s(%d)", kind, i)
	}
	return l[i]
}

// Find returns the number of the constant of that name. The error, if there is none, begins
// with what it is, such as "train: unknown schedule", and lists all.
func (l List) Find(what, name string) (int, error) {
	if i := slices.Index(l, name); i >= 0 {
		return i, nil
	}
	return 0, errors.Errorf("%s %q, want one of %v", what, name, l)
}

// String lists the names.
func (l List) String() string { return strings.Join(l, ", ") }
