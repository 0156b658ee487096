// The command _asm writes the AVX2 and FMA assembly of kernel; the Go loops
// there say what it computes. Here: kernel.Product.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A tile is rows × vectors·8 elements of C, one YMM register for every 8. Two
// vectors and six rows fill the 16 registers, 12 of them with sums, and need 8
// loads for 12 multiplications: the multipliers set the pace. One vector, for
// a narrow rest, takes eight rows, the fewest sums that hide the latency of
// FMA (4 cycles, 2 a cycle).
var tallest = [...]int{1: 8, 2: 6}

// An AVX-512 version would be a second pair of entries here (14 × 32, 30 × 16)
// over ZMM registers, with opmasks in place of the mask register.

func main() {
	ConstraintExpr("amd64,!purego")
	tiles()
	passes()
	reductions()
	transpose()
	Generate()
}

// General registers, the same in every tile. A stride is in bytes; with the
// multiples 1, 3, 5 and 7 of it, an address can name each of eight rows.
var (
	pA, pB    = reg.RBX, reg.RDX // A[0,p] of the tile, B[p,0] of the panel
	left      = reg.RCX          // values of p still to do
	aColumn   = reg.RSI
	bRow      = reg.RDI
	aRows     = multiples{reg.R8, reg.R9, reg.R10, reg.R11}
	term      = reg.R12 // the next Term
	terms     = reg.R13 // terms still to do
	c         = reg.R14 // C[0,0] of the tile
	cRows     = multiples{reg.RBX, reg.RCX, reg.RDX, reg.RAX}
	ahead     = reg.R15 // an element of A to be used later
	aheadStep = reg.RAX // bytes that ahead moves with every p
	scratch   = reg.RAX // free while cRows and aheadStep are not in use
	b         = [...]reg.VecPhysical{reg.Y12, reg.Y13}
	broadcast = reg.Y14
	mask      = reg.Y15 // lanes of the last vector that exist
	sums      = [...]reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11}
	signature = "func(c, a, b *float32, term *int, terms, k, aRow, aColumn, bRow, cRow int, mask *int32, tiles, rows, vectors, walk int, add bool)"
)

const vectorSize = 32 // bytes

// tiles is the one function of the file: it loads what all tiles share into
// the registers above and jumps to the loop of the tile asked for.
func tiles() {
	TEXT("productTiles", NOSPLIT, signature)
	Doc("productTiles computes tiles of a Product, one below the other.",
		"Each is rows × 8·vectors of C; mask (8 words, 0 or -1) names the elements",
		"of the last vector that exist. It sums over all terms (the first two",
		"words of each at term) and 0≤p<k; strides are in elements.",
		"With every p, it fetches A after the first tile, and walk·rows elements on.",
		"Requires tiles, rows, vectors and, if there are terms, k to be positive.")
	Pragma("noescape")
	Load(Param("c"), c)
	loadBytes("aColumn", aColumn)
	loadBytes("bRow", bRow)
	loadBytes("aRow", aRows[0])
	aRows.fill()
	Load(Param("mask"), scratch)
	VMOVUPS(operand.Mem{Base: scratch}, mask)

	Load(Param("rows"), scratch)
	CMPQ(argument("vectors"), operand.Imm(1))
	JEQ(operand.LabelRef("narrow"))
	for rows := tallest[2]; rows > 0; rows-- {
		dispatch(rows, 2)
	}
	Label("narrow")
	for rows := tallest[1]; rows > 0; rows-- {
		dispatch(rows, 1)
	}
	RET() // not reached
	for vectors := len(tallest) - 1; vectors > 0; vectors-- {
		for rows := tallest[vectors]; rows > 0; rows-- {
			tile(rows, vectors)
		}
	}
}

// dispatch jumps to a tile if scratch holds its number of rows.
func dispatch(rows, vectors int) {
	CMPQ(scratch, operand.Imm(uint64(rows)))
	JEQ(operand.LabelRef(label(rows, vectors, "")))
}

// tile writes the loop over tiles of one size. Sums are in Y0 and up, row by
// row; Y12 and Y13 hold B[p,·], Y14 one A[i,p], Y15 the mask.
func tile(rows, vectors int) {
	label := func(name string) string { return label(rows, vectors, name) }
	last := vectors - 1
	sum := func(i, j int) reg.VecPhysical { return sums[i*vectors+j] }
	each := func(f func(i, j int, at operand.Mem)) {
		for i := range rows {
			for j := range vectors {
				f(i, j, cRows.row(c, i, j))
			}
		}
	}

	Label(label(""))
	CMPB(argument("add"), operand.Imm(0))
	JEQ(operand.LabelRef(label("zero")))
	loadBytes("cRow", cRows[0])
	cRows.fill()
	each(func(i, j int, at operand.Mem) { loadVector(at, j == last, sum(i, j)) })
	JMP(operand.LabelRef(label("sum")))
	Label(label("zero"))
	each(func(i, j int, _ operand.Mem) { VXORPS(sum(i, j), sum(i, j), sum(i, j)) })

	Label(label("sum"))
	Load(Param("term"), term)
	Load(Param("terms"), terms)
	TESTQ(terms, terms)
	JEQ(operand.LabelRef(label("store")))
	startAhead(rows)
	Label(label("term"))
	startTerm()
	Label(label("p"))
	for j := range vectors {
		loadVector(operand.Mem{Base: pB, Disp: j * vectorSize}, j == last, b[j])
	}
	PREFETCHT0(operand.Mem{Base: ahead})
	ADDQ(aheadStep, ahead)
	for i := range rows {
		VBROADCASTSS(aRows.row(pA, i, 0), broadcast)
		for j := range vectors {
			VFMADD231PS(b[j], broadcast, sum(i, j))
		}
	}
	ADDQ(aColumn, pA)
	ADDQ(bRow, pB)
	DECQ(left)
	JNE(operand.LabelRef(label("p")))
	DECQ(terms)
	JNE(operand.LabelRef(label("term")))

	Label(label("store"))
	loadBytes("cRow", cRows[0])
	cRows.fill()
	VMOVMSKPS(mask, terms.As32())
	CMPL(terms.As32(), operand.Imm(0xff))
	JNE(operand.LabelRef(label("ragged")))
	each(func(i, j int, at operand.Mem) { VMOVUPS(sum(i, j), at) })
	Label(label("next"))
	step(rows)
	JNE(operand.LabelRef(label("")))
	VZEROUPPER()
	RET()
	Label(label("ragged")) // a masked store is slow on AMD: only where needed
	each(func(i, j int, at operand.Mem) {
		if j == last {
			VMASKMOVPS(sum(i, j), mask, at)
		} else {
			VMOVUPS(sum(i, j), at)
		}
	})
	JMP(operand.LabelRef(label("next")))
}

// startAhead points ahead to where the first term of the next tile begins, to
// walk on from there with every p.
func startAhead(rows int) {
	IMUL3Q(operand.Imm(uint64(rows)), aRows[0], ahead)
	MOVQ(operand.Mem{Base: term}, scratch)
	SHLQ(operand.Imm(2), scratch)
	ADDQ(scratch, ahead)
	ADDQ(argument("a"), ahead)
	loadBytes("walk", scratch)
	IMUL3Q(operand.Imm(uint64(rows)), scratch, aheadStep)
}

// startTerm points pA and pB to the term's matrices and moves on to the next.
func startTerm() {
	MOVQ(operand.Mem{Base: term}, pA)
	MOVQ(operand.Mem{Base: term, Disp: 8}, pB)
	SHLQ(operand.Imm(2), pA)
	SHLQ(operand.Imm(2), pB)
	ADDQ(argument("a"), pA)
	ADDQ(argument("b"), pB)
	ADDQ(operand.Imm(16), term)
	Load(Param("k"), left)
}

// step moves a and c down by the rows of a tile, and counts it.
func step(rows int) {
	loadBytes("cRow", scratch)
	IMUL3Q(operand.Imm(uint64(rows)), scratch, scratch)
	ADDQ(scratch, c)
	IMUL3Q(operand.Imm(uint64(rows)), aRows[0], scratch)
	ADDQ(scratch, argument("a"))
	DECQ(argument("tiles"))
}

// loadVector reads 8 elements, or of the last vector those in the mask. A
// masked load costs no more than a plain one and never faults on masked lanes.
func loadVector(at operand.Mem, masked bool, to reg.VecPhysical) {
	if masked {
		VMASKMOVPS(at, mask, to)
	} else {
		VMOVUPS(at, to)
	}
}

// multiples holds 1, 3, 5 and 7 times a stride in bytes.
type multiples [4]reg.GPPhysical

// fill computes the others from the first.
func (m multiples) fill() {
	LEAQ(operand.Mem{Base: m[0], Index: m[0], Scale: 2}, m[1])
	LEAQ(operand.Mem{Base: m[0], Index: m[0], Scale: 4}, m[2])
	LEAQ(operand.Mem{Base: m[1], Index: m[0], Scale: 4}, m[3])
}

// row is the address of vector j of row i, of up to eight.
func (m multiples) row(base reg.GPPhysical, i, j int) operand.Mem {
	at := operand.Mem{Base: base, Disp: j * vectorSize}
	if i > 0 {
		scale := uint8(i & -i) // i = scale · odd
		at.Index, at.Scale = m[i/int(scale)/2], scale
	}
	return at
}

// loadBytes loads a stride and turns elements into bytes.
func loadBytes(name string, to reg.GPPhysical) {
	Load(Param(name), to)
	SHLQ(operand.Imm(2), to)
}

// argument is the place of an argument in memory.
func argument(name string) operand.Mem {
	basic, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return basic.Addr
}

func label(rows, vectors int, name string) string {
	return fmt.Sprintf("tile%dx%d%s", rows, 8*vectors, name)
}
