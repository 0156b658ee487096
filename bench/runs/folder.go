// Package runs keeps checkpoints of training runs in folders, so that a kill at
// any moment, writing included, leaves the newest that was complete.
//
// A checkpoint is a pair of files:
//
//	checkpoint-3.safetensors           tensors, after 3 epochs
//	checkpoint-3.json                  all else, with the checksum of both
//	checkpoint-3-step-172.safetensors  after 3 epochs and part of the fourth
//	checkpoint-3-step-172.json
//
// Each is written under another name, synced to the disk and renamed, the JSON last:
// tensors without it are no checkpoint, and the next checkpoint removes them. A finished
// run whose weights are not kept has the JSON alone.
package runs

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/checkpoint"
)

// Place is where in its run a checkpoint was taken. The zero value is no place.
type Place struct {
	Epochs int // finished
	Step   int // of the run, in the middle of an epoch; 0 at its end
}

// String returns the name of the checkpoint's files, without extension.
func (p Place) String() string {
	if p.Step > 0 {
		return fmt.Sprintf("checkpoint-%d-step-%d", p.Epochs, p.Step)
	}
	return fmt.Sprintf("checkpoint-%d", p.Epochs)
}

func (p Place) compare(other Place) int {
	return cmp.Or(cmp.Compare(p.Epochs, other.Epochs), cmp.Compare(p.Step, other.Step))
}

var fileName = regexp.MustCompile(`^checkpoint-([0-9]{1,9})(?:-step-([0-9]{1,9}))?\.(?:json|safetensors)$`)

// parsePlace returns the place in a file's name.
func parsePlace(name string) (p Place, ok bool) {
	m := fileName.FindStringSubmatch(name)
	if m == nil {
		return Place{}, false
	}
	p.Epochs, _ = strconv.Atoi(m[1])
	p.Step, _ = strconv.Atoi(m[2])
	return p, name == p.String()+filepath.Ext(name) // no zeros in front
}

// Folder is a folder with the checkpoints of one run. Only one process may write there:
// see Lock.
type Folder struct{ Dir string }

// Tensors returns the path of a checkpoint's tensors.
func (f Folder) Tensors(at Place) string {
	return filepath.Join(f.Dir, at.String()+".safetensors")
}

func (f Folder) description(at Place) string { return filepath.Join(f.Dir, at.String()+".json") }

// Write writes a checkpoint: run as JSON, and the tensors by calling write, unless that is
// nil. Then it removes other checkpoints: those after it, which are of a run that went
// another way, and the oldest, so that keep are left. If writing fails, the others are
// untouched.
func (f Folder) Write(at Place, run any, write func(path string) error, keep int) error {
	// A damaged checkpoint of this place may be there. Its description must not stand
	// beside tensors that are still being written.
	if err := os.Remove(f.description(at)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Wrapf(err, "%s", at)
	}
	sum := ""
	if write != nil {
		err := write(f.Tensors(at))
		if err == nil {
			sum, err = checksum(f.Tensors(at))
		}
		if err != nil {
			return errors.Wrapf(err, "%s", at)
		}
	}
	contents, err := encode(run, sum)
	if err == nil {
		err = checkpoint.WriteFile(f.description(at), contents)
	}
	if err != nil {
		return errors.Wrapf(err, "%s", at)
	}
	places, err := f.Places()
	if err != nil {
		return err
	}
	places = slices.DeleteFunc(places, func(p Place) bool { return p.compare(at) > 0 })
	return f.remove(places[:min(keep, len(places))])
}

// Newest reads the newest checkpoint that is not damaged into run and returns its place,
// the zero Place if there is none, and what is wrong with each newer one. It is an error if
// a checkpoint has a format that this program does not read, or if the disk fails.
func (f Folder) Newest(run any) (at Place, damaged []error, err error) {
	places, err := f.Places()
	if err != nil {
		return Place{}, nil, err
	}
	for _, p := range places {
		switch err := f.read(p, run); {
		case err == nil:
			return p, damaged, nil
		case !errors.As(err, &damage{}):
			return Place{}, damaged, errors.Wrapf(err, "%s in %s", p, f.Dir)
		default:
			damaged = append(damaged, errors.Wrapf(err, "%s in %s is damaged", p, f.Dir))
		}
	}
	return Place{}, damaged, nil
}

// Clear removes all checkpoints.
func (f Folder) Clear() error { return f.remove(nil) }

// damage says what is wrong with a damaged checkpoint.
type damage struct{ error }

// read reads a checkpoint; a checksum that is wrong is damage.
func (f Folder) read(at Place, run any) error {
	contents, err := readFile(f.description(at))
	if err != nil {
		return err
	}
	d, err := decode(contents)
	if err != nil {
		return err
	}
	if d.Tensors != "" {
		sum, err := checksum(f.Tensors(at))
		if errors.Is(err, fs.ErrNotExist) {
			return damage{errors.Errorf("%s is not there", filepath.Base(f.Tensors(at)))}
		}
		if err != nil {
			return err
		}
		if sum != d.Tensors {
			return damage{errors.Errorf("the checksum of %s is not the one in %s", filepath.Base(f.Tensors(at)), filepath.Base(f.description(at)))}
		}
	}
	return d.into(run)
}

// Places returns the complete checkpoints, the newest first, damaged or not.
func (f Folder) Places() ([]Place, error) {
	entries, err := f.entries()
	if err != nil {
		return nil, err
	}
	var places []Place
	for _, e := range entries {
		if p, ok := parsePlace(e); ok && filepath.Ext(e) == ".json" {
			places = append(places, p)
		}
	}
	slices.SortFunc(places, func(a, b Place) int { return b.compare(a) })
	return places, nil
}

// remove removes all checkpoints but those to keep, and files that were never finished. It
// removes the description before the tensors: a kill in between must not leave it without
// them.
func (f Folder) remove(keep []Place) error {
	entries, err := f.entries()
	if err != nil {
		return err
	}
	for _, e := range entries { // in the order of names: .json before .safetensors
		p, ok := parsePlace(e)
		if ok && slices.Contains(keep, p) || !ok && !strings.HasPrefix(e, ".checkpoint-") {
			continue
		}
		if err := os.Remove(filepath.Join(f.Dir, e)); err != nil {
			return errors.Wrap(err, "an old checkpoint")
		}
	}
	return nil
}

// entries returns the names in the folder, in order; none if there is no folder.
func (f Folder) entries() ([]string, error) {
	entries, err := os.ReadDir(f.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names, errors.Wrap(err, "checkpoints")
}

// checksum returns the SHA-256 of a file, in hexadecimal.
func checksum(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
