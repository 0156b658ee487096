package recordings

import (
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/pkg/errors"
	"golang.org/x/text/unicode/norm"
)

// lookup finds pictures by names as people write them: with other folders in front,
// without an ending, in another case, with backslashes or in another normal form of
// Unicode.
type lookup struct {
	system  fs.FS
	root    string                // the name of the system
	names   []string              // of all pictures in it
	indices [len(readings)]*index // made when they are needed
}

// readings turn names to what is compared of them, the strictest first.
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

// plain returns a name in Unicode's normal form C, with slashes for backslashes.
func plain(name string) string {
	return norm.NFC.String(path.Clean(strings.ReplaceAll(name, `\`, "/")))
}

// index finds pictures by one reading of their names.
type index struct {
	whole map[string]int // by the whole name
	ends  map[string]int // by the name without its first folders
}

// several stands for more than one picture in an index.
const several = -1

// newIndex returns the index of all pictures.
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

// find returns the picture whose whole name this is, or else one whose name ends with it
// after a folder, or else one whose whole name it ends with.
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

// find returns the whole name of the picture that a name stands for. It is an error if
// that is none or more than one.
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
	if info, err := fs.Stat(l.system, name); err == nil && info.Mode().IsRegular() { // a picture with another ending
		return name, nil
	}
	return "", errors.Errorf("%.200s is no picture in %s", name, l.root)
}

// findAll returns the whole names of pictures. It is an error if one is not found or
// stands twice; where says, for the message, where the i-th name stands.
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
