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

// change is what is done to features before they are multiplied. It gets width units of
// all stimuli; those of stimulus i begin at values[i·width].
type change func(values []float64, width int)

// products returns the products of every two rows of a matrix, n × n, and how
// large an eigenvalue of them may be by rounding alone, as a share of their trace.
// Blocks, and so sums, are the same on any number of threads.
//
// Features in float32 of more units than stimuli, the large ones, are multiplied
// in float32, which is several times as fast, and summed over blocks in float64.
// By chance, the sum over a block is off by some √units/2 times 2^-24 of itself, and
// that over many blocks by less. Independent errors have eigenvalues of at most 2√n
// times their size (Wigner 1955, Ann. Math. 62:548); twice that is taken here.
func products(x mat.Matrix, c change) (all *mat.Dense, rounding float64, err error) {
	n, units := x.Dims()
	all = mat.NewDense(n, n, nil)
	done := false
	if f, ok := x.(*Features); ok && units > n {
		if err := single(all, f, c); err != nil {
			return nil, 0, err
		}
		blocks := float64(units) / block
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

// double adds the products, in float64, on and above the diagonal. gonum divides the
// result among threads, and no sum.
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

const (
	stripe = 64  // units of a block in float32 that a thread prepares
	block  = 128 // units
	side   = 64  // of a square of products that a thread computes
)

// blockRounding is how far the products of a block are off, as a share of them.
var blockRounding = math.Sqrt(block) / 2 * 0x1p-24

// single adds the products, in float32 for a block of units, above the diagonal
// and on it.
func single(all *mat.Dense, x *Features, change change) error {
	n, units := x.Dims()
	var squares [][2]int // the first row and column of each
	for top := 0; top < n; top += side {
		for left := top; left < n; left += side {
			squares = append(squares, [2]int{top, left})
		}
	}
	stimuli := make([]float32, n*min(block, units)) // a block, stimuli × units
	across := make([]float32, len(stimuli))         // and units × stimuli
	for from := 0; from < units; from += block {
		width := min(block, units-from)
		// kernel.Parallel keeps its threads awake from block to block.
		failures := make([]error, (width+stripe-1)/stripe)
		kernel.Parallel(len(failures), func(part int) {
			first := part * stripe
			some := min(stripe, width-first)
			values := make([]float64, n*some)
			for i := range n {
				if failures[part] = readRow(values[i*some:][:some], x, i, from+first); failures[part] != nil {
					return
				}
			}
			change(values, some)
			for i := range n {
				row := stimuli[i*width+first:][:some]
				for unit, v := range values[i*some:][:some] {
					row[unit] = float32(v)
				}
			}
			kernel.Transpose(across[first*n:], n, stimuli[first:], width, n, some)
		})
		for _, err := range failures {
			if err != nil {
				return err
			}
		}
		kernel.Parallel(len(squares), func(i int) {
			top, left := squares[i][0], squares[i][1]
			var sums [side * side]float32
			q := kernel.Product{
				M: min(side, n-top), N: min(side, n-left), K: width,
				ARow: width, AColumn: 1, BRow: n, CRow: side,
			}
			kernel.Compute(q, sums[:], stimuli[top*width:], across[left:], []kernel.Term{{}})
			for i := range q.M {
				to := all.RawRowView(top + i)[left:][:q.N]
				for j, v := range sums[i*side:][:q.N] {
					to[j] += float64(v)
				}
			}
		})
	}
	return nil
}
