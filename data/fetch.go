package data

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/pkg/errors"
)

// remote is a file on a server.
type remote struct {
	name  string // of the local copy
	url   string
	md5   string        // as published
	size  int64         // how many bytes are fetched at most
	stall time.Duration // a server that sends nothing for so long is given up
}

// errOtherFile is the error of a server that sent something else than the file.
var errOtherFile = errors.New("not the file that was published")

// fetch downloads to path. It goes on from the bytes that are there already, and checks
// the whole by its published MD5. If that is another, or if the server cannot send only
// the rest, it starts anew. If the MD5 is wrong even then, the file is removed.
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

// receive appends the rest of the file on the server to a file of from bytes, and checks
// the MD5 of the whole; sum has taken the bytes that are there.
func (r *remote) receive(ctx context.Context, file *os.File, sum hash.Hash, from int64, progress func(done, total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(r.stall, func() {
		cancel(errors.Errorf("%s sent nothing for %v", r.url, r.stall))
	})
	defer watch.Stop()
	response, err := r.request(ctx, from)
	if err != nil {
		return err
	}
	watch.Stop()
	defer response.Body.Close()

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

// request asks the server for the file from byte number from on. The error of a server
// that sends something else is errOtherFile.
func (r *remote) request(ctx context.Context, from int64) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept-Encoding", "identity") // the MD5 is of the bytes as they are stored
	if from > 0 {
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, firstCause(ctx, err)
	}
	if err := r.checkResponse(response, from); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

// checkResponse returns an error unless a response is the file from byte number from on.
func (r *remote) checkResponse(response *http.Response, from int64) error {
	switch status := response.StatusCode; {
	case from > 0 && status == http.StatusPartialContent:
		if got := response.Header.Get("Content-Range"); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", from)) {
			return errors.Wrapf(errOtherFile, "%s sent the range %q, want it from %d", r.url, got, from)
		}
	case from > 0 && (status == http.StatusOK || status == http.StatusRequestedRangeNotSatisfiable):
		return errors.Wrapf(errOtherFile, "%s sends no part of it", r.url)
	case status != http.StatusOK:
		return errors.Errorf("%s answered %s", r.url, response.Status)
	}
	return nil
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
