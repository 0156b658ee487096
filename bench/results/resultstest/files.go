package resultstest

import (
	"bytes"
	"encoding/xml"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// Read returns a file of the folder.
func Read(t testing.TB, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// CheckPictures checks that a figure was written as PNG and SVG.
func CheckPictures(t testing.TB, dir, name string) {
	t.Helper()
	if _, err := png.Decode(bytes.NewReader(Read(t, dir, name+".png"))); err != nil {
		t.Errorf("%s.png: %v", name, err)
	}
	var err error
	decoder := xml.NewDecoder(bytes.NewReader(Read(t, dir, name+".svg")))
	for err == nil {
		_, err = decoder.Token()
	}
	if err != io.EOF {
		t.Errorf("%s.svg: %v", name, err)
	}
}
