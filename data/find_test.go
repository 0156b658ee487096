package data

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// touchAll writes files below dir that are nothing but there.
func touchAll(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		touch(t, filepath.Join(dir, name))
	}
}

// in puts a folder before names.
func in(folder string, names ...string) (paths []string) {
	for _, name := range names {
		paths = append(paths, folder+"/"+name)
	}
	return paths
}

var (
	binary10  = cifar10.versions[0].files()
	python10  = cifar10.versions[1].files()
	binary100 = cifar100.versions[0].files()
	idxFour   = slices.Concat(idxNames[0][:], idxNames[1][:])
	dotted    = []string{"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"}
	parts     = []string{"train/a/1.png", "val/a/1.png"}
)

// Where people have their data sets, by the names of files alone. A note is
// wanted where the folder is neither the one named nor that of the usual name in
// it.
func TestFind(t *testing.T) {
	for name, c := range map[string]struct {
		finder finder
		files  []string
		named  string // below DIR
		want   string // below DIR
		quiet  bool   // no note
	}{
		"itself":                   {cifar10.finder(), binary10, ".", ".", true},
		"its own name":             {cifar10.finder(), in("cifar-10-batches-bin", binary10...), ".", "cifar-10-batches-bin", true},
		"its own name, named":      {cifar10.finder(), in("cifar-10-batches-bin", binary10...), "cifar-10-batches-bin", "cifar-10-batches-bin", true},
		"a level too high":         {cifar10.finder(), in("cifar10/cifar-10-batches-bin", binary10...), ".", "cifar10/cifar-10-batches-bin", false},
		"two levels too high":      {cifar10.finder(), in("data/cifar10/cifar-10-batches-bin", binary10...), ".", "data/cifar10/cifar-10-batches-bin", false},
		"a level too low":          {cifar10.finder(), append(in("c", binary10...), "c/more/"), "c/more", "c", false},
		"one of its files":         {cifar10.finder(), in("c", binary10...), "c/test_batch.bin", "c", true},
		"its archive, unpacked":    {cifar10.finder(), append(in("cifar-10-batches-bin", binary10...), "cifar-10-binary.tar.gz"), "cifar-10-binary.tar.gz", "cifar-10-batches-bin", true},
		"renamed":                  {cifar10.finder(), in("mine", binary10...), ".", "mine", false},
		"Python's version":         {cifar10.finder(), in("cifar-10-batches-py", python10...), ".", "cifar-10-batches-py", true},
		"Python's version, Keras":  {cifar10.finder(), in("cifar-10-batches-py-target/cifar-10-batches-py", python10...), ".", "cifar-10-batches-py-target/cifar-10-batches-py", false},
		"both versions":            {cifar10.finder(), slices.Concat(in("cifar-10-batches-py", python10...), in("cifar-10-batches-bin", binary10...)), ".", "cifar-10-batches-bin", true},
		"whole before part":        {cifar10.finder(), slices.Concat(in("cifar-10-batches-py", python10...), in("cifar-10-batches-bin", binary10[:5]...)), ".", "cifar-10-batches-py", true},
		"whole deep before part":   {cifar10.finder(), slices.Concat(in("x/cifar-10-batches-bin", binary10...), binary10[:5]), ".", "x/cifar-10-batches-bin", false},
		"usual before other name":  {cifar10.finder(), slices.Concat(in("a", binary10...), in("cifar-10-batches-bin", binary10...)), ".", "cifar-10-batches-bin", true},
		"beside CIFAR-100":         {cifar100.finder(), slices.Concat(in("cifar-10-batches-bin", binary10...), in("cifar-100-binary", binary100...)), ".", "cifar-100-binary", true},
		"CIFAR-100, not folders":   {cifar100.finder(), append(in("cifar-100-python", "train", "test", "meta"), "train/", "test/"), ".", "cifar-100-python", true},
		"its own name in capitals": {cifar10.finder(), in("CIFAR-10-Batches-Bin", binary10...), ".", "CIFAR-10-Batches-Bin", true},

		"MNIST itself":             {mnist.finder(), idxFour, ".", ".", true},
		"MNIST with dots":          {mnist.finder(), dotted, ".", ".", true},
		"MNIST's folder":           {mnist.finder(), in("mnist", dotted...), ".", "mnist", true},
		"torchvision's MNIST":      {mnist.finder(), slices.Concat(in("FashionMNIST/raw", idxFour...), in("MNIST/raw", idxFour...), in("KMNIST/raw", idxFour...)), ".", "MNIST/raw", false},
		"torchvision's fashion":    {fashionMNIST.finder(), slices.Concat(in("FashionMNIST/raw", idxFour...), in("MNIST/raw", idxFour...)), ".", "FashionMNIST/raw", false},
		"torchvision's KMNIST":     {kmnist.finder(), slices.Concat(in("KMNIST/raw", idxFour...), in("MNIST/raw", idxFour...)), ".", "KMNIST/raw", false},
		"raw alone":                {mnist.finder(), in("raw", idxFour...), ".", "raw", false},
		"own name before neutral":  {mnist.finder(), slices.Concat(in("a", idxFour...), in("mnist_data", idxFour...)), ".", "mnist_data", true},
		"within raw":               {mnist.finder(), append(in("raw", idxFour...), "raw/more/"), "raw/more", "raw", false},
		"unpacked into folders":    {mnist.finder(), []string{"train-images-idx3-ubyte/train-images.idx3-ubyte", "train-labels-idx1-ubyte/train-labels-idx1-ubyte", dotted[2], dotted[3]}, ".", ".", true},
		"a file and such a folder": {mnist.finder(), append(in("t10k-images-idx3-ubyte", "t10k-images-idx3-ubyte"), dotted...), ".", ".", true},

		"pictures":                      {foldersFinder, parts, ".", ".", true},
		"pictures, training named":      {foldersFinder, parts, "train", ".", false},
		"pictures, validation named":    {foldersFinder, parts, "val", ".", false},
		"pictures below":                {foldersFinder, in("pets", parts...), ".", "pets", true},
		"ImageNet as Kaggle has it":     {foldersFinder, slices.Concat(in("ILSVRC/Data/CLS-LOC", parts...), in("ILSVRC/Annotations/CLS-LOC", "train/a/1.xml", "val/1.xml"), in("ILSVRC/ImageSets/CLS-LOC", "train.txt")), ".", "ILSVRC/Data/CLS-LOC", false},
		"beside leftovers":              {foldersFinder, append(in("pets", parts...), in("__MACOSX/pets", parts...)...), ".", "pets", true},
		"capitals":                      {foldersFinder, []string{"Train/a/1.png", "Val/a/1.png"}, ".", ".", true},
		"validation":                    {foldersFinder, []string{"x/train/a/1.png", "x/validation/a/1.png", "x/test/2.png"}, ".", "x", true},
		"test with classes":             {foldersFinder, []string{"train/a/1.png", "test/a/1.png"}, ".", ".", true},
		"tiny":                          {tinyFinder, in("tiny-imagenet-200", parts...), ".", "tiny-imagenet-200", true},
		"tiny itself":                   {tinyFinder, parts, ".", ".", true},
		"tiny in itself":                {tinyFinder, in("tiny-imagenet-200/tiny-imagenet-200", parts...), ".", "tiny-imagenet-200/tiny-imagenet-200", false},
		"tiny in itself, outer named":   {tinyFinder, in("tiny-imagenet-200/tiny-imagenet-200", parts...), "tiny-imagenet-200", "tiny-imagenet-200/tiny-imagenet-200", true},
		"tiny beside another":           {tinyFinder, slices.Concat(in("pets", parts...), in("tiny-imagenet-200", parts...)), ".", "tiny-imagenet-200", true},
		"tiny, training named":          {tinyFinder, in("tiny-imagenet-200", parts...), "tiny-imagenet-200/train", "tiny-imagenet-200", false},
		"tiny's archive, also unpacked": {tinyFinder, append(in("tiny-imagenet-200", parts...), "tiny-imagenet-200.zip"), ".", "tiny-imagenet-200", true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			touchAll(t, dir, c.files...)
			named := filepath.Join(dir, c.named)
			found, notes, err := c.finder.find(named)
			folder := found.path
			if err != nil {
				t.Fatal(err)
			}
			if folder != filepath.Join(dir, c.want) {
				t.Errorf("found %s, want %s in %s", folder, c.want, dir)
			}
			switch {
			case c.quiet && notes != nil:
				t.Errorf("notes %q", notes)
			case !c.quiet && !slices.Equal(notes, []string{named + ": the data set is read from " + folder}):
				t.Errorf("notes %q of %s", notes, folder)
			}
		})
	}
}

// What is wanted and what is there instead, in one line of humane length.
func TestNotFound(t *testing.T) {
	fetch := "; train -download fetches it"
	want10 := "no cifar-10-batches-bin (data_batch_1.bin … test_batch.bin) or cifar-10-batches-py (data_batch_1 … test_batch) in DIR, which "
	wantIDX := "no folder of IDX files (train-images-idx3-ubyte … t10k-labels-idx1-ubyte) in DIR, which "
	for name, c := range map[string]struct {
		set   string
		files []string
		named string
		want  string // with DIR
	}{
		"empty":                  {"cifar10", nil, ".", want10 + "is empty" + fetch},
		"other things":           {"cifar10", []string{"b", "a/", ".hidden", "c", "d", "e", "f"}, ".", want10 + "holds a, b, c, d, e and more" + fetch},
		"not there":              {"cifar10", []string{"data/a/", "data/b"}, "data/x/y", "no folder DIR/data/x/y; DIR/data holds a, b" + fetch},
		"not there, imagenet":    {"imagenet", []string{"data/"}, "data/x", "no folder DIR/data/x; DIR/data is empty"},
		"archive":                {"cifar10", []string{"x/cifar-10-binary.tar.gz"}, ".", "DIR/x/cifar-10-binary.tar.gz is not unpacked: tar -xf DIR/x/cifar-10-binary.tar.gz -C DIR/x"},
		"archive, named":         {"cifar10", []string{"cifar-10-python.tar.gz"}, "cifar-10-python.tar.gz", "DIR/cifar-10-python.tar.gz is not unpacked: tar -xf DIR/cifar-10-python.tar.gz -C DIR"},
		"archive of Keras":       {"cifar10", []string{"cifar-10-batches-py.tar.gz"}, ".", "DIR/cifar-10-batches-py.tar.gz is not unpacked: tar "},
		"archive in part":        {"cifar10", append(in("cifar-10-batches-bin", binary10[:2]...), "cifar-10-binary.tar.gz"), ".", "DIR/cifar-10-binary.tar.gz is not unpacked: tar "},
		"archive of 100":         {"cifar100-coarse", []string{"cifar-100-binary.tar.gz"}, ".", "DIR/cifar-100-binary.tar.gz is not unpacked: tar "},
		"other archive":          {"cifar10", []string{"cifar-100-binary.tar.gz"}, ".", want10 + "holds cifar-100-binary.tar.gz" + fetch},
		"quotes":                 {"cifar10", []string{"it's mine/cifar10.zip"}, ".", `DIR/it's mine/cifar10.zip is not unpacked: unzip -q 'DIR/it'\''s mine/cifar10.zip' -d 'DIR/it'\''s mine'`},
		"MATLAB":                 {"cifar10", in("cifar-10-batches-mat", "data_batch_1.mat", "test_batch.mat"), ".", want10 + "holds cifar-10-batches-mat; DIR/cifar-10-batches-mat/data_batch_1.mat is MATLAB's, which is not read" + fetch},
		"MATLAB's archive":       {"cifar10", []string{"cifar-10-matlab.tar.gz"}, ".", want10 + "holds cifar-10-matlab.tar.gz; DIR/cifar-10-matlab.tar.gz is MATLAB's, which is not read" + fetch},
		"some batches":           {"cifar10", in("cifar-10-batches-bin", binary10[1:4]...), ".", "DIR/cifar-10-batches-bin lacks data_batch_1.bin, data_batch_5.bin, test_batch.bin" + fetch},
		"some, renamed":          {"cifar10", in("x", binary10[:5]...), ".", "DIR/x lacks test_batch.bin" + fetch},
		"few, named":             {"cifar10", in("x", binary10[:1]...), "x", "DIR/x lacks data_batch_2.bin, data_batch_3.bin, data_batch_4.bin, data_batch_5.bin, test_batch.bin" + fetch},
		"some, nearest":          {"cifar10", append(in("a/cifar-10-batches-bin", binary10[:5]...), in("b", binary10[:4]...)...), ".", "DIR/b lacks data_batch_5.bin, test_batch.bin" + fetch},
		"both, in part":          {"cifar10", append(in("x", binary10[:5]...), in("x", python10[:5]...)...), ".", "DIR/x lacks test_batch.bin" + fetch},
		"empty folder":           {"cifar10", []string{"cifar-10-batches-py/"}, ".", "DIR/cifar-10-batches-py lacks data_batch_1, data_batch_2, data_batch_3, data_batch_4, data_batch_5 and more" + fetch},
		"download broke off":     {"cifar10", []string{".download-cifar-10-batches-bin/cifar-10-binary.tar.gz"}, ".", want10 + "is empty; a download broke off here, train -download goes on with it"},
		"pictures of 10":         {"cifar10", []string{"cifar10/train/cat/1.png", "cifar10/test/cat/1.png"}, ".", want10 + "holds cifar10; DIR/cifar10 has folders of pictures, which -data folder reads" + fetch},
		"two":                    {"cifar10", slices.Concat(in("x/cifar-10-batches-bin", binary10...), in("y/cifar-10-batches-bin", binary10...)), ".", "DIR holds more than one: name one of DIR/x/cifar-10-batches-bin, DIR/y/cifar-10-batches-bin"},
		"too high":               {"cifar10", in("a/b/c/cifar-10-batches-bin", binary10...), ".", want10 + "holds a" + fetch},
		"MNIST of Keras":         {"mnist", []string{"mnist.npz"}, ".", wantIDX + "holds mnist.npz; DIR/mnist.npz is NumPy's, which is not read" + fetch},
		"MNIST of Kaggle":        {"mnist", []string{"mnist_train.csv", "mnist_test.csv"}, ".", wantIDX + "holds mnist_test.csv, mnist_train.csv; DIR/mnist_test.csv is a table, which is not read" + fetch},
		"fashion only":           {"mnist", in("FashionMNIST/raw", idxFour...), ".", wantIDX + "holds FashionMNIST" + fetch},
		"EMNIST only":            {"mnist", in("EMNIST/raw", idxFour...), ".", wantIDX + "holds EMNIST" + fetch},
		"digits only":            {"fashion-mnist", in("mnist", idxFour...), ".", wantIDX + "holds mnist" + fetch},
		"no labels":              {"kmnist", []string{"kmnist/train-images-idx3-ubyte.gz", "kmnist/t10k-images-idx3-ubyte.gz"}, ".", "DIR/kmnist lacks train-labels-idx1-ubyte, t10k-labels-idx1-ubyte" + fetch},
		"MNIST's zip":            {"mnist", []string{"mnist.zip"}, ".", "DIR/mnist.zip is not unpacked: unzip -q DIR/mnist.zip -d DIR"},
		"each in a zip":          {"kmnist", []string{"train-images.idx3-ubyte.zip"}, ".", "DIR/train-images.idx3-ubyte.zip is not unpacked: unzip -q "},
		"fashion's zip":          {"mnist", []string{"fashion-mnist.zip"}, ".", wantIDX + "holds fashion-mnist.zip" + fetch},
		"tiny's zip":             {"tinyimagenet", []string{"tiny-imagenet-200.zip"}, ".", "DIR/tiny-imagenet-200.zip is not unpacked: unzip -q DIR/tiny-imagenet-200.zip -d DIR"},
		"tiny without val":       {"tinyimagenet", in("tiny-imagenet-200", "train/a/1.png", "test/images/1.png"), ".", "DIR/tiny-imagenet-200 lacks val"},
		"ImageNet's tar":         {"imagenet", []string{"ILSVRC2012_img_val.tar"}, ".", "DIR/ILSVRC2012_img_val.tar is not unpacked: tar "},
		"classes themselves":     {"folder", []string{"cat/1.png", "dog/1.png"}, ".", "no train and val in DIR, which holds cat, dog; DIR holds class folders itself: move them into train, and some pictures of each into val/CLASS"},
		"zip of pictures":        {"folder", []string{"pets.zip"}, ".", "no train and val in DIR, which holds pets.zip; DIR/pets.zip may be it: unzip -q DIR/pets.zip -d DIR"},
		"zip beside classes":     {"folder", []string{"cat/1.png", "old.zip"}, ".", "no train and val in DIR, which holds cat, old.zip; DIR holds class folders itself: move"},
		"classes below":          {"folder", []string{"pets/cat/1.png", "pets/dog/1.png"}, ".", "no train and val in DIR, which holds pets; DIR/pets holds class folders itself: move"},
		"a test alone":           {"folder", []string{"test/a/1.png"}, ".", "no train and val in DIR, which holds test; DIR/test holds class folders itself: move"},
		"validation alone":       {"folder", []string{"validation/a/1.png"}, ".", "DIR lacks train: pictures"},
		"flat pictures":          {"folder", []string{"cat.1.png", "dog.1.png"}, ".", "no train and val in DIR, which holds cat.1.png, dog.1.png; DIR holds pictures without class folders"},
		"train alone":            {"folder", []string{"train/a/1.png"}, ".", "DIR lacks val: pictures to train on lie in train/CLASS, and others to evaluate on in val/CLASS"},
		"a test without classes": {"imagenet", []string{"train/a/1.png", "test/1.png"}, ".", "DIR lacks val: pictures"},
		"two of pictures":        {"folder", append(in("a", parts...), in("b", parts...)...), ".", "DIR holds more than one: name one of DIR/a, DIR/b"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			touchAll(t, dir, c.files...)
			_, _, err := Open(c.set, filepath.Join(dir, c.named))
			message := strings.ReplaceAll(fmt.Sprint(err), dir, "DIR")
			if want := "data: " + c.set + ": " + c.want; message != want && !(strings.HasPrefix(message, want) && strings.HasSuffix(want, " ")) && !strings.HasPrefix(message, want+" ") {
				t.Errorf("%s\nwant\n%s", message, want)
			}
			if strings.Contains(message, "\n") || len(message) > 300 {
				t.Errorf("%d bytes: %s", len(message), message)
			}
			if !strings.Contains(c.want, "more than one") && !errors.Is(err, fs.ErrNotExist) {
				t.Error("not fs.ErrNotExist")
			}
		})
	}
}

// A search ends, wherever it begins.
func TestFindBounds(t *testing.T) {
	dir := t.TempDir()
	for i := range searchFolders + 100 {
		touchAll(t, dir, fmt.Sprintf("%04d/x/", i))
	}
	if err := os.Symlink(dir, filepath.Join(dir, "0000/back")); err != nil {
		t.Fatal(err)
	}
	looked := 0
	f := mnist.finder()
	f.match = func(l listing) *match {
		looked++
		return nil
	}
	_, _, err := f.find(dir)
	wantError(t, err, "no folder of IDX files")
	if looked != searchFolders+1 { // and the one above
		t.Errorf("looked into %d folders, want %d", looked, searchFolders+1)
	}
}
