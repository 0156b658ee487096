package recordings

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/plaintext"
)

// maxStimuliFile is the longest stimuli.csv that is read, in bytes: of some
// 500,000 stimuli.
const maxStimuliFile = 16 << 20

// stimuliFile is what a stimuli.csv says.
type stimuliFile struct {
	files      []string // that it names, as it does
	lines      []int    // of each
	categories []string // nil if it has no such column
	notes      []string
}

// parseStimuli returns the columns file and category of a stimuli.csv. Other
// columns do not matter.
func parseStimuli(contents []byte) (*stimuliFile, error) {
	if len(contents) > maxStimuliFile {
		return nil, errors.Errorf("%d bytes or more, want at most %d", len(contents), maxStimuliFile)
	}
	rows, err := newTable(contents, func(header []string) bool {
		file, err := fileColumn(header)
		return file >= 0 || err != nil
	})
	if err != nil {
		return nil, err
	}
	header, _, err := rows.next()
	if err == io.EOF {
		return nil, errors.New("empty, want a header with a column file")
	}
	if err != nil {
		return nil, err
	}
	header = slices.Clone(header)
	file, err := fileColumn(header)
	if err != nil {
		return nil, err
	}
	categories := columns(header, func(name string) bool { return name == "category" || name == "categories" })
	switch {
	case file < 0:
		return nil, errors.Errorf("the header %.200q has no column file", header)
	case len(categories) > 1:
		return nil, errors.Errorf("the header %.200q has two columns %s", header, header[categories[0]])
	}
	s := new(stimuliFile)
	var given []string // categories
	var index rising
	numbered := slices.IndexFunc(header, isIndex)
	for {
		row, line, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		for len(row) < len(header) { // what is empty may be left out at the end
			row = append(row, "")
		}
		for _, field := range row[len(header):] {
			if field != "" {
				return nil, errors.Errorf("line %d has %d fields, the header %.200q has %d", line, len(row), header, len(header))
			}
		}
		if row[file] == "" {
			return nil, errors.Errorf("line %d names no file", line)
		}
		s.files, s.lines = append(s.files, row[file]), append(s.lines, line)
		if categories != nil {
			given = append(given, row[categories[0]])
		}
		if numbered >= 0 {
			index.add(row[numbered])
		}
	}
	if len(s.files) == 0 {
		return nil, errors.New("no stimuli, only a header")
	}
	return s, s.complete(header, file, given, rows.windows1252, numbered >= 0 && index.broken)
}

// complete takes the categories, if there are any, and says what has no effect.
func (s *stimuliFile) complete(header []string, file int, categories []string, windows1252, disordered bool) error {
	none := !slices.ContainsFunc(categories, func(c string) bool { return c != "" })
	if k := slices.Index(categories, ""); k >= 0 && !none {
		return errors.Errorf("line %d: %s has no category", s.lines[k], s.files[k])
	}
	var others []string
	for i, name := range header {
		if i != file && name != "" && !isIndex(name) {
			others = append(others, strconv.Quote(name))
		}
	}
	switch {
	case !none:
		s.categories = categories
	case categories != nil:
		s.notes = append(s.notes, "the column category is empty")
	case others != nil:
		s.notes = append(s.notes, "only the column file is read: none is called category, but "+plaintext.Few(others))
	}
	if disordered {
		s.notes = append(s.notes, "rows are not in the order of their numbers, and the responses are taken to be in that of the rows")
	}
	if windows1252 {
		s.notes = append(s.notes, "not in UTF-8, read as Windows-1252")
	}
	return nil
}

// isIndex reports whether a column of this name numbers the rows.
func isIndex(name string) bool {
	switch strings.ToLower(name) {
	case "", "index", "order", "position", "number", "nr", "no", "row", "unnamed: 0":
		return true
	}
	return false
}

// rising looks whether whole numbers rise from row to row.
type rising struct {
	last           int
	begun, stopped bool
	broken         bool
}

func (r *rising) add(field string) {
	n, err := strconv.Atoi(field)
	r.stopped = r.stopped || err != nil // they are no numbers
	r.broken = (r.broken || r.begun && n <= r.last) && !r.stopped
	r.begun, r.last = true, n
}
