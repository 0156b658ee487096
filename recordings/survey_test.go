package recordings

import (
	"archive/zip"
	"fmt"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
)

// opened opens a folder of files, and returns the names of its pictures below
// images, and what is said of it.
func opened(t *testing.T, files map[string][]byte) (r *Recording, names []string, notes string) {
	t.Helper()
	dir := write(t, files)
	r, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for i := range r.Stimuli.Len() {
		_, name, _ := strings.Cut(strings.TrimPrefix(r.Stimuli.Name(i), dir+"/"), "/")
		names = append(names, name)
	}
	return r, names, strings.ReplaceAll(strings.Join(r.Notes, "\n"), dir, "DIR")
}

// with is files and more.
func with(files map[string][]byte, more ...any) map[string][]byte {
	all := map[string][]byte{}
	for name, contents := range files {
		all[name] = contents
	}
	for i := 0; i < len(more); i += 2 {
		switch contents := more[i+1].(type) {
		case []byte:
			all[more[i].(string)] = contents
		case string:
			all[more[i].(string)] = []byte(contents)
		}
	}
	return all
}

// Pictures whose order nothing states are in the natural order of their names,
// and if that may not be the one that was meant it is said; what states it is
// obeyed, and whatever else does so has to agree.
func TestOrder(t *testing.T) {
	responses := func(stimuli int) []byte {
		return npyFile(1, npyHeader("<f8", false, 4, stimuli), drawn(4, stimuli, 1, 0, 1))
	}
	for want, names := range map[string][]string{
		"img2.png before img10.png, where the order of bytes has img10.png first":              {"img1.png", "img2.png", "img10.png"},
		"B.png before a.png, where an order without regard to capitals has a.png first":        {"B.png", "a.png", "c.png"},
		"IMG_10.png before img_2.png, where an order without regard to capitals has img_2.png": {"IMG_10.png", "img_2.png"},
		"a_0.png before a_-5.png, where an order with negative numbers has a_-5.png first":     {"a_0.png", "a_-5.png", "a_-10.png"},
		"t-1-1.png before t--2.png, where an order with negative numbers has t--2.png first":   {"t-1-1.png", "t--2.png"},
		"-1.png before -2.png, where an order with negative numbers has -2.png first":          {"-1.png", "-2.png", "-3.png"},
		"none 5": {"a-1.png", "a-2.png"},
		"none 6": {"2026-11-01 - 1.png", "2026-11-02 - 2.png"},
		"0.5.png before 0.25.png, where the order of bytes has 0.25.png first":               {"0.5.png", "0.25.png"},
		"b/a.png before c.png, where an order of files before folders has c.png first":       {"b/a.png", "c.png", "d.png"},
		"a/c/a.png before a/d.png, where an order of files before folders has a/d.png first": {"a/c/a.png", "a/d.png", "b/a.png"},
		"a/1.png before a-b/1.png, where the order of bytes has a-b/1.png first":             {"a/1.png", "a-b/1.png"},
		"1.png before 2.jpg, where an order by endings has 2.jpg first":                      {"1.png", "2.jpg", "3.png"},
		"a.png before a(1).png, where the order of bytes has a(1).png first":                 {"a.png", "a(1).png"},
		"1.png before 01.png, where the order of bytes has 01.png first":                     {"1.png", "01.png"},
		"f.png before e\u0301.png, where the order of bytes has e\u0301.png first":           {"f.png", "e\u0301.png"},
		"none 1": {"img01.png", "img02.png", "img10.png"},
		"none 2": {"a/1.png", "a/2.png", "b/1.png"},
		"none 3": {"a.jpg", "a.png"},
		"none 4": {"A1.JPG", "A2.jpg"},
	} {
		files := map[string][]byte{"responses.npy": responses(len(names))}
		for i, name := range names {
			files["images/"+name] = picture(uint64(i))
		}
		_, got, notes := opened(t, files)
		if !slices.Equal(got, names) {
			t.Errorf("%q, want %q", got, names)
		}
		if none := strings.HasPrefix(want, "none"); none != (notes == "") || !none && !strings.Contains(notes, "DIR/images: the order of the responses is not stated, and was taken to be that of the pictures' names") || !none && !strings.Contains(notes, want) {
			t.Errorf("%q: %q, want %q", names, notes, want)
		}
		delete(files, "responses.npy")
		if _, _, notes := opened(t, files); notes != "" {
			t.Errorf("%q without responses: %q", names, notes)
		}
	}

	three := map[string][]byte{"images/i2.png": picture(1), "images/i10.png": picture(2), "images/sub/C.jpg": picture(3)}
	csv, array := "file\nsub/c\ni2.png\ni10\n", npyFile(1, npyHeader("<f8", false, 4, 3), drawn(4, 3, 1, 0, 1))
	stated := []string{"sub/C.jpg", "i2.png", "i10.png"}
	npz := npzOf(t, true, entry{"responses", array, 0}, entry{"stimuli", words(true, "C.jpg", "i2.png", "i10"), 0})
	table := "file,a,b\nC.jpg,1,2\ni2.png,3,1\ni10,2,2.5\n"
	for name, files := range map[string]map[string][]byte{
		"stimuli.csv": with(three, "stimuli.csv", csv, "responses.npy", array), "stimuli.tsv": with(three, "Stimuli.TSV", csv, "responses.npy", array),
		"npz": with(three, "responses.npz", npz), "csv": with(three, "responses.csv", table), "both": with(three, "stimuli.csv", csv, "responses.npz", npz),
	} {
		if r, got, notes := opened(t, files); !slices.Equal(got, stated) || notes != "" || len(r.Regions) != 1 {
			t.Errorf("%s: %q, want %q; %q", name, got, stated, notes)
		}
	}
	other := "file\ni2.png\nsub/c\ni10\n"
	for want, files := range map[string]map[string][]byte{
		`DIR/responses.npz: entry 0 of the array "stimuli" is sub/C.jpg, in stimuli.csv i2.png`: with(three, "stimuli.csv", other, "responses.npz", npz),
		"DIR/responses.csv: line 2 is sub/C.jpg, in stimuli.csv i2.png":                         with(three, "stimuli.csv", other, "responses.csv", table),
		`DIR/responses.npz: entry 1 of the array "stimuli": i3.png is no picture in DIR/images`: with(three, "responses.npz", npzOf(t, true, entry{"responses", array, 0}, entry{"stimuli", words(true, "C.jpg", "i3.png", "i10"), 0})),
		`entry 2 of the array "stimuli": i2 stands in entry 1 of the array "stimuli" already`:   with(three, "responses.npz", npzOf(t, true, entry{"responses", array, 0}, entry{"stimuli", words(true, "C.jpg", "i2.png", "i2"), 0})),
		"DIR/responses.csv: line 3: i3.png is no picture in DIR/images":                         with(three, "responses.csv", strings.Replace(table, "i2.png", "i3.png", 1)),
		"DIR/responses.csv: column 2 of responses: i3 is no picture in DIR/images":              with(three, "responses.csv", ",C.jpg,i3,i10\nx,1,2,3\ny,3,1,0\n"),
		"DIR/stimuli.csv: line 4: i10.jpg is no picture in DIR/images":                          with(three, "responses.npy", array, "stimuli.csv", "file\nsub/c\ni2.png\ni10.jpg\n"),
	} {
		dir := write(t, files)
		_, err := Open(dir)
		wantError(t, err, strings.ReplaceAll(want, "DIR", dir))
	}
	// A table of rows and an array of columns say the same.
	r, _, _ := opened(t, with(three, "responses.csv", table))
	if want := mat.NewDense(3, 2, []float64{1, 2, 3, 1, 2, 2.5}); !mat.Equal(r.Regions[0].Responses.Mean(), want) {
		t.Errorf("responses %v", mat.Formatted(r.Regions[0].Responses.Mean()))
	}
}

// What lies in a folder is read, named or an error; what has nothing to do with
// recordings is neither.
func TestSurvey(t *testing.T) {
	three := map[string][]byte{"images/a.png": picture(1), "images/b.png": picture(2), "images/c.png": picture(3)}
	array := npyFile(1, npyHeader("<f8", false, 4, 3), drawn(4, 3, 1, 0, 1))
	csv := "file,category\nc.png,x\na.png,y\n"
	archive := archiveOf(t, entry{"a.png", picture(1), 0}, entry{"b.png", picture(2), 0}, entry{"c.png", picture(3), 0})

	silent := []any{"README.md", "x", "LICENSE", "x", "settings.json", "{}", ".DS_Store", "x", "._responses.npy", "x", "~$stimuli.xlsx", "x", "Thumbs.db", "x", "make.py", "x", "raw/notes.txt", "x"}
	for name, c := range map[string]struct {
		files   map[string][]byte
		regions int
		notes   string
	}{
		"silent":            {with(three, append(silent, "responses.npy", array)...), 1, ""},
		"silent, alone":     {with(three, silent...), 0, ""},
		"capitals":          {with(nil, "Images.ZIP", archive, "Responses.NPY", array), 1, ""},
		"arrays":            {with(three, "responses.npy", array, "rates.npy", array, "features.npz", "x", "data.mat", "x"), 1, "DIR: not read: data.mat, features.npz, rates.npy"},
		"tables":            {with(three, "responses.npy", array, "labels.csv", "x", "order.txt", "x", "Book.xlsx", "x"), 1, "DIR: not read: Book.xlsx, labels.csv, order.txt"},
		"other stimuli":     {with(three, "stimuli.csv", csv+"b.png,x\n", "stimuli.xlsx", "x", "stimuli_old.csv", "x"), 0, "DIR: not read: stimuli.xlsx, stimuli_old.csv"},
		"other pictures":    {with(three, "stimuli/a.png", picture(1), "images.tar", "x", "montage.png", "x"), 0, "DIR: not read: images.tar, montage.png, stimuli"},
		"tables alone":      {with(three, "participants.tsv", "x"), 0, "DIR: not read: participants.tsv"},
		"more":              {with(three, "a.csv", "", "b.csv", "", "c.csv", "", "d.csv", "", "e.csv", "", "f.csv", ""), 0, "DIR: not read: a.csv, b.csv, c.csv, d.csv, e.csv and more"},
		"some of the three": {with(three, "stimuli.csv", csv), 0, "DIR/stimuli.csv names 2 pictures, and not the other 1 in DIR/images, such as b.png"},
		"file's notes":      {with(three, "stimuli.csv", "file\tcatgory\nc.png\tx\na.png\ty\nb.png\tx\n"), 0, `DIR/stimuli.csv: only the column file is read: none is called category, but "catgory"`},
		"array's notes":     {with(three, "responses.npy", npyFile(1, npyHeader("<f8", false, 3, 3), drawn(3, 3, 1, 0, 1))), 1, "DIR/responses.npy: in shape [3 3] axis 1 was taken for the stimuli"},
	} {
		if r, _, notes := opened(t, c.files); len(r.Regions) != c.regions || !strings.HasPrefix(notes, c.notes) || (notes == "") != (c.notes == "") || strings.Contains(notes, "\n") {
			t.Errorf("%s: %d regions, %q, want %q", name, len(r.Regions), notes, c.notes)
		}
	}

	for want, files := range map[string]map[string][]byte{
		"DIR has rates.npy but no responses.npy: if these are the responses":                with(three, "rates.npy", array),
		"DIR has response.npy but no responses.npy":                                         with(three, "response.npy", array),
		"DIR has responses.npy.gz but no responses.npy":                                     with(three, "responses.npy.gz", array),
		"DIR has responses.mat but no responses.npy":                                        with(three, "responses.mat", array),
		"DIR has responses.txt but no responses.npy":                                        with(three, "responses.txt", array),
		"DIR has spikes_by_trial.csv but no responses.npy":                                  with(three, "spikes_by_trial.csv", array),
		"DIR has session.nwb but no responses.npy":                                          with(three, "session.nwb", array),
		"DIR has responses but no responses.npy":                                            with(three, "responses/a.npy", array),
		"DIR has stimuli.xlsx but no stimuli.csv: if it names the pictures in order":        with(three, "responses.npy", array, "stimuli.xlsx", "x"),
		"DIR has stimulus_set.csv but no stimuli.csv":                                       with(three, "stimulus_set.csv", csv),
		"DIR/responses.npy and DIR/responses.npz are both there, want one":                  with(three, "responses.npy", array, "responses.npz", array),
		"DIR/Responses.npy and DIR/responses.npy are both there, want one":                  with(three, "responses.npy", array, "Responses.npy", array),
		"DIR/stimuli.csv and DIR/stimuli.tsv are both there, want one":                      with(three, "stimuli.csv", csv, "stimuli.tsv", csv),
		"DIR has no images and no images.zip, but stimuli: pictures lie in a folder images": with(nil, "stimuli/a.png", "x"),
		"DIR has no images and no images.zip, but pictures.tar.gz: pictures":                with(nil, "pictures.tar.gz", "x"),
		"DIR has no images and no images.zip, but a.png, b.PNG: pictures":                   with(nil, "a.png", "x", "b.PNG", "x", "responses.npy", array),
		"DIR has no images and no images.zip, but session: pictures":                        with(nil, "session/images/a.png", "x"),
		"DIR/images.zip: a.png is encrypted":                                                with(nil, "images.zip", archiveWith(t, "a.png", func(h *zip.FileHeader) { h.Flags |= 1 })),
	} {
		dir := write(t, files)
		_, err := Open(dir)
		wantError(t, err, strings.ReplaceAll(want, "DIR", dir))
	}

	// Pictures of other kinds are named, also where they are missed.
	others := with(three, "images/d.webp", "x", "images/sub/e.TIF", "x", "images/._f.bmp", "x", "images/notes.txt", "x")
	if _, names, notes := opened(t, others); len(names) != 3 || notes != "pictures are passed over that are not called *.jpg, *.jpeg or *.png: DIR/images/d.webp and 1 more" {
		t.Errorf("%q, %q", names, notes)
	}
	dir := write(t, with(others, "responses.npy", npyFile(1, npyHeader("<f8", false, 4, 5), drawn(4, 5, 1, 0, 1))))
	_, err := Open(dir)
	wantError(t, err, "responses to 5 stimuli in shape [4 5], but there are 3 pictures (not among the pictures: d.webp, sub/e.TIF)")

	// A list may also name files of any name.
	if _, names, notes := opened(t, with(nil, "images/one", picture(1), "images/two.dat", picture(2), "stimuli.csv", "file\ntwo.dat\none\n")); fmt.Sprint(names) != "[two.dat one]" || notes != "" {
		t.Errorf("%q, %q", names, notes)
	}
}
