package converge

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"hypnos/bench/experiment"
	"hypnos/weightshare"
)

// A short study has all its files, and the same numbers on any number of
// threads.
func TestConverge(t *testing.T) {
	rules := []Rule{{weightshare.Hebbian, 100}, {weightshare.Dynamic, 100}}
	study := func(threads int) ([]byte, string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(threads))
		dir := t.TempDir()
		s, err := Study(t.Context(), rules, 2, 1, experiment.Observer{})
		if err == nil {
			err = s.Write(dir)
		}
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"report.html", "converge_hebbian.svg", "converge_dynamic.png"} {
			if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() == 0 {
				t.Errorf("%s: %v", name, err)
			}
		}
		csv, err := os.ReadFile(filepath.Join(dir, "converge.csv"))
		if err != nil {
			t.Fatal(err)
		}
		return csv, s.Text()
	}
	csv, stdout := study(2)
	if rows := bytes.Count(csv, []byte("\n")); rows != 1+2*3*3*2*51 {
		t.Errorf("converge.csv has %d rows", rows)
	}
	if !strings.Contains(stdout, "hebbian") || strings.Count(stdout, "\n") != 1+18 {
		t.Errorf("stdout is %q", stdout)
	}
	if other, _ := study(1); !bytes.Equal(other, csv) {
		t.Error("one thread differs from two")
	}
}
