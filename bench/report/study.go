package report

import (
	"os"
	"time"

	"github.com/pkg/errors"

	"hypnos/bench/format"
	"hypnos/bench/plotting"
	"hypnos/bench/report/page"
	"hypnos/bench/results"
)

// Study is what a study found: figures, a table of how it ended, and rows for programs.
// Its files are
//
//	report.html     everything, for people; needs no other file and no internet
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

	Settings, Machine, Versions []results.Setting

	Sheets       []plotting.Sheet
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
	if err := results.WriteCSV(dir, s.Name+".csv", s.Records); err != nil {
		return err
	}
	figures := sheetFigures(s.Sheets)
	for _, f := range figures {
		if err := f.Write(dir); err != nil {
			return err
		}
	}
	return s.writePage(dir, figures)
}

func (s *Study) writePage(dir string, figures []plotting.Figure) error {
	p := struct {
		*Study
		page.Head
		Figures  []page.Figure
		Headings []string
		Rows     [][]string
		Footer   string
	}{
		Study: s, Head: page.NewHead(s.Started, s.Duration),
		Headings: s.Table[0], Rows: s.Table[1:],
		Footer: "The numbers are in " + s.Name + ".csv.",
	}
	var err error
	if p.Figures, err = page.Figures(figures...); err != nil {
		return err
	}
	return page.Write(dir, templates, "study.html.tmpl", p)
}

// Text returns the study's table for a terminal.
func (s *Study) Text() string { return format.Table(s.Table) }

// Markdown returns the study's table in Markdown.
func (s *Study) Markdown() string { return format.MarkdownTable(s.Table) }
