package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"

	"github.com/pkg/errors"
)

// The opcodes of pickles (Python's pickletools) that need a name here.
const (
	protocol   = '\x80'
	frame      = '\x95'
	stop       = '.'
	global     = 'c'
	binput     = 'q'
	longBinput = 'r'
	memoize    = '\x94'
	binget     = 'h'
	longBinget = 'j'
	build      = 'b'
)

// What pickles may cost: 250,000 opcodes, where a tensor takes 30 to 40.
const (
	opcodeCost = 256 // bytes that the library allocates for one, about
	stringCost = 24  // bytes that it allocates and prints for one of a string, about
	maxCost    = 64 << 20
)

// argument is what follows an opcode: this many bytes, or, if negative, a
// little-endian length of so many bytes and then a string of that length.
type argument int

// arguments are the opcodes that torch.save uses, of protocols 2 to 5.
var arguments = map[byte]argument{
	protocol: 1, frame: 8, stop: 0, '(': 0,
	'N': 0, '\x88': 0, '\x89': 0, // None, True, False
	'K': 1, 'M': 2, 'J': 4, '\x8a': -1, 'G': 8, // integers, floats
	'U': -1, 'T': -4, 'X': -4, '\x8c': -1, '\x8d': -8, 'C': -1, 'B': -4, // strings, bytes
	')': 0, 't': 0, '\x85': 0, '\x86': 0, '\x87': 0, // tuples
	']': 0, 'a': 0, 'e': 0, // lists
	'}': 0, 's': 0, 'u': 0, // dicts
	binput: 1, longBinput: 4, memoize: 0, binget: 1, longBinget: 4,
	global: 0, '\x93': 0, 'R': 0, build: 0, 'Q': 0, // classes, calls, state, persistent identities
}

// scanner reads pickles from a stream without interpreting them and refuses
// what would make the library that interprets them allocate, compute or print
// too much: it believes every length, and formats whole objects in its errors.
type scanner struct {
	r    *bufio.Reader
	n    int64 // bytes read
	cost int   // bytes that the library may allocate for the pickles so far
}

func newScanner(r io.Reader) *scanner { return &scanner{r: bufio.NewReader(r)} }

// scan returns the next pickle, without the frames of protocol 4, which say
// nothing but lengths.
func (s *scanner) scan() ([]byte, error) {
	var out bytes.Buffer
	memo := map[uint32]int{} // the lengths of strings in the pickle's memo
	top, longest := 0, 0     // lengths of the string that is the newest object, 0 if it is none, and of the longest
	for {
		start := out.Len()
		if err := s.copy(&out, 1); err != nil {
			return nil, err
		}
		opcode := out.Bytes()[start]
		size, ok := arguments[opcode]
		if !ok {
			return nil, errors.Errorf("opcode %#x at byte %d, which no state dict needs: save the state dict alone", opcode, s.n-1)
		}
		if err := s.copy(&out, int(max(size, -size))); err != nil {
			return nil, err
		}
		var raw [8]byte
		copy(raw[:], out.Bytes()[start+1:])
		value := binary.LittleEndian.Uint64(raw[:])
		switch opcode {
		case stop:
			return out.Bytes(), nil
		case frame:
			out.Truncate(start)
			continue
		case protocol:
		case build:
			top = longest // as may be what it leaves
		case binput, longBinput:
			memo[uint32(value)] = top
		case memoize:
			memo[uint32(len(memo))] = top
		case binget, longBinget:
			top = memo[uint32(value)]
		case global:
			for range 2 {
				if err := s.copyLine(&out); err != nil {
					return nil, err
				}
			}
			top = 0
		default:
			top = 0
			if size < 0 {
				if value > maxCost/stringCost {
					return nil, errors.Errorf("a string of %d bytes at byte %d", value, s.n)
				}
				top = int(value)
				longest = max(longest, top)
				if err := s.copy(&out, top); err != nil {
					return nil, err
				}
			}
		}
		if s.cost += opcodeCost + stringCost*top; s.cost > maxCost {
			return nil, errors.Errorf("more than a state dict needs: the pickle takes over %d bytes of memory", maxCost)
		}
	}
}

// copy copies n bytes, which are allocated as they come.
func (s *scanner) copy(out *bytes.Buffer, n int) error {
	m, err := io.CopyN(out, s.r, int64(n))
	if s.n += m; err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// copyLine copies a line of at most 256 bytes.
func (s *scanner) copyLine(out *bytes.Buffer) error {
	for range 256 {
		if err := s.copy(out, 1); err != nil {
			return err
		}
		if out.Bytes()[out.Len()-1] == '\n' {
			return nil
		}
	}
	return errors.Errorf("the name of a class at byte %d is too long", s.n)
}
