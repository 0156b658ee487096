// The command _asm writes the assembly of kernel; the Go loops there say what
// it computes. Here: kernel.Product.
package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// An instructionSet is what tiles are written in. A tile is rows × vectors of
// C, one register for every vector.
type instructionSet struct {
	name      string
	lanes     int   // float32 in a vector
	tallest   []int // rows of the tallest tile, by its vectors
	register  func(i int) reg.VecPhysical
	b         []reg.VecPhysical                     // B[p,·]; sums are in the registers from 0 up
	broadcast reg.VecPhysical                       // one A[i,p]
	half      func(reg.VecPhysical) reg.VecPhysical // its lower half, where that is worth instructions of its own
	zero      func(to reg.VecPhysical)

	// The lanes of the last vector that exist: loaded from the mask argument,
	// used by masked loads and stores, and turned to bits.
	loadMask, maskBits func(scratch reg.GPPhysical)
	load               func(at operand.Mem, to reg.VecPhysical)
	store              func(from reg.VecPhysical, at operand.Mem)
}

// Two vectors and six rows fill the 16 registers of AVX2, 12 of them with sums,
// and need 8 loads for 12 multiplications: the multipliers set the pace. One
// vector, for a narrow rest, takes eight rows, the fewest sums that hide the
// latency of FMA (4 cycles, 2 a cycle).
var avx2 = instructionSet{
	name: "AVX2", lanes: 8, tallest: []int{1: 8, 2: 6},
	register: func(i int) reg.VecPhysical {
		return [...]reg.VecPhysical{reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7, reg.Y8, reg.Y9, reg.Y10, reg.Y11}[i]
	},
	b: []reg.VecPhysical{reg.Y12, reg.Y13}, broadcast: reg.Y14,
	zero:     func(to reg.VecPhysical) { VXORPS(to, to, to) },
	loadMask: func(scratch reg.GPPhysical) { VMOVUPS(operand.Mem{Base: scratch}, reg.Y15) },
	maskBits: func(to reg.GPPhysical) { VMOVMSKPS(reg.Y15, to.As32()) },
	// A masked load costs no more than a plain one and never faults on masked
	// lanes.
	load:  func(at operand.Mem, to reg.VecPhysical) { VMASKMOVPS(at, reg.Y15, to) },
	store: func(from reg.VecPhysical, at operand.Mem) { VMASKMOVPS(from, reg.Y15, at) },
}

// AVX-512 has registers for more rows, but eight already need only 10 loads
// for 16 multiplications, and addresses for more would need another register. Three
// vectors are for a rest of three, such as the rows of weights of 16 channels.
var avx512 = instructionSet{
	name: "AVX512", lanes: 16, tallest: []int{1: 8, 2: 8, 3: 8},
	register: func(i int) reg.VecPhysical {
		return [...]reg.VecPhysical{reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
			reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
			reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23}[i]
	},
	b: []reg.VecPhysical{reg.Z24, reg.Z25, reg.Z26}, broadcast: reg.Z27,
	// Processors that do a vector of 16 in two halves save one of them.
	half: func(r reg.VecPhysical) reg.VecPhysical { return r.AsY().(reg.VecPhysical) },
	zero: func(to reg.VecPhysical) { VPXORD(to, to, to) },
	loadMask: func(scratch reg.GPPhysical) {
		VMOVDQU32(operand.Mem{Base: scratch}, reg.Z31)
		VPMOVD2M(reg.Z31, reg.K1)
	},
	maskBits: func(to reg.GPPhysical) { KMOVW(reg.K1, to.As32()) },
	load:     func(at operand.Mem, to reg.VecPhysical) { VMOVUPS_Z(at, reg.K1, to) },
	store:    func(from reg.VecPhysical, at operand.Mem) { VMOVUPS(from, reg.K1, at) },
}

// oneAndHalf stands for two vectors, of the second of which the lower half alone
// exists: the rows of weights of 8 channels and 3 columns.
const oneAndHalf = 4

func main() {
	ConstraintExpr("amd64,!purego")
	avx2.tiles()
	avx512.tiles()
	passes()
	channelPasses()
	accumulate()
	transpose()
	peaks()
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
	ahead     = reg.R15 // what will be used later: one line is fetched with every p
	aheadStep = reg.R14 // bytes to the next one
	aheadLeft = reg.RAX // lines left of this stretch

	second = reg.RBP // bytes from one vector of B to the next

	// Between tiles, when aheadStep and aheadLeft are kept in memory:
	c       = reg.R14 // C[0,0] of the tile
	cSecond = reg.RBP // the same of the second vector
	cThird  = reg.R12 // and of the third
	cRows   = multiples{reg.RBX, reg.RCX, reg.RDX, reg.RAX}
	scratch = reg.RAX // free while cRows are not in use

	signature = "func(c, a, b *float32, term *int, terms, k, aRow, aColumn, bRow, cRow, bVector, cVector int, mask *int32, tiles, rows, vectors int, add bool, fetch *int, fetches int, loops *int)"
)

// tiles writes one function: it loads what all tiles share into the registers
// above and jumps to the loop of the tile asked for.
func (s instructionSet) tiles() {
	name := "productTiles" + s.name
	TEXT(name, NOSPLIT, signature)
	Doc(name+" computes tiles of a Product, one below the other.",
		fmt.Sprintf("Each is rows × %d·vectors of C, with up to %d vectors (%d mean one and a half, where", s.lanes, len(s.tallest)-1, oneAndHalf),
		"there is AVX-512); a vector of B and C begins bVector and cVector after the one",
		fmt.Sprintf("before. mask (%d words, 0 or -1) names the elements", s.lanes),
		"of the last vector that exist. It sums over all terms (the first two",
		"words of each at term) and 0≤p<k; strides are in elements. loops says how often",
		"that is done, and how many bytes further on each time: panels, for each run.",
		"With every p it fetches one line into the second-level cache: fetch points",
		"to stretches of an address, a number of lines, at least 1, and a step in bytes.",
		"Requires tiles, rows, vectors and, if there are terms, k to be positive.")
	Pragma("noescape")
	keptStep, keptLeft := AllocLocal(8), AllocLocal(8)
	around := counters{AllocLocal(8), AllocLocal(8), AllocLocal(8)}
	around.begin()
	MOVQ(operand.U32(1), keptLeft) // a stretch that ends at once
	MOVQ(operand.U32(0), keptStep)
	Load(Param("a"), ahead)
	loadBytes("aColumn", aColumn)
	loadBytes("bRow", bRow)
	loadBytes("aRow", aRows[0])
	aRows.fill()
	Load(Param("mask"), scratch)
	s.loadMask(scratch)

	Load(Param("rows"), scratch)
	for _, vectors := range s.widths() {
		other := fmt.Sprintf("not%d", vectors)
		CMPQ(argument("vectors"), operand.Imm(uint64(vectors)))
		JNE(operand.LabelRef(other))
		for rows := s.highest(vectors); rows > 0; rows-- {
			s.dispatch(rows, vectors)
		}
		Label(other)
	}
	RET() // not reached
	for _, vectors := range s.widths() {
		for rows := s.highest(vectors); rows > 0; rows-- {
			s.tile(rows, vectors, keptStep, keptLeft, around)
		}
	}
}

// widths are the vectors of all kinds of tiles, the most frequent first.
func (s instructionSet) widths() []int {
	widths := []int{2}
	for vectors := len(s.tallest) - 1; vectors > 0; vectors-- {
		if vectors != 2 {
			widths = append(widths, vectors)
		}
	}
	if s.half != nil {
		widths = append(widths, oneAndHalf)
	}
	return widths
}

// highest is the number of rows of the tallest tile of a kind.
func (s instructionSet) highest(vectors int) int {
	if vectors == oneAndHalf {
		return s.tallest[2]
	}
	return s.tallest[vectors]
}

// dispatch jumps to a tile if scratch holds its number of rows.
func (s instructionSet) dispatch(rows, vectors int) {
	CMPQ(scratch, operand.Imm(uint64(rows)))
	JEQ(operand.LabelRef(s.label(rows, vectors, "")))
}

// tile writes the loop over tiles of one size.
func (s instructionSet) tile(rows, vectors int, keptStep, keptLeft operand.Mem, around counters) {
	kind := vectors
	label := func(name string) string { return s.label(rows, kind, name) }
	if kind == oneAndHalf {
		vectors = 2
	}
	last := vectors - 1
	// width is the register as wide as the j-th vector.
	width := func(j int, r reg.VecPhysical) reg.VecPhysical {
		if kind == oneAndHalf && j == 1 {
			return s.half(r)
		}
		return r
	}
	sum := func(i, j int) reg.VecPhysical { return width(j, s.register(i*vectors+j)) }
	each := func(f func(i, j int, at operand.Mem)) {
		for i := range rows {
			for j, base := range []reg.GPPhysical{c, cSecond, cThird}[:vectors] {
				f(i, j, cRows.row(base, i))
			}
		}
	}
	pointToC := func() {
		MOVQ(argument("c"), c)
		if vectors > 1 {
			loadBytes("cVector", cSecond)
			if vectors > 2 {
				LEAQ(operand.Mem{Base: c, Index: cSecond, Scale: 2}, cThird)
			}
			ADDQ(c, cSecond)
		}
	}
	load := func(at operand.Mem, masked bool, to reg.VecPhysical) {
		if masked && kind != oneAndHalf {
			s.load(at, to)
		} else {
			VMOVUPS(at, to)
		}
	}

	Label(label(""))
	pointToC()
	CMPB(argument("add"), operand.Imm(0))
	JEQ(operand.LabelRef(label("zero")))
	loadBytes("cRow", cRows[0])
	cRows.fill()
	each(func(i, j int, at operand.Mem) { load(at, j == last, sum(i, j)) })
	JMP(operand.LabelRef(label("sum")))
	Label(label("zero"))
	each(func(i, j int, _ operand.Mem) { s.zero(sum(i, j)) })

	Label(label("sum"))
	Load(Param("term"), term)
	Load(Param("terms"), terms)
	TESTQ(terms, terms)
	JEQ(operand.LabelRef(label("store")))
	if vectors > 1 {
		loadBytes("bVector", second)
	}
	MOVQ(keptStep, aheadStep)
	MOVQ(keptLeft, aheadLeft)
	Label(label("term"))
	startTerm()
	Label(label("p"))
	for j, at := range []operand.Mem{{Base: pB}, {Base: pB, Index: second, Scale: 1}, {Base: pB, Index: second, Scale: 2}}[:vectors] {
		load(at, j == last, width(j, s.b[j]))
	}
	PREFETCHT1(operand.Mem{Base: ahead})
	ADDQ(aheadStep, ahead)
	DECQ(aheadLeft)
	JEQ(operand.LabelRef(label("stretch")))
	Label(label("fetched"))
	for i := range rows {
		VBROADCASTSS(aRows.row(pA, i), s.broadcast)
		for j := range vectors {
			VFMADD231PS(width(j, s.b[j]), width(j, s.broadcast), sum(i, j))
		}
	}
	ADDQ(aColumn, pA)
	ADDQ(bRow, pB)
	DECQ(left)
	JNE(operand.LabelRef(label("p")))
	DECQ(terms)
	JNE(operand.LabelRef(label("term")))
	MOVQ(aheadStep, keptStep)
	MOVQ(aheadLeft, keptLeft)

	Label(label("store"))
	pointToC()
	loadBytes("cRow", cRows[0])
	cRows.fill()
	if kind != oneAndHalf {
		s.maskBits(terms)
		CMPL(terms.As32(), operand.U32(1<<s.lanes-1))
		JNE(operand.LabelRef(label("ragged")))
	}
	each(func(i, j int, at operand.Mem) { VMOVUPS(sum(i, j), at) })
	Label(label("next"))
	step(rows)
	JNE(operand.LabelRef(label("")))
	around.next(label)
	VZEROUPPER()
	RET()
	if kind != oneAndHalf {
		Label(label("ragged")) // a masked store is slow on AMD: only where needed
		each(func(i, j int, at operand.Mem) {
			if j == last {
				s.store(sum(i, j), at)
			} else {
				VMOVUPS(sum(i, j), at)
			}
		})
		JMP(operand.LabelRef(label("next")))
	}

	Label(label("stretch"))
	nextStretch(label)
}

// nextStretch begins the next stretch to fetch or, after the last, stays where
// it is, where fetching again costs nothing.
func nextStretch(label func(string) string) {
	CMPQ(argument("fetches"), operand.Imm(0))
	JEQ(operand.LabelRef(label("last")))
	DECQ(argument("fetches"))
	MOVQ(argument("fetch"), aheadStep)
	MOVQ(operand.Mem{Base: aheadStep}, ahead)
	MOVQ(operand.Mem{Base: aheadStep, Disp: 8}, aheadLeft)
	MOVQ(operand.Mem{Base: aheadStep, Disp: 16}, aheadStep)
	ADDQ(operand.Imm(24), argument("fetch"))
	JMP(operand.LabelRef(label("fetched")))
	Label(label("last"))
	SUBQ(aheadStep, ahead)
	XORQ(aheadStep, aheadStep)
	MOVQ(operand.Imm(1<<62), aheadLeft)
	JMP(operand.LabelRef(label("fetched")))
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
	ADDQ(scratch, argument("c"))
	IMUL3Q(operand.Imm(uint64(rows)), aRows[0], scratch)
	ADDQ(scratch, argument("a"))
	DECQ(argument("tiles"))
}

// counters are what is left of the loops around tiles: the tiles of one turn, the
// panels of this run and the runs. They stand in memory, since a turn is long.
type counters struct{ tiles, panels, runs operand.Mem }

// The words of loops, in bytes: a count and the steps of a, b and c of each loop.
const (
	wordPanels = 0
	wordRuns   = 32
)

// begin sets the counters before the first turn.
func (k counters) begin() {
	Load(Param("loops"), scratch)
	MOVQ(operand.Mem{Base: scratch, Disp: wordPanels}, terms)
	MOVQ(terms, k.panels)
	MOVQ(operand.Mem{Base: scratch, Disp: wordRuns}, terms)
	MOVQ(terms, k.runs)
	Load(Param("tiles"), terms)
	MOVQ(terms, k.tiles)
}

// next begins the next turn, if there is one.
func (k counters) next(label func(string) string) {
	loops := scratch
	Load(Param("loops"), loops)
	again := func(word int) {
		for i, name := range []string{"a", "b", "c"} {
			MOVQ(operand.Mem{Base: loops, Disp: word + 8*(i+1)}, terms)
			ADDQ(terms, argument(name))
		}
		MOVQ(k.tiles, terms)
		MOVQ(terms, argument("tiles"))
		JMP(operand.LabelRef(label("")))
	}
	DECQ(k.panels)
	JEQ(operand.LabelRef(label("run")))
	again(wordPanels)
	Label(label("run"))
	DECQ(k.runs)
	JEQ(operand.LabelRef(label("done")))
	MOVQ(operand.Mem{Base: loops, Disp: wordPanels}, terms)
	MOVQ(terms, k.panels)
	again(wordRuns)
	Label(label("done"))
}

// multiples holds 1, 3, 5 and 7 times a stride in bytes.
type multiples [4]reg.GPPhysical

// fill computes the others from the first.
func (m multiples) fill() {
	LEAQ(operand.Mem{Base: m[0], Index: m[0], Scale: 2}, m[1])
	LEAQ(operand.Mem{Base: m[0], Index: m[0], Scale: 4}, m[2])
	LEAQ(operand.Mem{Base: m[1], Index: m[0], Scale: 4}, m[3])
}

// row is the address of row i, of up to eight.
func (m multiples) row(base reg.GPPhysical, i int) operand.Mem {
	at := operand.Mem{Base: base}
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

func (s instructionSet) label(rows, vectors int, name string) string {
	width := s.lanes * vectors
	if vectors == oneAndHalf {
		width = s.lanes * 3 / 2
	}
	return fmt.Sprintf("tile%dx%d%s", rows, width, name)
}
