package kernel

// sumsPerGradient is into how many partial sums, of consecutive rows, the
// gradient of a convolution's shared weights is cut: a constant, so that the
// result does not depend on the number of threads.
const sumsPerGradient = 8

// WeightGradient computes dw (L O KH KW C/g) of x (H W C N) and dy
// (OH OW O N).
//
// The sum over the batch is the inner one here, so the input is first turned
// to rows of N × (W·C), with its padding: then the columns of a kernel row lie
// side by side in memory for every image.
func WeightGradient[T Float](g Local, dw, x, dy []T) {
	rows := borrow[T](g.H * g.N * g.rowLength())
	defer release(rows)
	turnRows(g, *rows, x)
	if !g.Shared {
		Parallel(g.OH, func(oh int) {
			for ow := range g.OW {
				for kh := range g.KH {
					kernelRowGradient(g, dw[g.location(oh, ow):], *rows, dy, kh, oh, oh+1, ow, ow+1)
				}
			}
		})
		return
	}
	sums := borrow[T](sumsPerGradient * len(dw))
	defer release(sums)
	height := (g.OH + sumsPerGradient - 1) / sumsPerGradient
	Parallel(sumsPerGradient*g.KH, func(i int) {
		part, kh := i/g.KH, i%g.KH
		sum := (*sums)[part*len(dw):][:len(dw)]
		kernelRowGradient(g, sum, *rows, dy, kh, min(part*height, g.OH), min((part+1)*height, g.OH), 0, g.OW)
	})
	ParallelSpans(len(dw), func(from, to int) {
		copy(dw[from:to], (*sums)[from:to])
		for part := 1; part < sumsPerGradient; part++ {
			for i, v := range (*sums)[part*len(dw):][from:to] {
				dw[from+i] += v
			}
		}
	})
}

// rowLength is the length of one image's row, padding included.
func (g Local) rowLength() int { return (g.W + 2*g.Padding) * g.C }

// turnRows writes each row of x, W C N, as N × (p+W+p)·C with zeros in the
// padding.
func turnRows[T Float](g Local, rows, x []T) {
	length, padding := g.rowLength(), g.Padding*g.C
	Parallel(g.H, func(h int) {
		row := rows[h*g.N*length:][:g.N*length]
		for n := range g.N {
			clear(row[n*length:][:padding])
			clear(row[(n+1)*length-padding:][:padding])
		}
		Transpose(row[padding:], length, x[h*g.W*g.C*g.N:], g.N, g.W*g.C, g.N)
	})
}

// kernelRowGradient computes the gradient of row kh of the kernel, summed over
// the locations oh0 ≤ oh < oh1, ow0 ≤ ow < ow1.
func kernelRowGradient[T Float](g Local, dw, rows, dy []T, kh, oh0, oh1, ow0, ow1 int) {
	var room [128]Term
	c, length := g.channels(), g.rowLength()
	columns, width := g.KW, c
	if g.patched() {
		columns, width = 1, g.KW*c
	}
	for group := range g.Groups {
		for kw := range columns {
			q := Product{M: g.filters(), N: width, K: g.N, ARow: g.N, AColumn: 1, BRow: length, CRow: g.field()}
			to := dw[group*g.filters()*g.field()+(kh*g.KW+kw)*c:]
			for oh := oh0; oh < oh1; oh++ {
				ih := g.Stride*oh + g.Dilation*kh - g.Padding
				if ih < 0 || ih >= g.H {
					continue
				}
				terms := room[:0]
				for ow := ow0; ow < ow1; ow++ {
					terms = append(terms, Term{
						A: ((oh*g.OW+ow)*g.O + group*g.filters()) * g.N,
						B: ih*g.N*length + (g.Stride*ow+g.Dilation*kw)*g.C + group*c,
					})
				}
				Compute(q, to, dy, rows, terms)
				q.Add = true
			}
			if !q.Add { // no location sees the image through this row
				Compute(q, to, dy, rows, nil)
			}
		}
	}
}
