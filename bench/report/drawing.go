package report

import (
	"bytes"
	"fmt"
	"html/template"

	"github.com/pkg/errors"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawing is a figure that is ready to be drawn: in files and on a page.
type drawing struct {
	name           string // of its files
	title, caption string
	width, height  vg.Length
	dots           int                     // an inch, of the PNG file
	paint          func(draw.Canvas) error // nil if there is nothing to draw
}

// drawing returns the sheet as a figure.
func (s Sheet) drawing() drawing {
	d := drawing{name: s.Name, title: s.Title, caption: s.Caption}
	if s.empty() {
		return d
	}
	d.paint, d.dots = s.draw, resolution
	d.width, d.height = s.size()
	if len(s.Panels) > 1 {
		d.dots = resolutions
	}
	return d
}

func drawings(sheets []Sheet) []drawing {
	var all []drawing
	for _, s := range sheets {
		all = append(all, s.drawing())
	}
	return all
}

func (d drawing) svg() ([]byte, error) { return encodeSVG(d.width, d.height, d.paint) }
func (d drawing) png() ([]byte, error) { return encodePNG(d.width, d.height, d.dots, d.paint) }

// write writes the figure as SVG and PNG or, if it is empty, removes those of an
// earlier report.
func (d drawing) write(dir string, save func(string, []byte, error) error) error {
	if d.paint == nil {
		return removeAll(dir, d.name+".svg", d.name+".png")
	}
	content, err := d.svg()
	if err := save(d.name+".svg", content, err); err != nil {
		return err
	}
	content, err = d.png()
	return save(d.name+".png", content, err)
}

// pageFigures returns the figures that are not empty as parts of the page.
func pageFigures(figures []drawing) ([]pageFigure, error) {
	var parts []pageFigure
	for _, d := range figures {
		if d.paint == nil {
			continue
		}
		part, err := d.onPage()
		if err != nil {
			return nil, errors.Wrap(err, d.name)
		}
		parts = append(parts, part)
	}
	return parts, nil
}

// onPage returns the figure as a part of the page, in the colours of the page.
func (d drawing) onPage() (pageFigure, error) {
	const rem = 33. // of a sheet of one panel
	file, err := d.svg()
	if err != nil {
		return pageFigure{}, err
	}
	_, svg, _ := bytes.Cut(file, []byte("<svg"))
	return pageFigure{
		Picture: template.HTML(`<svg role="img" aria-label="` + template.HTMLEscapeString(d.title) + `"` + pageColours.Replace(string(svg))),
		Title:   d.title, Caption: d.caption,
		Width: template.CSS(fmt.Sprintf("max-width: %.4grem", rem*float64(d.width/sheetWidth))),
		Wide:  d.width > sheetWidth,
	}, nil
}
