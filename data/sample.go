package data

import (
	"archive/zip"
	_ "embed"
	"image"
	"image/jpeg"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/pkg/errors"
	"golang.org/x/image/draw"
)

// sampleZip holds 4,000 training and 3,000 test images of CIFAR-10, drawn
// evenly over its classes, as entries train/CLASS/NAME.jpg and
// test/CLASS/NAME.jpg. CIFAR-10 is by Alex Krizhevsky, "Learning Multiple Layers
// of Features from Tiny Images", 2009. The images are a JPEG copy, so pixels
// differ slightly from the original.
//
//go:embed sample/cifar10-sample.zip
var sampleZip string

// openSample decodes the embedded sample, once in a program's life: 22 MB.
var openSample = sync.OnceValues(func() (parts [2]Dataset, err error) {
	archive, err := zip.NewReader(strings.NewReader(sampleZip), int64(len(sampleZip)))
	if err != nil {
		return parts, err
	}
	for i, part := range []string{"train/", "test/"} {
		files := slices.DeleteFunc(slices.Clone(archive.File), func(f *zip.File) bool {
			return !strings.HasPrefix(f.Name, part)
		})
		contents, err := decodeAll(files)
		if err != nil {
			return parts, err
		}
		set := cifar10.records()
		set.files = [][]byte{contents}
		parts[i] = set
	}
	return parts, nil
})

// decodeAll makes records of CIFAR-10 of JPEG files whose folder is their class, on all
// cores.
func decodeAll(files []*zip.File) ([]byte, error) {
	length := cifar10.record()
	contents := make([]byte, len(files)*length)
	failures := make([]error, runtime.GOMAXPROCS(0))
	var workers sync.WaitGroup
	for w := range failures {
		workers.Go(func() {
			for i := w; i < len(files) && failures[w] == nil; i += len(failures) {
				err := decode(contents[i*length:][:length], files[i])
				failures[w] = errors.Wrap(err, files[i].Name)
			}
		})
	}
	workers.Wait()
	for _, err := range failures {
		if err != nil {
			return nil, err
		}
	}
	return contents, nil
}

// decode fills a record with the image in a JPEG file. It takes the values of Go's
// decoder, which repeats chroma: users' pictures have it interpolated, but all published
// results of the sample are of these values.
func decode(record []byte, file *zip.File) error {
	class := path.Base(path.Dir(file.Name))
	label := slices.Index(cifar10Classes, class)
	if label < 0 {
		return errors.Errorf("class %s is not one of CIFAR-10", class)
	}
	r, err := file.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	picture, err := jpeg.Decode(r)
	if err != nil {
		return err
	}
	size := picture.Bounds().Size()
	if size != image.Pt(cifarSide, cifarSide) {
		return errors.Errorf("image of %d×%d, want %d×%d", size.Y, size.X, cifarSide, cifarSide)
	}
	colours := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(colours, colours.Rect, picture, image.Point{}, draw.Src)
	record[0] = byte(label)
	plane := size.X * size.Y
	for i := range plane {
		for c := range 3 {
			record[1+c*plane+i] = colours.Pix[4*i+c]
		}
	}
	return nil
}
