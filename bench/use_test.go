package main

import (
	"archive/zip"
	"context"
	"encoding/binary"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"hypnos/bench/look"
	"hypnos/data"
	"hypnos/graph"
	"hypnos/zoo"
)

// writePictures writes n pictures of stripes, of sizes of their own, and returns
// the folder and their paths.
func writePictures(t *testing.T, n int) (dir string, paths []string) {
	t.Helper()
	dir = t.TempDir()
	for i := range n {
		m := image.NewRGBA(image.Rect(0, 0, 70+11*i, 90-3*i))
		for p := range m.Rect.Dx() * m.Rect.Dy() {
			x, y := p%m.Rect.Dx(), p/m.Rect.Dx()
			m.Set(x, y, color.RGBA{uint8(x * (i + 3)), uint8(y * (2*i + 1)), uint8(x + y), 255})
		}
		path := filepath.Join(dir, fmt.Sprintf("bild-%c.png", 'α'+rune(i)))
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := png.Encode(f, m); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	return dir, paths
}

// writeWeights writes the weights of a network of its own, and returns both.
func writeWeights(t *testing.T, model string, c zoo.Config) (*graph.Network, string) {
	t.Helper()
	net, err := zoo.New(model, c)
	if err != nil {
		t.Fatal(err)
	}
	for i, m := range net.Moments() { // as if it had seen images
		for k := range m.Data {
			m.Data[k] += 0.1 * float32(math.Sin(float64(i+k)))
		}
	}
	path := filepath.Join(t.TempDir(), "weights.safetensors")
	if err := net.Save(path); err != nil {
		t.Fatal(err)
	}
	return net, path
}

// published is the normalisation that a model was published with.
func published(t *testing.T, model string) data.Normalisation {
	t.Helper()
	e, err := zoo.Find(model)
	if err != nil {
		t.Fatal(err)
	}
	return data.Normalisation{Mean: e.Preprocessing.Mean[:], Std: e.Preprocessing.Std[:]}
}

// prepared returns pictures as a network takes them: resized, cropped and
// normalised.
func prepared(t *testing.T, dir string, resize, crop int, n data.Normalisation) []float32 {
	t.Helper()
	files, err := data.Pictures(dir)
	if err != nil {
		t.Fatal(err)
	}
	set, err := data.Preprocess(files, data.ResizeCrop{Resize: resize, Crop: crop})
	if err != nil {
		t.Fatal(err)
	}
	for batch, err := range data.InOrder(set, n, set.Len()) {
		if err != nil {
			t.Fatal(err)
		}
		return batch.Images
	}
	return nil
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

// Pictures are taken for what the network answers to them as it expects them, in
// any batches, and by a local network with the same weights alike.
func TestPredict(t *testing.T) {
	dir, paths := writePictures(t, 5)
	net, weights := writeWeights(t, "resnet8", zoo.Config{Width: 4, Classes: 7, Seed: 5})
	inference, err := net.Infer(5)
	if err != nil {
		t.Fatal(err)
	}
	logits, err := inference.Logits(prepared(t, dir, 32, 32, published(t, "resnet8")))
	if err != nil {
		t.Fatal(err)
	}
	var want []look.Predicted
	for i := range paths {
		one := look.Predicted{Picture: paths[i]}
		sum := 0.0
		for class, v := range logits[7*i : 7*i+7] {
			sum += math.Exp(float64(v))
			one.Answers = append(one.Answers, look.Answer{Class: class, Name: string(rune('A' + class)), Probability: math.Exp(float64(v))})
		}
		slices.SortFunc(one.Answers, func(a, b look.Answer) int { return int(math.Copysign(1, b.Probability-a.Probability)) })
		one.Answers = one.Answers[:3]
		for k := range one.Answers {
			one.Answers[k].Probability /= sum
		}
		want = append(want, one)
	}
	same := func(what string, got []look.Predicted) {
		t.Helper()
		if len(got) != len(want) {
			t.Fatalf("%s: %d pictures, want %d", what, len(got), len(want))
		}
		for i, one := range got {
			if one.Picture != want[i].Picture || len(one.Answers) != 3 {
				t.Fatalf("%s: picture %d is %v, want %v", what, i, one, want[i])
			}
			for k, a := range one.Answers {
				w := want[i].Answers[k]
				if a.Class != w.Class || a.Name != w.Name || !(math.Abs(a.Probability-w.Probability) < 1e-6) {
					t.Errorf("%s: picture %d, rank %d: %v, want %v", what, i, k+1, a, w)
				}
			}
		}
	}

	out := t.TempDir()
	names := filepath.Join(out, "names.txt")
	if err := os.WriteFile(names, []byte("A\nB\nC\nD\r\nE\nF\nG\n\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	predict := func(more ...string) string {
		t.Helper()
		args := append([]string{"predict", "resnet8", "-width", "4", "-weights", weights, "-classes-file", names, "-top", "3"}, more...)
		status, stdout, stderr := bench(t.Context(), args...)
		if status != 0 || stderr != "" {
			t.Fatalf("%v: status %d: %s", more, status, stderr)
		}
		return stdout
	}
	for file, args := range map[string][]string{
		"all.json":   {"-images", dir},
		"two.json":   {"-images", dir, "-batch", "2"},
		"files.json": append([]string{"-classes", "7", "-images"}, paths...),
		"local.json": {"-images", paths[0], "-images", paths[1], paths[2], paths[3], paths[4], "-variant", "lc"},
	} {
		file = filepath.Join(out, file)
		predict(append([]string{"-o", file}, args...)...)
		var got []look.Predicted
		if err := json.Unmarshal(read(t, file), &got); err != nil {
			t.Fatal(err)
		}
		same(file, got)
	}

	predict("-images", dir, "-o", filepath.Join(out, "all.csv"))
	rows, err := csv.NewReader(strings.NewReader(string(read(t, filepath.Join(out, "all.csv"))))).ReadAll()
	if err != nil || len(rows) != 1+15 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	var got []look.Predicted
	for i, row := range rows[1:] {
		if row[1] != strconv.Itoa(i%3+1) {
			t.Errorf("row %d has rank %s", i, row[1])
		}
		if i%3 == 0 {
			got = append(got, look.Predicted{Picture: row[0]})
		}
		class, _ := strconv.Atoi(row[2])
		probability, _ := strconv.ParseFloat(row[4], 64)
		one := &got[len(got)-1]
		one.Answers = append(one.Answers, look.Answer{Class: class, Name: row[3], Probability: probability})
	}
	same("all.csv", got)

	table := strings.Split(predict("-images", dir), "\n")
	first := want[0].Answers
	if fields := strings.Fields(table[1]); len(table) != 7 || fields[0] != paths[0] || fields[1] != first[0].Name || fields[2] != fmt.Sprintf("%.1f", 100*first[0].Probability) {
		t.Errorf("the table is\n%s", strings.Join(table, "\n"))
	}
}

// With the data set that a network was trained on, classes have its names and
// pictures its normalisation.
func TestPredictData(t *testing.T) {
	dir, _ := writePictures(t, 1)
	net, weights := writeWeights(t, "resnet8", zoo.Config{Width: 1, Seed: 5})
	root, _ := writeFolder(t)
	out := filepath.Join(t.TempDir(), "out.json")
	for _, c := range []struct{ set, folder string }{{"sample", ""}, {"folder", root}} {
		training, _, err := data.Open(c.set, c.folder)
		if err != nil {
			t.Fatal(err)
		}
		names := training.Classes()
		normalisation, err := data.NormalisationFor(c.set, training)
		if err != nil {
			t.Fatal(err)
		}
		if c.set == "folder" { // which has two classes
			net, weights = writeWeights(t, "resnet8", zoo.Config{Width: 1, Seed: 5, Classes: 2})
		}
		inference, err := net.Infer(1)
		if err != nil {
			t.Fatal(err)
		}
		logits, err := inference.Logits(prepared(t, dir, 32, 32, normalisation))
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"predict", "resnet8", "-width", "1", "-weights", weights, "-images", dir, "-top", "99", "-data", c.set, "-o", out}
		if c.folder != "" {
			args = append(args, "-data-dir", c.folder)
		}
		status, _, stderr := bench(t.Context(), args...)
		if status != 0 {
			t.Fatalf("%s: status %d: %s", c.set, status, stderr)
		}
		var got []look.Predicted
		if err := json.Unmarshal(read(t, out), &got); err != nil {
			t.Fatal(err)
		}
		answers := got[0].Answers
		if len(answers) != len(names) {
			t.Fatalf("%s: %d answers", c.set, len(answers))
		}
		for _, a := range answers {
			ratio := math.Exp(float64(logits[a.Class] - logits[answers[0].Class]))
			if a.Name != names[a.Class] || !(math.Abs(a.Probability-ratio*answers[0].Probability) < 1e-6) {
				t.Errorf("%s: %v, want %s and %v of the first", c.set, a, names[a.Class], ratio)
			}
		}
	}
}

// readNPZ returns the arrays of a file, read by gorgonia, and the names of the
// pictures.
func readNPZ(t *testing.T, path string) (arrays map[string]*tensor.Dense, pictures []string) {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	arrays = map[string]*tensor.Dense{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if name := strings.TrimSuffix(f.Name, ".npy"); name != "pictures" {
			arrays[name] = new(tensor.Dense)
			if err := arrays[name].ReadNpy(r); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			continue
		}
		raw, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		head, text, _ := strings.Cut(string(raw), "\n")
		var length, n int
		if _, err := fmt.Sscanf(head[10:], "{'descr': '<U%d', 'fortran_order': False, 'shape': (%d,), }", &length, &n); err != nil || (len(head)+1)%64 != 0 || len(text) != 4*n*length {
			t.Fatalf("pictures: header %q before %d bytes: %v", head, len(text), err)
		}
		for i := range n {
			characters := make([]rune, length)
			for k := range characters {
				characters[k] = rune(binary.LittleEndian.Uint32([]byte(text[4*(i*length+k):])))
			}
			pictures = append(pictures, strings.TrimRight(string(characters), "\x00"))
		}
	}
	return arrays, pictures
}

// A file of features holds what graph.Features returns, whatever the batch.
func TestFeatures(t *testing.T) {
	dir, paths := writePictures(t, 5)
	config := zoo.Config{Width: 2, Classes: 3, Input: graph.Size{Channels: 3, Height: 56, Width: 56}, Seed: 1}
	trained, weights := writeWeights(t, "cornet-z", config)
	config.Seed = 8
	initial, err := zoo.New("cornet-z", config)
	if err != nil {
		t.Fatal(err)
	}
	images := prepared(t, dir, 64, 56, published(t, "cornet-z")) // 256 and 224 in proportion
	path := filepath.Join(t.TempDir(), "new", "features.npz")
	for _, c := range []struct {
		net   *graph.Network
		names []string
		args  []string
	}{
		{trained, []string{"V1", "V2", "V4", "IT"}, []string{"-weights", weights}},
		{trained, []string{"V4", "V1.conv", "decoder.linear"}, []string{"-weights", weights, "-areas", "V4, V1.conv,decoder.linear", "-batch", "2"}},
		{initial, []string{"IT"}, []string{"-seed", "8", "-areas", "IT", "-batch", "1"}},
	} {
		want, err := c.net.Features(images, c.names...)
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"features", "cornet-z", "-width", "2", "-classes", "3", "-image-size", "56", "-images", dir, "-o", path}, c.args...)
		status, stdout, stderr := bench(t.Context(), args...)
		if status != 0 || stdout != path+"\n" || stderr != "" {
			t.Fatalf("%v: status %d, stdout %q: %s", c.args, status, stdout, stderr)
		}
		arrays, pictures := readNPZ(t, path)
		if !slices.Equal(pictures, paths) || len(arrays) != len(c.names) {
			t.Fatalf("%v: pictures %q, %d arrays", c.args, pictures, len(arrays))
		}
		for i, name := range c.names {
			size := want[i].Size
			if got := arrays[name]; !got.Shape().Eq(tensor.Shape{5, size.Channels, size.Height, size.Width}) || !slices.Equal(got.Data().([]float32), want[i].Data) {
				t.Errorf("%v: %s of %v is not what the network answers", c.args, name, got.Shape())
			}
		}
	}
	// Nothing is left aside, and an interrupted run leaves the file as it was.
	before := read(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	status, _, stderr := bench(ctx, "features", "cornet-z", "-width", "2", "-image-size", "56", "-images", dir, "-o", path)
	if status != 1 || stderr != "bench: context canceled\n" || !slices.Equal(read(t, path), before) {
		t.Errorf("interrupted: status %d, %s", status, stderr)
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("the folder has %v, %v", left, err)
	}
}

// What train saves, eval finds as good as train did, and as a local network too.
func TestSaveAndEval(t *testing.T) {
	weights := filepath.Join(t.TempDir(), "new", "w.safetensors")
	status, trained, stderr := bench(t.Context(), "train", "-epochs", "2", "-width", "1", "-batch", "100", "-save", weights)
	if status != 0 {
		t.Fatalf("train: status %d: %s", status, stderr)
	}
	for _, more := range [][]string{nil, {"-variant", "lc", "-batch", "7"}, {"-classes", "10", "-data", "sample"}} {
		status, stdout, stderr := bench(t.Context(), append([]string{"eval", "resnet8", "-width", "1", "-weights", weights}, more...)...)
		if status != 0 || stderr != "" {
			t.Fatalf("%v: status %d: %s", more, status, stderr)
		}
		want := strings.Fields(strings.Split(trained, "\n")[1]) // conv, top-1, ±, its error, –, top-5
		got := strings.Fields(strings.Split(stdout, "\n")[1])   // images, top-1, top-5, loss
		for i, column := range []int{1, 5} {
			w, _ := strconv.ParseFloat(want[column], 64)
			if g, err := strconv.ParseFloat(got[1+i], 64); err != nil || math.Abs(g-w) > 0.051 {
				t.Errorf("%v: eval says\n%s, train said\n%s", more, stdout, trained)
			}
		}
		if loss, err := strconv.ParseFloat(got[3], 64); err != nil || got[0] != "3000" || !(loss > 0.5 && loss < 3) {
			t.Errorf("%v: eval says\n%s", more, stdout)
		}
	}

	dir, _ := writeFolder(t)
	_, weights = writeWeights(t, "resnet8", zoo.Config{Width: 1, Classes: 2})
	status, stdout, stderr := bench(t.Context(), "eval", "resnet8", "-width", "1", "-weights", weights, "-data", "folder", "-data-dir", dir, "-image-size", "16")
	if status != 0 || !strings.HasPrefix(strings.TrimSpace(strings.Split(stdout, "\n")[1]), "6 ") {
		t.Errorf("folder: status %d, stdout %q: %s", status, stdout, stderr)
	}
}

// What is wrong is said in one line, and nothing is written.
func TestBadUse(t *testing.T) {
	dir, paths := writePictures(t, 3)
	_, weights := writeWeights(t, "resnet8", zoo.Config{Width: 1})
	other := t.TempDir()
	file, names, blank, turned := filepath.Join(other, "file"), filepath.Join(other, "names"), filepath.Join(other, "blank"), filepath.Join(other, "turned")
	for path, content := range map[string]string{file: "no picture", names: "cat\ndog\n", blank: "\n", turned: "truck\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\nairplane\n"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	net, err := zoo.New("resnet8", zoo.Config{Width: 1})
	if err != nil {
		t.Fatal(err)
	}
	net.Parameter("fc.bias").Data[3] = float32(math.NaN())
	broken := filepath.Join(other, "broken.safetensors")
	if err := net.Save(broken); err != nil {
		t.Fatal(err)
	}
	empty := t.TempDir()
	out := filepath.Join(t.TempDir(), "out")
	use := "resnet8 -width 1 -weights " + weights
	show := use + " -images " + dir
	for _, c := range []struct {
		args   string
		status int
		want   string
	}{
		{"predict", 2, "resnet110"},
		{"predict resnet9 " + show, 1, "resnet110"},
		{"predict resnet8 -width 1 -images " + dir, 1, "-weights is missing"},
		{"predict " + use, 1, "-images is missing"},
		{"predict " + use + " -images " + empty, 1, empty + " has no picture"},
		{"predict " + show + " " + filepath.Join(empty, "x.png"), 1, "x.png"},
		{"predict " + show + " " + file, 1, file + ": neither JPEG nor PNG"},
		{"predict " + show + " -top 0", 1, "-top 0"},
		{"predict " + show + " -batch 0", 1, "-batch 0"},
		{"predict " + show + " -classes-file " + names, 1, "-classes-file " + names + " names 2 classes: graph: the weights in " + weights + " do not fit the network: 2 misshapen (fc.weight 10×4, want 2×4"},
		{"predict " + show + " -classes 10 -classes-file " + names, 1, "-classes-file " + names + " names 2 classes, but the network has 10"},
		{"predict " + show + " -data sample -classes-file " + names, 1, names + " names 2 classes, and -data sample has 10"},
		{"predict " + show + " -data sample -classes-file " + turned, 1, "in another order: class 0 is truck, and airplane in the data set"},
		{"predict " + show + " -classes-file " + blank, 1, blank + ": no class is named"},
		{"predict " + show + " -classes-file " + empty + "/x", 1, empty},
		{"predict " + show + " -data imagenot", 1, "cifar10"},
		{"predict " + show + " -data cifar10", 1, "needs a folder"},
		{"predict " + show + " -o " + filepath.Join(out, "x.txt"), 1, ".csv or .json"},
		{"predict " + show + " -o " + filepath.Join(file, "x.csv"), 1, file},
		{"predict " + show + " -width 2", 1, "46 misshapen (conv1.weight"},
		{"predict " + show + " -weights " + file, 1, file},
		{"predict " + show + " -weights " + broken, 1, paths[0] + ": the network's answer is not finite"},
		{"features " + show, 1, "-o is missing"},
		{"features " + show + " -o " + filepath.Join(out, "x.npy"), 1, ".npz"},
		{"features " + show + " -o " + filepath.Join(file, "x.npz"), 1, file},
		{"features " + show + " -areas layer9 -o " + filepath.Join(out, "x.npz"), 1, "layer1, layer2, layer3"},
		{"features " + show + " -areas layer1,layer1 -o " + filepath.Join(out, "x.npz"), 1, "stands twice"},
		{"features " + use + " -images " + empty + " -o " + filepath.Join(out, "x.npz"), 1, "has no picture"},
		{"features " + show + " " + file + " -batch 1 -o " + filepath.Join(empty, "x.npz"), 1, file},
		{"features " + show + " -width 2 -o " + filepath.Join(empty, "x.npz"), 1, "46 misshapen (conv1.weight"},
		{"eval resnet8 -width 1", 1, "-weights is missing"},
		{"eval " + use + " " + paths[0], 2, paths[0]},
		{"eval " + use + " -batch 0", 1, "-batch 0"},
		{"eval " + use + " -classes 3", 1, "sample has 10 classes"},
		{"eval " + use + " -image-size 16", 1, "only folder takes a side"},
		{"eval " + use + " -data cifar10", 1, "needs a folder"},
		{"eval " + use + " -width 2", 1, "46 misshapen (conv1.weight"},
		{"eval " + use + " -variant lc-sleep-1", 1, "conv or lc"},
		{"train -save " + filepath.Join(out, "x.pth"), 1, ".safetensors"},
		{"train -save " + filepath.Join(file, "x.safetensors"), 1, file},
	} {
		status, stdout, stderr := bench(t.Context(), strings.Fields(c.args)...)
		if status != c.status || !strings.Contains(stderr, c.want) || strings.Count(stderr, "\n") != 1 || stdout != "" {
			t.Errorf("%s: status %d, stdout %q, stderr %q; want status %d and one line with %q", c.args, status, stdout, stderr, c.status, c.want)
		}
		if _, err := os.Stat(out); !os.IsNotExist(err) {
			t.Fatalf("%s: %s was written", c.args, out)
		}
		if left, err := os.ReadDir(empty); err != nil || len(left) > 0 {
			t.Fatalf("%s: left %v, %v", c.args, left, err)
		}
	}
}
