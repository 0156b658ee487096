package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peakSums is how many independent sums a peak loop keeps: enough for two
// multipliers that each take up to 6 cycles.
const peakSums = 12

// peaks writes loops that do nothing but multiply and add in registers.
func peaks() {
	peak("peakAVX2", "8", YMM)
	peak("peakAVX512", "16", ZMM)
}

func peak(name, width string, vector func() reg.VecVirtual) {
	TEXT(name, NOSPLIT, "func(n int, one float32)")
	Doc(name+" adds one·one to 12 vectors of "+width+" sums, n > 0 times, and forgets them.",
		"One that is not 0, so that the multipliers have work to do, and sums that do",
		"not overflow, show the speed of ordinary numbers.")
	Pragma("noescape")
	n := Load(Param("n"), GP64())
	factor := vector()
	VBROADCASTSS(argument("one"), factor)
	var sums [peakSums]reg.VecVirtual
	for i := range sums {
		sums[i] = vector()
		VMOVUPS(factor, sums[i])
	}
	Label(name + "Loop")
	for _, sum := range sums {
		VFMADD231PS(factor, factor, sum)
	}
	DECQ(n)
	JNE(operand.LabelRef(name + "Loop"))
	VZEROUPPER()
	RET()
}
