package data

import "github.com/pkg/errors"

// Dataset is a fixed sequence of labelled images, all of one size. All methods
// are safe for concurrent use and answer the same on every call.
type Dataset interface {
	// Len returns the number of images.
	Len() int

	// Classes returns the class names in the order of their indices. The
	// caller must not change them.
	Classes() []string

	// Size returns the number of channels and the height and width in pixels
	// of every image.
	Size() (channels, height, width int)

	// Image fills pixels with the i-th image, axes C H W, 0 (dark) to 255, and
	// returns its class index. Where pixels is nil it returns the class index
	// alone, so that labels can be read without decoding images. It is an error
	// if i is outside 0..Len()-1, if pixels is neither nil nor
	// channels·height·width long, or if the image cannot be read.
	Image(i int, pixels []byte) (label int, err error)
}

// records is a Dataset held in memory as the CIFAR files have it: records of
// a header, whose last byte is the label, and the pixels, axes C H W.
type records struct {
	classes                 []string
	channels, height, width int
	header                  int      // bytes
	files                   [][]byte // each a whole number of records
}

func (r *records) Classes() []string { return r.classes }

func (r *records) Size() (channels, height, width int) { return r.channels, r.height, r.width }

func (r *records) recordLen() int { return r.header + r.channels*r.height*r.width }

func (r *records) Len() int {
	n := 0
	for _, file := range r.files {
		n += len(file) / r.recordLen()
	}
	return n
}

func (r *records) Image(i int, pixels []byte) (label int, err error) {
	if i < 0 || i >= r.Len() {
		return 0, errors.Errorf("data: image %d of a data set of %d images", i, r.Len())
	}
	length := r.recordLen()
	if pixels != nil && len(pixels) != length-r.header {
		return 0, errors.Errorf("data: %d bytes to fill with an image of %d×%d×%d = %d bytes",
			len(pixels), r.channels, r.height, r.width, length-r.header)
	}
	offset, f := i*length, 0
	for offset >= len(r.files[f]) {
		offset -= len(r.files[f])
		f++
	}
	record := r.files[f][offset : offset+length]
	copy(pixels, record[r.header:])
	return int(record[r.header-1]), nil
}

// subset is the images of another data set whose indices it lists.
type subset struct {
	Dataset
	indices []int
}

func (s *subset) Len() int { return len(s.indices) }

func (s *subset) Image(i int, pixels []byte) (label int, err error) {
	if i < 0 || i >= len(s.indices) {
		return 0, errors.Errorf("data: image %d of a data set of %d images", i, len(s.indices))
	}
	return s.Dataset.Image(s.indices[i], pixels)
}

// read is set.Image with the label checked and the image named in the error: a
// Dataset may be anybody's.
func read(set Dataset, i int, pixels []byte) (label int, err error) {
	label, err = set.Image(i, pixels)
	if err != nil {
		return 0, errors.Wrapf(err, "image %d", i)
	}
	if classes := len(set.Classes()); label < 0 || label >= classes {
		return 0, errors.Errorf("image %d has label %d, want 0 to %d", i, label, classes-1)
	}
	return label, nil
}

// imageLen returns the number of bytes of one image, or an error if the set
// reports a size that no image can have.
func imageLen(set Dataset) (int, error) {
	channels, height, width := set.Size()
	if channels < 1 || height < 1 || width < 1 {
		return 0, errors.Errorf("data: images of size %d×%d×%d, want at least 1×1×1", channels, height, width)
	}
	return channels * height * width, nil
}
