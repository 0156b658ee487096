package data

import "github.com/pkg/errors"

// Image is a picture as bytes, 0 (dark) to 255, axes C H W.
type Image struct {
	Channels, Height, Width int
	Pixels                  []byte // Channels·Height·Width of them
}

// maxUnused is how many bytes more than it needs an image may hold on to.
const maxUnused = 1 << 26

// resize gives an image this size, in the memory that it has if that is enough and not
// far too much. Its pixels are undefined.
func (m *Image) resize(channels, height, width int) {
	m.Channels, m.Height, m.Width = channels, height, width
	n := channels * height * width
	if cap(m.Pixels) < n || cap(m.Pixels) > n+maxUnused {
		m.Pixels = make([]byte, n)
	}
	m.Pixels = m.Pixels[:n]
}

// Dataset is a fixed sequence of labelled images. All methods are safe for
// concurrent use and answer the same on every call.
type Dataset interface {
	// Len returns the number of images.
	Len() int

	// Classes returns the class names in the order of their indices, or none
	// if images have no labels. The caller must not change them.
	Classes() []string

	// Size returns the number of channels, the height and the width in pixels of every
	// image. Height and width are both 0 if images differ in them.
	Size() (channels, height, width int)

	// Image reads the i-th image into image, in the memory that it has if that is
	// enough, and returns its class index, 0 if there are no classes. If image is nil,
	// it returns only the class index: labels are read without decoding images. It is
	// an error if i is outside of 0..Len()-1 or if the image cannot be read.
	Image(i int, image *Image) (label int, err error)
}

// records is a Dataset in memory, in records as in the files of CIFAR: a header of
// labels, a byte each, and the pixels, axes C H W.
type records struct {
	noted
	classes                 []string
	channels, height, width int
	header, label           int      // bytes of the header, and which of them is the class
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

func (r *records) Image(i int, image *Image) (label int, err error) {
	if err := checkIndex(r, i); err != nil {
		return 0, err
	}
	length := r.recordLen()
	offset, f := i*length, 0
	for offset >= len(r.files[f]) {
		offset -= len(r.files[f])
		f++
	}
	record := r.files[f][offset : offset+length]
	if image != nil {
		image.resize(r.Size())
		copy(image.Pixels, record[r.header:])
	}
	return int(record[r.label]), nil
}

// subset is the images of another data set that have these indices.
type subset struct {
	Dataset
	indices []int
}

func (s *subset) Len() int { return len(s.indices) }

func (s *subset) Image(i int, image *Image) (label int, err error) {
	if err := checkIndex(s, i); err != nil {
		return 0, err
	}
	return s.Dataset.Image(s.indices[i], image)
}

// checkIndex returns an error if a data set has no image i.
func checkIndex(set Dataset, i int) error {
	if i < 0 || i >= set.Len() {
		return errors.Errorf("data: image %d of a data set of %d images", i, set.Len())
	}
	return nil
}

// read is set.Image, but checks what it returns, since the caller may have written the
// Dataset. Errors name the image.
func read(set Dataset, i int, image *Image) (label int, err error) {
	label, err = set.Image(i, image)
	if err == nil {
		err = checkAnswer(set, label, image)
	}
	return label, errors.Wrapf(err, "image %d", i)
}

// checkAnswer returns an error if a label, or an image that is not nil, contradicts the
// classes and the size of its data set.
func checkAnswer(set Dataset, label int, image *Image) error {
	if last := max(len(set.Classes())-1, 0); label < 0 || label > last {
		return errors.Errorf("label %d, want 0 to %d", label, last)
	}
	if image == nil {
		return nil
	}
	channels, height, width := set.Size()
	if height == 0 && width == 0 {
		height, width = max(image.Height, 1), max(image.Width, 1)
	}
	if image.Channels != channels || image.Height != height || image.Width != width || len(image.Pixels) != channels*height*width {
		return errors.Errorf("%d bytes and a size of %d×%d×%d, want %d×%d×%d",
			len(image.Pixels), image.Channels, image.Height, image.Width, channels, height, width)
	}
	return nil
}

// checkSize returns an error if a data set returns a size that no image can have.
func checkSize(set Dataset) error {
	channels, height, width := set.Size()
	if any := height == 0 && width == 0; channels < 1 || !any && (height < 1 || width < 1) {
		return errors.Errorf("data: images of size %d×%d×%d, want at least 1×1×1", channels, height, width)
	}
	return nil
}
