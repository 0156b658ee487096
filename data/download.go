package data

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/pkg/errors"
)

// archive is a .tar.gz of a data set, as its official page offers it, and what
// to take from it.
type archive struct {
	url    string
	md5    string        // as published
	size   int64         // bytes that are fetched at most
	stall  time.Duration // without a byte, after which the server is given up
	folder string        // in the archive and in the user's folder
	files  []string      // in folder: all of these and nothing else is unpacked
	bytes  int64         // of one unpacked file, at most
	check  func(folder string) error
}

// cifar10Archive is fetched in 162 MB and unpacks to six files of 30,730,000
// bytes and one of a few lines.
var cifar10Archive = archive{
	url:    "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
	md5:    "c32a1d4ab5d03f1284b67883e8d87530",
	size:   200e6,
	stall:  30 * time.Second,
	folder: cifar10.folder,
	files:  slices.Concat(cifar10.train, cifar10.test, []string{"batches.meta.txt"}),
	bytes:  10000 * int64(cifar10.record()),
	check: func(folder string) error {
		_, _, err := cifar10.open(folder)
		return err
	},
}

// Download fetches a data set from its official page into dir, where Open finds
// it, and does nothing if Open can read it there already. cifar10 is 162 MB and
// becomes dir/cifar-10-batches-bin, of 184 MB.
//
// The archive's published MD5 is checked before anything is unpacked. All work
// is done in a temporary folder in dir, which is created if need be; the
// finished folder is renamed into place, and on failure or when ctx is
// cancelled nothing is left. If progress is not nil, it is called with the
// number of bytes fetched so far and the number that the server announced, or
// -1 if it announced none.
//
// It is an error if the name is unknown or needs no download, if a folder is in
// the way that Open cannot read (it is left as it is), if the server answers
// anything but 200, sends no byte for 30 seconds, or sends what is not the
// archive, or if the disk fails.
func Download(ctx context.Context, name, dir string, progress func(done, total int64)) error {
	e, err := find(name)
	switch {
	case err != nil:
		return err
	case e.archive == nil:
		return errors.Errorf("data: %s is in the program, there is nothing to download", e.Name)
	case dir == "":
		return errors.Errorf("data: %s needs a folder to download it into", e.Name)
	}
	return errors.Wrapf(e.archive.download(ctx, dir, progress), "data: download %s", e.Name)
}

func (a *archive) download(ctx context.Context, dir string, progress func(done, total int64)) (err error) {
	if a.check(dir) == nil {
		return nil
	}
	final := filepath.Join(dir, a.folder)
	if _, err := os.Lstat(final); err == nil {
		return errors.Wrapf(a.check(dir), "%s is in the way and not complete, remove it first", final)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	work, err := os.MkdirTemp(dir, ".download-")
	if err != nil {
		return err
	}
	defer func() {
		if failure := os.RemoveAll(work); err == nil {
			err = failure
		}
	}()

	packed, unpacked := filepath.Join(work, "archive"), filepath.Join(work, a.folder)
	if err := a.fetch(ctx, packed, progress); err != nil {
		return err
	}
	if err := a.unpack(ctx, packed, unpacked); err != nil {
		return err
	}
	if err := a.check(unpacked); err != nil {
		return err
	}
	if err := syncFolder(unpacked); err != nil {
		return err
	}
	if err := os.Rename(unpacked, final); err != nil {
		return err
	}
	return syncFolder(dir)
}

// fetch writes the archive to path and checks its MD5.
func (a *archive) fetch(ctx context.Context, path string, progress func(done, total int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watch := time.AfterFunc(a.stall, func() {
		cancel(errors.Errorf("%s sent nothing for %v", a.url, a.stall))
	})
	defer watch.Stop()

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, a.url, nil)
	if err != nil {
		return err
	}
	// The bytes are wanted as they are stored, since the MD5 is of them.
	request.Header.Set("Accept-Encoding", "identity")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return firstCause(ctx, err)
	}
	watch.Stop()
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.Errorf("%s answered %s", a.url, response.Status)
	}

	var done int64
	sum := md5.New()
	body := readerFunc(func(p []byte) (int, error) {
		watch.Reset(a.stall)
		n, err := response.Body.Read(p)
		watch.Stop()
		if done += int64(n); done > a.size {
			return n, errors.Errorf("%s sent more than %d bytes", a.url, a.size)
		}
		if progress != nil && n > 0 {
			progress(done, response.ContentLength)
		}
		return n, err
	})
	if err := writeFile(path, io.TeeReader(body, sum)); err != nil {
		return errors.Wrapf(firstCause(ctx, err), "after %d bytes", done)
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != a.md5 {
		return errors.Errorf("%s sent %d bytes with MD5 %s, want %s", a.url, done, got, a.md5)
	}
	return nil
}

// unpack writes the wanted files of the archive to folder, and nothing else.
func (a *archive) unpack(ctx context.Context, packed, folder string) error {
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	file, err := os.Open(packed)
	if err != nil {
		return err
	}
	defer file.Close()
	plain, err := gzip.NewReader(readerFunc(func(p []byte) (int, error) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		return file.Read(p)
	}))
	if err != nil {
		return errors.Wrap(err, "archive")
	}
	defer plain.Close()

	// Files that are not wanted are decompressed too, on the way to the next.
	limit := (int64(len(a.files)) + 1) * a.bytes
	entries := tar.NewReader(&io.LimitedReader{R: plain, N: limit})
	missing := slices.Clone(a.files)
	for len(missing) > 0 {
		header, err := entries.Next()
		if err == io.EOF {
			return errors.Errorf("archive has no %s/%s in its first %d bytes", a.folder, missing[0], limit)
		}
		if err != nil {
			return errors.Wrap(err, "archive")
		}
		if !filepath.IsLocal(header.Name) {
			return errors.Errorf("archive has an entry %q outside its folder", header.Name)
		}
		i := slices.IndexFunc(missing, func(name string) bool { return path.Clean(header.Name) == a.folder+"/"+name })
		if i < 0 {
			continue
		}
		if header.Typeflag != tar.TypeReg || header.Size > a.bytes {
			return errors.Errorf("archive has %s as type %q of %d bytes, want a file of at most %d",
				header.Name, header.Typeflag, header.Size, a.bytes)
		}
		if err := writeFile(filepath.Join(folder, missing[i]), entries); err != nil {
			return errors.Wrapf(err, "unpack %s", header.Name)
		}
		missing = slices.Delete(missing, i, i+1)
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

// writeFile writes all that r has to a new file, down to the disk.
func writeFile(path string, r io.Reader) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if failure := file.Close(); err == nil {
			err = failure
		}
	}()
	if _, err := io.Copy(file, r); err != nil {
		return err
	}
	return file.Sync()
}

// syncFolder writes a folder's list of names down to the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
