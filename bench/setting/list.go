package setting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
)

// Names reads names between commas. Spaces around them do not count.
func Names(list string) []string {
	names := strings.Split(list, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}

// Integers reads whole numbers between commas; an empty list is none.
func Integers(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var numbers []int
	for _, field := range Names(list) {
		n, err := strconv.Atoi(field)
		if err != nil {
			return nil, errors.Errorf("%q in %q is not a whole number", field, list)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}

// Distinct is an error if something stands twice in a list. The format says what that
// is, as in "variant %q".
func Distinct[T comparable](format string, list []T) error {
	for i, one := range list {
		if slices.Contains(list[:i], one) {
			return errors.Errorf(format+" stands twice in %q", one, joined(list))
		}
	}
	return nil
}

// joined writes a list with commas.
func joined[T any](list []T) string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = fmt.Sprint(one)
	}
	return strings.Join(texts, ",")
}
