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

// matrix is a table of numbers, with what stands above and before them.
type matrix struct {
	values        []float64 // row by row
	rows, columns int
	above, before []string // of each column and of each row; nil for nothing
	lines         []int    // of each row
	unread        []string // names of columns that are left out
}

// readCSV returns the responses to a number of stimuli in a table, of stimuli ×
// neuroids or neuroids × stimuli, without repetitions. Which it is tell the names
// of pictures before its rows or above its columns, which are also their order,
// or else its shape. It is an error if neither does.
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
	inColumns := !inRows && namePictures(m.above, known)
	inRows = inRows || namePictures(m.before, known)
	found, where := m.before, func(i int) string { return fmt.Sprintf("line %d", m.lines[i]) }
	switch {
	case inRows && inColumns:
		return nil, errors.New("pictures are named both before rows and above columns")
	case inColumns:
		found, where = m.above, func(i int) string { return fmt.Sprintf("column %d of responses", i+1) }
	case inRows:
	case m.rows == stimuli && m.columns == stimuli:
		return nil, errors.Errorf("%d rows and %d columns: which are the stimuli? A column file with the names of the pictures tells", m.rows, m.columns)
	case m.rows != stimuli && m.columns != stimuli:
		return nil, errors.Errorf("%d rows and %d columns of numbers, but there are %d pictures", m.rows, m.columns, stimuli)
	default:
		inRows = m.rows == stimuli
		if !inRows {
			found = m.above
		}
		if k := slices.IndexFunc(found, isText); k >= 0 {
			notes = append(notes, fmt.Sprintf("no picture is called as the stimuli are, such as %.40q: their order is taken to be that of the pictures", found[k]))
		} else if !rise(found) {
			notes = append(notes, "stimuli are not in the order of their numbers, and are taken to be in that of the pictures")
		}
		found = nil
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
	return &responses{of: of, files: found, where: where, notes: notes}, err
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

// notResponses are the names, in lower case, of columns that number or describe
// what is in a row.
var notResponses = regexp.MustCompile(`^(|index|order|position|number|nr|no|row|unnamed: 0|(.*[_ ])?id|neuroid|neuron|unit|channel|cell|` +
	`trial|rep(eat|etition)?|run|block|session|subject|animal|monkey|region|area|layer|condition|object|categor(y|ies)|label|class)$`)

// readMatrix reads a table. inRows is whether its header says that a column has
// the names of pictures.
func readMatrix(contents []byte, stimuli int, known func(name string) bool) (m *matrix, inRows bool, err error) {
	t, err := newTable(contents, func(header []string) bool {
		column, err := fileColumn(header)
		return err != nil || column >= 0
	})
	if err != nil {
		return nil, false, err
	}
	first, line, err := t.next()
	if err == io.EOF {
		return nil, false, errors.New("empty")
	}
	if err != nil {
		return nil, false, err
	}
	row := slices.Clone(first)
	file, err := fileColumn(row)
	if err != nil {
		return nil, false, err
	}
	var header []string
	if file >= 0 || isHeader(row, stimuli, known) {
		header = row
		if row, line, err = t.next(); err == nil && len(row) == len(header)+1 {
			header = append([]string{""}, header...) // R leaves it out
			if file >= 0 {
				file++
			}
		}
	}
	describes := func(j int) bool { return header != nil && notResponses.MatchString(strings.ToLower(header[j])) }
	m = &matrix{columns: max(len(header), len(first))}
	for ; err == nil; row, line, err = t.next() {
		if len(m.before) == maxFields {
			return nil, false, errors.Errorf("line %d: more than %d rows", line, maxFields)
		}
		if len(row) != m.columns {
			return nil, false, errors.Errorf("line %d has %d fields, the first %d", line, len(row), m.columns)
		}
		m.before, m.lines = append(m.before, strings.Clone(row[max(file, 0)])), append(m.lines, line)
		for j, field := range row {
			value, ok := number(field)
			if t.reader.Comma == ',' && strings.Contains(field, ",") {
				ok = false // 1,234 may be a thousand or one
			}
			if !ok && j > 0 && j != file && !describes(j) {
				return nil, false, errors.Errorf("line %d, column %d: %.40q is no number", line, j+1, field)
			}
			m.values = append(m.values, value) // also of what is left out below
		}
	}
	switch m.rows = len(m.before); {
	case err != io.EOF:
		return nil, false, err
	case m.rows == 0:
		return nil, false, errors.New("no numbers, only a header")
	}
	labelled := file < 0 && (describes(0) || slices.ContainsFunc(m.before, isText) || areLabels(m.before, stimuli, known))
	if file < 0 && !labelled {
		m.before = nil
	}
	m.keep(func(j int) bool {
		described := describes(j)
		if described && j != file && j > 0 && header[j] != "" {
			m.unread = append(m.unread, strconv.Quote(header[j]))
		}
		if !described && j != file && !(labelled && j == 0) {
			if header != nil {
				m.above = append(m.above, header[j])
			}
			return true
		}
		return false
	})
	if m.columns == 0 {
		return nil, false, errors.New("no numbers between commas, semicolons or tabs")
	}
	return m, file >= 0, nil
}

// isHeader reports whether the first row of a table is no numbers behind a name.
func isHeader(row []string, stimuli int, known func(name string) bool) bool {
	names := row[1:]
	return notResponses.MatchString(strings.ToLower(row[0])) || areLabels(row, stimuli, known) || areLabels(names, stimuli, known) || slices.ContainsFunc(names, isText) ||
		isText(row[0]) && !slices.ContainsFunc(names, func(name string) bool { return !known(name) })
}

// keep leaves out other columns.
func (m *matrix) keep(wanted func(column int) bool) {
	var columns []int
	for j := range m.columns {
		if wanted(j) {
			columns = append(columns, j)
		}
	}
	kept := m.values[:0]
	for i := range m.rows {
		for _, j := range columns {
			kept = append(kept, m.values[i*m.columns+j])
		}
	}
	m.values, m.columns = kept, len(columns)
}

// number returns the value of a field, NaN where it is empty. Where fields are not
// between commas there may be one before decimals.
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

// namePictures reports whether what stands above columns or before rows is names of
// pictures: words of which a picture has one, or numbers that all are pictures' and
// do not just count.
func namePictures(labels []string, known func(name string) bool) bool {
	if slices.ContainsFunc(labels, isText) {
		return slices.ContainsFunc(labels, known)
	}
	return labels != nil && !counts(labels) && !slices.ContainsFunc(labels, func(label string) bool { return !known(label) })
}

// areLabels reports whether what may be numbers are not responses but labels: they
// count, or are the names of all pictures, once each.
func areLabels(fields []string, stimuli int, known func(name string) bool) bool {
	if len(fields) < 3 || counts(fields) {
		return len(fields) > 2
	}
	unknown := func(field string) bool { return !known(field) }
	return len(fields) == stimuli && len(slices.Compact(slices.Sorted(slices.Values(fields)))) == stimuli && !slices.ContainsFunc(fields, unknown)
}

// rise reports whether fields are numbers that rise, or are no numbers.
func rise(fields []string) bool {
	var r rising
	for _, field := range fields {
		r.add(field)
	}
	return !r.broken
}

// counts reports whether fields are the numbers from 0 or 1 on.
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
