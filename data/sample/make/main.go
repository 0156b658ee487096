// Command make draws the sample of CIFAR-10 that package data embeds, out of a
// zip of all its images in entries train/CLASS/NAME.jpg and
// test/CLASS/NAME.jpg:
//
//	go run ./data/sample/make -zip cifar10-jpeg.zip
//
// It draws evenly over the classes with a fixed seed and copies the JPEG bytes as
// they are, so the same input gives the same output, byte for byte.
package main

import (
	"archive/zip"
	"bytes"
	"flag"
	"io"
	"log"
	"math/rand/v2"
	"path"
	"slices"
	"strings"

	"github.com/google/renameio/v2/maybe"
	"github.com/pkg/errors"
)

// The images drawn from each class of each part.
const (
	trainPerClass = 400
	testPerClass  = 300
)

func main() {
	log.SetFlags(0)
	in := flag.String("zip", "", "zip of the whole data set")
	out := flag.String("out", "data/sample/cifar10-sample.zip", "zip to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		log.Fatal("make: ", err)
	}
}

func run(in, out string) error {
	whole, err := zip.OpenReader(in)
	if err != nil {
		return errors.Wrap(err, "-zip")
	}
	defer whole.Close()
	var sample bytes.Buffer
	w := zip.NewWriter(&sample)
	if err := draw(w, whole.File, "train", trainPerClass); err != nil {
		return err
	}
	if err := draw(w, whole.File, "test", testPerClass); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return maybe.WriteFile(out, sample.Bytes(), 0o644)
}

// draw copies perClass images of each class of one part. They follow each other
// class by class in turn, so that any first n of them are even over the classes
// too.
func draw(w *zip.Writer, files []*zip.File, part string, perClass int) error {
	classes := map[string][]*zip.File{}
	for _, f := range files {
		if strings.HasPrefix(f.Name, part+"/") && strings.HasSuffix(f.Name, ".jpg") {
			class := path.Dir(f.Name)
			classes[class] = append(classes[class], f)
		}
	}
	if len(classes) == 0 {
		return errors.Errorf("no entries %s/CLASS/NAME.jpg", part)
	}
	names := make([]string, 0, len(classes))
	for name := range classes {
		names = append(names, name)
	}
	slices.Sort(names)

	random := rand.New(rand.NewPCG(2009, 0))
	for _, name := range names {
		class := classes[name]
		if len(class) < perClass {
			return errors.Errorf("%s has %d images, want %d", name, len(class), perClass)
		}
		slices.SortFunc(class, func(a, b *zip.File) int { return strings.Compare(a.Name, b.Name) })
		random.Shuffle(len(class), func(i, j int) { class[i], class[j] = class[j], class[i] })
	}
	for i := range perClass {
		for _, name := range names {
			if err := copyStored(w, classes[name][i]); err != nil {
				return errors.Wrap(err, classes[name][i].Name)
			}
		}
	}
	return nil
}

// copyStored adds a file under its name, not compressed, with no date.
func copyStored(w *zip.Writer, file *zip.File) error {
	from, err := file.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := w.CreateHeader(&zip.FileHeader{Name: file.Name, Method: zip.Store})
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return err
}
