// Package page writes HTML pages that need no other file and no internet: their common
// head and parts, with figures in the colours of the page.
package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"

	"hypnos/bench/plotting"
)

//go:embed common.html.tmpl
var common embed.FS

var parts = template.Must(template.ParseFS(common, "*.html.tmpl"))

// Template returns the templates in the files *.html.tmpl of f. They may use those of
// common.html.tmpl: head, which takes a Title and a Head; facts, which takes settings; and
// machine, which takes Settings, Machine and Versions. It panics if they cannot be parsed.
func Template(f fs.FS) *template.Template {
	return template.Must(template.Must(parts.Clone()).ParseFS(f, "*.html.tmpl"))
}

// Head is what every page says about itself.
type Head struct {
	Colours     template.CSS // of the curves, as CSS variables
	Began, Took string
}

// NewHead returns the head of a page about something that started at a time and took so
// long.
func NewHead(started time.Time, took time.Duration) Head {
	return Head{
		Colours: template.CSS(plotting.CurveColours()),
		Began:   started.Format("2 January 2006, 15:04 MST"),
		Took:    took.Round(time.Second).String(),
	}
}

// Figure is a figure on a page.
type Figure struct {
	Picture        template.HTML
	Title, Caption string
	// Width is the CSS property that limits its width, so that the letters of all
	// figures are of one size. Wide says that it takes a row of its own.
	Width template.CSS
	Wide  bool
}

// Figures returns the figures that are not empty.
func Figures(figures ...plotting.Figure) ([]Figure, error) {
	const rem = 33. // width of a figure of one panel
	var parts []Figure
	for _, f := range figures {
		if f.Empty() {
			continue
		}
		inline, err := f.Inline()
		if err != nil {
			return nil, errors.Wrap(err, f.Name)
		}
		parts = append(parts, Figure{
			Picture: template.HTML(inline.SVG), Title: f.Title, Caption: f.Caption,
			Width: template.CSS(fmt.Sprintf("max-width: %.4grem", rem*inline.Width)),
			Wide:  inline.Width > 1,
		})
	}
	return parts, nil
}

// Write executes the template of that name on the data and writes the result to
// report.html in the folder, as a whole. The error names the file.
func Write(dir string, t *template.Template, name string, data any) error {
	var content bytes.Buffer
	err := errors.Wrap(t.ExecuteTemplate(&content, name, data), "template")
	if err == nil {
		err = maybe.WriteFile(filepath.Join(dir, "report.html"), content.Bytes(), 0o644)
	}
	return errors.Wrap(err, "report: report.html")
}
