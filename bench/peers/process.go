package peers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pkg/errors"
)

// Process is a program that answers requests. Only one goroutine may use it.
type Process struct {
	// Hello is its answer to the first request.
	Hello Answer

	name    string
	timeout time.Duration // of an answer
	command *exec.Cmd
	stdin   io.WriteCloser
	answers chan []byte
	dead    chan struct{} // closed when it has ended
	cause   error         // of its end; read after dead
	stderr  tail
}

// Start starts a program, in a process group of its own, and says hello. Each
// answer must come within the timeout. When the context ends, so does the
// whole group.
func Start(ctx context.Context, l Launch, threads int, model string, width int, timeout time.Duration) (*Process, error) {
	p := &Process{
		name: l.Name, timeout: timeout, command: exec.CommandContext(ctx, l.Command[0], l.Command[1:]...),
		answers: make(chan []byte), dead: make(chan struct{}),
	}
	if err := p.start(l.Environment); err != nil {
		return nil, errors.Wrap(err, l.Name)
	}
	var err error
	if p.Hello, err = p.ask(ctx, fmt.Sprintf("hello %d %s %d", threads, model, width)); err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

func (p *Process) start(environment []string) error {
	p.command.Env = environment
	ownGroup(p.command)
	p.command.Cancel = func() error { return killGroup(p.command) }
	var err error
	if p.stdin, err = p.command.StdinPipe(); err != nil {
		return err
	}
	// With the pipes of package exec, Wait would also wait for processes that the program
	// has started and left behind.
	stdout, stdoutWriter, err := os.Pipe()
	if err != nil {
		return err
	}
	stderr, stderrWriter, err := os.Pipe()
	if err != nil {
		stdout.Close()
		stdoutWriter.Close()
		return err
	}
	p.command.Stdout, p.command.Stderr = stdoutWriter, stderrWriter
	err = p.command.Start()
	stdoutWriter.Close()
	stderrWriter.Close()
	if err != nil {
		stdout.Close()
		stderr.Close()
		return err
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.read(stdout) })
	readers.Go(func() { io.Copy(&p.stderr, stderr); stderr.Close() })
	go func() {
		p.cause = p.command.Wait()
		killGroup(p.command) // processes that it has left behind
		readers.Wait()
		close(p.dead)
	}()
	return nil
}

// read passes on what the program writes, line by line. It ends a program that writes a
// line that is too long.
func (p *Process) read(stdout io.ReadCloser) {
	defer stdout.Close()
	defer close(p.answers)
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		p.answers <- slices.Clone(lines.Bytes())
	}
	if lines.Err() != nil {
		killGroup(p.command)
	}
}

// Measure asks for so many steps of a task and returns the answer.
func (p *Process) Measure(ctx context.Context, t Task, steps int) (Answer, error) {
	a, err := p.ask(ctx, t.request(steps))
	if err == nil && len(a.Seconds) != steps {
		err = errors.Errorf("%s: %d steps measured, asked for %d", p.name, len(a.Seconds), steps)
	}
	return a, err
}

// ask sends a request and waits for its answer. The error names the program and says in
// one line what it did instead. If there is no proper answer the program is ended.
func (p *Process) ask(ctx context.Context, request string) (Answer, error) {
	if _, err := io.WriteString(p.stdin, request+"\n"); err != nil {
		killGroup(p.command) // it has closed its input, and may not have ended
	}
	timer := time.NewTimer(p.timeout)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return Answer{}, ctx.Err()
	case <-timer.C:
		killGroup(p.command)
		return Answer{}, errors.Errorf("%s: no answer to %q within %v", p.name, request, p.timeout)
	case line, ok := <-p.answers:
		if ok {
			a, err := parse(line)
			if err != nil {
				killGroup(p.command)
				return a, errors.Errorf("%s: answer to %q: %v", p.name, request, err)
			}
			if a.Error != "" {
				return a, errors.Errorf("%s: %s", p.name, a.Error)
			}
			return a, nil
		}
	}
	<-p.dead
	if ctx.Err() != nil {
		return Answer{}, ctx.Err()
	}
	why := p.stderr.lastLine()
	if why == "" && p.cause != nil {
		why = p.cause.Error()
	}
	if why == "" {
		why = "it ended"
	}
	return Answer{}, errors.Errorf("%s: no answer to %q: %s", p.name, request, why)
}

// patience is how long a program may take to end when it is asked to.
const patience = 5 * time.Second

// Close ends the program and whatever it has started, and waits for that. The program has
// some time to end by itself.
func (p *Process) Close() {
	p.stdin.Close()
	go func() { // nobody else reads what it may still answer
		for range p.answers {
		}
	}()
	select {
	case <-p.dead:
	case <-time.After(patience):
		killGroup(p.command)
		<-p.dead
	}
}

// tail keeps the end of what is written to it.
type tail struct {
	mutex sync.Mutex
	text  []byte
}

func (t *tail) Write(text []byte) (int, error) {
	const most = 4096
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.text = append(t.text, text...)
	t.text = t.text[max(len(t.text)-most, 0):]
	return len(text), nil
}

// lastLine returns the last line that is not empty.
func (t *tail) lastLine() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	text := strings.TrimSpace(string(t.text))
	return strings.TrimSpace(text[strings.LastIndex(text, "\n")+1:])
}
