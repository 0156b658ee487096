//go:build unix

package main

import (
	"bufio"
	"bytes"
	"flag"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"hypnos/bench/runs"
)

var kills = flag.Int("kills", 20, "how often TestKill kills a training")

// program is this program, in a process of its own.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.CommandContext(t.Context(), os.Args[0], args...)
	c.Env = append(os.Environ(), "GORACE=halt_on_error=1")
	return c
}

// status returns how a process ended: its exit status, or the signal that ended it.
func status(t *testing.T, c *exec.Cmd) (code int, by syscall.Signal) {
	t.Helper()
	c.Wait()
	s := c.ProcessState.Sys().(syscall.WaitStatus)
	return s.ExitStatus(), s.Signal()
}

// A training that is killed at any moment, again and again, writing included,
// ends with the bits of one that was not.
func TestKill(t *testing.T) {
	times := *kills
	if testing.Short() {
		times = min(times, 2)
	}
	data, whole := digits(t), t.TempDir()
	flags := func(dir string) []string {
		return tiny(data, append(asleep("hebbian"), "-out", dir, "-variant", "lc-sleep-4", "-batch", "2", "-checkpoint-every", "1ns")...)
	}
	begun := time.Now()
	first := program(t, append([]string{"train"}, flags(whole)...)...)
	if out, err := first.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	took := time.Since(begun)
	want := outcome(t, whole)

	random := rand.New(rand.NewPCG(1, 2))
	dir := t.TempDir()
	killed, ended, writing := 0, 0, 0
	for killed < times || ended == 0 {
		folder := runs.Folder{Dir: dir}
		places, err := folder.Places()
		if err != nil {
			t.Fatal(err)
		}
		args := append([]string{"train"}, flags(dir)...)
		if len(places) > 0 {
			args = []string{"train", "-resume", dir}
		}
		var output bytes.Buffer
		c := program(t, args...)
		c.Stdout, c.Stderr = &output, &output
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		over := make(chan struct{})
		if killed < times {
			moment := time.Duration(random.Float64() * float64(took) / 3)
			go kill(c.Process, folder, killed%2 == 1, moment, over)
		}
		code, signal := status(t, c)
		close(over)
		switch {
		case signal == syscall.SIGKILL:
			killed++
			writing += unfinished(t, dir)
		case code != 0:
			t.Fatalf("after %d kills: status %d: %s", killed, code, output.String())
		default:
			if outcome(t, dir) != want {
				t.Fatalf("after %d kills: the end differs from that of an unbroken run", killed)
			}
			ended, dir = ended+1, t.TempDir()
		}
	}
	t.Logf("%d kills, %d of them in the middle of writing a checkpoint; %d trainings of %v ended with the bits of an unbroken one", killed, writing, ended, took.Round(time.Millisecond))
}

// kill kills a process some time after it began or, so that not all die before
// they train, after its first checkpoint; unless it is over by then.
func kill(p *os.Process, folder runs.Folder, training bool, after time.Duration, over <-chan struct{}) {
	before, _ := folder.Places()
	for training {
		select {
		case <-over:
			return
		case <-time.After(time.Millisecond):
		}
		places, _ := folder.Places()
		training = slices.Equal(places, before)
	}
	select {
	case <-over:
	case <-time.After(after):
		p.Kill()
	}
}

// unfinished returns 1 if a folder has part of a checkpoint.
func unfinished(t *testing.T, dir string) int {
	t.Helper()
	aside, err := filepath.Glob(filepath.Join(dir, ".checkpoint-*"))
	if err != nil {
		t.Fatal(err)
	}
	tensors, err := filepath.Glob(filepath.Join(dir, "checkpoint-*.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range tensors {
		if _, err := os.Stat(strings.TrimSuffix(path, ".safetensors") + ".json"); err != nil {
			return 1
		}
	}
	return min(len(aside), 1)
}

// start starts the program and returns its standard error once that says a text.
func start(t *testing.T, c *exec.Cmd, text string) *bufio.Reader {
	t.Helper()
	pipe, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(pipe)
	for said := ""; !strings.Contains(said, text); {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatalf("%q without %q: %v", said, text, err)
		}
		said += line
	}
	return lines
}

// A signal ends a training with a checkpoint and a line that says how to go on.
func TestSignals(t *testing.T) {
	data := digits(t)
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		dir := t.TempDir()
		c := program(t, append([]string{"train"}, tiny(data, "-out", dir, "-epochs", "1000000")...)...)
		stderr := start(t, c, "epoch 2 of")
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		said, err := io.ReadAll(stderr)
		if err != nil {
			t.Fatal(err)
		}
		if code, by := status(t, c); code != 0 || !strings.HasSuffix(string(said), "; go on with: "+c.Path+" train -resume "+dir+"\n") {
			t.Errorf("%v: status %d, signal %v, %s", signal, code, by, said)
		}
		if places, err := (runs.Folder{Dir: dir}).Places(); err != nil || len(places) != 1 || places[0].Epochs < 2 {
			t.Errorf("%v: checkpoints %v, %v", signal, places, err)
		}
	}
}

// A second signal ends the program in the middle of a step.
func TestSecondSignal(t *testing.T) {
	dir := t.TempDir()
	c := program(t, append([]string{"train"}, tiny(digits(t), "-out", dir, "-variant", "lc-sleep-7", "-sleep", "hebbian", "-sleep-iterations", "100000000")...)...)
	start(t, c, "epoch 1 of")
	time.Sleep(200 * time.Millisecond)
	for range 2 {
		if err := c.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		time.Sleep(200 * time.Millisecond)
	}
	if code, by := status(t, c); by != syscall.SIGINT {
		t.Errorf("status %d, signal %v", code, by)
	}
}

// Of two processes on one folder the second gets an error that names the first.
func TestTwoProcesses(t *testing.T) {
	dir := t.TempDir()
	data := digits(t)
	c := program(t, append([]string{"compare"}, tiny(data, "-out", dir, "-epochs", "1000000", "-variants", "conv", "-seeds", "1")...)...)
	stderr := start(t, c, "epoch 1 of")
	for _, args := range [][]string{
		append([]string{"compare"}, tiny(data, "-out", dir, "-variants", "conv")...),
		append([]string{"train"}, tiny(data, "-out", dir)...),
	} {
		code, stdout, stderr := bench(t.Context(), args...)
		if want := "is in use by process "; code != 1 || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%s: status %d, stdout %q, stderr %q", args[0], code, stdout, stderr)
		}
	}
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(stderr)
	if err != nil {
		t.Fatal(err)
	}
	if code, by := status(t, c); code != 0 || !strings.HasSuffix(string(said), "; the same command goes on\n") {
		t.Errorf("status %d, signal %v, %s", code, by, said)
	}
}

// A disk that is full is an error; the checkpoint before stays as it is.
func TestFullDisk(t *testing.T) {
	data, dir := digits(t), t.TempDir()
	trained(t, tiny(data, "-out", dir, "-checkpoint-every", "1", "-keep", "3")...)
	for _, extension := range []string{".json", ".safetensors"} {
		if err := os.Remove(filepath.Join(dir, "checkpoint-3"+extension)); err != nil {
			t.Fatal(err)
		}
	}
	before := contents(t, dir)
	// No file may be larger than 8 blocks, of 512 or 1024 bytes.
	limited := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -f 8; exec "$0" train -resume "$1"`, os.Args[0], dir)
	out, err := limited.CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("checkpoint-3: ")) || !bytes.Contains(out, []byte("file too large")) {
		t.Errorf("%v: %s", err, out)
	}
	if now := contents(t, dir); now != before {
		t.Errorf("checkpoints %q, want %q", now, before)
	}
}

// contents returns the checkpoints of a folder, names and bytes.
func contents(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "checkpoint-*"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		all.WriteString(path)
		all.Write(raw)
	}
	return all.String()
}
