package lock

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A file has one owner at a time, which says who it is, wherever the system lets it write
// that, and whatever is in the file.
func TestTake(t *testing.T) {
	defer func(n int64) { locked = n }(locked)
	for _, locked = range []int64{locked, 1} {
		for _, before := range []string{"", "process 1 since 2026-11-25 05:29:14\n", strings.Repeat("x", 1000)} {
			path := filepath.Join(t.TempDir(), "file")
			if before != "" {
				if err := os.WriteFile(path, []byte(before), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			unlock, err := Take(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Take(path)
			var held Held
			if !errors.As(err, &held) {
				t.Fatalf("error %v of a file that has an owner", err)
			}
			want := fmt.Sprintf("process %d since ", os.Getpid())
			if len(before) > 100 {
				want = "another process" // what is behind is not hypnos's
			}
			if !strings.HasPrefix(held.Owner, want) || strings.Contains(held.Owner, "\n") {
				t.Errorf("in use by %q, want %q", held.Owner, want)
			}
			if err := unlock(); err != nil {
				t.Fatal(err)
			}
			if unlock, err = Take(path); err != nil {
				t.Fatal(err)
			}
			unlock()
		}
	}
}
