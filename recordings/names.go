package recordings

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"golang.org/x/text/unicode/norm"
)

// lookup finds pictures by the names that people write: with other folders in
// front, without an ending, in another case, with backslashes or in another
// normal form of Unicode.
type lookup struct {
	system  fs.FS
	root    string   // what the system is called
	names   []string // of all pictures in it
	indices [len(readings)]*index
}

// readings are what is compared of names, from the strictest on.
var readings = [...]func(name string, ofPicture bool) string{
	func(name string, _ bool) string { return name },
	func(name string, _ bool) string { return plain(name) },
	func(name string, _ bool) string { return strings.ToLower(plain(name)) },
	func(name string, ofPicture bool) string {
		name = strings.ToLower(plain(name))
		if ofPicture {
			name = strings.TrimSuffix(name, path.Ext(name))
		}
		return name
	},
}

// plain is a name in the normal form C, with slashes alone.
func plain(name string) string {
	return norm.NFC.String(path.Clean(strings.ReplaceAll(name, `\`, "/")))
}

// index has pictures by one reading of their names.
type index struct {
	whole map[string]int // by the name
	ends  map[string]int // by what follows some folder in it
}

// several stands for more than one picture.
const several = -1

// newIndex reads the names of all pictures.
func newIndex(names []string, reading func(string, bool) string) *index {
	x := &index{map[string]int{}, map[string]int{}}
	add := func(to map[string]int, name string, i int) {
		if _, twice := to[name]; twice {
			i = several
		}
		to[name] = i
	}
	for i, name := range names {
		name = reading(name, true)
		add(x.whole, name, i)
		for _, end, more := strings.Cut(name, "/"); more; _, end, more = strings.Cut(end, "/") {
			add(x.ends, end, i)
		}
	}
	return x
}

// find returns the picture of that name: all of it, its end, or else one whose
// name it ends with.
func (x *index) find(name string) (i int, ok bool) {
	if i, ok := x.whole[name]; ok {
		return i, true
	}
	if i, ok := x.ends[name]; ok {
		return i, true
	}
	for _, end, more := strings.Cut(name, "/"); more; _, end, more = strings.Cut(end, "/") {
		if i, ok := x.whole[end]; ok {
			return i, true
		}
	}
	return 0, false
}

// find returns the whole name of the picture that a name is of. It is an error if
// there is none or more than one.
func (l *lookup) find(name string) (string, error) {
	outside := slices.Contains(strings.Split(plain(name), "/"), "..")
	for k, reading := range readings {
		if outside {
			break
		}
		if l.indices[k] == nil {
			l.indices[k] = newIndex(l.names, reading)
		}
		switch i, ok := l.indices[k].find(reading(name, false)); {
		case ok && i == several:
			return "", errors.Errorf("%s is more than one picture in %s: name folder and ending too", name, l.root)
		case ok:
			return l.names[i], nil
		}
	}
	if info, err := fs.Stat(l.system, name); err == nil && info.Mode().IsRegular() { // of any ending
		return name, nil
	}
	return "", errors.Errorf("%.200s is no picture in %s", name, l.root)
}

// findAll returns the whole names of pictures. It is an error if one is not found
// or is named twice; where says where the i-th is named.
func (l *lookup) findAll(names []string, where func(i int) string) ([]string, error) {
	found := make([]string, len(names))
	first := map[string]int{}
	for i, name := range names {
		var err error
		if found[i], err = l.find(name); err != nil {
			return nil, errors.Wrap(err, where(i))
		}
		if k, twice := first[found[i]]; twice {
			return nil, errors.Errorf("%s: %s stands in %s already", where(i), name, where(k))
		}
		first[found[i]] = i
	}
	return found, nil
}
