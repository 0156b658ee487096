package main

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// whole writes a zip of a data set of two classes with so many images each.
func whole(t *testing.T, train, test int) string {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for part, n := range map[string]int{"train": train, "test": test} {
		for _, class := range []string{"cat", "dog"} {
			for i := range n {
				name := fmt.Sprintf("%s/%s/%04d.jpg", part, class, i)
				f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprint(f, "contents of ", name)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "whole.zip")
	if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestRun(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sample.zip")
	var first []byte
	for range 2 { // whole's order of entries differs, the sample does not
		if err := run(whole(t, 500, 350), out); err != nil {
			t.Fatal(err)
		}
		contents, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = contents
		}
		if !bytes.Equal(contents, first) {
			t.Fatal("two runs, two samples")
		}
	}
	sample, err := zip.OpenReader(out)
	if err != nil {
		t.Fatal(err)
	}
	defer sample.Close()
	counts, names := map[string]int{}, map[string]bool{}
	for _, f := range sample.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		contents, err := io.ReadAll(r)
		if err != nil || string(contents) != "contents of "+f.Name {
			t.Fatalf("%s holds %q, %v", f.Name, contents, err)
		}
		counts[path.Dir(f.Name)]++
		names[f.Name] = true
	}
	want := map[string]int{"train/cat": 400, "train/dog": 400, "test/cat": 300, "test/dog": 300}
	if fmt.Sprint(counts) != fmt.Sprint(want) || len(names) != 1400 {
		t.Errorf("%d names in %v, want 1400 in %v", len(names), counts, want)
	}
}

func TestRunErrors(t *testing.T) {
	out := filepath.Join(t.TempDir(), "sample.zip")
	for want, in := range map[string]string{
		"none.zip: no such file":            filepath.Join(t.TempDir(), "none.zip"),
		"test/cat has 299 images, want 300": whole(t, 500, 299),
		"no entries test/CLASS/NAME.jpg":    whole(t, 500, 0),
	} {
		if err := run(in, out); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%s: a sample is written", want)
		}
	}
}
