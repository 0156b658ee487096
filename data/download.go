package data

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/pkg/errors"

	"hypnos/internal/lock"
)

// origin says where a data set is fetched from and how its folder is made.
type origin struct {
	folder  string // its name, in the user's folder
	files   []remote
	tarball *tarball                  // what the only file contains; nil if files stay as they are
	check   func(folder string) error // an error unless the folder is complete
}

const (
	cifarURL   = "https://www.cs.toronto.edu/~kriz/"
	mnistURL   = "https://ossci-datasets.s3.amazonaws.com/mnist/" // PyTorch's copy: the data set's own page is closed
	fashionURL = "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"
	kmnistURL  = "https://codh.rois.ac.jp/kmnist/dataset/kmnist/"
)

// The archives of CIFAR-10 and CIFAR-100 have 170 MB each. They unpack to files of at
// most 10,000 and 50,000 records, and to lists of a few lines.
var (
	cifar10Origin  = cifarOrigin(cifar10, "cifar-10-binary.tar.gz", "c32a1d4ab5d03f1284b67883e8d87530", 10_000, "batches.meta.txt")
	cifar100Origin = cifarOrigin(cifar100, "cifar-100-binary.tar.gz", "03b5dce01913d631647c71ecec9e9cb8", 50_000, "coarse_label_names.txt", "fine_label_names.txt")
)

// The MD5 sums of the MNIST family are published by Fashion-MNIST's page and, for the
// other two, by torchvision.
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
		check:   canOpen(f.open),
	}
}

func idxOrigin(f idxFamily, url string, md5s ...string) *origin {
	o := &origin{folder: f.folder, check: canOpen(f.open)}
	for i, md5 := range md5s {
		name := idxNames[i/2][i%2] + ".gz"
		o.files = append(o.files, remote{name: name, url: url + name, md5: md5, size: 40e6, stall: stall})
	}
	return o
}

// canOpen returns a check that a folder can be opened.
func canOpen(open func(dir string) (train, test Dataset, err error)) func(folder string) error {
	return func(folder string) error {
		_, _, err := open(folder)
		return err
	}
}

// stall is how long a server may send nothing before it is given up.
const stall = 30 * time.Second

// Download fetches a data set from its official page into dir, where Open finds it:
// cifar10 and cifar100, of 170 MB each, and the MNIST family, of 12 to 31 MB. It does
// nothing if Open can read the data set from dir already.
//
// It works in the folder .download-NAME in dir, checks every file by its published MD5,
// and renames the finished folder into place. dir is created if need be. Only one
// process at a time can do so; the file .download-NAME.lock, which stays, names it.
//
// A download that broke off or was cancelled leaves the bytes that it has, and the next
// one goes on from them. It starts anew if the MD5 is wrong in the end, or if the server
// cannot send a part of a file. If no bytes are of use, none are left.
//
// progress, unless it is nil, is called with the number of bytes that are there of the
// file that is being fetched, and with the number that the server announced, -1 if it
// announced none.
//
// It is an error if the name is unknown or nothing can be fetched for it, if another
// process is fetching it, if a folder is in the way that Open cannot read (it is left as
// it is), if the server answers with an error, sends nothing for 30 seconds, or sends
// something else than the file, or if the disk fails.
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
	final := filepath.Join(dir, o.folder) // another process may have made it by now
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

// prepare makes the folder ready out of the files that were fetched into work.
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

// holdsBytes reports whether a folder has a file that is not empty.
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
