package data

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wantNotes checks the notes of data sets, in which DIR stands for a folder.
func wantNotes(t *testing.T, dir string, sets []Dataset, want ...string) {
	t.Helper()
	var got []string
	for _, note := range Notes(sets...) {
		got = append(got, strings.ReplaceAll(note, dir, "DIR"))
	}
	if !slices.Equal(got, want) {
		t.Errorf("notes\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What is passed over is said, once, and changes nothing.
func TestFolderNotes(t *testing.T) {
	good := []string{"train/a/1.png", "train/b/1.png", "val/a/1.png", "val/b/1.png"}
	for name, c := range map[string]struct {
		files []string // beside good
		want  []string
	}{
		"nothing": {nil, nil},
		"what systems leave": {[]string{
			"__MACOSX/train/a/._1.png", "train/__MACOSX/._1.png", "train/a/@eaDir/1.png/SYNOFILE_THUMB_XL.jpg", "train/a/Thumbs.db",
			"train/@eaDir/a/1.jpg", "val/.ipynb_checkpoints/1.png", "val/$RECYCLE.BIN/1.png", "train/.DS_Store", "val/desktop.ini", "lost+found/",
		}, nil},
		"empty images":  {[]string{"train/images/", "val/images/"}, []string{"DIR/train: folders without pictures are passed over: images", "DIR/val: folders without pictures are passed over: images"}},
		"other folders": {[]string{"val/labels/1.txt"}, []string{"DIR/val: folders without pictures are passed over: labels"}},
		"other kinds": {[]string{"train/a/0.webp", "train/b/x.BMP", "train/b/x.jfif", "val/b/1.tif"}, []string{
			"pictures are passed over that are not called *.jpg, *.jpeg or *.png: DIR/train/a/0.webp and 2 more",
			"pictures are passed over that are not called *.jpg, *.jpeg or *.png: DIR/val/b/1.tif",
		}},
		"normal forms": {[]string{"train/e\u0301/1.png", "val/\u00e9/1.png"}, nil},
		"loose":        {[]string{"train/2.png", "train/3.gif"}, []string{"pictures are passed over that are in no class folder: DIR/train/2.png and 1 more"}},
		"not in val":   {[]string{"train/c/1.png", "train/d/1.png", "val/d/"}, []string{"DIR/val has no picture of 2 of 4 classes: c, d"}},
		"numbers":      {[]string{"train/b10/1.png", "train/b9/1.png", "val/b9/1.png", "val/b10/1.png"}, []string{"DIR/train: classes are in the order of the bytes of their names, as torchvision has them: a, b, b10, b9"}},
		"equal widths": {[]string{"train/b10/1.png", "train/b09/1.png", "val/b09/1.png", "val/b10/1.png"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			touchAll(t, dir, append(c.files, good...)...)
			train, test, err := Open("folder", dir)
			if err != nil {
				t.Fatal(err)
			}
			wantNotes(t, dir, []Dataset{train, test}, c.want...)
			if train.Len()+test.Len() != len(good)+pictureFiles(c.files) {
				t.Errorf("%d and %d images", train.Len(), test.Len())
			}
		})
	}
}

// pictureFiles counts the names of pictures in class folders.
func pictureFiles(names []string) (n int) {
	for _, name := range names {
		if strings.Count(name, "/") == 2 && filepath.Ext(name) == ".png" && !strings.Contains(name, "/.") && !strings.Contains(name, "_MACOSX") && !strings.Contains(name, "$") {
			n++
		}
	}
	return n
}

// The parts may be called otherwise, and hold a folder of their own name.
func TestFolderParts(t *testing.T) {
	for name, c := range map[string]struct {
		files []string
		parts [2]string
		notes []string
	}{
		"capitals":    {[]string{"Train/a/1.png", "VAL/a/1.png"}, [2]string{"Train", "VAL"}, []string{"DIR has no train: Train is taken for it", "DIR has no val: VAL is taken for it"}},
		"validation":  {[]string{"train/a/1.png", "validation/a/1.png", "test/a/1.png"}, [2]string{"train", "validation"}, []string{"DIR has no val: validation is taken for it"}},
		"val of many": {[]string{"train/a/1.png", "validation/a/1.png", "valid/a/1.png", "val/a/1.png", "Train/a/1.png"}, [2]string{"train", "val"}, nil},
		"test":        {[]string{"train/a/1.png", "test/a/1.png"}, [2]string{"train", "test"}, []string{"DIR has no val: test is taken for it"}},
		"sets":        {[]string{"training_set/training_set/a/1.png", "test_set/test_set/a/1.png"}, [2]string{"training_set/training_set", "test_set/test_set"}, []string{"DIR has no train: training_set is taken for it", "DIR has no val: test_set is taken for it"}},
		"doubled":     {[]string{"train/train/a/1.png", "train/.DS_Store", "val/a/1.png"}, [2]string{"train/train", "val"}, nil},
		"and another": {[]string{"train/train/1.png", "train/1.png", "val/train/1.png"}, [2]string{"train", "val"}, []string{"pictures are passed over that are in no class folder: DIR/train/1.png"}},
		"a class":     {[]string{"train/train/1.png", "train/a/1.png", "val/a/1.png", "val/train/1.png"}, [2]string{"train", "val"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			touchAll(t, dir, c.files...)
			train, test, err := Open("imagenet", dir)
			if err != nil {
				t.Fatal(err)
			}
			for i, set := range []Dataset{train, test} {
				if root := set.(*Files).root; root != filepath.Join(dir, c.parts[i]) {
					t.Errorf("read from %s, want %s", root, c.parts[i])
				}
			}
			notes := c.notes
			if len(train.Classes()) == 1 {
				notes = append(notes, "DIR/"+c.parts[0]+" has one class alone, "+train.Classes()[0])
			}
			wantNotes(t, dir, []Dataset{train, test}, notes...)
		})
	}
}

// The scripts that sort the validation images of Tiny ImageNet into class folders
// leave this or that; the images are the same, and none counts twice.
func TestTinyImageNetSorted(t *testing.T) {
	const annotations = "val_0.png\tn01\t0\t0\t9\t9\nval_1.png\tn02\t0\t0\t9\t9\n"
	training := []string{"train/n01/images/n01_0.png", "train/n02/images/n02_0.png", "train/n02/n02_boxes.txt"}
	sorted := []string{"val/n01/val_0.png", "val/n02/val_1.png"}
	deep := []string{"val/n01/images/val_0.png", "val/n02/images/val_1.png"}
	inner := []string{"val/images/n01/val_0.png", "val/images/n02/val_1.png"}
	plain := []string{"val/images/val_0.png", "val/images/val_1.png"}
	empty := "DIR/val: folders without pictures are passed over: images"
	for name, c := range map[string]struct {
		files []string
		note  string // and annotations are there
		want  []string
		notes []string
	}{
		"sorted":                             {sorted, "", sorted, nil},
		"annotations left":                   {sorted, annotations, sorted, nil},
		"empty images left":                  {append(sorted, "val/images/"), "", sorted, []string{empty}},
		"both left":                          {append(sorted, "val/images/"), annotations, sorted, []string{empty}},
		"broken annotations left":            {sorted, "x", sorted, nil},
		"copied":                             {slices.Concat(sorted, plain), annotations, plain, []string{"DIR/val: class folders are passed over, since DIR/val/images has all pictures"}},
		"copied, without annotations":        {slices.Concat(sorted, plain), "", sorted, []string{"DIR/val/images: its pictures are passed over, since they are in class folders too"}},
		"copied in part":                     {slices.Concat(sorted[:1], plain), annotations, plain, []string{"DIR/val: class folders are passed over, since DIR/val/images has all pictures"}},
		"some copies left":                   {slices.Concat(sorted, plain[1:]), annotations, sorted, []string{"DIR/val/images: its pictures are passed over, since they are in class folders too"}},
		"class folders, empty":               {append(plain, "val/n01/", "val/n02/images/"), annotations, plain, nil},
		"with images each":                   {deep, annotations, deep, nil},
		"with images each, twice":            {slices.Concat(deep, sorted[:1]), "", []string{"val/n01/images/val_0.png", deep[1]}, []string{"pictures are passed over that are called as another of their class: DIR/val/n01/val_0.png"}},
		"in images":                          {inner, annotations, inner, nil},
		"in images, copied":                  {slices.Concat(inner, plain), annotations, plain, []string{"DIR/val/images: class folders are passed over, since DIR/val/images has all pictures"}},
		"the archive's, class folders aside": {append(plain, "val/n03/"), annotations, plain, nil},
		"one astray":                         {append(sorted, "val/x.png"), annotations, sorted, []string{"pictures are passed over that are in no class folder: DIR/val/x.png"}},
		"not even in images":                 {[]string{"val/val_0.png", "val/val_1.png"}, annotations, []string{"val/val_0.png", "val/val_1.png"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			pictures := writeFolder(t, dir, slices.DeleteFunc(slices.Concat(c.files, training), func(name string) bool { return filepath.Ext(name) != ".png" })...)
			for _, name := range slices.Concat(c.files, training) {
				if filepath.Ext(name) != ".png" {
					touchAll(t, dir, name)
				}
			}
			if c.note != "" {
				writeFiles(t, filepath.Join(dir, "val"), map[string][]byte{"val_annotations.txt": []byte(c.note)})
			}
			train, test, err := Open("tinyimagenet", dir)
			if err != nil {
				t.Fatal(err)
			}
			wantFiles(t, test, dir, pictures, "0 "+c.want[0], "1 "+c.want[1])
			wantFiles(t, train, dir, pictures, "0 "+training[0], "1 "+training[1])
			wantNotes(t, dir, []Dataset{train, test}, c.notes...)
		})
	}
	for name, c := range map[string]struct {
		files       []string
		annotations string
		want        string
	}{
		"moved in part":                 {[]string{"val/n01/val_0.png", "val/images/val_1.png"}, annotations, "DIR/val/images has pictures that are in no class folder: val_1.png"},
		"moved in part, no annotations": {[]string{"val/n01/val_0.png", "val/images/val_1.png"}, "", "DIR/val/images has pictures that are in no class folder: val_1.png"},
		"no labels":                     {plain, "", "DIR/val/images has pictures, not class folders: open DIR/val/val_annotations.txt"},
		"nothing":                       {[]string{"val/images/"}, annotations, "DIR/val has no class folders"},
		"another class":                 {append(sorted, "val/n03/1.png"), annotations, "DIR/val has classes that are not in training: n03; DIR/train has n01, n02"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			touchAll(t, dir, slices.Concat(c.files, training)...)
			if c.annotations != "" {
				writeFiles(t, filepath.Join(dir, "val"), map[string][]byte{"val_annotations.txt": []byte(c.annotations)})
			}
			_, _, err := Open("tinyimagenet", dir)
			wantError(t, err, "data: tinyimagenet: "+strings.ReplaceAll(c.want, "DIR", dir))
		})
	}

	// Training images that were copied up count once too.
	dir := t.TempDir()
	touchAll(t, dir, append(slices.Concat(training, sorted), "train/n02/n02_0.png", "train/n02/n02_1.png", "train/n01/n02_0.png")...)
	train, _, err := Open("tinyimagenet", dir)
	if err != nil {
		t.Fatal(err)
	}
	if train.Len() != 4 {
		t.Errorf("%d training images, want 4", train.Len())
	}
	wantNotes(t, dir, []Dataset{train}, "pictures are passed over that are called as another of their class: DIR/train/n02/n02_0.png")
}
