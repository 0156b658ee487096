package runs

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"hypnos/bench/results"
)

// TestMain makes the test binary a process that holds a lock until it is killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "lock" {
		if _, err := Lock(os.Args[2]); err != nil {
			panic(err)
		}
		fmt.Println("locked")
		time.Sleep(time.Hour)
	}
	os.Exit(m.Run())
}

// tensors writes a file in place of tensors.
func tensors(contents string) func(string) error {
	return func(path string) error { return os.WriteFile(path, []byte(contents), 0o644) }
}

func write(t *testing.T, f Folder, at Place, run, contents string, keep int) {
	t.Helper()
	if err := f.Write(at, run, tensors(contents), keep); err != nil {
		t.Fatal(err)
	}
}

// names returns the files of a folder.
func names(t *testing.T, f Folder) string {
	t.Helper()
	all, err := f.entries()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(all, " ")
}

func TestFolder(t *testing.T) {
	f := Folder{t.TempDir()}
	var run string
	if at, damaged, err := f.Newest(&run); at != (Place{}) || damaged != nil || err != nil {
		t.Errorf("nothing: %v, %v, %v", at, damaged, err)
	}
	if places, err := (Folder{filepath.Join(f.Dir, "nowhere")}).Places(); places != nil || err != nil {
		t.Errorf("no folder: %v, %v", places, err)
	}
	for _, name := range []string{"other.json", "checkpoint-x.json", "checkpoint-01.json", "checkpoint-1.csv"} {
		if err := os.WriteFile(filepath.Join(f.Dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	others := names(t, f)
	write(t, f, Place{1, 0}, "one", "1", 2)
	write(t, f, Place{1, 9}, "half", "1.5", 2)
	write(t, f, Place{10, 0}, "ten", "10", 2)
	if places, err := f.Places(); err != nil || !slices.Equal(places, []Place{{10, 0}, {1, 9}}) {
		t.Errorf("%v, %v: want the newest two", places, err)
	}
	if at, damaged, err := f.Newest(&run); at != (Place{10, 0}) || run != "ten" || damaged != nil || err != nil {
		t.Errorf("newest: %v %q, %v, %v", at, run, damaged, err)
	}
	// Tensors that a kill has left alone are no checkpoint.
	for _, name := range []string{"checkpoint-11.safetensors", ".checkpoint-12.json123"} {
		if err := os.WriteFile(filepath.Join(f.Dir, name), []byte("part"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if at, damaged, err := f.Newest(&run); at != (Place{10, 0}) || damaged != nil || err != nil {
		t.Errorf("after a kill: %v, %v, %v", at, damaged, err)
	}
	// A run that goes on from an older one forgets what came after it.
	write(t, f, Place{2, 0}, "two", "2", 1)
	if got := names(t, f); got != sorted(others, "checkpoint-2.json", "checkpoint-2.safetensors") {
		t.Errorf("files %s", got)
	}
	if err := f.Write(Place{3, 0}, "three", nil, 1); err != nil {
		t.Fatal(err)
	}
	if got := names(t, f); got != sorted(others, "checkpoint-3.json") {
		t.Errorf("files %s", got)
	}
	if at, _, err := f.Newest(&run); at != (Place{3, 0}) || run != "three" || err != nil {
		t.Errorf("without tensors: %v %q, %v", at, run, err)
	}
	if err := f.Clear(); err != nil || names(t, f) != others {
		t.Errorf("cleared: %s, %v", names(t, f), err)
	}
}

func sorted(names string, more ...string) string {
	all := append(strings.Fields(names), more...)
	slices.Sort(all)
	return strings.Join(all, " ")
}

// A write that fails, for whatever reason, leaves what was there.
func TestFailedWrite(t *testing.T) {
	f := Folder{t.TempDir()}
	write(t, f, Place{1, 0}, "one", "1", 1)
	for name, fail := range map[string]func() error{
		"tensors": func() error {
			return f.Write(Place{2, 0}, "two", func(path string) error {
				os.WriteFile(path, []byte("part"), 0o644)
				return errors.New("no space left")
			}, 1)
		},
		"no tensors": func() error { return f.Write(Place{2, 0}, "two", func(string) error { return nil }, 1) },
		"no JSON":    func() error { return f.Write(Place{2, 0}, func() {}, tensors("2"), 1) },
		"a folder in its place": func() error {
			if err := os.MkdirAll(filepath.Join(f.Dir, "checkpoint-2.json", "below"), 0o755); err != nil {
				t.Fatal(err)
			}
			defer os.RemoveAll(filepath.Join(f.Dir, "checkpoint-2.json"))
			return f.Write(Place{2, 0}, "two", tensors("2"), 1)
		},
	} {
		os.Remove(f.Tensors(Place{2, 0})) // of another failure
		if err := fail(); err == nil || !strings.Contains(err.Error(), "checkpoint-2") {
			t.Errorf("%s: %v", name, err)
		}
		var run string
		if at, damaged, err := f.Newest(&run); at != (Place{1, 0}) || run != "one" || damaged != nil || err != nil {
			t.Errorf("%s: then %v %q, %v, %v", name, at, run, damaged, err)
		}
	}
}

// Any changed byte and any missing end is noticed, and the checkpoint before is found.
func TestDamage(t *testing.T) {
	f := Folder{t.TempDir()}
	write(t, f, Place{1, 0}, "one", "tensors of epoch one", 2)
	write(t, f, Place{1, 7}, "the run so far", "tensors of step seven", 2)
	check := func(what string) {
		t.Helper()
		var run string
		at, damaged, err := f.Newest(&run)
		if err != nil || at != (Place{1, 0}) || run != "one" || len(damaged) != 1 || !strings.Contains(damaged[0].Error(), "checkpoint-1-step-7 in "+f.Dir+" is damaged: ") {
			t.Fatalf("%s: %v %q, %v, %v", what, at, run, damaged, err)
		}
	}
	for _, path := range []string{f.description(Place{1, 7}), f.Tensors(Place{1, 7})} {
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		put := func(contents []byte) {
			if err := os.WriteFile(path, contents, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		for i := range whole {
			for _, bits := range []byte{1 << (i % 8), 0x20, 0xff} { // 0x20 is upper and lower case
				flipped := slices.Clone(whole)
				flipped[i] ^= bits
				put(flipped)
				check(fmt.Sprintf("%s: bits %#x of byte %d", path, bits, i))
			}
			put(whole[:i])
			check(fmt.Sprintf("%s: %d bytes", path, i))
		}
		put(append(slices.Clone(whole), ' '))
		check("a byte more")
		put(whole)
	}
	if err := os.Remove(f.Tensors(Place{1, 7})); err != nil {
		t.Fatal(err)
	}
	check("no tensors")
}

// A checkpoint of another format is an error and no damage: no older one is read instead.
func TestFormat(t *testing.T) {
	f := Folder{t.TempDir()}
	write(t, f, Place{1, 0}, "one", "1", 1)
	if err := os.WriteFile(f.description(Place{2, 0}), seal([]byte(`{"format":3,"run":[]}`)), 0o644); err != nil {
		t.Fatal(err)
	}
	var run string
	if at, _, err := f.Newest(&run); at != (Place{}) || err == nil || !strings.Contains(err.Error(), "checkpoint-2 in "+f.Dir+": is of format 3, and this program reads formats up to 2") {
		t.Errorf("%v, %v", at, err)
	}
}

// A second process gets an error that names the first, and the lock ends with
// the process, however it ends.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	first := exec.Command(os.Args[0], "lock", dir)
	out, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fscanln(out, new(string)); err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("folder %q is in use by process %d since 20", dir, first.Process.Pid)
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	first.Wait()
	unlock, err := Lock(dir)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Lock(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("error %v", err)
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if unlock, err = Lock(dir); err != nil {
		t.Fatal(err)
	}
	unlock()
	if _, err := Lock(filepath.Join(dir, "nowhere")); err == nil || !strings.Contains(err.Error(), "nowhere") {
		t.Errorf("error %v", err)
	}
}

// Reading takes memory in proportion to the size of the file, whatever the JSON holds.
func TestMemory(t *testing.T) {
	const n = 50_000
	for name, run := range map[string]string{
		"epochs": `{"run":{"epochs":[` + strings.Repeat("{},", n) + `{}]}}`,
		"layers": `{"run":{"epochs":[{"layers":[` + strings.Repeat("{},", n) + `{}]}]}}`,
		"fields": `{"run":{"epochs":[{` + strings.Repeat(`"":0,`, n) + `"":0}]}}`,
		"depth":  strings.Repeat("[", n),
		"text":   `{"run":{"seed":"` + strings.Repeat("n", n) + `"}}`,
	} {
		f := Folder{Dir: t.TempDir()}
		contents := seal([]byte(`{"format":1,"tensors_sha256":"","run":` + run + `}`))
		if err := os.WriteFile(f.description(Place{Epochs: 1}), contents, 0o644); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		var kept struct {
			Run results.Run `json:"run"`
		}
		f.Newest(&kept)
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > descriptionCost*uint64(len(contents)) {
			t.Errorf("%s: %d bytes allocated for %d, want at most %d for each", name, n, len(contents), descriptionCost)
		}
	}
}

// FuzzDecode reads any bytes as a description: what is accepted is what encode
// would write.
func FuzzDecode(f *testing.F) {
	good, err := encode(map[string]any{"step": 3, "loss": 0.1}, "abc")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good, false)
	f.Add([]byte(`{"format":1,"tensors_sha256":"","run":{"a":[1,2]}}`), true)
	f.Add([]byte(`{"format":"1"}`), true)
	f.Add([]byte(`{"format":1,"format":2,"run":null}`), true)
	f.Fuzz(func(t *testing.T, contents []byte, sealing bool) {
		if sealing { // past the checksum
			contents = seal(contents)
		}
		d, err := decode(contents)
		if err != nil {
			return
		}
		if d.Format < 1 || d.Format > Format {
			t.Errorf("format %d", d.Format)
		}
		var run any
		if d.into(&run) != nil {
			return
		}
		second, err := encode(run, d.Tensors)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := decode(second); err != nil {
			t.Errorf("written again: %v", err)
		}
	})
}
