// Package plaintext reads texts that people wrote with any editor or spreadsheet, and
// writes lists of names for them to read.
package plaintext

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// ErrBinary is the error of contents that are not a text.
var ErrBinary = errors.New("not text")

// Decode returns a text in UTF-8, without a byte order mark and with "\n" as its line
// ends. contents are UTF-16 with a byte order mark, UTF-8, or else Windows-1252, which
// Excel writes; the latter is reported. It is an error, ErrBinary, if the text contains
// a zero byte.
func Decode(contents []byte) (text []byte, windows1252 bool, err error) {
	switch {
	case bytes.HasPrefix(contents, []byte{0xff, 0xfe}), bytes.HasPrefix(contents, []byte{0xfe, 0xff}):
		contents, err = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(contents)
	case !utf8.Valid(contents):
		windows1252 = true
		contents, err = charmap.Windows1252.NewDecoder().Bytes(contents)
	}
	if err == nil && bytes.IndexByte(contents, 0) >= 0 {
		err = ErrBinary
	}
	if bytes.IndexByte(contents, '\r') >= 0 {
		contents = bytes.ReplaceAll(contents, []byte("\r\n"), []byte("\n"))
		contents = bytes.ReplaceAll(contents, []byte("\r"), []byte("\n"))
	}
	return bytes.TrimPrefix(contents, []byte("\ufeff")), windows1252, err
}

// Few lists the first five names, with commas between them, and says if there are more.
func Few(names []string) string {
	if len(names) > 5 {
		return strings.Join(names[:5], ", ") + " and more"
	}
	return strings.Join(names, ", ")
}
