package recordings

import (
	"bytes"
	"encoding/csv"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"

	"hypnos/internal/plaintext"
)

// table reads the rows of a table as spreadsheets write it: in UTF-8, UTF-16 or
// Windows-1252, with or without a byte order mark, with any line ends and with one of four
// separators, which the first line may name, such as sep=;.
type table struct {
	reader      *csv.Reader
	windows1252 bool // the encoding
}

// separators are tried in this order: commas come last, since they may be part of fields.
var separators = []rune{'\t', ';', '|', ','}

// separatorLine matches the first line by which Excel is told the separator.
var separatorLine = regexp.MustCompile(`^"?(?i:sep)=([^"\n])"?\n`)

// maxFields is how many rows and how many columns a table may have.
const maxFields = 1 << 20

// newTable opens a table. Its separator is the first one with which the first row is as
// wanted, or else the first one with which that has several fields.
func newTable(contents []byte, wanted func(row []string) bool) (*table, error) {
	text, windows1252, err := plaintext.Decode(contents)
	if err == plaintext.ErrBinary {
		err = errors.New("not text: save it as CSV in UTF-8")
	}
	if err != nil {
		return nil, err
	}
	number := 0
	for line := range bytes.Lines(text) { // before fields take memory
		number++
		for _, separator := range separators {
			if bytes.Count(line, []byte(string(separator))) >= maxFields {
				return nil, errors.Errorf("line %d has more than %d fields", number, maxFields)
			}
		}
	}
	open := func(separator rune) *table {
		reader := csv.NewReader(bytes.NewReader(text))
		reader.Comma, reader.ReuseRecord = separator, true
		reader.TrimLeadingSpace = separator != '\t'
		reader.FieldsPerRecord = -1
		return &table{reader, windows1252}
	}
	if line := separatorLine.FindSubmatch(text); line != nil {
		text = text[len(line[0])-1:] // its line end stays, so that lines are counted with it
		if separator, _ := utf8.DecodeRune(line[1]); slices.Contains(separators, separator) {
			return open(separator), nil
		}
	}
	chosen := ','
	for _, separator := range separators {
		first, _, err := open(separator).next()
		if err == nil && wanted(first) {
			chosen = separator
			break
		}
		if len(first) > 1 && chosen == ',' {
			chosen = separator
		}
	}
	return open(chosen), nil
}

// next returns the fields of the next row that is not empty, without spaces around them,
// and its line. The slice is valid until the next call. At the end the error is io.EOF.
func (t *table) next() (fields []string, line int, err error) {
	for {
		fields, err := t.reader.Read()
		if err != nil {
			return nil, 0, err
		}
		empty := true
		for i, field := range fields {
			fields[i] = strings.TrimSpace(field)
			empty = empty && fields[i] == ""
		}
		if !empty {
			line, _ := t.reader.FieldPos(0)
			return fields, line, nil
		}
	}
}

// fileColumn returns which column of a header has the names of pictures: the one called
// file, or else one that is called in a similar way. It is -1 if there is none, and it is
// an error if there are two.
func fileColumn(header []string) (int, error) {
	found := columns(header, func(name string) bool { return name == "file" })
	if found == nil {
		found = columns(header, namesPictures)
	}
	switch {
	case len(found) > 1 && strings.EqualFold(header[found[0]], header[found[1]]):
		return -1, errors.Errorf("the header %.200q has two columns %s", header, header[found[0]])
	case len(found) > 1:
		return -1, errors.Errorf("the header %.200q has columns %s and %s: call that of the pictures file", header, header[found[0]], header[found[1]])
	case found == nil:
		return -1, nil
	}
	return found[0], nil
}

// columns returns the columns of a header whose names, in lower case, are wanted.
func columns(header []string, wanted func(name string) bool) (found []int) {
	for i, name := range header {
		if wanted(strings.ToLower(name)) {
			found = append(found, i)
		}
	}
	return found
}

// pictureNames matches what columns and arrays of the names of pictures are called, in
// lower case and without "_", "-" and spaces.
var pictureNames = regexp.MustCompile(`^(image|img|picture|pic|photo|stimulus|stimuli|stim)?(file)?(name|path)?s?$`)

var withoutJoints = strings.NewReplacer("_", "", "-", "", " ", "")

// namesPictures reports whether a column or array of this name has the names of pictures.
func namesPictures(name string) bool {
	name = withoutJoints.Replace(strings.ToLower(name))
	return name != "" && name != "s" && name != "name" && name != "names" && pictureNames.MatchString(name)
}
