package recordings

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/data"
	"hypnos/internal/natural"
	"hypnos/internal/picturefile"
	"hypnos/internal/plaintext"
)

// openFolder reads a recording from the disk.
func openFolder(dir string) (*Recording, error) {
	whole, err := filepath.Abs(dir) // to have the name of "."
	if err != nil {
		return nil, err
	}
	found, err := surveyFolder(dir)
	if err != nil {
		return nil, err
	}
	if err := found.check(); err != nil {
		return nil, err
	}
	recording := &Recording{Name: filepath.Base(whole), Notes: found.notes()}
	pictures, err := openPictures(found.images)
	if err != nil {
		return nil, err
	}
	if err := recording.read(found, pictures); err != nil {
		pictures.close()
		return nil, err
	}
	recording.Notes = append(recording.Notes, recording.Stimuli.Notes()...)
	return recording, nil
}

// read reads what belongs to the pictures, and puts these in the order of the responses.
func (r *Recording) read(found *survey, pictures *pictures) error {
	r.Stimuli = pictures.all
	order, err := r.readStimuli(found.stimuli, pictures)
	switch {
	case order != nil:
		r.Stimuli, err = pictures.inOrder(order)
	case pictures.none != nil:
		err = pictures.none
	}
	if err != nil {
		return err
	}
	var unread []string
	if order == nil {
		unread = pictures.unread()
	}
	if found.responses == "" {
		return nil
	}
	stated, err := r.readResponses(found.responses, pictures, order)
	switch {
	case err != nil && unread != nil:
		return errors.Errorf("%v (not among the pictures: %s)", err, plaintext.Few(unread))
	case err != nil:
		return err
	case order == nil && stated != nil:
		r.Stimuli, err = pictures.inOrder(stated)
	case order == nil:
		if difference := orderDoubt(pictures.names); difference != "" {
			r.Notes = append(r.Notes, pictures.root+": the order of the responses is not stated, and was taken to be that of the pictures' names, numbers as numbers: "+
				difference+" (a stimuli.csv with a column file states it)")
		}
	}
	return err
}

// readStimuli returns the names of the pictures in the order of a stimuli.csv, nil if
// path is "", and sets their categories.
func (r *Recording) readStimuli(path string, pictures *pictures) (order []string, err error) {
	if path == "" {
		return nil, nil
	}
	err = open(path, func(f *os.File, size int64) error {
		contents, err := io.ReadAll(io.LimitReader(f, maxStimuliFile+1))
		if err != nil {
			return err
		}
		stimuli, err := parseStimuli(contents)
		if err != nil {
			return err
		}
		r.Categories = stimuli.categories
		for _, note := range stimuli.notes {
			r.Notes = append(r.Notes, path+": "+note)
		}
		order, err = pictures.findAll(stimuli.files, func(i int) string { return "line " + strconv.Itoa(stimuli.lines[i]) })
		return err
	})
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, name := range order {
		named[name] = true
	}
	rest := slices.DeleteFunc(slices.Clone(pictures.names), func(name string) bool { return named[name] })
	if len(rest) > 0 {
		r.Notes = append(r.Notes, fmt.Sprintf("%s names %d pictures, and not the other %d in %s, such as %s", path, len(order), len(rest), pictures.root, rest[0]))
	}
	return order, nil
}

// readResponses reads the responses to pictures in this order, nil for all pictures in
// the order of their names. It returns the order in which the file of responses names
// them, nil if it does not.
func (r *Recording) readResponses(path string, pictures *pictures, order []string) (stated []string, err error) {
	shown := order
	if order == nil {
		shown = pictures.names
	}
	err = open(path, func(f *os.File, size int64) error {
		found, err := readResponses(path, f, size, len(shown), func(name string) bool {
			_, err := pictures.find(name)
			return err == nil
		})
		if err != nil {
			return err
		}
		for _, note := range found.notes {
			r.Notes = append(r.Notes, path+": "+note)
		}
		region, err := newRegion(found.of)
		if err != nil {
			return err
		}
		region.Name = r.Name
		r.Regions = []Region{region}
		if found.files == nil {
			return nil
		}
		if stated, err = pictures.findAll(found.files, found.where); err != nil || order == nil {
			return err
		}
		for i, name := range stated {
			if name != order[i] {
				return errors.Errorf("%s is %s, in stimuli.csv %s", found.where(i), name, order[i])
			}
		}
		return nil
	})
	return stated, err
}

// open calls read with a file and its size. An error names it.
func open(path string, read func(f *os.File, size int64) error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return errors.Errorf("%s is not a file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return errors.Wrap(read(f, info.Size()), path)
}

// pictures are those in a folder or archive.
type pictures struct {
	lookup
	all  *data.Files // in the order of their names
	none error       // no file is called as a picture is; stimuli.csv may name others
	file *os.File    // the archive, which stays open; nil for a folder
}

// openPictures finds the pictures in a folder or archive.
func openPictures(root string) (*pictures, error) {
	info, err := os.Stat(root)
	if err != nil {
		return nil, err
	}
	p := &pictures{lookup: lookup{system: os.DirFS(root), root: root}}
	switch isArchive := filepath.Ext(root) != ""; {
	case isArchive && !info.Mode().IsRegular():
		return nil, errors.Errorf("%s is not a file", root)
	case isArchive:
		if p.file, err = os.Open(root); err != nil {
			return nil, err
		}
		if p.system, err = openArchive(p.file, info.Size()); err != nil {
			p.close()
			return nil, errors.Wrap(err, root)
		}
		p.all, p.none = data.PicturesIn(p.system, root)
	case !info.IsDir():
		return nil, errors.Errorf("%s is not a folder", root)
	default:
		p.all, p.none = data.Pictures(root)
	}
	if p.none != nil {
		return p, nil
	}
	for i := range p.all.Len() {
		name := strings.TrimPrefix(p.all.Name(i), filepath.Clean(root)+string(filepath.Separator))
		p.names = append(p.names, filepath.ToSlash(name))
	}
	return p, nil
}

// unread returns the names of pictures of kinds that are not read.
func (p *pictures) unread() (names []string) {
	fs.WalkDir(p.system, ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && !strings.HasPrefix(e.Name(), ".") && picturefile.IsOther(name) {
			if _, found := slices.BinarySearchFunc(p.names, name, natural.Compare); !found {
				names = append(names, name)
			}
		}
		return nil // a folder that cannot be read was no error when the pictures were found
	})
	return names
}

// inOrder returns the pictures of these names.
func (p *pictures) inOrder(names []string) (*data.Files, error) {
	return data.PicturesIn(p.system, p.root, names...)
}

// close closes the archive.
func (p *pictures) close() {
	if p.file != nil {
		p.file.Close()
	}
}
