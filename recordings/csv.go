package recordings

import (
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/plaintext"
	"hypnos/ventral"
)

// maxResponsesTable is the longest responses.csv that is read, in bytes.
const maxResponsesTable = 128 << 20

// matrix is a table of numbers with the labels of its rows and columns.
type matrix struct {
	values                  []float64 // row by row
	rows, columns           int
	rowLabels, columnLabels []string // nil where there are none
	lines                   []int    // of the file, where each row is
	unread                  []string // names of columns that are left out
}

// readCSV returns the responses to a number of stimuli in a table without repetitions,
// stimuli × neuroids or neuroids × stimuli. Names of pictures that label its rows or its
// columns tell which it is, and the order of the pictures; without them its shape does.
// It is an error if neither does. known reports whether a name is that of a picture.
func readCSV(r io.Reader, size int64, stimuli int, known func(name string) bool) (*responses, error) {
	if size > maxResponsesTable {
		return nil, errors.Errorf("%d bytes, want at most %d: save responses.npy, which may be larger", size, maxResponsesTable)
	}
	contents, err := io.ReadAll(io.LimitReader(r, size))
	if err != nil {
		return nil, err
	}
	m, inRows, err := readMatrix(contents, stimuli, known)
	if err != nil {
		return nil, err
	}
	var notes []string
	if m.unread != nil {
		notes = append(notes, "columns that are not read: "+plaintext.Few(m.unread))
	}
	inColumns := !inRows && namePictures(m.columnLabels, known)
	inRows = inRows || namePictures(m.rowLabels, known)
	files, where := m.rowLabels, func(i int) string { return fmt.Sprintf("line %d", m.lines[i]) }
	switch {
	case inRows && inColumns:
		return nil, errors.New("pictures are named both before rows and above columns")
	case inColumns:
		files, where = m.columnLabels, func(i int) string { return fmt.Sprintf("column %d of responses", i+1) }
	case inRows:
	case m.rows == stimuli && m.columns == stimuli:
		return nil, errors.Errorf("%d rows and %d columns: which are the stimuli? A column file with the names of the pictures tells", m.rows, m.columns)
	case m.rows != stimuli && m.columns != stimuli:
		return nil, errors.Errorf("%d rows and %d columns of numbers, but there are %d pictures", m.rows, m.columns, stimuli)
	default:
		inRows = m.rows == stimuli
		labels := m.rowLabels
		if !inRows {
			labels = m.columnLabels
		}
		if k := slices.IndexFunc(labels, isText); k >= 0 {
			notes = append(notes, fmt.Sprintf("no picture is called as the stimuli are, such as %.40q: their order is taken to be that of the pictures", labels[k]))
		} else if !rise(labels) {
			notes = append(notes, "stimuli are not in the order of their numbers, and are taken to be in that of the pictures")
		}
		files = nil
	}
	neuroids, shown := m.rows, m.columns
	if inRows {
		neuroids, shown = m.columns, m.rows
	}
	if shown != stimuli {
		return nil, errors.Errorf("responses to %d stimuli, but there are %d pictures", shown, stimuli)
	}
	if !inRows {
		m.transpose()
	}
	if i := slices.IndexFunc(m.values, math.IsNaN); i >= 0 {
		return nil, errors.Errorf("the response of neuroid %d to stimulus %d is absent", i%neuroids, i/neuroids)
	}
	of, err := ventral.NewRepetitions(stimuli, neuroids, 1, m.values)
	return &responses{of: of, files: files, where: where, notes: notes}, err
}

func (m *matrix) transpose() {
	values := make([]float64, len(m.values))
	for i := range m.rows {
		for j := range m.columns {
			values[j*m.rows+i] = m.values[i*m.columns+j]
		}
	}
	m.values = values
}

// notResponses matches the names, in lower case, of columns that number or describe what
// is in a row.
var notResponses = regexp.MustCompile(`^(|index|order|position|number|nr|no|row|unnamed: 0|(.*[_ ])?id|neuroid|neuron|unit|channel|cell|` +
	`trial|rep(eat|etition)?|run|block|session|subject|animal|monkey|region|area|layer|condition|object|categor(y|ies)|label|class)$`)

// sheet is a table as it stands in its file, with all its columns.
type sheet struct {
	matrix
	header []string // nil if the first row is numbers already
	file   int      // the column with the names of pictures, -1 if the header names none
	commas bool     // fields are separated by commas
}

// readMatrix returns the numbers of a table. inRows is whether its header says that a
// column has the names of pictures.
func readMatrix(contents []byte, stimuli int, known func(name string) bool) (m *matrix, inRows bool, err error) {
	t, err := newTable(contents, func(header []string) bool {
		column, err := fileColumn(header)
		return err != nil || column >= 0
	})
	if err != nil {
		return nil, false, err
	}
	row, line, err := t.next()
	if err == io.EOF {
		return nil, false, errors.New("empty")
	}
	if err != nil {
		return nil, false, err
	}
	s := sheet{matrix: matrix{columns: len(row)}, commas: t.reader.Comma == ','}
	if s.file, err = fileColumn(row); err != nil {
		return nil, false, err
	}
	if s.file >= 0 || isHeader(row, stimuli, known) {
		s.header = slices.Clone(row)
		if row, line, err = t.next(); err == nil && len(row) == len(s.header)+1 {
			s.unshiftHeader()
		}
	}
	for ; err == nil; row, line, err = t.next() {
		if err := s.add(row, line); err != nil {
			return nil, false, err
		}
	}
	switch {
	case err != io.EOF:
		return nil, false, err
	case s.rows == 0:
		return nil, false, errors.New("no numbers, only a header")
	}
	s.separate(stimuli, known)
	if s.columns == 0 {
		return nil, false, errors.New("no numbers between commas, semicolons or tabs")
	}
	return &s.matrix, s.file >= 0, nil
}

// unshiftHeader puts a nameless column in front of the header: R leaves that of the row
// labels out.
func (s *sheet) unshiftHeader() {
	s.header = append([]string{""}, s.header...)
	s.columns++
	if s.file >= 0 {
		s.file++
	}
}

// describes reports whether a column numbers or describes what is in a row.
func (s *sheet) describes(column int) bool {
	return s.header != nil && notResponses.MatchString(strings.ToLower(s.header[column]))
}

// add adds a row of numbers, in which the first column, that of the pictures and those
// that describe may have something else. Its label is the name of the picture or, while
// there is no such column, the first field.
func (s *sheet) add(row []string, line int) error {
	if s.rows == maxFields {
		return errors.Errorf("line %d: more than %d rows", line, maxFields)
	}
	if len(row) != s.columns {
		return errors.Errorf("line %d has %d fields, the first %d", line, len(row), s.columns)
	}
	s.rows++
	s.rowLabels, s.lines = append(s.rowLabels, strings.Clone(row[max(s.file, 0)])), append(s.lines, line)
	for j, field := range row {
		value, ok := number(field)
		if s.commas && strings.Contains(field, ",") {
			ok = false // 1,234 may be a thousand or one
		}
		if !ok && j > 0 && j != s.file && !s.describes(j) {
			return errors.Errorf("line %d, column %d: %.40q is no number", line, j+1, field)
		}
		s.values = append(s.values, value)
	}
	return nil
}

// separate leaves only the columns of responses among the values, and labels the rows
// and columns.
func (s *sheet) separate(stimuli int, known func(name string) bool) {
	labelled := s.file < 0 && (s.describes(0) || slices.ContainsFunc(s.rowLabels, isText) || areLabels(s.rowLabels, stimuli, known))
	if s.file < 0 && !labelled {
		s.rowLabels = nil
	}
	var columns []int
	for j := range s.columns {
		described := s.describes(j)
		if described && j != s.file && j > 0 && s.header[j] != "" {
			s.unread = append(s.unread, strconv.Quote(s.header[j]))
		}
		if described || j == s.file || labelled && j == 0 {
			continue
		}
		columns = append(columns, j)
		if s.header != nil {
			s.columnLabels = append(s.columnLabels, s.header[j])
		}
	}
	s.keep(columns)
}

// isHeader reports whether the first row of a table names its columns, and is not the
// numbers of a neuroid or stimulus, with its name in front or without.
func isHeader(row []string, stimuli int, known func(name string) bool) bool {
	names := row[1:]
	return notResponses.MatchString(strings.ToLower(row[0])) || areLabels(row, stimuli, known) || areLabels(names, stimuli, known) || slices.ContainsFunc(names, isText) ||
		isText(row[0]) && !slices.ContainsFunc(names, func(name string) bool { return !known(name) })
}

// keep leaves out all columns but these.
func (m *matrix) keep(columns []int) {
	kept := m.values[:0]
	for i := range m.rows {
		for _, j := range columns {
			kept = append(kept, m.values[i*m.columns+j])
		}
	}
	m.values, m.columns = kept, len(columns)
}

// number returns the value of a field, NaN if it is empty. Decimals may follow a comma.
func number(field string) (value float64, ok bool) {
	if field == "" || strings.EqualFold(field, "NA") {
		return math.NaN(), true
	}
	value, err := strconv.ParseFloat(field, 64)
	if err != nil && strings.Count(field, ",") == 1 {
		value, err = strconv.ParseFloat(strings.Replace(field, ",", ".", 1), 64)
	}
	return value, err == nil
}

// isText reports whether a field is no number.
func isText(field string) bool {
	_, ok := number(field)
	return !ok
}

// namePictures reports whether labels are names of pictures: words, of which at least one
// is that of a picture, or numbers that are all names of pictures and do not just count.
func namePictures(labels []string, known func(name string) bool) bool {
	if slices.ContainsFunc(labels, isText) {
		return slices.ContainsFunc(labels, known)
	}
	return labels != nil && !counts(labels) && !slices.ContainsFunc(labels, func(label string) bool { return !known(label) })
}

// areLabels reports whether fields, which may be numbers, are labels and not responses:
// they count, or are the names of all pictures, once each.
func areLabels(fields []string, stimuli int, known func(name string) bool) bool {
	if len(fields) < 3 || counts(fields) {
		return len(fields) > 2
	}
	unknown := func(field string) bool { return !known(field) }
	return len(fields) == stimuli && len(slices.Compact(slices.Sorted(slices.Values(fields)))) == stimuli && !slices.ContainsFunc(fields, unknown)
}

// rise reports whether fields are numbers that rise. It is true if any is no number.
func rise(fields []string) bool {
	var r rising
	for _, field := range fields {
		r.add(field)
	}
	return !r.broken
}

// counts reports whether fields are 0, 1, 2, … or 1, 2, 3, ….
func counts(fields []string) bool {
	first := 0
	if len(fields) > 0 && fields[0] == "1" {
		first = 1
	}
	for i, field := range fields {
		if field != strconv.Itoa(first+i) {
			return false
		}
	}
	return true
}
