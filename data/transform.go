package data

import (
	"fmt"
	"image"
	"math"
	"math/rand/v2"

	"github.com/pkg/errors"
)

// Transform makes images one size, by chance or always in the same way. It is a value of
// RandomCrop, RandomResizedCrop, CentreCrop or ResizeCrop.
type Transform interface {
	fmt.Stringer // a few words for a report

	// Size returns the height and width of the images that it makes of those of this
	// height and width, which are both 0 if images differ in them. It is an error if it
	// cannot transform such images, or if its options are out of range.
	Size(height, width int) (h, w int, err error)

	// draw returns what it takes of an image of this height and width.
	draw(height, width int, random *rand.Rand) (cut, error)
}

// Preprocessing is a Transform without chance, for images to evaluate on: CentreCrop or
// ResizeCrop.
type Preprocessing interface {
	Transform
	preprocessing()
}

// cut is what a transform takes of an image: it resizes a region, and takes a window of
// that, mirrored or not. Rectangles have the axes of package image.
type cut struct {
	region image.Rectangle // of the image
	size   image.Point     // of the region after resizing
	window image.Rectangle // of the resized region; it may reach beyond it
	flip   bool
}

// resized reports whether the region changes its size.
func (c cut) resized() bool { return c.size != c.region.Size() }

// RandomCrop is a translation: it takes the window of Side×Side pixels in the middle of
// the image, moved along each axis by a number of pixels that is drawn uniformly from
// -Padding..Padding. Beyond the image it has the mean of each channel, which is exactly
// 0 after normalisation.
//
// With Side 0 the window is as large as the image, which is the same as to pad the image
// on each side and crop it back to its size. Side 48 is the same as a centre crop of
// 48+2·Padding, and a random crop of 48 in that.
type RandomCrop struct {
	Side    int  // pixels; 0 means the image's own size
	Padding int  // largest translation, pixels; less than the window's height and width
	Flip    bool // mirror left to right with probability 1/2
}

func (t RandomCrop) String() string {
	text := fmt.Sprintf("up to %d pixels, flip %t", t.Padding, t.Flip)
	if t.Side > 0 {
		text = fmt.Sprintf("crops of %d, moved by ", t.Side) + text
	}
	return text
}

// Size returns Side twice, or the size of the images if Side is 0. It is an error if
// Padding is not below that.
func (t RandomCrop) Size(height, width int) (h, w int, err error) {
	if h, w, err = side(t.Side, height, width); err != nil {
		return 0, 0, err
	}
	if t.Padding < 0 || t.Padding >= min(h, w) {
		return 0, 0, errors.Errorf("data: translations by up to %d pixels of images of %d×%d, want 0 to %d",
			t.Padding, h, w, min(h, w)-1)
	}
	return h, w, nil
}

func (t RandomCrop) draw(height, width int, random *rand.Rand) (cut, error) {
	c, err := centre(t.Side, height, width)
	if err != nil {
		return cut{}, err
	}
	down, right := random.IntN(2*t.Padding+1)-t.Padding, random.IntN(2*t.Padding+1)-t.Padding
	c.window = c.window.Add(image.Pt(right, down))
	c.flip = t.Flip && random.IntN(2) == 1
	return c, nil
}

// CentreCrop takes the Side×Side pixels in the middle of an image, which must not be
// smaller. The zero value takes the whole image.
type CentreCrop struct {
	Side int // pixels; 0 means the image's own size
}

func (t CentreCrop) String() string {
	if t.Side == 0 {
		return "whole images"
	}
	return fmt.Sprintf("centre crops of %d", t.Side)
}

// Size returns Side twice, or the size of the images if Side is 0. It is an error if they
// are smaller than Side.
func (t CentreCrop) Size(height, width int) (h, w int, err error) {
	if h, w, err = side(t.Side, height, width); err != nil {
		return 0, 0, err
	}
	if height > 0 && (height < h || width < w) {
		return 0, 0, tooSmall(height, width, t.Side)
	}
	return h, w, nil
}

func (t CentreCrop) draw(height, width int, _ *rand.Rand) (cut, error) {
	if height < t.Side || width < t.Side {
		return cut{}, tooSmall(height, width, t.Side)
	}
	return centre(t.Side, height, width)
}

func (CentreCrop) preprocessing() {}

func tooSmall(height, width, side int) error {
	return errors.Errorf("data: an image of %d×%d, too small for a crop of %d×%d", height, width, side, side)
}

// ResizeCrop resizes an image so that its shorter side has Resize pixels and the ratio of
// its sides stays, and takes the Crop×Crop pixels in the middle. ImageNet is evaluated
// with 256 and 224.
type ResizeCrop struct {
	Resize, Crop int // pixels; Resize is at least Crop
}

func (t ResizeCrop) String() string {
	return fmt.Sprintf("shorter side to %d, centre crops of %d", t.Resize, t.Crop)
}

// Size returns Crop twice, for images of any size.
func (t ResizeCrop) Size(int, int) (h, w int, err error) {
	if t.Crop < 1 || t.Resize < t.Crop || t.Resize > maxSide {
		return 0, 0, errors.Errorf("data: crops of %d out of images resized to %d, want 1 or more and no more than that, which is at most %d",
			t.Crop, t.Resize, maxSide)
	}
	return t.Crop, t.Crop, nil
}

func (t ResizeCrop) draw(height, width int, _ *rand.Rand) (cut, error) {
	// The longer side is rounded down, as in torchvision's Resize.
	h, w := t.Resize, t.Resize
	if height < width {
		w = t.Resize * width / height
	} else {
		h = t.Resize * height / width
	}
	c, err := centre(t.Crop, h, w)
	c.region = image.Rect(0, 0, width, height)
	return c, err
}

func (ResizeCrop) preprocessing() {}

// RandomResizedCrop resizes a random part of an image to Side×Side. The part lies anywhere
// in the image. Its area is drawn uniformly from 8 % to 100 % of the image, and its ratio
// of width to height from 3/4 to 4/3, uniformly in the logarithm. If ten draws do not fit
// into the image, it is the largest part in the middle that has a ratio in that range.
// Source: Szegedy et al. 2014, section 6, with the parameters of torchvision's transform
// of this name.
type RandomResizedCrop struct {
	Side int  // pixels
	Flip bool // mirror left to right with probability 1/2
}

// The parameters of RandomResizedCrop.
const (
	smallestPart, largestPart = 0.08, 1.0 // of the area
	tallest, widest           = 3.0 / 4, 4.0 / 3
	partDraws                 = 10
)

func (t RandomResizedCrop) String() string {
	return fmt.Sprintf("random parts, resized to %d, flip %t", t.Side, t.Flip)
}

// Size returns Side twice, for images of any size.
func (t RandomResizedCrop) Size(int, int) (h, w int, err error) {
	if t.Side < 1 || t.Side > maxSide {
		return 0, 0, errors.Errorf("data: random parts resized to %d×%d, want 1 to %d", t.Side, t.Side, maxSide)
	}
	return t.Side, t.Side, nil
}

func (t RandomResizedCrop) draw(height, width int, random *rand.Rand) (cut, error) {
	size := image.Pt(t.Side, t.Side)
	c := cut{region: drawPart(height, width, random), size: size, window: image.Rectangle{Max: size}}
	c.flip = t.Flip && random.IntN(2) == 1
	return c, nil
}

// drawPart draws the part of an image that RandomResizedCrop takes.
func drawPart(height, width int, random *rand.Rand) image.Rectangle {
	uniform := func(from, to float64) float64 { return from + (to-from)*random.Float64() }
	h, w := 0, 0
	for range partDraws {
		area := float64(height) * float64(width) * uniform(smallestPart, largestPart)
		ratio := math.Exp(uniform(math.Log(tallest), math.Log(widest)))
		w, h = int(math.RoundToEven(math.Sqrt(area*ratio))), int(math.RoundToEven(math.Sqrt(area/ratio)))
		if 0 < w && w <= width && 0 < h && h <= height {
			top, left := random.IntN(height-h+1), random.IntN(width-w+1)
			return image.Rect(left, top, left+w, top+h)
		}
	}
	h, w = height, width
	switch ratio := float64(width) / float64(height); {
	case ratio < tallest:
		h = max(int(math.RoundToEven(float64(w)/tallest)), 1)
	case ratio > widest:
		w = max(int(math.RoundToEven(float64(h)*widest)), 1)
	}
	top, left := (height-h)/2, (width-w)/2
	return image.Rect(left, top, left+w, top+h)
}

// maxSide is the largest side of images that transforms make, in pixels.
const maxSide = 1 << 12

// side returns the size of a crop of so many pixels, or of the image if 0.
func side(pixels, height, width int) (h, w int, err error) {
	switch {
	case pixels < 0 || pixels > maxSide:
		return 0, 0, errors.Errorf("data: crops of %d×%d, want 0 to %d", pixels, pixels, maxSide)
	case pixels > 0:
		return pixels, pixels, nil
	case height == 0 || width == 0:
		return 0, 0, errors.New("data: images of different sizes need a transform that makes them one size")
	}
	return height, width, nil
}

// centre returns the cut of a window of so many pixels in the middle of an image of this
// size, without resizing. A half pixel is rounded to the even number, as in Python and so
// in torchvision.
func centre(pixels, height, width int) (cut, error) {
	h, w, err := side(pixels, height, width)
	if err != nil {
		return cut{}, err
	}
	top, left := int(math.RoundToEven(float64(height-h)/2)), int(math.RoundToEven(float64(width-w)/2))
	size := image.Pt(width, height)
	return cut{
		region: image.Rectangle{Max: size}, size: size,
		window: image.Rect(left, top, left+w, top+h),
	}, nil
}
