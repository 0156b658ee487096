// Package plaintext reads text files as editors and spreadsheets write them.
package plaintext

import (
	"bytes"
	"unicode/utf8"

	"github.com/pkg/errors"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// ErrBinary is the error of contents that are no text.
var ErrBinary = errors.New("not text")

// Decode returns a text in UTF-8, without a byte order mark. It may have been in
// UTF-16 with one; what cannot be UTF-8 is in Windows-1252, which Excel writes.
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
	return bytes.TrimPrefix(contents, []byte("\ufeff")), windows1252, err
}
