package graph

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/graph/formats/dot"
)

// draw returns the arrows of a drawing, and for each box its rows, without what
// makes a table of them.
func draw(t *testing.T, n *Network, o DOT) (arrows, boxes []string) {
	t.Helper()
	var b strings.Builder
	if err := n.WriteDOT(&b, o); err != nil {
		t.Fatal(err)
	}
	if _, err := dot.ParseString(b.String()); err != nil {
		t.Fatalf("%v in\n%s", err, b.String())
	}
	tags := regexp.MustCompile(`<[^>]*>`)
	for _, line := range strings.Split(b.String(), "\n") {
		line = strings.TrimSpace(line)
		if strings.Contains(line, "->") && !strings.Contains(line, "<") {
			arrows = append(arrows, line)
		} else if name, table, ok := strings.Cut(line, " [label=<"); ok && strings.HasPrefix(name, `"`) {
			rows := strings.ReplaceAll(strings.TrimSuffix(table, "];"), "</tr><tr>", "/")
			text := strings.TrimSuffix(tags.ReplaceAllString(strings.ReplaceAll(rows, "</td>", " "), ""), ">")
			boxes = append(boxes, name+": "+strings.Join(strings.Fields(text), " "))
		}
	}
	return arrows, boxes
}

// loop adds an area that is added to itself, with a norm for each of three times,
// and another one that sees it a time later.
func loop(b *Builder) *Layer {
	var first, second, state, answer *Layer
	input := b.Local("V1.input", b.Input(), Local{Channels: 2, Kernel: 1})
	for t, at := range []string{"", ".t1", ".t2"} {
		b.At(t)
		if t > 0 {
			x := b.Local("V2.conv"+at, state, Local{Channels: 2, Kernel: 3, Stride: 2, Again: second})
			if second == nil {
				second = x
			}
			if answer == nil {
				answer = b.Zeros("V2.zeros", x.Output)
			}
			answer = b.ReLU("V2.relu"+at, b.Add("V2.add"+at, x, answer))
		}
		x := input
		if t > 0 {
			x = b.Add("V1.add"+at, input, state)
		}
		x = b.Local("V1.conv"+at, x, Local{Channels: 2, Kernel: 1, Again: first})
		if first == nil {
			first = x
		}
		state = b.ReLU("V1.relu"+at, b.BatchNorm("V1.norm_"+string(rune('0'+t)), x))
	}
	b.Area("V1", state)
	b.Area("V2", answer)
	b.At(0)
	return b.Linear("fc", b.GlobalAveragePool("pool", answer), 3)
}

// What an area does again is drawn once, with arrows back to it; unrolled it is
// drawn for each time.
func TestDOTOfARecurrentNetwork(t *testing.T) {
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: Connectivity{Local: true}})
	net, err := b.Build(loop(b))
	if err != nil {
		t.Fatal(err)
	}
	arrows, boxes := draw(t, net, DOT{Title: `"loop" <2> & \`})
	if want := []string{
		`"V1.input": input local 1×1 2×6×5`,
		`"V1.conv": conv local 1×1 2×6×5 /norm_0 to norm_2 batch norm, one a time step /relu relu`,
		`"V1.add.t1": add add 2×6×5`,
		`"V2.conv.t1": conv local 3×3, stride 2 2×2×2`,
		`"V2.add.t1": add add 2×2×2 /relu relu`,
		`"images": images input 2×6×5`,
		`"pool": pool global average pool 2×1×1`,
		`"fc": fc linear 3×1×1`,
	}; !slices.Equal(boxes, want) {
		t.Errorf("boxes\n%s\nwant\n%s", strings.Join(boxes, "\n"), strings.Join(want, "\n"))
	}
	if want := []string{
		`"images" -> "V1.input";`,
		`"V1.input" -> "V1.conv" [label=" t = 0"];`,
		`"V1.add.t1" -> "V1.conv" [label=" t = 1 to 2"];`,
		`"V1.conv" -> "V2.conv.t1" [style=dashed, label=" t + 1"];`,
		`"V2.conv.t1" -> "V2.add.t1";`,
		`"V2.add.t1" -> "V2.add.t1" [style=dashed, label=" t + 1", tailport=w, headport=w];`,
		`"V1.input" -> "V1.add.t1";`,
		`"V1.conv" -> "V1.add.t1" [style=dashed, label=" t + 1", constraint=false];`,
		`"V2.add.t1" -> "pool";`,
		`"pool" -> "fc";`,
	}; !slices.Equal(arrows, want) {
		t.Errorf("arrows\n%s\nwant\n%s", strings.Join(arrows, "\n"), strings.Join(want, "\n"))
	}
	arrows, boxes = draw(t, net, DOT{Unrolled: true})
	if len(boxes) != 14 || len(arrows) != 16 {
		t.Errorf("unrolled it has %d boxes and %d arrows, want 14 and 16:\n%s", len(boxes), len(arrows), strings.Join(append(boxes, arrows...), "\n"))
	}
}

// The legend explains what is drawn, and no more.
func TestDOTLegend(t *testing.T) {
	const convolutional, local, time = "convolutional: all", "local: each", "to the next time step"
	for name, c := range map[string]struct {
		net  *Network
		want []string
	}{
		"convolutional": {newTiny(t, Connectivity{}, 1), []string{convolutional}},
		"local":         {newTiny(t, Connectivity{Local: true}, 1), []string{local}},
		"both":          {newTiny(t, Connectivity{Local: true, FirstConvolutional: 1}, 1), []string{convolutional, local}},
		"recurrent":     {newLoop(t), []string{local, time}},
	} {
		var b strings.Builder
		if err := c.net.WriteDOT(&b, DOT{}); err != nil {
			t.Fatal(err)
		}
		for _, part := range []string{convolutional, local, time} {
			if got, want := strings.Contains(b.String(), part), slices.Contains(c.want, part); got != want {
				t.Errorf("%s: the legend has %q: %t, want %t", name, part, got, want)
			}
		}
	}
	var b strings.Builder
	if err := newLoop(t).WriteDOT(&b, DOT{}); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`label="V1   2×6×5   t = 0 to 2"`, `label="V2   2×2×2   t = 1 to 2"`} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no frame has %s in\n%s", want, b.String())
		}
	}
}

func newLoop(t *testing.T) *Network {
	t.Helper()
	b := NewBuilder(Options{Input: Size{2, 6, 5}, Connectivity: Connectivity{Local: true}})
	net, err := b.Build(loop(b))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// What is repeated on a coarser map is drawn with both sizes.
func TestDOTOfACoarserMap(t *testing.T) {
	_, boxes := draw(t, newRecurrent(t, Connectivity{Local: true}), DOT{})
	if want := `"V1.conv": conv local 1×1 2×6×5, then 2×3×3 /norm group norm`; !slices.Contains(boxes, want) {
		t.Errorf("boxes\n%s\nwant one that is %s", strings.Join(boxes, "\n"), want)
	}
}
