package kernel

// Pools is how the locations of an OH × OW map fall into pools: a location
// belongs to the pool of those whose row and column are equal modulo Period.
// Size is how many weights a location has.
type Pools struct {
	OH, OW, Period, Size int
}

// Share sets every location's weights (OH OW Size) to the mean of its pool.
func (p Pools) Share(weight []float32) {
	pools := min(p.Period, p.OH) * min(p.Period, p.OW)
	// Weights are shared span by span, so that small maps of large layers use
	// all threads too.
	spans := (p.Size + shareSpan - 1) / shareSpan
	Parallel(pools*spans, func(i int) {
		var room [shareSpan]float64
		var rounded [shareSpan]float32
		pool, from := i/spans, i%spans*shareSpan
		sum := room[:min(shareSpan, p.Size-from)]
		row, column := pool/min(p.Period, p.OW), pool%min(p.Period, p.OW)
		count := 0
		for h := row; h < p.OH; h += p.Period {
			for w := column; w < p.OW; w += p.Period {
				row := weight[(h*p.OW+w)*p.Size+from:][:len(sum)]
				for j := accumulateFast(sum, row); j < len(row); j++ {
					sum[j] += float64(row[j])
				}
				count++
			}
		}
		mean := rounded[:len(sum)]
		for j := range mean {
			mean[j] = float32(sum[j] / float64(count))
		}
		for h := row; h < p.OH; h += p.Period {
			for w := column; w < p.OW; w += p.Period {
				copy(weight[(h*p.OW+w)*p.Size+from:], mean)
			}
		}
	})
}

// shareSpan is how many weights of a location are shared at a time.
const shareSpan = 256
