package graph

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MismatchError is the error of weights that do not fit a network. Its text has
// counts and a few names; the lists have all, each with shapes.
type MismatchError struct {
	Path      string   // of the file
	Missing   []string // what the network has and the file has not
	Misshapen []string // what has another shape in the file
	Unread    []string // what cannot be read, and why
	Unknown   []string // what the file has and the network has not

	where string // in the file
	hint  string
}

// mismatchRoom is how many bytes the text has for the names of a list.
const mismatchRoom = 72

// Error implements error, in one line.
func (e *MismatchError) Error() string {
	var faults []string
	for _, list := range e.lists() {
		if len(list.names) == 0 {
			continue
		}
		shown, room := []string(nil), mismatchRoom
		for _, name := range list.names {
			if room -= len(name); room < 0 && shown != nil {
				break
			}
			shown = append(shown, cut(name, mismatchRoom))
		}
		if len(shown) < len(list.names) {
			shown = append(shown, "…")
		}
		faults = append(faults, fmt.Sprintf("%d %s (%s)", len(list.names), list.what, strings.Join(shown, ", ")))
	}
	return fmt.Sprintf("graph: the weights in %s do not fit the network%s: %s%s", e.Path, e.where, strings.Join(faults, ", "), e.hint)
}

// Lines returns all of the lists, a line each.
func (e *MismatchError) Lines() []string {
	var lines []string
	for _, list := range e.lists() {
		for _, name := range list.names {
			lines = append(lines, list.what+": "+name)
		}
	}
	return lines
}

type faultList struct {
	what  string
	names []string
}

func (e *MismatchError) lists() []faultList {
	return []faultList{{"missing", e.Missing}, {"misshapen", e.Misshapen}, {"unreadable", e.Unread}, {"not of the network", e.Unknown}}
}

// shown is a name of a file as it can be shown: nothing that a terminal would obey.
func shown(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) || !utf8.ValidString(name) {
		name = strconv.QuoteToASCII(cut(name, 200))
	}
	return cut(name, 200)
}

// cut shortens a text to so many bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most] + "…"
}

// few are the first names of a list.
func few(names []string) string {
	const most = 3
	list := make([]string, 0, most+1)
	for _, name := range names[:min(len(names), most)] {
		list = append(list, cut(shown(name), mismatchRoom))
	}
	if len(names) > most {
		list = append(list, "…")
	}
	return strings.Join(list, ", ")
}

// dimensions writes a shape as 4×3×3×3.
func dimensions(shape []int) string {
	if len(shape) == 0 {
		return "a single value"
	}
	if len(shape) > 8 {
		return fmt.Sprintf("%d axes", len(shape))
	}
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", "×"), "[]")
}
