package data

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"hypnos/internal/lock"
)

// origin is where a data set is fetched from and what becomes of it.
type origin struct {
	folder  string // in the user's folder
	files   []remote
	tarball *tarball // that the one file is, nil if files are kept as they are
	check   func(folder string) error
}

const (
	cifarURL   = "https://www.cs.toronto.edu/~kriz/"
	mnistURL   = "https://ossci-datasets.s3.amazonaws.com/mnist/" // PyTorch's copy: the data set's own page is closed
	fashionURL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
	kmnistURL  = "https://codh.rois.ac.jp/kmnist/dataset/kmnist/"
)

// The archives of CIFAR-10 and CIFAR-100 are fetched in 170 MB each and unpack
// to files of 10,000 records, or 50,000, and some of a few lines.
var (
	cifar10Origin  = cifarOrigin(cifar10, "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 10_000, "batches.meta.txt")
	cifar100Origin = cifarOrigin(cifar100, "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 50_000, "coarse_label_names.txt", "fine_label_names.txt")
)

// The MD5 sums of the MNIST family are those that Fashion-MNIST's page
// publishes and, for the other two, torchvision.
var (
	mnistOrigin = idxOrigin(mnist, mnistURL,
		"f68b3c2dcbeaaa9fbdd348bbdeb94873", "d53e105ee54ea40749a09fcbcd1e9432",
		"9fb629c4189551a2d022fa330f9573f3", "ec29112dd5afa0611ce80d1b7f02629c")
	fashionMNISTOrigin = idxOrigin(fashionMNIST, fashionURL,
		"8d4fb7e6c68d591d4c3dfef9ec88bf0d", "25c81989df183df01b3e8a0aad5dffbe",
		"bef4ecab320f06d8554ea6380940ec79", "bb300cfdad3c16e7a12a480ee83cd310")
	kmnistOrigin = idxOrigin(kmnist, kmnistURL,
		"bdb82020997e1d708af4cf47b453dcf7", "e144d726b3acfaa3e44228e80efcd344",
		"5c965bf0a639b31b8f53240b1b52f4d7", "7320c461ea6c1c855c0b718fb2a4b134")
)

func cifarOrigin(f cifar, name, md5 string, records int, more ...string) *origin {
	return &origin{
		folder:  f.versions[0].folder,
		files:   []remote{{name: name, url: cifarURL + name, md5: md5, size: 200e6, stall: stall}},
		tarball: &tarball{folder: f.versions[0].folder, files: append(f.versions[0].files(), more...), bytes: int64(records * f.record())},
		check:   opens(f.open),
	}
}

func idxOrigin(f idxFamily, url string, md5s ...string) *origin {
	o := &origin{folder: f.folder, check: opens(f.open)}
	for i, md5 := range md5s {
		name := idxNames[i/2][i%2] + ".gz"
		o.files = append(o.files, remote{name: name, url: url + name, md5: md5, size: 40e6, stall: stall})
	}
	return o
}

// opens returns a check that a folder can be opened.
func opens(open func(dir string) (train, test Dataset, err error)) func(folder string) error {
	return func(folder string) error {
		_, _, err := open(folder)
		return err
	}
}

// stall is the time without a byte after which a server is given up.
const stall = 30 * time.Second

// Download fetches a data set from its official page into dir, where Open finds
// it, and does nothing if Open can read it from there already: cifar10 and
// cifar100, of 170 MB each, and the MNIST family, of 12 to 31 MB.
//
// All work is done in the folder .download-NAME in dir, which is created if need
// be, by one process at a time: it is an error, which names the first, if another
// is at it. The file .download-NAME.lock stays. Every file is checked against its
// published MD5 before anything is made of it, and the finished folder is renamed
// into place. A download that broke
// off or was cancelled leaves the bytes that it has there, and the next one goes
// on from them; if they do not come to the published sum in the end, or the
// server sends no part of a file, it starts anew. Where no bytes are of use, as
// after a wrong sum, nothing else is left.
//
// If progress is not nil, it is called with the number of bytes that are there
// of the file that is being fetched and the number that the server announced, or
// -1 if it announced none.
//
// It is an error if the name is unknown or nothing can be fetched for it, if a
// folder is in the way that Open cannot read (it is left as it is), if the
// server answers with an error, sends no byte for 30 seconds, or sends what is
// not the file, or if the disk fails.
func Download(ctx context.Context, name, dir string, progress func(done, total int64)) error {
	e, err := find(name)
	switch {
	case err != nil:
		return err
	case !e.Folder:
		return errors.Errorf("data: %s is in the program, there is nothing to download", e.Name)
	case e.origin == nil:
		return errors.Errorf("data: there is nothing to download for %s: name the folder that holds it", e.Name)
	case dir == "":
		return errors.Errorf("data: %s needs a folder to download it into", e.Name)
	}
	return errors.Wrapf(e.origin.download(ctx, dir, progress), "data: download %s", e.Name)
}

func (o *origin) download(ctx context.Context, dir string, progress func(done, total int64)) (err error) {
	if o.check(dir) == nil {
		return nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	unlock, err := lock.Take(filepath.Join(dir, ".download-"+o.folder+".lock"))
	if errors.As(err, &lock.Held{}) {
		return errors.Errorf("%s is %v", dir, err)
	}
	if err != nil {
		return err
	}
	defer unlock()
	final := filepath.Join(dir, o.folder) // which another process may have made by now
	if _, err := os.Lstat(final); err == nil {
		return errors.Wrapf(o.check(dir), "%s is in the way and not complete, remove it first", final)
	}
	work := filepath.Join(dir, ".download-"+o.folder)
	if err := os.MkdirAll(work, 0o755); err != nil {
		return err
	}
	keep := false // for the next download
	defer func() {
		if keep {
			return
		}
		if failure := os.RemoveAll(work); err == nil {
			err = failure
		}
	}()
	for _, r := range o.files {
		if err := r.fetch(ctx, filepath.Join(work, r.name), progress); err != nil {
			keep = holdsBytes(work)
			return err
		}
	}
	ready := filepath.Join(work, "ready")
	if err := o.prepare(ctx, work, ready); err != nil {
		return err
	}
	if err := o.check(ready); err != nil {
		return err
	}
	if err := syncFolder(ready); err != nil {
		return err
	}
	if err := os.Rename(ready, final); err != nil {
		return err
	}
	return syncFolder(dir)
}

// prepare makes the data set's folder of the files that were fetched into work.
func (o *origin) prepare(ctx context.Context, work, ready string) error {
	if err := os.RemoveAll(ready); err != nil {
		return err
	}
	if err := os.Mkdir(ready, 0o755); err != nil {
		return err
	}
	if o.tarball != nil {
		return o.tarball.unpack(ctx, filepath.Join(work, o.files[0].name), ready)
	}
	for _, r := range o.files {
		if err := os.Rename(filepath.Join(work, r.name), filepath.Join(ready, r.name)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// holdsBytes says whether a folder has a file that is not empty.
func holdsBytes(folder string) bool {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return false
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil && info.Mode().IsRegular() && info.Size() > 0 {
			return true
		}
	}
	return false
}
