package recordings

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/picturefile"
	"hypnos/internal/plaintext"
)

// survey lists the files in a recording's folder: the paths of those that are read, ""
// for none, and the names of others that look as if they were meant to be read.
type survey struct {
	dir                        string
	images, stimuli, responses string
	pictures, tables, arrays   []string // these look like images, stimuli and responses
	others                     []string // these may be anything
}

// The names that are read, in lower case.
var (
	imagesNames    = []string{"images", "images.zip"}
	stimuliNames   = []string{"stimuli.csv", "stimuli.tsv"}
	responsesNames = []string{"responses.npy", "responses.npz", "responses.csv", "responses.tsv"}
)

// Names in lower case of files that may hold arrays, tables or pictures.
var (
	arrayName   = regexp.MustCompile(`\.(npy|npz|mat|h5|hdf5?|nwb|nc|zarr|pkl|pickle|ptl?|pth|safetensors|rds|rda(ta)?|feather|parquet|fif|nii)(\.gz)?$`)
	likeArray   = regexp.MustCompile(`^(respon[sc]es?|firing|rates?|spikes?|neural|activit(y|ies))([^a-z].*)?\.(csv|tsv|txt|dat|xlsx?|ods|gz|zip|bak|old)$|^respon[sc]es?$`)
	likeTable   = regexp.MustCompile(`^stimul.*\.(csv|tsv|tab|txt|dat|xlsx?|ods)$`)
	otherTable  = regexp.MustCompile(`\.(csv|tsv|xlsx?|ods)$|^(order|file|image|picture|name|list).*\.txt$`)
	archiveName = regexp.MustCompile(`\.(zip|tar|tgz|7z|rar)$|\.tar\.`)
)

// surveyFolder lists the files in a folder, whose names may be in any case. It is an error
// if there are two files for the same purpose.
func surveyFolder(dir string) (*survey, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	s := &survey{dir: dir}
	for _, e := range entries {
		name := e.Name()
		for _, role := range []struct {
			names []string
			path  *string
		}{{imagesNames, &s.images}, {stimuliNames, &s.stimuli}, {responsesNames, &s.responses}} {
			if !slices.Contains(role.names, strings.ToLower(name)) {
				continue
			}
			path := filepath.Join(dir, name)
			if *role.path != "" {
				return nil, errors.Errorf("%s and %s are both there, want one", *role.path, path)
			}
			*role.path, name = path, ""
		}
		if name != "" && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "~$") {
			s.addOther(name)
		}
	}
	return s, nil
}

// addOther adds a file or folder that is not read, by what its name looks like.
func (s *survey) addOther(name string) {
	lower := strings.ToLower(name)
	info, err := os.Stat(filepath.Join(s.dir, name))
	isFolder := err == nil && info.IsDir()
	switch {
	case arrayName.MatchString(lower), likeArray.MatchString(lower):
		s.arrays = append(s.arrays, name)
	case isFolder && holdsPictures(filepath.Join(s.dir, name)), picturefile.IsRead(lower), !isFolder && archiveName.MatchString(lower):
		s.pictures = append(s.pictures, name)
	case isFolder:
	case likeTable.MatchString(lower):
		s.tables = append(s.tables, name)
	case otherTable.MatchString(lower):
		s.others = append(s.others, name)
	}
}

// holdsPictures reports whether pictures, or a folder or archive called images, are among
// the first files of a folder.
func holdsPictures(dir string) bool {
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	names, err := f.Readdirnames(100)
	return (err == nil || err == io.EOF) && slices.ContainsFunc(names, func(name string) bool {
		name = strings.ToLower(name)
		return slices.Contains(imagesNames, name) || picturefile.IsRead(name) && !strings.HasPrefix(name, ".")
	})
}

// check returns an error if there are no images, or if another file looks as if it were
// meant to be responses or stimuli that are missing.
func (s *survey) check() error {
	switch {
	case s.images == "" && s.pictures != nil:
		return errors.Errorf("%s has no images and no images.zip, but %s: pictures lie in a folder images", s.dir, plaintext.Few(s.pictures))
	case s.images == "":
		return errors.Errorf("%s has no images and no images.zip", s.dir)
	case s.responses == "" && s.arrays != nil:
		return errors.Errorf("%s has %s but no responses.npy: if these are the responses, save them as that, if not, move them elsewhere", s.dir, plaintext.Few(s.arrays))
	case s.stimuli == "" && s.tables != nil:
		return errors.Errorf("%s has %s but no stimuli.csv: if it names the pictures in order, save it as that, if not, move it elsewhere", s.dir, plaintext.Few(s.tables))
	}
	return nil
}

// notes names the files that are not read.
func (s *survey) notes() []string {
	unread := slices.Concat(s.arrays, s.tables, s.others, s.pictures)
	if unread == nil {
		return nil
	}
	return []string{s.dir + ": not read: " + plaintext.Few(unread)}
}
