// Package setting reads settings that people write as text, and shows them: values at
// places of a struct, such as those of flags, and lists. What it makes of a place is a
// function from the struct to a Value, so that a table of settings stands for any
// number of structs:
//
//	type options struct{ width int }
//	width := setting.Integer(func(o *options) *int { return &o.width })
//	var o options
//	err := width(&o).Set("8")
package setting

import (
	"strconv"

	"github.com/pkg/errors"
)

// Value is a setting as text. It is a flag.Value.
type Value interface {
	String() string
	Set(text string) error
	IsBoolFlag() bool // whether a flag without a value means true
}

// place is a Value at a place in memory.
type place[T any] struct {
	at    *T
	show  func(T) string
	parse func(string) (T, error)
	truth bool
}

func (p place[T]) String() string { // of the zero value, too, as package flag asks
	if p.at == nil {
		return ""
	}
	return p.show(*p.at)
}

func (p place[T]) Set(text string) error {
	x, err := p.parse(text)
	if err == nil {
		*p.at = x
	}
	return err
}

func (p place[T]) IsBoolFlag() bool { return p.truth }

// of makes values of a place in a struct S, with how they are shown and read.
func of[S, T any](at func(*S) *T, show func(T) string, parse func(string) (T, error)) func(*S) Value {
	return func(s *S) Value { return place[T]{at: at(s), show: show, parse: parse} }
}

func same(text string) string { return text }

// Text is any text.
func Text[S any](at func(*S) *string) func(*S) Value {
	return Checked(at, func(string) error { return nil })
}

// Checked is a text for which there is no error.
func Checked[S any](at func(*S) *string, check func(text string) error) func(*S) Value {
	return of(at, same, func(t string) (string, error) { return t, check(t) })
}

// Integer is a whole number, also a hexadecimal, octal or binary one as Go writes it.
func Integer[S any](at func(*S) *int) func(*S) Value {
	return of(at, strconv.Itoa, func(t string) (int, error) {
		n, err := strconv.ParseInt(t, 0, strconv.IntSize)
		return int(n), want(err, "a whole number")
	})
}

// Seed is a whole number of at least 0, likewise.
func Seed[S any](at func(*S) *uint64) func(*S) Value {
	return of(at, func(n uint64) string { return strconv.FormatUint(n, 10) }, func(t string) (uint64, error) {
		n, err := strconv.ParseUint(t, 0, 64)
		return n, want(err, "a whole number of at least 0")
	})
}

// Number is a number.
func Number[S any](at func(*S) *float64) func(*S) Value {
	return of(at, func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }, func(t string) (float64, error) {
		x, err := strconv.ParseFloat(t, 64)
		return x, want(err, "a number")
	})
}

// Truth is true or false.
func Truth[S any](at func(*S) *bool) func(*S) Value {
	return func(s *S) Value {
		return place[bool]{at(s), strconv.FormatBool, func(t string) (bool, error) {
			b, err := strconv.ParseBool(t)
			return b, want(err, "true or false")
		}, true}
	}
}

// want says what was wanted if there is an error.
func want(err error, what string) error {
	if err != nil {
		return errors.Errorf("want %s", what)
	}
	return nil
}

// List is names between commas.
func List[S any](at func(*S) *[]string) func(*S) Value {
	return of(at, joined, func(t string) ([]string, error) { return Names(t), nil })
}

// One is a list of one name.
func One[S any](at func(*S) *[]string) func(*S) Value {
	return of(at, joined, func(t string) ([]string, error) { return []string{t}, nil })
}

// IntegerList is whole numbers between commas.
func IntegerList[S any](at func(*S) *[]int) func(*S) Value {
	return of(at, joined, Integers)
}
