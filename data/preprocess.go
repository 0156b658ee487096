package data

import "sync"

// Preprocess returns a data set whose images are those of another one, transformed to
// one size when they are read: what [InOrder] takes to evaluate a network on pictures of
// any size. It is an error if the transform does not fit the images.
func Preprocess(set Dataset, p Preprocessing) (Dataset, error) {
	if err := checkSize(set); err != nil {
		return nil, err
	}
	_, height, width := set.Size()
	h, w, err := p.Size(height, width)
	if err != nil {
		return nil, err
	}
	if p == (CentreCrop{}) {
		return set, nil
	}
	return &preprocessed{Dataset: set, transform: p, height: h, width: w}, nil
}

// preprocessed is a data set whose images are transformed.
type preprocessed struct {
	Dataset
	transform     Preprocessing
	height, width int
	buffers       sync.Pool // of *buffer
}

// buffer is the memory that transforming an image takes, kept for the next one.
type buffer struct {
	whole   Image
	resizer resizer
}

func (p *preprocessed) Size() (channels, height, width int) {
	channels, _, _ = p.Dataset.Size()
	return channels, p.height, p.width
}

func (p *preprocessed) Image(i int, image *Image) (label int, err error) {
	if image == nil {
		return p.Dataset.Image(i, nil)
	}
	b, ok := p.buffers.Get().(*buffer)
	if !ok {
		b = new(buffer)
	}
	defer p.buffers.Put(b)
	if label, err = p.Dataset.Image(i, &b.whole); err != nil {
		return 0, err
	}
	if err := checkAnswer(p.Dataset, label, &b.whole); err != nil {
		return 0, err
	}
	c, err := p.transform.draw(b.whole.Height, b.whole.Width, nil)
	if err != nil {
		return 0, err
	}
	b.resizer.take(image, &b.whole, c)
	return label, nil
}
