package data

import "image"

// plane is a component of a picture, such as its luma. A sample of it stands for one
// pixel, or for a block of them.
type plane struct {
	pix           []byte
	stride        int
	height, width int // in samples
	across, down  int // pixels of a sample along each axis
}

// newPlane returns a component of an image whose samples stand for across × down pixels.
func newPlane(pix []byte, stride int, of *Image, across, down int) plane {
	return plane{pix, stride, ceil(of.Height, down), ceil(of.Width, across), across, down}
}

// chromaBlock returns how many pixels along each axis share a sample of chroma.
func chromaBlock(ratio image.YCbCrSubsampleRatio) (across, down int) {
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

// row returns row y at the resolution of the picture. It writes it to out, unless the
// plane has that resolution already. Where two pixels share a sample, samples are
// interpolated by a triangle: along each axis a pixel is 3/4 of its own sample and 1/4
// of the next nearest. Other samplings are repeated. All that, and the rounding, is as
// in libjpeg-turbo by default ("fancy" upsampling).
func (p *plane) row(y int, out []byte, sums []int) []byte {
	near := p.pix[y/p.down*p.stride:][:p.width]
	far := near // at the border
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

// triangle interpolates a row to twice its length, or one less if out is shorter. left
// and right are added before the shift, to round the left and right pixels of samples.
func triangle(out []byte, in []int, left, right, shift int) {
	last := len(in) - 1
	for i, v := range in {
		out[2*i] = byte((3*v + in[max(i-1, 0)] + left) >> shift)
		if 2*i+1 < len(out) {
			out[2*i+1] = byte((3*v + in[min(i+1, last)] + right) >> shift)
		}
	}
}

// fillYCbCr fills an image of three channels, whose size is set, with the colours of Y
// Cb Cr by ITU-R BT.601 in full range, as in JFIF, in fixed point of 16 bits.
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

// fillCMYK fills an image of three channels, whose size is set, with the light that paper
// reflects: what is absorbed neither by black nor by the ink of a colour.
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
