package pickle

import (
	"strconv"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// escapes are the characters that may follow a backslash in Python 2's str, with the
// bytes that they stand for.
var escapes = map[byte]byte{'\\': '\\', '\'': '\'', '"': '"', 'a': 7, 'b': 8, 't': 9, 'n': 10, 'v': 11, 'f': 12, 'r': 13}

// unquote returns the bytes that a literal of Python 2's str stands for. It overwrites the
// literal.
func unquote(literal []byte) ([]byte, error) {
	n := len(literal)
	if n < 2 || literal[0] != literal[n-1] || literal[0] != '\'' && literal[0] != '"' {
		return nil, errors.New("a string without quotes")
	}
	literal = literal[1 : n-1]
	out := literal[:0] // escapes are longer than what they stand for
	for i := 0; i < len(literal); i++ {
		if literal[i] != '\\' || i+1 == len(literal) {
			out = append(out, literal[i])
			continue
		}
		i++
		if simple, ok := escapes[literal[i]]; ok {
			out = append(out, simple)
			continue
		}
		if literal[i] == 'x' && i+2 < len(literal) {
			if b, err := strconv.ParseUint(string(literal[i+1:i+3]), 16, 8); err == nil {
				out = append(out, byte(b))
				i += 2
				continue
			}
		}
		return nil, errors.Errorf("a string with the escape \\%c", literal[i])
	}
	return out, nil
}

// unescape turns Python's raw-unicode-escape, which is Latin-1 with \uXXXX and
// \UXXXXXXXX, to UTF-8.
func unescape(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/8)
	for i := 0; i < len(raw); i++ {
		digits := 0
		if raw[i] == '\\' && i+1 < len(raw) {
			switch raw[i+1] {
			case 'u':
				digits = 4
			case 'U':
				digits = 8
			}
		}
		if digits > 0 && i+2+digits <= len(raw) {
			if r, err := strconv.ParseUint(string(raw[i+2:i+2+digits]), 16, 32); err == nil {
				out = utf8.AppendRune(out, rune(r))
				i += 1 + digits
				continue
			}
		}
		out = utf8.AppendRune(out, rune(raw[i]))
	}
	return out
}
