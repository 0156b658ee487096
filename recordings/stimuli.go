package recordings

import (
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/plaintext"
)

// maxStimuliFile is the longest stimuli.csv that is read, in bytes: some 500,000 stimuli.
const maxStimuliFile = 16 << 20

// stimuliFile is what a stimuli.csv says.
type stimuliFile struct {
	files      []string // as it names them
	lines      []int    // where each is named
	categories []string // nil if there are none
	notes      []string
}

// stimuliColumns are the columns of a stimuli.csv that matter, -1 where there is none.
type stimuliColumns struct {
	header                 []string
	file, category, number int
}

// parseStimuli returns the columns file and category of a stimuli.csv. Other columns do
// not matter.
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
	c, err := readStimuliHeader(rows)
	if err != nil {
		return nil, err
	}
	s := new(stimuliFile)
	var numbers rising
	for {
		row, line, err := rows.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if row, err = c.fit(row, line); err != nil {
			return nil, err
		}
		s.files, s.lines = append(s.files, row[c.file]), append(s.lines, line)
		if c.category >= 0 {
			s.categories = append(s.categories, row[c.category])
		}
		if c.number >= 0 {
			numbers.add(row[c.number])
		}
	}
	if len(s.files) == 0 {
		return nil, errors.New("no stimuli, only a header")
	}
	if err := s.checkCategories(c); err != nil {
		return nil, err
	}
	if numbers.broken {
		s.notes = append(s.notes, "rows are not in the order of their numbers, and the responses are taken to be in that of the rows")
	}
	if rows.windows1252 {
		s.notes = append(s.notes, "not in UTF-8, read as Windows-1252")
	}
	return s, nil
}

// readStimuliHeader reads the first row of a stimuli.csv.
func readStimuliHeader(rows *table) (c stimuliColumns, err error) {
	row, _, err := rows.next()
	if err == io.EOF {
		return c, errors.New("empty, want a header with a column file")
	}
	if err != nil {
		return c, err
	}
	c = stimuliColumns{header: slices.Clone(row), category: -1}
	if c.file, err = fileColumn(c.header); err != nil {
		return c, err
	}
	categories := columns(c.header, func(name string) bool { return name == "category" || name == "categories" })
	switch {
	case c.file < 0:
		return c, errors.Errorf("the header %.200q has no column file", c.header)
	case len(categories) > 1:
		return c, errors.Errorf("the header %.200q has two columns %s", c.header, c.header[categories[0]])
	case len(categories) == 1:
		c.category = categories[0]
	}
	c.number = slices.IndexFunc(c.header, isIndex)
	return c, nil
}

// fit returns a row with as many fields as the header has: empty ones at the end may be
// left out or be too many. It is an error if the row names no file.
func (c stimuliColumns) fit(row []string, line int) ([]string, error) {
	for len(row) < len(c.header) {
		row = append(row, "")
	}
	for _, field := range row[len(c.header):] {
		if field != "" {
			return nil, errors.Errorf("line %d has %d fields, the header %.200q has %d", line, len(row), c.header, len(c.header))
		}
	}
	if row[c.file] == "" {
		return nil, errors.Errorf("line %d names no file", line)
	}
	return row[:len(c.header)], nil
}

// checkCategories drops categories that are all empty, and notes which columns have no
// effect where there are no categories. It is an error if only some are empty.
func (s *stimuliFile) checkCategories(c stimuliColumns) error {
	if slices.ContainsFunc(s.categories, func(category string) bool { return category != "" }) {
		if k := slices.Index(s.categories, ""); k >= 0 {
			return errors.Errorf("line %d: %s has no category", s.lines[k], s.files[k])
		}
		return nil
	}
	s.categories = nil
	if c.category >= 0 {
		s.notes = append(s.notes, "the column category is empty")
		return nil
	}
	var others []string
	for i, name := range c.header {
		if i != c.file && name != "" && !isIndex(name) {
			others = append(others, strconv.Quote(name))
		}
	}
	if others != nil {
		s.notes = append(s.notes, "only the column file is read: none is called category, but "+plaintext.Few(others))
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

// rising checks that a column of whole numbers rises from row to row. A column that has
// anything else is not checked.
type rising struct {
	last           int
	begun, stopped bool
	broken         bool
}

func (r *rising) add(field string) {
	n, err := strconv.Atoi(field)
	r.stopped = r.stopped || err != nil
	r.broken = (r.broken || r.begun && n <= r.last) && !r.stopped
	r.begun, r.last = true, n
}
