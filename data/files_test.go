package data

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// writeFolder writes pictures with these names below dir, PNG of sizes and
// colours of their own, and returns them by name.
func writeFolder(t testing.TB, dir string, names ...string) map[string]image.Image {
	t.Helper()
	pictures := map[string]image.Image{}
	for i, name := range names {
		pictures[name] = colourful(60+i, 70-i, "")
		writePicture(t, filepath.Join(dir, name), pictures[name])
	}
	return pictures
}

// touch writes a file that is no picture.
func touch(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// wantFiles checks that a data set is of these files of dir, with the labels in
// front of their names.
func wantFiles(t *testing.T, set Dataset, dir string, pictures map[string]image.Image, want ...string) {
	t.Helper()
	files := set.(*Files)
	var got []string
	for i := range files.Len() {
		name, err := filepath.Rel(dir, files.Name(i))
		if err != nil {
			t.Fatal(err)
		}
		var m Image
		label, err := read(set, i, &m)
		if err != nil {
			t.Fatal(err)
		}
		if alone, err := set.Image(i, nil); err != nil || alone != label {
			t.Errorf("label alone %d (%v), with pixels %d", alone, err, label)
		}
		wantPicture(t, name, m, pictures[filepath.ToSlash(name)])
		got = append(got, fmt.Sprint(label, " ", filepath.ToSlash(name)))
	}
	if !slices.Equal(got, want) {
		t.Errorf("files\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	pictures := writeFolder(t, dir,
		"train/snail/b.png", "train/snail/a.png", "train/snail/deep/er/c.png", "train/ant/z.png", "train/Zebra/y.png",
		"val/snail/1.png", "val/Zebra/2.png", "val/Zebra/3.png")
	for _, name := range []string{
		"train/readme.txt", "train/snail/boxes.txt", "train/snail/.hidden.png", "train/.git/x.png", "train/.DS_Store", "train/loose.png", "val/ant.txt",
	} {
		touch(t, filepath.Join(dir, name))
	}
	if err := os.Symlink(filepath.Join(dir, "train/ant"), filepath.Join(dir, "train/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(dir, "train/Zebra/y.png"), filepath.Join(dir, "train/ant/zz.PNG")); err != nil {
		t.Fatal(err)
	}
	pictures["train/link/z.png"] = pictures["train/ant/z.png"]
	pictures["train/ant/zz.PNG"], pictures["train/link/zz.PNG"] = pictures["train/Zebra/y.png"], pictures["train/Zebra/y.png"]
	for _, name := range []string{"folder", "imagenet", "tinyimagenet"} {
		train, test, err := Open(name, dir)
		if err != nil {
			t.Fatal(err)
		}
		classes := []string{"Zebra", "ant", "link", "snail"}
		if !slices.Equal(train.Classes(), classes) || !slices.Equal(test.Classes(), classes) {
			t.Errorf("classes %v and %v", train.Classes(), test.Classes())
		}
		wantFiles(t, train, dir, pictures, "0 train/Zebra/y.png", "1 train/ant/z.png", "1 train/ant/zz.PNG",
			"2 train/link/z.png", "2 train/link/zz.PNG", "3 train/snail/a.png", "3 train/snail/b.png", "3 train/snail/deep/er/c.png")
		wantFiles(t, test, dir, pictures, "0 val/Zebra/2.png", "0 val/Zebra/3.png", "3 val/snail/1.png")

		// Batches of them.
		training, evaluation, err := Transforms(name, TransformOptions{Padding: 4})
		if err != nil {
			t.Fatal(err)
		}
		batches(t, train, LoaderOptions{Batch: 4, Repetitions: 2, Transform: training, Workers: 2}, 0, 3)
		sized, err := Preprocess(test, evaluation)
		if err != nil {
			t.Fatal(err)
		}
		for _, err := range InOrder(sized, Normalisation{}, 2) {
			if err != nil {
				t.Error(err)
			}
		}
	}
}

// Names that a folder may not have, in the words that the user gets.
func TestFolderErrors(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		want  string
	}{
		"no train":        {[]string{"val/a/1.png"}, "DIR lacks train"},
		"no val":          {[]string{"train/a/1.png"}, "DIR lacks val"},
		"no classes":      {[]string{"train/1.png", "val/a/1.png"}, "train has no class folders"},
		"empty class":     {[]string{"train/a/1.png", "train/b/notes.txt", "val/a/1.png"}, "class folder DIR/train/b has no picture"},
		"other kinds":     {[]string{"train/a/1.png", "train/a/2.gif", "train/b/1.webp", "train/b/2.BMP", "val/a/1.png"}, "class folder DIR/train/b has no *.jpg, *.jpeg or *.png, but DIR/train/b/1.webp and 1 more"},
		"other val kinds": {[]string{"train/a/1.png", "val/a/1.jfif"}, "class folder DIR/val/a has no *.jpg"},
		"archives":        {[]string{"train/n01440764.tar", "train/n01443537.tar", "val/a/1.png"}, "DIR/train has no class folders, but archives that are not unpacked: DIR/train/n01440764.tar and 1 more"},
		"flat val":        {[]string{"train/a/1.png", "val/ILSVRC2012_val_00000001.JPEG", "val/ILSVRC2012_val_00000002.JPEG"}, "DIR/val has no class folders for DIR/val/ILSVRC2012_val_00000001.JPEG and 1 more: want DIR/val/CLASS, as ImageNet's valprep.sh makes them"},
		"unknown classes": {[]string{"train/a/1.png", "val/a/1.png", "val/c/1.png", "val/b/1.png"}, "val has classes that are not in training: b, c; DIR/train has a"},
		"many unknown":    {[]string{"train/a/1.png", "val/b/1.png", "val/c/1.png", "val/d/1.png", "val/e/1.png", "val/f/1.png", "val/g/1.png"}, "b, c, d, e, f and more"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, name := range c.files {
				touch(t, filepath.Join(dir, name))
			}
			for _, set := range []string{"folder", "imagenet", "tinyimagenet"} {
				if name == "flat val" && set == "tinyimagenet" {
					continue // where they may have annotations
				}
				_, _, err := Open(set, dir)
				wantError(t, err, "data: "+set+": ", strings.ReplaceAll(c.want, "DIR", dir))
			}
		})
	}

	dir := t.TempDir()
	writeFolder(t, dir, "train/a/1.png", "val/a/1.png")
	if err := os.Symlink(filepath.Join(dir, "train"), filepath.Join(dir, "train/a/back")); err != nil {
		t.Fatal(err)
	}
	_, _, err := Open("folder", dir)
	wantError(t, err, "more than 32 folders deep, or a link leads back")
}

func TestPictures(t *testing.T) {
	dir := t.TempDir()
	pictures := writeFolder(t, dir, "b.png", "a/z.png", "a/b/y.png", "c/1.png")
	writePicture(t, filepath.Join(dir, "a/photo.JPEG"), colourful(8, 8, "grey"))
	touch(t, filepath.Join(dir, "a/notes.txt"))
	if err := os.Rename(filepath.Join(dir, "b.png"), filepath.Join(dir, "picture")); err != nil {
		t.Fatal(err)
	}
	pictures["picture"] = pictures["b.png"]
	set, err := Pictures(filepath.Join(dir, "picture"), filepath.Join(dir, "a", "b"), filepath.Join(dir, "c", "1.png"))
	if err != nil {
		t.Fatal(err)
	}
	wantFiles(t, set, dir, pictures, "0 picture", "0 a/b/y.png", "0 c/1.png")
	if set.Classes() != nil {
		t.Errorf("classes %v", set.Classes())
	}
	set, err = Pictures(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for i := range set.Len() {
		names = append(names, strings.TrimPrefix(set.Name(i), dir))
	}
	if got := strings.Join(names, " "); got != "/a/b/y.png /a/photo.JPEG /a/z.png /c/1.png" {
		t.Errorf("pictures %s", got)
	}

	_, err = Pictures()
	wantError(t, err, "data: no picture file or folder named")
	_, err = Pictures(dir, filepath.Join(dir, "nowhere"))
	wantError(t, err, "data: pictures: ", "nowhere")
	empty := t.TempDir()
	_, err = Pictures(empty)
	wantError(t, err, "data: "+empty+" has no picture")
	touch(t, filepath.Join(empty, "x.webp"))
	_, err = Pictures(empty)
	wantError(t, err, "data: "+empty+" has no *.jpg, *.jpeg or *.png, but "+filepath.Join(empty, "x.webp"))
	touch(t, filepath.Join(dir, "a/x.webp"))
	touch(t, filepath.Join(dir, "a/y.TIF"))
	notes := must(Pictures(dir)).Notes()
	if len(notes) != 1 || notes[0] != "pictures are passed over that are not called *.jpg, *.jpeg or *.png: "+filepath.Join(dir, "a/x.webp")+" and 1 more" {
		t.Errorf("notes %q", notes)
	}

	// A file that is none is named.
	set, err = Pictures(filepath.Join(dir, "a/notes.txt"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = set.Image(0, new(Image))
	wantError(t, err, "notes.txt: neither JPEG nor PNG")
	for _, i := range []int{-1, 1} {
		_, err = set.Image(i, nil)
		wantError(t, err, "of a data set of 1 images")
	}
}

// Numbers in names count as numbers, also in those of folders, and alike on the
// disk and in an archive.
func TestPicturesOrder(t *testing.T) {
	dir := t.TempDir()
	want := []string{"2/img9.png", "2/img10.png", "10/img1.jpg", "img1.png", "img01.png", "img2.jpeg", "img10.png", "img99999999999999999999.png"}
	system := fstest.MapFS{}
	for _, name := range want {
		touch(t, filepath.Join(dir, name))
		system[name] = new(fstest.MapFile)
	}
	for root, set := range map[string]*Files{dir: must(Pictures(dir)), "x.zip": must(PicturesIn(system, "x.zip"))} {
		var names []string
		for i := range set.Len() {
			names = append(names, strings.TrimPrefix(set.Name(i), root+"/"))
		}
		if !slices.Equal(names, want) {
			t.Errorf("%s: %q, want %q", root, names, want)
		}
	}
}

// Pictures in a file system are those of the folder that it is of.
func TestPicturesIn(t *testing.T) {
	dir := t.TempDir()
	pictures := writeFolder(t, dir, "b.png", "a/z.png", "a/b/y.png", "a.png")
	touch(t, filepath.Join(dir, "a/notes.txt"))
	touch(t, filepath.Join(dir, ".hidden.png"))
	touch(t, filepath.Join(dir, ".hidden/c.png"))
	touch(t, filepath.Join(dir, "a/@eaDir/z.png/thumbnail.jpg"))
	touch(t, filepath.Join(dir, "__MACOSX/z.png"))
	system := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			name := filepath.ToSlash(strings.TrimPrefix(path, dir)[1:])
			system[name] = &fstest.MapFile{Data: must(os.ReadFile(path))}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	onDisk := must(Pictures(dir))
	set := must(PicturesIn(system, "x.zip"))
	var names []string
	for i := range set.Len() {
		names = append(names, "x.zip"+strings.TrimPrefix(onDisk.Name(i), dir))
	}
	if set.Len() != 4 || onDisk.Len() != 4 {
		t.Fatalf("%d pictures, %d on the disk", set.Len(), onDisk.Len())
	}
	for i, name := range names {
		if set.Name(i) != name {
			t.Errorf("picture %d is %s, want %s", i, set.Name(i), name)
		}
	}
	wantFiles(t, set, "x.zip", pictures, "0 a/b/y.png", "0 a/z.png", "0 a.png", "0 b.png")
	first := must(set.fingerprint())
	system["b.png"].ModTime = system["b.png"].ModTime.Add(1)
	if bytes.Equal(must(set.fingerprint()), first) {
		t.Error("a changed file leaves the fingerprint")
	}

	set = must(PicturesIn(system, "x.zip", "b.png", "a/notes.txt", "a/z.png"))
	if set.Len() != 3 {
		t.Fatalf("%d pictures, want 3", set.Len())
	}
	for i, want := range map[int]string{0: "b.png", 2: "a/z.png"} {
		var m Image
		must(set.Image(i, &m))
		wantPicture(t, want, m, pictures[want])
	}
	_, err = set.Image(1, new(Image))
	wantError(t, err, "x.zip/a/notes.txt: neither JPEG nor PNG")
	delete(system, "b.png")
	_, err = set.Image(0, new(Image))
	wantError(t, err, "x.zip/b.png: ", "file does not exist")

	_, err = PicturesIn(system, "x.zip", "a.png", "b.png")
	wantError(t, err, "data: pictures in x.zip: ", "b.png: file does not exist")
	_, err = PicturesIn(system, "x.zip", "a")
	wantError(t, err, "data: pictures in x.zip: a is not a file")
	_, err = PicturesIn(fstest.MapFS{"a.txt": {}}, "x.zip")
	wantError(t, err, "data: pictures in x.zip: none")
}

// An image that cannot be read stops the stream, and names its file.
func TestBadPicture(t *testing.T) {
	dir := t.TempDir()
	writeFolder(t, dir, "train/a/1.png", "train/a/2.png", "train/a/3.png", "train/b/4.png", "train/b/5.png", "val/a/1.png")
	bad := filepath.Join(dir, "train/a/2.png")
	touch(t, bad)
	train, _, err := Open("folder", dir)
	if err != nil {
		t.Fatal(err)
	}
	o := LoaderOptions{Batch: 5, Transform: RandomCrop{Side: 8}, Workers: 2}
	l, err := NewLoader(train, o)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range l.Batches(0, 10) {
		err = e
	}
	wantError(t, err, "data: batch 0: image 1: "+bad+": neither JPEG nor PNG")
	_, err = NormalisationOf(train)
	wantError(t, err, "data: normalisation: image 1: "+bad)

	// Skipped, it is what the next one of its class is, and listed once.
	skipping := SkipBad(train)
	if len(skipping.Skipped()) != 0 {
		t.Error("skipped before anything is read")
	}
	images := pixelsOf(t, skipping)
	if images[1] != images[2] || images[1] == images[0] {
		t.Error("the bad image is not replaced by the next one")
	}
	batches(t, skipping, o, 0, 10)
	want := []string{"image 1: " + bad + ": neither JPEG nor PNG, but text/plain"}
	if got := skipping.Skipped(); !slices.Equal(got, want) {
		t.Errorf("skipped %q, want %q", got, want)
	}
	for _, i := range []int{-1, 5} {
		_, err := skipping.Image(i, new(Image))
		wantError(t, err, "of a data set of 5 images")
	}

	// From the end of a class it goes on at its start; a class without any
	// readable image is an error.
	touch(t, filepath.Join(dir, "train/a/3.png"))
	skipping = SkipBad(train)
	images = pixelsOf(t, skipping)
	if images[1] != images[0] || images[2] != images[0] || images[3][0] != 1 {
		t.Error("not replaced round the end of the class")
	}
	if n := len(skipping.Skipped()); n != 2 {
		t.Errorf("%d skipped, want 2", n)
	}
	if err := os.Remove(filepath.Join(dir, "train/a/1.png")); err != nil {
		t.Fatal(err)
	}
	_, err = read(SkipBad(train), 2, new(Image))
	wantError(t, err, "image 2: no image of its class can be read: ", "3.png: neither JPEG nor PNG")
}

// writeTiny writes the archive's layout of Tiny ImageNet, and returns its folder.
func writeTiny(t *testing.T, dir, annotations string) (string, map[string]image.Image) {
	t.Helper()
	folder := filepath.Join(dir, "tiny-imagenet-200")
	pictures := writeFolder(t, folder, "train/n02/images/n02_0.png", "train/n02/images/n02_1.png", "train/n01/images/n01_0.png",
		"val/images/val_0.png", "val/images/val_1.png", "val/images/val_2.png")
	touch(t, filepath.Join(folder, "train/n02/n02_boxes.txt"))
	touch(t, filepath.Join(folder, "wnids.txt"))
	touch(t, filepath.Join(folder, "test/images/test_0.png"))
	if err := os.WriteFile(filepath.Join(folder, "val", "val_annotations.txt"), []byte(annotations), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder, pictures
}

func TestTinyImageNet(t *testing.T) {
	dir := t.TempDir()
	folder, pictures := writeTiny(t, dir, "val_1.png\tn02\t0\t32\t44\t62\r\nval_0.png\tn01\t3\t3\t4\t5\n\nval_2.png\tn02")
	for _, place := range []string{dir, folder} {
		train, test, err := Open("tinyimagenet", place)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(train.Classes(), []string{"n01", "n02"}) || !slices.Equal(test.Classes(), train.Classes()) {
			t.Errorf("classes %v and %v", train.Classes(), test.Classes())
		}
		wantFiles(t, train, folder, pictures, "0 train/n01/images/n01_0.png", "1 train/n02/images/n02_0.png", "1 train/n02/images/n02_1.png")
		wantFiles(t, test, folder, pictures, "0 val/images/val_0.png", "1 val/images/val_1.png", "1 val/images/val_2.png")
	}
}

func TestTinyImageNetErrors(t *testing.T) {
	const good = "val_0.png\tn01\nval_1.png\tn02\nval_2.png\tn02\n"
	for annotations, want := range map[string]string{
		"":                              "val_annotations.txt: the file has no lines",
		good + "val_3.png\tn01\n":       "has lines for files that are not in",
		good[:14]:                       "has no line for ",
		good + "val_0.png\tn01\n":       "line 4: a second line for \"val_0.png\"",
		good + "val_3.png n01\n":        "line 4: \"val_3.png n01\", want a file name, a tab and a class",
		good + "../val_3.png\tn01\n":    "line 4: \"../val_3.png\\tn01\", want a file name",
		good + "\tn01\n":                "line 4: ",
		"val_0.png\tn03\n" + good:       "line 1: class \"n03\" is not in training",
		strings.Repeat("x", 1e6) + "\t": "line 1: class \"\" is not in training",
	} {
		dir := t.TempDir()
		writeTiny(t, dir, annotations)
		_, _, err := Open("tinyimagenet", dir)
		wantError(t, err, "data: tinyimagenet: ", want)
		if len(err.Error()) > 300+2*len(dir) {
			t.Errorf("an error of %d bytes", len(err.Error()))
		}
	}
}

// FuzzParseAnnotations compares the parser with a slow one.
func FuzzParseAnnotations(f *testing.F) {
	f.Add([]byte("val_0.JPEG\tn01\t0\t32\t44\t62\nval_1.JPEG\tn02\t1\t2\t3\t4\n"))
	f.Add([]byte("a\tn01\r\n\nb\tn02"))
	f.Add([]byte("a\tn03\n"))
	f.Add([]byte("a/b\tn01\n"))
	f.Add([]byte("/\tn01\n"))
	f.Add([]byte("..\tn01\n"))
	f.Add([]byte("\t\t\t"))
	classes := []string{"n01", "n02"}
	f.Fuzz(func(t *testing.T, contents []byte) {
		want, fine := map[string]int{}, true
		for _, line := range bytes.Split(contents, []byte("\n")) {
			line = bytes.TrimRight(line, "\r")
			if len(line) == 0 {
				continue
			}
			fields := strings.Split(string(line), "\t")
			label := -1
			if len(fields) > 1 {
				label = slices.Index(classes, fields[1])
			}
			_, twice := want[fields[0]]
			fine = fine && label >= 0 && !twice && !slices.Contains([]string{"", ".", ".."}, fields[0]) && !strings.Contains(fields[0], "/")
			want[fields[0]] = label
		}
		fine = fine && len(want) > 0
		got, err := parseAnnotations(contents, classes)
		if fine != (err == nil) {
			t.Fatalf("%q: %v", contents, err)
		}
		if err != nil {
			if len(err.Error()) > 400 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", got, want)
		}
	})
}

// The shortest lines, which cost most for what they are.
func TestAnnotationsMemory(t *testing.T) {
	var contents []byte
	for i := range 100_000 {
		contents = fmt.Appendf(contents, "%x\tn\n", i)
	}
	var err error
	n := allocated(func() { _, err = parseAnnotations(contents, []string{"n"}) })
	if most := annotationCost*len(contents) + 10_000; err != nil || n > most {
		t.Errorf("%d bytes allocated for %d, want at most %d; %v", n, len(contents), most, err)
	}
	long := bytes.Repeat([]byte("n"), 10<<20)
	n = allocated(func() { _, err = parseAnnotations(long, []string{"n"}) })
	if err == nil || n > 2*len(long) {
		t.Errorf("%d bytes allocated for a line of %d; %v", n, len(long), err)
	}
}

// The normalisation of files is measured once, kept, and measured again when
// anything has changed.
func TestCachedNormalisation(t *testing.T) {
	dir := t.TempDir()
	writeFolder(t, dir, "train/a/1.png", "train/a/2.png", "train/b/3.png", "train/b/4.png", "val/a/1.png")
	train, _, err := Open("tinyimagenet", dir)
	if err != nil {
		t.Fatal(err)
	}
	caches := func() []string {
		names, err := filepath.Glob(filepath.Join(dir, ".hypnos-normalisation-*.json"))
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	check := func(set Dataset, files int) {
		t.Helper()
		want, err := NormalisationOf(set)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := NormalisationFor("tinyimagenet", set)
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%v (%v), want %v", got, err, want)
			}
		}
		if n := len(caches()); n != files {
			t.Errorf("%d files beside the data, want %d", n, files)
		}
	}
	check(train, 1)
	check(SkipBad(train), 1)
	first := caches()[0]

	// It is taken: a file with other numbers, and the right check, shows.
	change := func(edit func(*cached), fixed bool) {
		t.Helper()
		contents, err := os.ReadFile(first)
		if err != nil {
			t.Fatal(err)
		}
		var c cached
		if err := json.Unmarshal(contents, &c); err != nil {
			t.Fatal(err)
		}
		edit(&c)
		if fixed {
			c.Check = c.check()
		}
		if contents, err = json.Marshal(c); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(first, contents, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	change(func(c *cached) { c.Mean[0] = 0.125 }, true)
	if n, err := NormalisationFor("tinyimagenet", train); err != nil || n.Mean[0] != 0.125 {
		t.Errorf("the file is not taken: %v, %v", n, err)
	}
	// And not if it is damaged or of other images.
	for _, edit := range []func(*cached){
		func(c *cached) { c.Mean[1] = 0.25 },
		func(c *cached) { c.Std[2] = 0; c.Check = c.check() },
		func(c *cached) { c.Images++; c.Check = c.check() },
		func(c *cached) { c.Fingerprint = strings.Repeat("0", 64); c.Check = c.check() },
		func(c *cached) { c.Mean, c.Std = nil, nil; c.Check = c.check() },
	} {
		change(edit, false)
		check(train, 1)
	}
	for _, contents := range []string{"", "{", "null", "[]"} {
		if err := os.WriteFile(first, []byte(contents), 0o644); err != nil {
			t.Fatal(err)
		}
		check(train, 1)
	}

	// Other images have files of their own: a part, one changed in size alone,
	// one changed in its time alone, one renamed, one more.
	part, rest, err := Split(train, 0.5, 1)
	if err != nil {
		t.Fatal(err)
	}
	check(part, 2)
	check(rest, 3)
	files := 3
	again := func() {
		t.Helper()
		if train, _, err = Open("tinyimagenet", dir); err != nil {
			t.Fatal(err)
		}
		files++
		check(train, files)
	}
	path := filepath.Join(dir, "train/a/2.png")
	writePicture(t, path, colourful(30, 30, "grey"))
	again()
	if err := os.Chtimes(path, must(os.Stat(dir)).ModTime(), must(os.Stat(dir)).ModTime().Add(1e9)); err != nil {
		t.Fatal(err)
	}
	again()
	if err := os.Rename(path, filepath.Join(dir, "train/a/5.png")); err != nil {
		t.Fatal(err)
	}
	again()
	writeFolder(t, dir, "train/b/6.png")
	again()

	// Sets in memory, and those with published numbers, have none.
	if _, err := NormalisationFor("cifar10", noise(2, 2, 3, 4, 4)); err != nil {
		t.Error(err)
	}
	n, err := NormalisationFor("folder", train)
	if err != nil || fmt.Sprint(n) != "{[0.485 0.456 0.406] [0.229 0.224 0.225]}" {
		t.Errorf("%v, %v", n, err)
	}
	n.Mean[0] = 7 // the caller's own
	if n, _ := NormalisationFor("imagenet", train); n.Mean[0] != 0.485 {
		t.Error("the published numbers have changed")
	}
	if len(caches()) != files {
		t.Errorf("%d files beside the data, want %d", len(caches()), files)
	}
}

// A folder that is only to be read has no file beside the data.
func TestCachedNormalisationReadOnly(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root writes everywhere")
	}
	dir := t.TempDir()
	writeFolder(t, dir, "train/a/1.png", "val/a/1.png")
	train, _, err := Open("tinyimagenet", dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	want, _ := NormalisationOf(train)
	if n, err := NormalisationFor("tinyimagenet", train); err != nil || fmt.Sprint(n) != fmt.Sprint(want) {
		t.Errorf("%v, %v", n, err)
	}
	wantNames(t, dir, "train", "val")
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// The names of a million files are held in as many bytes as they have, and a
// few more.
func TestFilesMemory(t *testing.T) {
	const files, name = 100_000, "n01440764/n01440764_10026.JPEG"
	live := heap()
	set := &Files{root: "/data/imagenet/train"}
	for range files {
		set.add(set.root + "/" + name)
		set.labels = append(set.labels, 0)
	}
	// Slices grow by a quarter at most.
	if n := (heap() - live) / files; n > (len(name)+8+4)*5/4+2 {
		t.Errorf("%d bytes a file", n)
	}
	if set.Name(files-1) != "/data/imagenet/train/"+name {
		t.Errorf("the last is %s", set.Name(files-1))
	}
}

// heap returns the bytes that are in use.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// Pictures go through the loader and nothing of them stays.
func TestSteadyMemory(t *testing.T) {
	dir := t.TempDir()
	for i := range 60 {
		writePicture(t, filepath.Join(dir, fmt.Sprintf("train/%d/%d.jpg", i%3, i)), colourful(150+i, 300-2*i, ""))
	}
	writeFolder(t, dir, "val/0/1.png")
	train, _, err := Open("folder", dir)
	if err != nil {
		t.Fatal(err)
	}
	l, err := NewLoader(train, LoaderOptions{Batch: 8, Repetitions: 2, Transform: RandomResizedCrop{Side: 32, Flip: true}, Workers: 4})
	if err != nil {
		t.Fatal(err)
	}
	var live []int
	n := 0
	for _, err := range l.Batches(0, 60) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%10 == 0 {
			live = append(live, heap())
		}
	}
	// Each of four workers may hold a picture of up to 160,000 bytes in each of
	// four forms at the time of looking.
	first, last := live[0], live[len(live)-1]
	if last-first > 4*4*160_000 {
		t.Errorf("%d bytes in use after 10 batches, %d after 60: %v", first, last, live)
	}
}

func BenchmarkPictures(b *testing.B) {
	dir := b.TempDir()
	for i := range 16 {
		writePicture(b, filepath.Join(dir, fmt.Sprintf("%d.jpg", i)), colourful(375, 500, ""))
	}
	set, err := Pictures(dir)
	if err != nil {
		b.Fatal(err)
	}
	l, err := NewLoader(set, LoaderOptions{Batch: 16, Transform: RandomResizedCrop{Side: 224, Flip: true}})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for _, err := range l.Batches(0, b.N) {
		if err != nil {
			b.Fatal(err)
		}
	}
}
