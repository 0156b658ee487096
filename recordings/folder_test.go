package recordings

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"hypnos/data"
)

// write writes files below a new folder, which it returns: empty folders where
// the name ends in a slash.
func write(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "session")
	for name, contents := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			os.Mkdir(path, 0o755)
		} else if err := os.WriteFile(path, contents, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// images returns the pixels of all stimuli.
func images(t testing.TB, set *data.Files) (all []string) {
	t.Helper()
	for i := range set.Len() {
		var m data.Image
		if _, err := set.Image(i, &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, string(m.Pixels))
	}
	return all
}

// A folder holds what was written into it, whether pictures are files or an
// archive, and named or not; the dissimilarities are those of a slow oracle.
func TestFolder(t *testing.T) {
	const neuroids, repetitions = 7, 3
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 2))
		stimuli := 4 + random.IntN(20)
		var names []string
		var entries, inFolder []entry
		files := map[string][]byte{}
		for i := range stimuli {
			name := fmt.Sprintf("%02d.png", i)
			if i%3 == 2 {
				name = fmt.Sprintf("z/%02d.png", i)
			}
			names = append(names, name)
			files["images/"+name] = picture(seed<<8 + uint64(i))
			entries = append(entries, entry{name, files["images/"+name], 0})
			inFolder = append(inFolder, entry{"images/" + name, files["images/"+name], 0})
		}
		slices.Sort(names)
		order := random.Perm(stimuli)
		csv := "index,category,file\n"
		for i, k := range order {
			csv += fmt.Sprintf("%d,%d,%s\n", i, k%2, names[k])
		}
		values := drawn(neuroids, stimuli, repetitions, 0.4, seed)
		responses := npyFile(1, npyHeader("<f8", false, neuroids, stimuli, repetitions), values)

		plain := write(t, files)
		recording, err := Open(plain)
		if err != nil {
			t.Fatal(err)
		}
		if recording.Name != "session" || recording.Regions != nil || recording.Categories != nil || recording.Credit != "" {
			t.Errorf("%+v", recording)
		}
		sorted := images(t, recording.Stimuli)

		for name, change := range map[string]map[string][]byte{
			"images":               files,
			"archive":              {"images.zip": archiveOf(t, entries...)},
			"archive of a folder":  {"images.zip": archiveOf(t, inFolder...)},
			"stimuli.csv":          {"stimuli.csv": []byte(csv)},
			"stimuli.csv, archive": {"stimuli.csv": []byte(csv), "images.zip": archiveOf(t, inFolder...)},
		} {
			all := map[string][]byte{"responses.npy": responses}
			if _, archive := change["images.zip"]; !archive {
				for name, contents := range files {
					all[name] = contents
				}
			}
			for name, contents := range change {
				all[name] = contents
			}
			dir := write(t, all)
			recording, err := Open(dir)
			if err != nil {
				t.Fatal(name, err)
			}
			_, named := change["stimuli.csv"]
			want, wantNames := sorted, names
			if named {
				want, wantNames = nil, nil
				for i, k := range order {
					want, wantNames = append(want, sorted[k]), append(wantNames, names[k])
					if recording.Categories[i] != fmt.Sprint(k%2) {
						t.Errorf("%s: category %s of stimulus %d", name, recording.Categories[i], i)
					}
				}
			} else if recording.Categories != nil {
				t.Errorf("%s: categories %q", name, recording.Categories)
			}
			if !slices.Equal(images(t, recording.Stimuli), want) {
				t.Errorf("%s: other pictures, or in another order", name)
			}
			for i := range stimuli {
				if got := filepath.ToSlash(recording.Stimuli.Name(i)); !strings.HasPrefix(got, filepath.ToSlash(dir)) || !strings.HasSuffix(got, "/"+wantNames[i]) {
					t.Errorf("%s: stimulus %d is called %s, want %s", name, i, got, wantNames[i])
				}
			}

			if len(recording.Regions) != 1 || recording.Regions[0].Name != "session" || recording.Regions[0].Subjects != nil {
				t.Fatalf("%s: regions %+v", name, recording.Regions)
			}
			mean := slowMean(values, neuroids, stimuli, repetitions)
			if got := recording.Regions[0].Responses.Mean(); !mat.EqualApprox(got, mean, 1e-12) {
				t.Errorf("%s: mean responses\n%v\nwant\n%v", name, mat.Formatted(got), mat.Formatted(mean))
			}
			for i := range stimuli {
				for j := range stimuli {
					want := 1 - stat.Correlation(mean.RawRowView(i), mean.RawRowView(j), nil)
					if got := recording.Regions[0].Dissimilarities.At(i, j); math.Abs(got-want) > 1e-12 {
						t.Errorf("%s: dissimilarity %v of %d and %d, want %v", name, got, i, j, want)
					}
				}
			}
		}
	}
}

// slowMean returns the mean of the repetitions that are not NaN, stimuli ×
// neuroids.
func slowMean(values []float64, neuroids, stimuli, repetitions int) *mat.Dense {
	mean := mat.NewDense(stimuli, neuroids, nil)
	for n := range neuroids {
		for s := range stimuli {
			var here []float64
			for r := range repetitions {
				if v := values[(n*stimuli+s)*repetitions+r]; v == v {
					here = append(here, v)
				}
			}
			mean.Set(s, n, stat.Mean(here, nil))
		}
	}
	return mean
}

// TestFolderErrors: what is wrong is one line that names the file.
func TestFolderErrors(t *testing.T) {
	three := func(changes ...map[string][]byte) map[string][]byte {
		files := map[string][]byte{"images/a.png": picture(1), "images/b.png": picture(2), "images/c.png": picture(3)}
		for _, change := range changes {
			for name, contents := range change {
				files[name] = contents
			}
		}
		return files
	}
	responses := func(stimuli int) []byte {
		return npyFile(1, npyHeader("<f8", false, 2, stimuli), drawn(2, stimuli, 1, 0, 1))
	}
	for name, c := range map[string]struct {
		files map[string][]byte
		want  string
	}{
		"no images":      {map[string][]byte{"responses.npy": responses(3)}, "DIR has no images and no images.zip"},
		"empty":          {map[string][]byte{"images/": nil}, "DIR/images has no picture"},
		"a file":         {map[string][]byte{"images": nil}, "DIR/images is not a folder"},
		"a folder":       {map[string][]byte{"images.zip/": nil}, "DIR/images.zip is not a file"},
		"both":           {three(map[string][]byte{"images.zip": archiveOf(t)}), "DIR/images and DIR/images.zip are both there"},
		"no archive":     {map[string][]byte{"images.zip": []byte("text")}, "DIR/images.zip: zip: not a valid zip file"},
		"empty archive":  {map[string][]byte{"images.zip": archiveOf(t)}, "data: pictures in DIR/images.zip: none"},
		"fewer pictures": {three(map[string][]byte{"responses.npy": responses(4)}), "DIR/responses.npy: responses to 4 stimuli in shape [2 4], but there are 3 pictures"},
		"more pictures":  {three(map[string][]byte{"responses.npy": responses(2)}), "DIR/responses.npy: responses to 2 stimuli in shape [2 2], but there are 3 pictures"},
		"fewer named":    {three(map[string][]byte{"responses.npy": responses(3), "stimuli.csv": []byte("file\nc.png\na.png\n")}), "DIR/responses.npy: responses to 3 stimuli in shape [2 3], but there are 2 pictures"},
		"not there":      {three(map[string][]byte{"stimuli.csv": []byte("file\na.png\nd.png\n")}), "DIR/stimuli.csv: line 3: d.png is no picture in DIR/images"},
		"a folder named": {three(map[string][]byte{"images/d/e.png": picture(4), "stimuli.csv": []byte("file\na.png\nd\n")}), "DIR/stimuli.csv: line 3: d is no picture in DIR/images"},
		"not in archive": {map[string][]byte{"images.zip": archiveOf(t, entry{"a.png", picture(1), 0}), "stimuli.csv": []byte("file\nb.png\n")}, "DIR/stimuli.csv: line 2: b.png is no picture in DIR/images.zip"},
		"twice":          {three(map[string][]byte{"stimuli.csv": []byte("file\na.png\na.png\n")}), "DIR/stimuli.csv: line 3: a.png stands in line 2 already"},
		"csv a folder":   {three(map[string][]byte{"stimuli.csv/": nil}), "DIR/stimuli.csv is not a file"},
		"npy a folder":   {three(map[string][]byte{"responses.npy/": nil}), "DIR/responses.npy is not a file"},
		"no array":       {three(map[string][]byte{"responses.npy": []byte("text")}), "DIR/responses.npy: not an array that numpy.save wrote"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, c.files)
			recording, err := Open(dir)
			wantError(t, err, "recordings: ", strings.ReplaceAll(c.want, "DIR", dir))
			if recording != nil {
				t.Errorf("a recording beside the error %v", err)
			}
		})
	}

	dir := write(t, three())
	_, err := Open(filepath.Join(dir, "images", "a.png"))
	wantError(t, err, "recordings: neither it92 nor a folder: ", "a.png is a file")
	_, err = Open(filepath.Join(dir, "nowhere"))
	wantError(t, err, "recordings: neither it92 nor a folder: ", "nowhere: no such file")

	// A folder has a name also where it is called ".", and may be called it92.
	t.Chdir(dir)
	if r, err := Open("."); err != nil || r.Name != "session" {
		t.Errorf("%v, %v", r, err)
	}
	if err := os.Rename("images", "it92"); err != nil {
		t.Fatal(err)
	}
	_, err = Open("./it92")
	wantError(t, err, "./it92 has no images and no images.zip")
}
