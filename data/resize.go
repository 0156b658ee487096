package data

import "slices"

// resizer is the memory that resizing takes, kept for the next image.
type resizer struct {
	rows []byte // those that the window needs, resized to their new width
	sums []int32
}

// take fills dst with a cut of an image, without mirroring it. The window must lie inside
// of the resized region.
//
// A value is a mean of pixels weighted by a tent. The tent widens as the image shrinks, so
// that every pixel counts and nothing aliases. This is PIL's BILINEAR, with which networks
// were trained, to the last bit: weights have 22 bits, and rows are rounded to bytes before
// columns are resized. (PyTorch's interpolate without antialias reads only four pixels.)
func (r *resizer) take(dst, src *Image, c cut) {
	dst.resize(src.Channels, c.window.Dy(), c.window.Dx())
	across := tents(c.region.Dx(), c.size.X, c.window.Min.X, c.window.Max.X)
	down := tents(c.region.Dy(), c.size.Y, c.window.Min.Y, c.window.Max.Y)
	first, end := down[0].first, 0
	for _, t := range down {
		end = max(end, t.first+len(t.weights))
	}
	width := dst.Width
	r.rows = slices.Grow(r.rows[:0], (end-first)*width)[:(end-first)*width]
	r.sums = slices.Grow(r.sums[:0], width)[:width]
	for channel := range src.Channels {
		for y := first; y < end; y++ {
			in := src.Pixels[(channel*src.Height+c.region.Min.Y+y)*src.Width+c.region.Min.X:][:c.region.Dx()]
			out := r.rows[(y-first)*width:][:width]
			for x, t := range across {
				sum := int32(0)
				for i, v := range in[t.first:][:len(t.weights)] {
					sum += int32(v) * t.weights[i]
				}
				out[x] = rounded(sum)
			}
		}
		for y, t := range down {
			clear(r.sums)
			for i, weight := range t.weights {
				for x, v := range r.rows[(t.first-first+i)*width:][:width] {
					r.sums[x] += int32(v) * weight
				}
			}
			for x, sum := range r.sums {
				dst.Pixels[(channel*dst.Height+y)*width+x] = rounded(sum)
			}
		}
	}
}

// weightBits is the precision of weights, which add up to 1.
const weightBits = 22

// rounded returns a weighted sum of bytes as a byte.
func rounded(sum int32) byte { return clamp(int((int64(sum) + 1<<(weightBits-1)) >> weightBits)) }

// tent is the weights of consecutive pixels of the image, for one pixel of the result.
type tent struct {
	first   int
	weights []int32
}

// tents returns the tents of the pixels from..to-1 along an axis that is resized from in
// to out pixels.
func tents(in, out, from, to int) []tent {
	scale := float64(in) / float64(out)
	reach := max(scale, 1)
	narrow := 1 / reach
	all := make([]tent, 0, to-from)
	var weights []float64
	for o := from; o < to; o++ {
		centre := (float64(o) + 0.5) * scale
		first := max(int(centre-reach+0.5), 0)
		end := min(int(centre+reach+0.5), in)
		weights = weights[:0]
		total := 0.0
		for i := first; i < end; i++ {
			distance := (float64(i) - centre + 0.5) * narrow
			weight := max(0, 1-max(distance, -distance))
			weights = append(weights, weight)
			total += weight
		}
		t := tent{first: first, weights: make([]int32, len(weights))}
		for i, weight := range weights {
			t.weights[i] = int32(0.5 + weight/total*(1<<weightBits))
		}
		all = append(all, t)
	}
	return all
}
