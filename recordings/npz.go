package recordings

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"

	"hypnos/internal/plaintext"
)

// Responses in a compressed archive may unpack to valuesOfAny values, and to valuesOfByte
// more for each byte that they take in the archive, so that a small archive cannot ask for
// a lot of memory. Spike counts, which are mostly 0, have three values a byte.
const (
	valuesOfAny  = 1 << 23
	valuesOfByte = 8
)

// maxNames is the longest array of names that is read, in bytes.
const maxNames = 16 << 20

// member is an array of an archive.
type member struct {
	array
	name string // without .npy
	file *zip.File
}

func (m member) String() string {
	return fmt.Sprintf("%.40q of shape %.60s", m.name, fmt.Sprint(m.shape))
}

// size returns the size of the array's file in bytes.
func (m member) size() int64 { return int64(min(m.file.UncompressedSize64, 1<<62)) }

// readNPZ returns the responses in an archive that numpy.savez wrote: the array of that
// name, or the only array that can be responses. An array of the names of pictures says
// to which they are.
func readNPZ(r io.ReaderAt, size int64, stimuli int) (*responses, error) {
	archive, err := zip.NewReader(r, size)
	if err != nil {
		return nil, errors.Wrap(err, "not an archive that numpy.savez wrote")
	}
	var members []member
	for _, f := range archive.File {
		m, err := openMember(f)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	chosen, err := responsesAmong(members)
	if err != nil {
		return nil, err
	}
	packed := min(chosen.file.CompressedSize64, uint64(size))
	if values := uint64(chosen.size()) / uint64(max(numbers[chosen.kind].bytes, 1)); values > valuesOfAny+valuesOfByte*packed {
		return nil, errors.Errorf("the array %s unpacks from %d bytes to %d values, want at most %d: save it as responses.npy", chosen, packed, values, valuesOfAny+valuesOfByte*packed)
	}
	contents, err := chosen.file.Open()
	if err != nil {
		return nil, errors.Wrapf(err, "the array %.40q", chosen.name)
	}
	defer contents.Close()
	found, err := readNPY(contents, chosen.size(), stimuli)
	if err != nil {
		return nil, errors.Wrapf(err, "the array %.40q", chosen.name)
	}
	return found, found.nameFiles(members, chosen, stimuli)
}

// openMember reads the header of an array.
func openMember(f *zip.File) (member, error) {
	name := strings.ToValidUTF8(f.Name, "?")
	contents, err := f.Open()
	if err != nil {
		return member{}, errors.Wrapf(err, "%.40s", name)
	}
	defer contents.Close()
	a, err := readHeader(contents, int64(min(f.UncompressedSize64, 1<<62)))
	return member{a, strings.TrimSuffix(name, ".npy"), f}, errors.Wrapf(err, "%.40s", name)
}

// responsesAmong returns the array of responses. It is an error if there is no array of
// that name, and not just one that can be.
func responsesAmong(members []member) (member, error) {
	var candidates []member
	for _, m := range members {
		if strings.EqualFold(m.name, "responses") {
			return m, nil
		}
		if m.mayBeResponses() {
			candidates = append(candidates, m)
		}
	}
	if len(candidates) == 1 {
		return candidates[0], nil
	}
	var all []string
	for _, m := range members {
		all = append(all, m.String())
	}
	if all == nil {
		return member{}, errors.New("no arrays")
	}
	return member{}, errors.Errorf("no array is called responses, and %d can be: it holds %s", len(candidates), plaintext.Few(all))
}

// nameFiles sets the pictures of the responses, if an array names them.
func (r *responses) nameFiles(members []member, chosen member, stimuli int) error {
	var naming *member
	for _, m := range members {
		text := strings.HasPrefix(m.kind, "U") || strings.HasPrefix(m.kind, "S") || m.kind == "O"
		switch {
		case m.file == chosen.file:
		case !namesPictures(m.name):
			if text && slices.Equal(m.shape, []int{stimuli}) {
				r.notes = append(r.notes, fmt.Sprintf("the array %.40q is not read: one called stimuli would name the pictures", m.name))
			}
		case !text:
			r.notes = append(r.notes, fmt.Sprintf("the array %.40q is not read: its values are not names", m.name))
		case naming != nil:
			return errors.Errorf("the arrays %.40q and %.40q both name pictures, want one", naming.name, m.name)
		default:
			naming = &m
		}
	}
	if naming == nil {
		return nil
	}
	var err error
	r.files, err = naming.text(stimuli)
	r.where = func(i int) string { return fmt.Sprintf("entry %d of the array %.40q", i, naming.name) }
	return errors.Wrapf(err, "the array %.40q", naming.name)
}

// text returns the values of an array of n strings.
func (m member) text(n int) ([]string, error) {
	if m.kind == "O" {
		return nil, errors.New("Python objects, saved with pickle: save numpy.asarray(names, str)")
	}
	if !slices.Equal(m.shape, []int{n}) {
		return nil, errors.Errorf("shape %v, want [%d], a name for each stimulus", m.shape, n)
	}
	length, err := strconv.Atoi(m.kind[1:])
	if m.kind[0] == 'U' {
		length *= 4
	}
	if err != nil || length < 0 || length > maxNames/n || m.size() != m.offset+int64(n*length) {
		return nil, errors.Errorf("%d names of type %.40s in %d bytes, want at most %d bytes", n, m.kind, m.size(), maxNames)
	}
	contents, err := m.file.Open()
	if err != nil {
		return nil, err
	}
	defer contents.Close()
	buffered := bufio.NewReader(contents)
	if _, err := buffered.Discard(int(m.offset)); err != nil {
		return nil, err
	}
	names, one := make([]string, n), make([]byte, length)
	for i := range names {
		if _, err := io.ReadFull(buffered, one); err != nil {
			return nil, err
		}
		name := string(one)
		if m.kind[0] == 'U' {
			characters := make([]rune, 0, length/4)
			for k := 0; k < length; k += 4 {
				characters = append(characters, rune(m.order.Uint32(one[k:])))
			}
			name = string(characters)
		}
		names[i] = strings.TrimRight(name, "\x00")
	}
	return names, nil
}
