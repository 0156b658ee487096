package graph

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"github.com/pkg/errors"
)

// DOT configures the drawing of a network.
type DOT struct {
	Title string // above the drawing, or ""
	// Unrolled draws the layers of a recurrent network once for each time step; otherwise
	// they are drawn once, and dashed arrows lead to the next time step.
	Unrolled bool
}

// WriteDOT writes a drawing of the network in the language of Graphviz
// (https://graphviz.org), whose program dot makes a picture of it. A layer is a box with
// its name, its kind and, unless it is that of the box above, its output size. Boxes
// touch where only the lower one reads the upper one. An area is a frame around its
// layers.
func (n *Network) WriteDOT(w io.Writer, o DOT) error {
	units := n.fold()
	if o.Unrolled {
		units = n.unfold()
	}
	d := drawing{Title: o.Title, Frames: make([]frame, len(n.Areas))}
	for i, a := range n.Areas {
		d.Frames[i].Label = a.Name + "   " + a.Output.Output.String() + n.steps(units, i)
	}
	stacks := n.stacks(units)
	name := map[*unit]string{} // of the stack that ends with a unit
	for _, stack := range stacks {
		name[stack[len(stack)-1]] = stack[0].first().Name
	}
	for _, stack := range stacks {
		b := box{Name: stack[0].first().Name}
		area, prefix := n.area(stack[0]), ""
		if area >= 0 {
			prefix = n.Areas[area].Name + "."
		}
		for i, u := range stack {
			r := u.row(prefix, o.Unrolled)
			if i > 0 && u.first().Output == stack[i-1].first().Output {
				r.Size = ""
			}
			d.note(r)
			b.Rows = append(b.Rows, r)
		}
		for _, k := range stack[0].inputs {
			d.Arrows = append(d.Arrows, arrow{name[k.from], b.Name, k.label(), k.delay > 0, k.delay > 0 && n.area(k.from) == area})
			d.Recurrent = d.Recurrent || k.delay > 0
		}
		if area >= 0 {
			d.Frames[area].Boxes = append(d.Frames[area].Boxes, b)
		} else {
			d.Boxes = append(d.Boxes, b)
		}
	}
	return errors.Wrap(dotTemplate.Execute(w, d), "graph: drawing")
}

// drawing is what the template draws.
type drawing struct {
	Title  string
	Frames []frame
	Boxes  []box // in no frame
	Arrows []arrow
	// What the legend explains.
	Local, Convolutional, Recurrent bool
}

type frame struct {
	Label string
	Boxes []box
}

type box struct {
	Name string
	Rows []row
}

// row is a layer.
type row struct{ Name, Kind, Size, Colour string }

type arrow struct {
	From, To, Label string
	Later           bool // it leads to another time step
	Loop            bool // inside an area
}

// Colours are quiet, so that names can be read on them.
const (
	localColour         = "#f6dcb5"
	convolutionalColour = "#cfe2f1"
	otherColour         = "#f4f5f7"
)

//go:embed dot.tmpl
var dotText string

var dotTemplate = template.Must(template.New("dot").Funcs(template.FuncMap{
	"localColour":         func() string { return localColour },
	"convolutionalColour": func() string { return convolutionalColour },
	"quote":               func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` },
}).Parse(dotText))

// note keeps which colours the legend has to explain.
func (d *drawing) note(r row) {
	d.Local = d.Local || r.Colour == localColour
	d.Convolutional = d.Convolutional || r.Colour == convolutionalColour
}

// row describes a unit of an area; unless unrolled, it stands for all its times.
func (u *unit) row(prefix string, unrolled bool) row {
	l, last := u.first(), u.layers[len(u.layers)-1]
	r := row{strings.TrimPrefix(l.Name, prefix), l.Kind, l.Output.String(), otherColour}
	if last.Output != l.Output {
		r.Size += ", then " + last.Output.String()
	}
	if f := l.Field; f != nil {
		r.Kind += fmt.Sprintf(" %d×%d", f.Kernel, f.KernelWidth)
		if f.stride() != "1" {
			r.Kind += ", stride " + f.stride()
		}
		if last.Field.stride() != f.stride() {
			r.Kind += ", then " + last.Field.stride()
		}
		r.Colour = localColour
		if f.Shared {
			r.Colour = convolutionalColour
		}
	}
	if l != last && len(last.Parameters) > 0 {
		r.Kind += ", one a time step"
		r.Name += " to " + strings.TrimPrefix(last.Name, prefix)
	} else if !unrolled {
		r.Name = strings.TrimSuffix(r.Name, fmt.Sprintf(".t%d", l.Time))
	}
	return r
}

// stride is one number if it is the same along both axes.
func (o Local) stride() string {
	if o.Stride == o.StrideWidth {
		return strconv.Itoa(o.Stride)
	}
	return fmt.Sprintf("%d×%d", o.Stride, o.StrideWidth)
}

// steps says which time steps the area of an index has, if more than one.
func (n *Network) steps(units []*unit, area int) string {
	var times []int
	for _, u := range units {
		if n.area(u) == area {
			times = append(times, u.first().Time, u.layers[len(u.layers)-1].Time)
		}
	}
	if len(times) == 0 || slices.Min(times) == slices.Max(times) {
		return ""
	}
	return fmt.Sprintf("   t = %d to %d", slices.Min(times), slices.Max(times))
}
