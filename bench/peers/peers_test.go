package peers

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pkg/errors"
)

// fakeVariable makes the test binary a peer of the kind that it names.
const fakeVariable = "HYPNOS_FAKE_PEER"

func TestMain(m *testing.M) {
	if kind := os.Getenv(fakeVariable); kind != "" {
		os.Exit(fake(kind))
	}
	os.Exit(m.Run())
}

// fake is a peer that does what its kind says, and its exit status.
func fake(kind string) int {
	switch kind {
	case "dies":
		fmt.Fprintln(os.Stderr, "loading\nModuleNotFoundError: No module named 'torch'")
		return 3
	case "dies silently":
		return 3
	case "ends":
		return 0
	case "writes rubbish":
		fmt.Println("Welcome to torch!")
	case "writes without end":
		for {
			fmt.Print(strings.Repeat("x", 1000))
		}
	case "measures nothing":
		fmt.Println(`{"name": "fake"}` + "\n" + `{"seconds": []}`)
		io.Copy(io.Discard, os.Stdin)
		return 0
	case "measures zero":
		fmt.Println(`{"name": "fake"}` + "\n" + `{"seconds": [0, 0]}`)
	case "leaves a child":
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), fakeVariable+"=hangs")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.Start()
		return 3
	case "works":
		server := Server{Name: "fake 1.0", New: func(model string, width int, t Task) (*Work, error) {
			if t.Variant != "lc" {
				return nil, errors.Errorf("no %s here", t.Variant)
			}
			step := func() error { sink = make([]byte, 1<<20); time.Sleep(time.Millisecond); return nil }
			return &Work{Step: step, Parameters: 100*width + t.Batch, Score: func() float64 { return 0.25 }}, nil
		}}
		if err := server.Serve(os.Stdin, os.Stdout); err != nil {
			return 1
		}
		return 0
	}
	time.Sleep(time.Minute) // hangs
	return 0
}

var sink []byte

// start starts a fake.
func start(ctx context.Context, kind string, timeout time.Duration) (*Process, error) {
	return Start(ctx, Launch{"fake", []string{os.Args[0]}, append(os.Environ(), fakeVariable+"="+kind)}, 1, "resnet8", 2, timeout)
}

func TestProcess(t *testing.T) {
	p, err := start(t.Context(), "works", time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Hello.Name != "fake 1.0" || p.Hello.Threads != 1 {
		t.Errorf("hello: %+v", p.Hello)
	}
	for _, steps := range []int{1, 3} {
		a, err := p.Measure(t.Context(), Task{"train", "lc", 7}, steps)
		if err != nil || len(a.Seconds) != steps || !(a.Seconds[0] >= 0.001) || a.Parameters != 207 || a.Score != 0.25 || a.HeapBytes == nil || !(*a.HeapBytes >= 1<<20) {
			t.Errorf("%d steps: %+v, %v", steps, a, err)
		}
	}
	// What it cannot do is told, and it goes on.
	if _, err := p.Measure(t.Context(), Task{"train", "conv", 7}, 1); err == nil || err.Error() != "fake: no conv here" {
		t.Errorf("conv: %v", err)
	}
	if _, err := p.Measure(t.Context(), Task{"train", "lc", 0}, 1); err == nil || !strings.Contains(err.Error(), "not a positive number") {
		t.Errorf("batch 0: %v", err)
	}
	if _, err := p.Measure(t.Context(), Task{"share", "lc", 1}, 1); err != nil {
		t.Errorf("after errors: %v", err)
	}
}

// Whatever a peer does instead of answering is an error of one line that says
// so, and ends it, with what it has started.
func TestBadPeers(t *testing.T) {
	for kind, want := range map[string]string{
		"dies":               "ModuleNotFoundError: No module named 'torch'",
		"dies silently":      "exit status 3",
		"ends":               "it ended",
		"writes rubbish":     `"Welcome to torch!", which is no answer`,
		"writes without end": "no answer",
		"measures nothing":   "0 steps measured, asked for 2",
		"measures zero":      "a step of 0 seconds",
		"hangs":              "within 300ms",
		"leaves a child":     "exit status 3", // its output stays open as long as the child lives
	} {
		t.Run(kind, func(t *testing.T) {
			began := time.Now()
			timeout := 20 * time.Second
			if kind == "hangs" {
				timeout = 300 * time.Millisecond
			}
			p, err := start(t.Context(), kind, timeout)
			if err == nil {
				_, err = p.Measure(t.Context(), Task{"train", "lc", 1}, 2)
				p.Close()
			}
			if err == nil || !strings.HasPrefix(err.Error(), "fake: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, want)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	_, err := Start(t.Context(), Launch{"fake", []string{filepath.Join(t.TempDir(), "nothing")}, nil}, 1, "resnet8", 2, time.Minute)
	if err == nil || !strings.HasPrefix(err.Error(), "fake: ") {
		t.Errorf("a program that is not there: %v", err)
	}
}

// When the context ends, so does the program.
func TestInterrupt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	time.AfterFunc(200*time.Millisecond, cancel)
	began := time.Now()
	_, err := start(ctx, "hangs", time.Minute)
	if !errors.Is(err, context.Canceled) || time.Since(began) > 20*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}

func TestServer(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	var out bytes.Buffer
	s := Server{New: func(string, int, Task) (*Work, error) { return nil, errors.New("new") }}
	requests := "train lc 1 1\nhello 0 resnet8 1\nhello 1 resnet8 -1\nhello 1\n\ntrain lc 1 x\nhello 5000 resnet8 1\nhello 1 resnet8 1\ntrain lc 1 1\n"
	if err := s.Serve(strings.NewReader(requests), &out); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for i, want := range []string{"not hello", "not a positive", "not a positive", "four words", "four words", "not a positive", "at most 4096", `"threads":1`, `"new"`} {
		if i >= len(lines) || !strings.Contains(lines[i], want) {
			t.Fatalf("answers\n%s\nwant %q in line %d", out.String(), want, i+1)
		}
	}
}

func FuzzServer(f *testing.F) {
	f.Add("hello 1 resnet8 1\ntrain lc 1 1\n")
	f.Fuzz(func(t *testing.T, requests string) {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
		var out bytes.Buffer
		s := Server{New: func(string, int, Task) (*Work, error) { return nil, errors.New("new") }}
		if err := s.Serve(strings.NewReader(requests), &out); err != nil {
			t.Skip(err) // a line that is too long
		}
		for line := range bytes.Lines(out.Bytes()) {
			if _, err := parse(line); err != nil {
				t.Errorf("answered %s: %v", line, err)
			}
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"seconds": [0.1], "parameters": 3}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		a, err := parse(line)
		if err == nil && slices.ContainsFunc(a.Seconds, func(s float64) bool { return !(s > 0) }) {
			t.Errorf("%q is taken for %+v", line, a)
		}
	})
}

func TestPeerNames(t *testing.T) {
	peers, err := Parse("gorgonia, pytorch")
	if err != nil || len(peers) != 2 || peers[0].Name != "gorgonia" {
		t.Errorf("%v, %v", peers, err)
	}
	if peers, err := Parse(""); err != nil || peers != nil {
		t.Errorf("none: %v, %v", peers, err)
	}
	for list, want := range map[string]string{"jax": `unknown peer "jax", want pytorch`, "pytorch,pytorch": `peer "pytorch" stands twice`, "pytorch,": `unknown peer "", want`} {
		if _, err := Parse(list); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", list, err, want)
		}
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"A=1", "B=2", "C=3"}, []string{"B=0", "D=4"}, []string{"A=", "C=5", "E=6"})
	if want := []string{"B=2", "D=4", "C=5", "E=6"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestPeakBytes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "status")
	if err := os.WriteFile(file, []byte("Name:\tx\nVmPeak:\t  999 kB\nVmHWM:\t     123 kB\nVmRSS:\t 7 kB\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := peakBytes(file); got != 123*1024 {
		t.Errorf("%d bytes", got)
	}
	if got := peakBytes(file + "x"); got != 0 {
		t.Errorf("%d bytes of no file", got)
	}
}
