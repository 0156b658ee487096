package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

const vectorSize = 32 // bytes of a YMM register

// A pass goes once over rows of numbers, 8 at a time: what ../elementwise.go,
// ../norm.go and ../optimiser.go say, in the same order and unfused, so that
// both paths agree to the bit. Memory sets the pace of these, not arithmetic.
type pass struct {
	name, doc string
	rows      []string // arguments, *float32
	scalars   []string // arguments, float32
	body      func(row map[string]operand.Mem, scalar map[string]reg.VecVirtual)
}

func passes() {
	for _, p := range []pass{
		{"reluAVX2", "y = max(x, 0)", []string{"y", "x"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v := YMM()
			VXORPS(v, v, v)
			VMAXPS(row["x"], v, v) // of not-a-number and 0: the former
			VMOVUPS(v, row["y"])
		}},
		{"reluGradientAVX2", "dx = dy where y > 0, else 0", []string{"dx", "y", "dy"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			const lessThan = 1
			v := YMM()
			VXORPS(v, v, v)
			VCMPPS(operand.Imm(lessThan), row["y"], v, v)
			VANDPS(row["dy"], v, v)
			VMOVUPS(v, row["dx"])
		}},
		{"addAVX2", "y = a + b", []string{"y", "a", "b"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v := YMM()
			VMOVUPS(row["a"], v)
			VADDPS(row["b"], v, v)
			VMOVUPS(v, row["y"])
		}},
		{"maxAVX2", "y = max(x, y)", []string{"y", "x"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			const unordered = 3
			x, y, nan := YMM(), YMM(), YMM()
			VMOVUPS(row["x"], x)
			VCMPPS(operand.Imm(unordered), x, x, nan)
			VMAXPS(row["y"], x, y) // of not-a-number and another: y
			VBLENDVPS(nan, x, y, y)
			VMOVUPS(y, row["y"])
		}},
		{"claimAVX2", "out = out + open and open = 0 unless x < y", []string{"out", "open", "x", "y"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			const notLess = 5
			x, open, v := YMM(), YMM(), YMM()
			VMOVUPS(row["x"], x)
			VMOVUPS(row["open"], open)
			VCMPPS(operand.Imm(notLess), row["y"], x, x)
			VANDPS(open, x, v)
			VADDPS(row["out"], v, v)
			VMOVUPS(v, row["out"])
			VANDNPS(open, x, open)
			VMOVUPS(open, row["open"])
		}},
		{"scaleRowsAVX2", "y = gain·x + offset", []string{"y", "x", "gain", "offset"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v := YMM()
			VMOVUPS(row["x"], v)
			VMULPS(row["gain"], v, v)
			VADDPS(row["offset"], v, v)
			VMOVUPS(v, row["y"])
		}},
		{"addSquaresAVX2", "sums = sums + (x - center)²", []string{"sums", "x", "center"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v := YMM()
			VMOVUPS(row["x"], v)
			VSUBPS(row["center"], v, v)
			VMULPS(v, v, v)
			VADDPS(row["sums"], v, v)
			VMOVUPS(v, row["sums"])
		}},
		{"addDeviationsAVX2", "sums = sums + (x - center) and squares = squares + (x - center)²", []string{"sums", "squares", "x", "center"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v, square := YMM(), YMM()
			VMOVUPS(row["x"], v)
			VSUBPS(row["center"], v, v)
			VMULPS(v, v, square)
			VADDPS(row["sums"], v, v)
			VMOVUPS(v, row["sums"])
			VADDPS(row["squares"], square, square)
			VMOVUPS(square, row["squares"])
		}},
		{"addProductsAVX2", "sums = sums + dy and products = products + dy·(x - center)", []string{"sums", "products", "x", "dy", "center"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v, d := YMM(), YMM()
			VMOVUPS(row["x"], v)
			VMOVUPS(row["dy"], d)
			VSUBPS(row["center"], v, v)
			VMULPS(d, v, v)
			VADDPS(row["products"], v, v)
			VMOVUPS(v, row["products"])
			VADDPS(row["sums"], d, d)
			VMOVUPS(d, row["sums"])
		}},
		{"normGradientRowsAVX2", "dx = gain·dy + (slope·x + offset)", []string{"dx", "x", "dy", "gain", "slope", "offset"}, nil, func(row map[string]operand.Mem, _ map[string]reg.VecVirtual) {
			v, d := YMM(), YMM()
			VMOVUPS(row["x"], v)
			VMULPS(row["slope"], v, v)
			VADDPS(row["offset"], v, v)
			VMOVUPS(row["dy"], d)
			VMULPS(row["gain"], d, d)
			VADDPS(v, d, d)
			VMOVUPS(d, row["dx"])
		}},
		{"descendAVX2", "w = w - rate·(gradient + decay·w)", []string{"w", "gradient"}, []string{"rate", "decay"}, func(row map[string]operand.Mem, scalar map[string]reg.VecVirtual) {
			w, g := YMM(), YMM()
			VMOVUPS(row["w"], w)
			VMULPS(w, scalar["decay"], g)
			VADDPS(row["gradient"], g, g)
			VMULPS(g, scalar["rate"], g)
			VSUBPS(g, w, w)
			VMOVUPS(w, row["w"])
		}},
		{"momentumAVX2", "one step of momentum", []string{"w", "v", "gradient"}, []string{"rate", "decay", "keep", "own", "carried"}, momentum},
		{"adamAVX2", "one step of Adam", []string{"w", "m", "v", "gradient"}, []string{"beta1", "rest1", "beta2", "rest2", "keep", "decay", "rate", "inverse", "epsilon"}, adam},
	} {
		p.write()
	}
}

func momentum(row map[string]operand.Mem, scalar map[string]reg.VecVirtual) {
	w, v, g := YMM(), YMM(), YMM()
	VMOVUPS(row["w"], w)
	VMULPS(w, scalar["decay"], g)
	VADDPS(row["gradient"], g, g)

	VMULPS(row["v"], scalar["keep"], v)
	VADDPS(g, v, v)
	VMOVUPS(v, row["v"])

	VMULPS(g, scalar["own"], g)
	VMULPS(v, scalar["carried"], v)
	VADDPS(v, g, g)
	VMULPS(g, scalar["rate"], g)
	VSUBPS(g, w, w)
	VMOVUPS(w, row["w"])
}

func adam(row map[string]operand.Mem, scalar map[string]reg.VecVirtual) {
	w, g, m, v := YMM(), YMM(), YMM(), YMM()
	VMOVUPS(row["w"], w)
	VMULPS(w, scalar["decay"], g)
	VADDPS(row["gradient"], g, g)

	VMULPS(row["m"], scalar["beta1"], m)
	VMULPS(g, scalar["rest1"], v)
	VADDPS(v, m, m)
	VMOVUPS(m, row["m"])

	VMULPS(g, scalar["rest2"], v)
	VMULPS(g, v, v)
	VMULPS(row["v"], scalar["beta2"], g)
	VADDPS(v, g, v)
	VMOVUPS(v, row["v"])

	VSQRTPS(v, v)
	VMULPS(scalar["inverse"], v, v)
	VADDPS(scalar["epsilon"], v, v)
	VMULPS(m, scalar["rate"], m)
	VDIVPS(v, m, m)
	VMULPS(w, scalar["keep"], w)
	VSUBPS(m, w, w)
	VMOVUPS(w, row["w"])
}

func (p pass) write() {
	signature := "func(" + strings.Join(p.rows, ", ") + " *float32, n int"
	if p.scalars != nil {
		signature += ", " + strings.Join(p.scalars, ", ") + " float32"
	}
	TEXT(p.name, NOSPLIT, signature+")")
	Doc(p.name + " computes " + p.doc + ", n numbers, a positive multiple of 8.")
	Pragma("noescape")
	i, n := GP64(), GP64()
	row, scalar := map[string]operand.Mem{}, map[string]reg.VecVirtual{}
	for _, name := range p.rows {
		row[name] = operand.Mem{Base: Load(Param(name), GP64()), Index: i, Scale: 4}
	}
	for _, name := range p.scalars {
		scalar[name] = YMM()
		VBROADCASTSS(argument(name), scalar[name])
	}
	Load(Param("n"), n)
	XORQ(i, i)
	Label(p.name + "Loop")
	p.body(row, scalar)
	ADDQ(operand.Imm(8), i)
	CMPQ(i, n)
	JLT(operand.LabelRef(p.name + "Loop"))
	VZEROUPPER()
	RET()
}

// accumulate adds single numbers to double sums.
func accumulate() {
	TEXT("accumulateAVX2", NOSPLIT, "func(sum *float64, x *float32, n int)")
	Doc("accumulateAVX2 adds x to sum, n numbers, a positive multiple of 8.")
	Pragma("noescape")
	sum, x, n, i := Load(Param("sum"), GP64()), Load(Param("x"), GP64()), Load(Param("n"), GP64()), GP64()
	XORQ(i, i)
	Label("accumulateLoop")
	for half := range 2 {
		v := YMM()
		at := operand.Mem{Base: sum, Index: i, Scale: 8, Disp: half * vectorSize}
		VCVTPS2PD(operand.Mem{Base: x, Index: i, Scale: 4, Disp: half * vectorSize / 2}, v)
		VADDPD(at, v, v)
		VMOVUPD(v, at)
	}
	ADDQ(operand.Imm(8), i)
	CMPQ(i, n)
	JLT(operand.LabelRef("accumulateLoop"))
	VZEROUPPER()
	RET()
}

// transpose writes squares of 8 × 8.
func transpose() {
	TEXT("transposeSquaresAVX2", NOSPLIT, "func(dst *float32, dstRow int, src *float32, srcRow, squares int)")
	Doc("transposeSquaresAVX2 transposes squares of 8 × 8 that lie below each other in",
		"src, whose rows are srcRow apart, to squares beside each other in dst.")
	Pragma("noescape")
	dst, src, n := Load(Param("dst"), GP64()), Load(Param("src"), GP64()), Load(Param("squares"), GP64())
	stride := func(name string) [4]reg.Register {
		s := [4]reg.Register{Load(Param(name), GP64()), GP64(), GP64(), GP64()}
		SHLQ(operand.Imm(2), s[0])
		LEAQ(operand.Mem{Base: s[0], Index: s[0], Scale: 2}, s[1])
		LEAQ(operand.Mem{Base: s[0], Index: s[0], Scale: 4}, s[2])
		LEAQ(operand.Mem{Base: s[1], Index: s[0], Scale: 4}, s[3])
		return s
	}
	row := func(base reg.Register, s [4]reg.Register, i int) operand.Mem {
		at := operand.Mem{Base: base}
		if i > 0 {
			scale := i & -i
			at.Index, at.Scale = s[i/scale/2], uint8(scale)
		}
		return at
	}
	from, to := stride("srcRow"), stride("dstRow")
	Label("transposeLoop")
	var r, t [8]reg.VecVirtual
	for i := range r {
		r[i], t[i] = YMM(), YMM()
		VMOVUPS(row(src, from, i), r[i])
	}
	for i := 0; i < 8; i += 2 { // pairs of rows, then fours, then halves
		VUNPCKLPS(r[i+1], r[i], t[i])
		VUNPCKHPS(r[i+1], r[i], t[i+1])
	}
	for i := 0; i < 8; i += 4 {
		VSHUFPS(operand.Imm(0x44), t[i+2], t[i], r[i])
		VSHUFPS(operand.Imm(0xee), t[i+2], t[i], r[i+1])
		VSHUFPS(operand.Imm(0x44), t[i+3], t[i+1], r[i+2])
		VSHUFPS(operand.Imm(0xee), t[i+3], t[i+1], r[i+3])
	}
	for i := range 4 {
		VPERM2F128(operand.Imm(0x20), r[i+4], r[i], t[i])
		VPERM2F128(operand.Imm(0x31), r[i+4], r[i], t[i+4])
	}
	for i := range t {
		VMOVUPS(t[i], row(dst, to, i))
	}
	LEAQ(operand.Mem{Base: src, Index: from[0], Scale: 8}, src)
	ADDQ(operand.Imm(vectorSize), dst)
	DECQ(n)
	JNE(operand.LabelRef("transposeLoop"))
	VZEROUPPER()
	RET()
}
