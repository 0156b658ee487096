package report

import (
	"bytes"
	"html/template"
	"os"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// Study is what a study found: sheets of figures, a table of the ends, and rows
// for programs. Its files are
//
//	report.html     everything, for people; needs no other file and no network
//	NAME.csv        the rows
//	SHEET.svg, .png each of the sheets
type Study struct {
	Name     string // of the CSV file
	Title    string
	Summary  string // what was studied, one paragraph
	Command  string // the command line that ran it
	Warning  string // that something is missing, or ""
	Started  time.Time
	Duration time.Duration

	Settings, Machine, Versions []Setting

	Sheets       []Sheet
	Table        [][]string // its headings first
	TableCaption string
	Records      [][]string // of the CSV file, its header first
}

// Write writes all the files of the study to the folder, which it creates if
// necessary, each as a whole. The error names the file.
func (s *Study) Write(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return errors.Wrapf(err, "report: cannot create folder %q", dir)
	}
	save := saver(dir)
	content, err := encodeCSV(s.Records)
	if err := save(s.Name+".csv", content, err); err != nil {
		return err
	}
	figures := drawings(s.Sheets)
	for _, f := range figures {
		if err := f.write(dir, save); err != nil {
			return err
		}
	}
	content, err = s.html(figures)
	return save("report.html", content, err)
}

func (s *Study) html(figures []drawing) ([]byte, error) {
	page := struct {
		*Study
		Colours       template.CSS
		Started, Took string
		Figures       []pageFigure
		Headings      []string
		Rows          [][]string
		Footer        string
	}{
		Study: s, Colours: colourVariables(),
		Started: s.Started.Format("2 January 2006, 15:04 MST"), Took: s.Duration.Round(time.Second).String(),
		Headings: s.Table[0], Rows: s.Table[1:],
		Footer: "The numbers are in " + s.Name + ".csv.",
	}
	var err error
	if page.Figures, err = pageFigures(figures); err != nil {
		return nil, err
	}
	var file bytes.Buffer
	err = pageTemplates.ExecuteTemplate(&file, "study.html.tmpl", page)
	return file.Bytes(), errors.Wrap(err, "template")
}

// Text returns the study's table for a terminal.
func (s *Study) Text() string { return alignedTable(s.Table) }

// Markdown returns the study's table in Markdown.
func (s *Study) Markdown() string {
	var text strings.Builder
	writeMarkdown(&text, s.Table)
	return text.String()
}
