package peers

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// Server is the other side of a Process, for peers that are written in Go.
type Server struct {
	// Name is the program with its version.
	Name string
	// New prepares a task: a network of that model and width, or data to fit.
	New func(model string, width int, task Task) (*Work, error)

	model string
	width int
	task  Task // that work belongs to
	work  *Work
}

// Work is a task that is ready to be done.
type Work struct {
	Step       func() error
	Parameters int            // that are learned
	Score      func() float64 // of the last step, as Answer has it; nil for a network
}

// Serve answers requests until there are no more. It returns no error if a request fails:
// that is its answer.
func (s *Server) Serve(requests io.Reader, answers io.Writer) error {
	out := json.NewEncoder(answers)
	in := bufio.NewScanner(requests)
	for in.Scan() {
		a, err := s.answer(strings.Fields(in.Text()))
		if err != nil {
			a = Answer{Error: err.Error()}
		}
		if err := out.Encode(a); err != nil {
			return errors.Wrap(err, "peers: answer")
		}
	}
	return errors.Wrap(in.Err(), "peers: requests")
}

// mostThreads keeps a mistake from taking all memory.
const mostThreads = 4096

func (s *Server) answer(request []string) (Answer, error) {
	if len(request) != 4 {
		return Answer{}, errors.Errorf("request %q, want four words", request)
	}
	if request[0] == "hello" {
		threads, err := positive(request[1])
		if err != nil {
			return Answer{}, err
		}
		if threads > mostThreads {
			return Answer{}, errors.Errorf("%d threads, want at most %d", threads, mostThreads)
		}
		width, err := positive(request[3])
		if err != nil {
			return Answer{}, err
		}
		runtime.GOMAXPROCS(threads)
		s.model, s.width = request[2], width
		return Answer{Name: s.Name, Threads: threads}, nil
	}
	batch, err := positive(request[2])
	if err != nil {
		return Answer{}, err
	}
	steps, err := positive(request[3])
	if err != nil {
		return Answer{}, err
	}
	return s.measure(Task{request[0], request[1], batch}, steps)
}

// measure takes steps of a task.
func (s *Server) measure(task Task, steps int) (Answer, error) {
	if s.model == "" {
		return Answer{}, errors.New("the first request is not hello")
	}
	if s.work == nil || s.task != task {
		s.work = nil // frees the previous network
		work, err := s.New(s.model, s.width, task)
		if err != nil {
			return Answer{}, err
		}
		if err := work.Step(); err != nil { // buffers are made here
			return Answer{}, err
		}
		s.work, s.task = work, task
	}
	seconds := make([]float64, steps)
	before := allocated()
	for i := range seconds {
		start := time.Now()
		if err := s.work.Step(); err != nil {
			return Answer{}, err
		}
		seconds[i] = time.Since(start).Seconds()
	}
	heap := float64(allocated()-before) / float64(steps)
	a := Answer{Seconds: seconds, Parameters: s.work.Parameters, PeakBytes: peakBytes("/proc/self/status"), HeapBytes: &heap}
	if s.work.Score != nil {
		a.Score = s.work.Score()
	}
	return a, nil
}

func positive(word string) (int, error) {
	n, err := strconv.Atoi(word)
	if err != nil || n < 1 {
		return 0, errors.Errorf("%q is not a positive number", word)
	}
	return n, nil
}

// allocated returns how many bytes were ever allocated on the heap.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}

// peakBytes reads the most memory that a process has had resident from its
// status file, which Linux has; elsewhere it is 0.
func peakBytes(file string) int64 {
	status, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kibibytes int64
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kibibytes); n == 1 {
			return 1024 * kibibytes
		}
	}
	return 0
}
