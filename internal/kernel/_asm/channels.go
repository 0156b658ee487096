package main

import (
	"fmt"
	"slices"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A channelPass goes once over activations of some locations, S C N: what
// ../norm.go says, in the same order and unfused, so that both paths agree to the
// bit. Each channel has numbers of its own, which all of its rows are computed
// with.
type channelPass struct {
	name, doc string
	rows      []string // arguments, *float32
	numbers   []string // of a channel, one after the other; "" is not used
	body      func(row map[string]operand.Mem, number map[string]reg.VecVirtual)
}

func channelPasses() {
	type rows = map[string]operand.Mem
	type numbers = map[string]reg.VecVirtual
	norm := func(row rows, number numbers) reg.VecVirtual {
		v := YMM()
		VMULPS(row["x"], number["gain"], v)
		VADDPS(number["offset"], v, v)
		return v
	}
	rectified := func(v reg.VecVirtual) reg.VecVirtual {
		zero := YMM()
		VXORPS(zero, zero, zero)
		VMAXPS(v, zero, zero) // of not-a-number and 0: the former
		return zero
	}
	gradient := func(row rows, number numbers, d reg.VecVirtual) {
		v := YMM()
		VMULPS(row["x"], number["slope"], v)
		VADDPS(number["level"], v, v)
		VMULPS(number["gain"], d, d)
		VADDPS(v, d, d)
		VMOVUPS(d, row["dx"])
	}
	for _, p := range []channelPass{
		{"normAVX2", "y = gain·x + offset", []string{"y", "x"}, []string{"gain", "offset"}, func(row rows, number numbers) {
			VMOVUPS(norm(row, number), row["y"])
		}},
		{"normReLUAVX2", "y = max(gain·x + offset, 0)", []string{"y", "x"}, []string{"gain", "offset"}, func(row rows, number numbers) {
			VMOVUPS(rectified(norm(row, number)), row["y"])
		}},
		{"normAddAVX2", "y = gain·x + offset + shortcut", []string{"y", "x", "shortcut"}, []string{"gain", "offset"}, func(row rows, number numbers) {
			v := norm(row, number)
			VADDPS(row["shortcut"], v, v)
			VMOVUPS(v, row["y"])
		}},
		{"normAddReLUAVX2", "y = max(gain·x + offset + shortcut, 0)", []string{"y", "x", "shortcut"}, []string{"gain", "offset"}, func(row rows, number numbers) {
			v := norm(row, number)
			VADDPS(row["shortcut"], v, v)
			VMOVUPS(rectified(v), row["y"])
		}},
		{"normGradientAVX2", "dx = gain·dy + (slope·x + level)", []string{"dx", "x", "dy"}, []string{"gain", "", "slope", "level"}, func(row rows, number numbers) {
			d := YMM()
			VMOVUPS(row["dy"], d)
			gradient(row, number, d)
		}},
		{"normReLUGradientAVX2", "dx = gain·d + (slope·x + level), with d = dy where gain·x + offset > 0 and else 0", []string{"dx", "x", "dy"}, []string{"gain", "offset", "slope", "level"}, func(row rows, number numbers) {
			gradient(row, number, open(norm(row, number), row["dy"]))
		}},
	} {
		p.write()
	}
	normSums("normSumsAVX2", false)
	normSums("normReLUSumsAVX2", true)
	moments()
}

// open returns dy where v is positive, else 0.
func open(v reg.VecVirtual, dy operand.Mem) reg.VecVirtual {
	const lessThan = 1
	d := YMM()
	VXORPS(d, d, d)
	VCMPPS(operand.Imm(lessThan), v, d, d)
	VANDPS(dy, d, d)
	return d
}

// A channelLoop is the loops over locations and channels. The body sees one row.
type channelLoop struct {
	name                          string
	pointers                      map[string]reg.Register
	rowBytes, numbers, channelsTo reg.GPVirtual
}

// newChannelLoop loads the arguments and opens the loops. The numbers of the next
// channel begin so many bytes further on.
func newChannelLoop(name string, rows []string) channelLoop {
	l := channelLoop{name, map[string]reg.Register{}, GP64(), GP64(), GP64()}
	for _, r := range rows {
		l.pointers[r] = Load(Param(r), GP64())
	}
	Load(Param("n"), l.rowBytes)
	SHLQ(operand.Imm(2), l.rowBytes)
	Label(name + "Location")
	Load(Param("numbers"), l.numbers)
	Load(Param("channels"), l.channelsTo)
	Label(name + "Channel")
	return l
}

// end closes the loops; what follows a channel has been said. Pointers stand at the
// next row already where moved.
func (l channelLoop) end(rows []string, moved bool, numberBytes int) {
	for _, r := range rows {
		if !moved {
			ADDQ(l.rowBytes, l.pointers[r])
		}
	}
	ADDQ(operand.Imm(uint64(numberBytes)), l.numbers)
	DECQ(l.channelsTo)
	JNE(operand.LabelRef(l.name + "Channel"))
	DECQ(argument("locations"))
	JNE(operand.LabelRef(l.name + "Location"))
	VZEROUPPER()
	RET()
}

// broadcast returns the numbers of the channel at hand.
func (l channelLoop) broadcast(names []string) map[string]reg.VecVirtual {
	number := map[string]reg.VecVirtual{}
	for i, name := range names {
		if name == "" {
			continue
		}
		number[name] = YMM()
		VBROADCASTSS(operand.Mem{Base: l.numbers, Disp: 4 * i}, number[name])
	}
	return number
}

func (p channelPass) write() {
	TEXT(p.name, NOSPLIT, "func("+strings.Join(p.rows, ", ")+", numbers *float32, locations, channels, n int)")
	Doc(p.name+" computes "+p.doc+".", numbersDoc(p.numbers))
	Pragma("noescape")
	l := newChannelLoop(p.name, p.rows)
	number := l.broadcast(p.numbers)
	i := GP64()
	XORQ(i, i)
	row := map[string]operand.Mem{}
	for r, pointer := range l.pointers {
		row[r] = operand.Mem{Base: pointer, Index: i, Scale: 1}
	}
	Label(p.name + "Row")
	p.body(row, number)
	ADDQ(operand.Imm(vectorSize), i)
	CMPQ(i, l.rowBytes)
	JLT(operand.LabelRef(p.name + "Row"))
	l.end(p.rows, false, 4*len(p.numbers))
}

func numbersDoc(names []string) string {
	return fmt.Sprintf("The numbers of a channel are %s (%d). n is a positive multiple of 8.",
		strings.Join(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "" }), ", "), len(names))
}

// normSums writes the sums of d·(x - mean) and of d over each row, with d = dy, or
// 0 where the norm is rectified.
func normSums(name string, rectified bool) {
	TEXT(name, NOSPLIT, "func(sums *float64, x, dy, numbers *float32, locations, channels, n int)")
	d, names := "dy", []string{"mean", "", ""}
	if rectified {
		d, names = "dy where gain·x + offset > 0 and else 0", []string{"mean", "gain", "offset"}
	}
	Doc(name+" adds to the two sums of each channel d·(x - mean) and d, with d = "+d+".",
		numbersDoc(names))
	Pragma("noescape")
	rows := []string{"x", "dy"}
	l := newChannelLoop(name, rows)
	number := l.broadcast(names)
	sums := l.reduce(rows, 2, func(row map[string]operand.Mem, sums []reg.VecVirtual) {
		x, d := YMM(), YMM()
		if rectified {
			v := YMM()
			VMOVUPS(row["x"], x)
			VMULPS(x, number["gain"], v)
			VADDPS(number["offset"], v, v)
			d = open(v, row["dy"])
		} else {
			VMOVUPS(row["dy"], d)
			VMOVUPS(row["x"], x)
		}
		VSUBPS(number["mean"], x, x)
		VFMADD231PS(d, x, sums[0])
		VADDPS(d, sums[1], sums[1])
	})
	at := GP64() // sums of the channel: 16 bytes each
	Load(Param("channels"), at)
	SUBQ(l.channelsTo, at)
	SHLQ(operand.Imm(4), at)
	ADDQ(argument("sums"), at)
	for j, sum := range sums {
		double := XMM()
		VCVTSS2SD(sum, sum, double)
		VADDSD(operand.Mem{Base: at, Disp: 8 * j}, double, double)
		VMOVSD(double, operand.Mem{Base: at, Disp: 8 * j})
	}
	l.end(rows, true, 4*len(names))
}

// moments writes the mean of each row and the sum of squared differences from it.
func moments() {
	const name = "momentsAVX2"
	TEXT(name, NOSPLIT, "func(numbers, x *float32, locations, channels, n int, count float32)")
	Doc(name+" writes to the numbers of each channel the mean of its row and the sum of",
		"squared differences from it; count is n, a positive multiple of 8.")
	Pragma("noescape")
	rows := []string{"x"}
	l := newChannelLoop(name, rows)
	sum := l.reduce(rows, 1, func(row map[string]operand.Mem, sums []reg.VecVirtual) {
		VADDPS(row["x"], sums[0], sums[0])
	})[0]
	VDIVSS(argument("count"), sum, sum)
	VMOVSS(sum, operand.Mem{Base: l.numbers})
	mean := YMM()
	VBROADCASTSS(operand.Mem{Base: l.numbers}, mean)
	SUBQ(l.rowBytes, l.pointers["x"])
	again := l
	again.name += "Squares"
	squares := again.reduce(rows, 1, func(row map[string]operand.Mem, sums []reg.VecVirtual) {
		d := YMM()
		VMOVUPS(row["x"], d)
		VSUBPS(mean, d, d)
		VFMADD231PS(d, d, sums[0])
	})[0]
	VMOVSS(squares, operand.Mem{Base: l.numbers, Disp: 4})
	l.end(rows, true, 8)
}

// lanes is how many sums of 8 a reduction keeps, to hide the latency of adding.
const lanes = 4

// reduce goes over a row with count sums in each of the lanes and returns their
// totals. Element i goes to lane i/8 modulo lanes, or to lane 0 in what remains at
// the end. Pointers stand at the next row then.
func (l channelLoop) reduce(rows []string, count int, body func(row map[string]operand.Mem, sums []reg.VecVirtual)) []reg.VecVirtual {
	var sums [lanes][]reg.VecVirtual
	for lane := range sums {
		for range count {
			s := YMM()
			VXORPS(s, s, s)
			sums[lane] = append(sums[lane], s)
		}
	}
	at := func(lane int) map[string]operand.Mem {
		row := map[string]operand.Mem{}
		for _, r := range rows {
			row[r] = operand.Mem{Base: l.pointers[r], Disp: lane * vectorSize}
		}
		return row
	}
	advance := func(vectors int) {
		for _, r := range rows {
			ADDQ(operand.Imm(uint64(vectors*vectorSize)), l.pointers[r])
		}
	}
	left := GP64()
	MOVQ(l.rowBytes, left)
	Label(l.name + "Blocks")
	CMPQ(left, operand.Imm(lanes*vectorSize))
	JLT(operand.LabelRef(l.name + "Rest"))
	for lane := range sums {
		body(at(lane), sums[lane])
	}
	advance(lanes)
	SUBQ(operand.Imm(lanes*vectorSize), left)
	JMP(operand.LabelRef(l.name + "Blocks"))
	Label(l.name + "Rest")
	TESTQ(left, left)
	JEQ(operand.LabelRef(l.name + "Done"))
	body(at(0), sums[0])
	advance(1)
	SUBQ(operand.Imm(vectorSize), left)
	JMP(operand.LabelRef(l.name + "Rest"))
	Label(l.name + "Done")
	var totals []reg.VecVirtual
	for j := range count {
		VADDPS(sums[1][j], sums[0][j], sums[0][j])
		VADDPS(sums[3][j], sums[2][j], sums[2][j])
		VADDPS(sums[2][j], sums[0][j], sums[0][j])
		half, total := XMM(), sums[0][j].AsX().(reg.VecVirtual)
		VEXTRACTF128(operand.Imm(1), sums[0][j], half)
		VADDPS(half, total, total)
		VHADDPS(total, total, total)
		VHADDPS(total, total, total)
		totals = append(totals, total)
	}
	return totals
}
