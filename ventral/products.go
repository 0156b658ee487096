package ventral

import (
	"math"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas64"
	"gonum.org/v1/gonum/mat"

	"hypnos/internal/kernel"
)

const (
	columns = 512 // of a block of features in float64, whose rows stay in the caches
	panel   = 128 // rows of products that are computed in one go
)

// change is what is done to features before they are multiplied: to width units
// of all stimuli, stimulus i's at block[i·width].
type change func(block []float64, width int)

// products returns the products of every two rows of a matrix, n × n, and how
// large an eigenvalue of them may be by rounding alone, as a share of their trace.
// Blocks, and so sums, are the same on any number of threads.
//
// Features in float32 of more units than stimuli, the large ones, are multiplied
// in float32, which is several times as fast, and summed over blocks in float64.
// A sum of so many terms as a block has units is off by some √units/2 times 2^-24
// of itself, by chance: the more blocks, the less the whole. Errors that are
// independent have eigenvalues of at most 2√n of their size (Wigner 1955, Ann.
// Math. 62:548), here taken twice.
func products(x mat.Matrix, c change) (all *mat.Dense, rounding float64, err error) {
	n, units := x.Dims()
	all = mat.NewDense(n, n, nil)
	done := false
	if f, ok := x.(*Features); ok && units > n {
		if err := single(all, f, c); err != nil {
			return nil, 0, err
		}
		blocks := float64(units) / (narrow * narrows)
		rounding = 4 * blockRounding / math.Sqrt(max(1, blocks)*float64(n))
		trace := mat.Trace(all)
		done = trace > 1e-20 && trace < 1e30 // its terms are in the range of float32
	}
	if !done {
		all.Zero()
		rounding, err = float64(n)*0x1p-52, double(all, x, c)
	}
	data := all.RawMatrix().Data
	for i := range n {
		for j := range i {
			data[i*n+j] = data[j*n+i]
		}
	}
	return all, rounding, err
}

// double adds the products, in float64, above the diagonal and on it. gonum's
// product divides the result among threads and not the sums.
func double(all *mat.Dense, x mat.Matrix, change change) error {
	n, units := x.Dims()
	c := all.RawMatrix()
	buffer := make([]float64, n*min(columns, units))
	for from := 0; from < units; from += columns {
		width := min(columns, units-from)
		block := buffer[:n*width]
		err := parallel(n, func(i int) error { return readRow(block[i*width:][:width], x, i, from) })
		if err != nil {
			return err
		}
		change(block, width)
		for top := 0; top < n; top += panel {
			rows := min(panel, n-top)
			blas64.Gemm(blas.NoTrans, blas.Trans, 1,
				blas64.General{Rows: rows, Cols: width, Stride: width, Data: block[top*width:]},
				blas64.General{Rows: n - top, Cols: width, Stride: width, Data: block[top*width:]},
				1, blas64.General{Rows: rows, Cols: n - top, Stride: n, Data: c.Data[top*n+top:]})
		}
	}
	return nil
}

// Blocks of single: narrow ones are changed by a thread each, and so many of them
// are multiplied at a time.
const (
	narrow    = 32
	narrows   = 2
	fewerRows = 64
)

// blockRounding is how far the products of a block are off, as a share of them.
var blockRounding = math.Sqrt(narrow*narrows) / 2 * 0x1p-24

// single adds the products, in float32 for a block of units, above the diagonal
// and on it.
func single(all *mat.Dense, x *Features, change change) error {
	n, units := x.Dims()
	c := all.RawMatrix()
	across := make([]float32, narrow*narrows*n) // a block, units × stimuli
	for from := 0; from < units; from += narrow * narrows {
		wide := min(narrow*narrows, units-from)
		err := parallel((wide+narrow-1)/narrow, func(part int) error {
			first := part * narrow
			width := min(narrow, wide-first)
			block := make([]float64, n*width)
			for i := range n {
				if err := readRow(block[i*width:][:width], x, i, from+first); err != nil {
					return err
				}
			}
			change(block, width)
			for unit := range width {
				row := across[(first+unit)*n:][:n]
				for i := range row {
					row[i] = float32(block[i*width+unit])
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		_ = parallel((n+fewerRows-1)/fewerRows, func(part int) error {
			top := part * fewerRows
			rows, columns := min(fewerRows, n-top), n-top
			block := make([]float32, rows*columns)
			kernel.Compute(kernel.Product{
				M: rows, N: columns, K: wide, ARow: 1, AColumn: n, BRow: n, CRow: columns,
			}, block, across[top:], across[top:], []kernel.Term{{}})
			for i := range rows {
				sums := c.Data[(top+i)*n+top:][:columns]
				for j, v := range block[i*columns:][:columns] {
					sums[j] += float64(v)
				}
			}
			return nil
		})
	}
	return nil
}
