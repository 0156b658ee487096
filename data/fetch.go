package data

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"hash"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// remote is a file on a server.
type remote struct {
	name  string // of the file here
	url   string
	md5   string        // as published
	size  int64         // bytes that are fetched at most
	stall time.Duration // without a byte, after which the server is given up
}

// errOtherFile is what a server sent, complete, that is not the file.
var errOtherFile = errors.New("not the file that was published")

// fetch makes the file at path, whose bytes it goes on from if there are some.
// What is there is checked by the published MD5 at the end: if it is another
// file's, or if the server does not send the rest of it, everything is fetched
// anew. A file that does not come to its MD5 even so is removed.
func (r *remote) fetch(ctx context.Context, path string, progress func(done, total int64)) error {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := md5.New()
	there, err := io.Copy(sum, file)
	if err != nil {
		return err
	}
	if there > 0 && r.matches(sum) == nil {
		return nil
	}
	if there > 0 && there < r.size {
		err = r.receive(ctx, file, sum, there, progress)
		if err == nil {
			return nil
		}
		if !errors.Is(err, errOtherFile) {
			return err
		}
	}
	if err := file.Truncate(0); err != nil {
		return err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return err
	}
	err = r.receive(ctx, file, md5.New(), 0, progress)
	if errors.Is(err, errOtherFile) {
		file.Close()
		if failure := os.Remove(path); failure != nil {
			return failure
		}
	}
	return err
}

// matches returns an error if a sum is not the published one.
func (r *remote) matches(sum hash.Hash) error {
	if got := hex.EncodeToString(sum.Sum(nil)); got != r.md5 {
		return errors.Wrapf(errOtherFile, "%s sent what has MD5 %s, want %s", r.url, got, r.md5)
	}
	return nil
}

// receive appends the bytes from number from on to a file that ends there, and
// checks the MD5 of all, of which sum has those before.
func (r *remote) receive(ctx context.Context, file *os.File, sum hash.Hash, from int64, progress func(done, total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(r.stall, func() {
		cancel(errors.Errorf("%s sent nothing for %v", r.url, r.stall))
	})
	defer watch.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return err
	}
	// The bytes are wanted as they are stored, since the MD5 is of them.
	request.Header.Set("Accept-Encoding", "identity")
	if from > 0 {
		request.Header.Set("Range", "bytes="+strconv.FormatInt(from, 10)+"-")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return firstCause(ctx, err)
	}
	watch.Stop()
	defer response.Body.Close()
	switch status := response.StatusCode; {
	case from > 0 && status == http.StatusPartialContent:
		if got := response.Header.Get("Content-Range"); !strings.HasPrefix(got, "bytes "+strconv.FormatInt(from, 10)+"-") {
			return errors.Wrapf(errOtherFile, "%s sent the range %q, want it from %d", r.url, got, from)
		}
	case from > 0 && (status == http.StatusOK || status == http.StatusRequestedRangeNotSatisfiable):
		return errors.Wrapf(errOtherFile, "%s sends no part of it", r.url)
	case status != http.StatusOK:
		return errors.Errorf("%s answered %s", r.url, response.Status)
	}

	done, total := from, int64(-1)
	if response.ContentLength >= 0 {
		total = from + response.ContentLength
	}
	body := readerFunc(func(p []byte) (int, error) {
		watch.Reset(r.stall)
		n, err := response.Body.Read(p)
		watch.Stop()
		if done += int64(n); done > r.size {
			return 0, errors.Wrapf(errOtherFile, "%s sent more than %d bytes", r.url, r.size)
		}
		if progress != nil && n > 0 {
			progress(done, total)
		}
		return n, err
	})
	if _, err := io.Copy(file, io.TeeReader(body, sum)); err != nil {
		if cause := firstCause(ctx, err); !errors.Is(cause, errOtherFile) {
			return errors.Wrapf(cause, "after %d bytes, from which the next download goes on", done)
		}
		return err
	}
	if err := r.matches(sum); err != nil {
		return errors.Wrapf(err, "after %d bytes", done)
	}
	return file.Sync()
}

// readerFunc is an io.Reader that is one function.
type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// firstCause returns why ctx was cancelled, or err if it was not.
func firstCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}
