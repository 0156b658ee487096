package recordings

import (
	"bytes"
	"encoding/csv"
	"io"
	"io/fs"
	"slices"

	"github.com/pkg/errors"
)

// maxStimuliFile is the longest stimuli.csv that is read, in bytes: of some
// 500,000 stimuli.
const maxStimuliFile = 16 << 20

// parseStimuli returns the columns file and category of a stimuli.csv, categories
// nil if there is no such column. Other columns do not matter.
func parseStimuli(contents []byte) (files, categories []string, err error) {
	if len(contents) > maxStimuliFile {
		return nil, nil, errors.Errorf("%d bytes or more, want at most %d", len(contents), maxStimuliFile)
	}
	contents = bytes.TrimPrefix(contents, []byte("\ufeff")) // spreadsheets write it
	reader := csv.NewReader(bytes.NewReader(contents))
	header, err := reader.Read()
	if err == io.EOF {
		return nil, nil, errors.New("empty, want a header with a column file")
	}
	if err != nil {
		return nil, nil, err
	}
	header = slices.Clone(header)
	file, category := slices.Index(header, "file"), slices.Index(header, "category")
	switch {
	case file < 0:
		return nil, nil, errors.Errorf("the header %q has no column file", header)
	case slices.Contains(header[file+1:], "file"):
		return nil, nil, errors.Errorf("the header %q has two columns file", header)
	case category >= 0 && slices.Contains(header[category+1:], "category"):
		return nil, nil, errors.Errorf("the header %q has two columns category", header)
	}
	reader.ReuseRecord = true
	lines := map[string]int{} // that name a file
	for {
		row, err := reader.Read() // of as many fields as the header
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, nil, err
		}
		line, _ := reader.FieldPos(file)
		name := row[file]
		if !fs.ValidPath(name) || name == "." {
			return nil, nil, errors.Errorf("line %d: file %q, want a name below images, with / between folders", line, name)
		}
		if first, twice := lines[name]; twice {
			return nil, nil, errors.Errorf("line %d: %s stands in line %d already", line, name, first)
		}
		lines[name] = line
		files = append(files, name)
		if category < 0 {
			continue
		}
		if row[category] == "" {
			return nil, nil, errors.Errorf("line %d: %s has no category", line, name)
		}
		categories = append(categories, row[category])
	}
	if len(files) == 0 {
		return nil, nil, errors.New("no stimuli, only a header")
	}
	return files, categories, nil
}
