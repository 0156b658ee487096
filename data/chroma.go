package data

import "image"

// plane is a component of a picture whose pixels have, each, a sample of it or
// share one.
type plane struct {
	pix           []byte
	stride        int
	height, width int // samples
	across, down  int // pixels to a sample
}

// newPlane returns a component of an image, of which so many pixels share a
// sample.
func newPlane(pix []byte, stride int, of *Image, across, down int) plane {
	return plane{pix, stride, ceil(of.Height, down), ceil(of.Width, across), across, down}
}

// sharing returns how many pixels share a sample of chroma.
func sharing(ratio image.YCbCrSubsampleRatio) (across, down int) {
	switch ratio {
	case image.YCbCrSubsampleRatio422:
		return 2, 1
	case image.YCbCrSubsampleRatio420:
		return 2, 2
	case image.YCbCrSubsampleRatio440:
		return 1, 2
	case image.YCbCrSubsampleRatio411:
		return 4, 1
	case image.YCbCrSubsampleRatio410:
		return 4, 2
	}
	return 1, 1
}

// row returns row y at the resolution of the picture, in out unless there is
// nothing to do. Where two pixels share a sample, it is interpolated by a
// triangle: a pixel is 3/4 of the sample that it is in and 1/4 of the next
// nearest, in each axis. Rounding, and which samplings are repeated instead, are
// those of libjpeg-turbo's default ("fancy" upsampling).
func (p *plane) row(y int, out []byte, sums []int) []byte {
	near := p.pix[y/p.down*p.stride:][:p.width]
	// The row next nearest, or at the border the same.
	far := near
	if next := y/p.down + 2*(y%2) - 1; p.down == 2 && next >= 0 && next < p.height {
		far = p.pix[next*p.stride:][:p.width]
	}
	switch {
	case p.across == 1 && p.down == 1:
		return near
	case p.across == 1 && p.down == 2:
		for x, v := range near {
			out[x] = byte((3*int(v) + int(far[x]) + 1 + y%2) >> 2)
		}
	case p.across == 2 && p.down == 1 && p.width > 2:
		for x, v := range near {
			sums[x] = int(v)
		}
		triangle(out, sums[:p.width], 1, 2, 2)
	case p.across == 2 && p.down == 2 && p.width > 2:
		for x, v := range near {
			sums[x] = 3*int(v) + int(far[x])
		}
		triangle(out, sums[:p.width], 8, 7, 4)
	default:
		for x := range out {
			out[x] = near[x/p.across]
		}
	}
	return out
}

// triangle interpolates a row to twice its length, or one less. What is added
// before the shift rounds the left and the right of two pixels.
func triangle(out []byte, in []int, left, right, shift int) {
	last := len(in) - 1
	for i, v := range in {
		out[2*i] = byte((3*v + in[max(i-1, 0)] + left) >> shift)
		if 2*i+1 < len(out) {
			out[2*i+1] = byte((3*v + in[min(i+1, last)] + right) >> shift)
		}
	}
}

// fillYCbCr fills an image of three channels, whose size is set, with the colours
// of ITU-R BT.601 in full range, as JFIF has them, in fixed point of 16 bits.
func fillYCbCr(planes [3]plane, into *Image) {
	width, size := into.Width, into.Height*into.Width
	var out [3][]byte
	for i := range out {
		out[i] = make([]byte, width)
	}
	sums := make([]int, width)
	const half = 1 << 15
	for y := range into.Height {
		luma := planes[0].row(y, out[0], sums)[:width]
		blues, reds := planes[1].row(y, out[1], sums)[:width], planes[2].row(y, out[2], sums)[:width]
		pixels := into.Pixels[y*width:]
		red, green, blue := pixels[:width], pixels[size:][:width], pixels[2*size:][:width]
		for x, v := range luma {
			l, cb, cr := int(v), int(blues[x])-128, int(reds[x])-128
			red[x] = clamp(l + (91881*cr+half)>>16)             // 1.402
			green[x] = clamp(l + (-22554*cb-46802*cr+half)>>16) // 0.34414, 0.71414
			blue[x] = clamp(l + (116130*cb+half)>>16)           // 1.772
		}
	}
}

func clamp(v int) byte { return byte(min(max(v, 0), 255)) }

// fillCMYK fills an image of three channels, whose size is set: what paper
// reflects of light is what neither black nor a colour's ink absorbs.
func fillCMYK(m *image.CMYK, into *Image) {
	plane := into.Height * into.Width
	for y := range into.Height {
		for x := range into.Width {
			in := m.Pix[y*m.Stride+4*x:][:4]
			for c, ink := range in[:3] {
				into.Pixels[c*plane+y*into.Width+x] = blend(0, 255-in[3], ink)
			}
		}
	}
}
