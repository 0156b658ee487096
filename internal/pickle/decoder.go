package pickle

import (
	"bufio"
	"io"

	"github.com/pkg/errors"
)

// About how many bytes of memory decoding takes.
const (
	valueCost = 160 // for a value on the stack
	memoCost  = 128 // for a value in the memo
	entryCost = 80  // for a value of a list or dict
	markCost  = 40
)

// maxLine is the longest name or number that is written as a line of text.
const maxLine = 4096

// Options limit the memory of a decoder.
type Options struct {
	// Memory is about how many bytes it may allocate in all.
	Memory int
	// Keep is the length in bytes of the longest string that is kept. Longer ones become
	// Long. 0 keeps all.
	Keep int
}

// Decoder reads pickles that stand one after another.
type Decoder struct {
	// Persistent are the persistent objects of all pickles so far, in order.
	Persistent []*Persistent

	r      *bufio.Reader
	size   int64 // bytes of the input
	offset int64 // of the next byte
	memory int   // bytes that may still be allocated
	keep   int
	stack  []any
	marks  []int // at which lengths of the stack marks were set
	memo   map[uint32]any
}

// NewDecoder returns a decoder of an input of size bytes.
func NewDecoder(r io.Reader, size int64, o Options) *Decoder {
	return &Decoder{r: bufio.NewReader(r), size: size, memory: o.Memory, keep: o.Keep}
}

// Offset returns at which byte of the input the last pickle ended.
func (d *Decoder) Offset() int64 { return d.offset }

// Decode returns the object of the next pickle. It is an error, which says at which byte,
// if the pickle is broken or takes more memory than it may.
func (d *Decoder) Decode() (any, error) {
	d.stack, d.marks, d.memo = nil, nil, map[uint32]any{}
	for {
		at := d.offset
		opcode, err := d.byte()
		if err == nil && opcode == stop {
			var object any
			if object, err = d.pop(); err == nil {
				return object, nil
			}
		}
		if err == nil {
			err = d.run(opcode)
		}
		if err != nil {
			return nil, errors.Wrapf(err, "pickle: byte %d", at)
		}
	}
}

// charge counts memory that is going to be allocated. It is an error if that is too much.
func (d *Decoder) charge(bytes int) error {
	if bytes > d.memory {
		d.memory = 0
		return errors.New("the pickle takes more memory than its kind needs")
	}
	d.memory -= bytes
	return nil
}

func (d *Decoder) byte() (byte, error) {
	b, err := d.r.ReadByte()
	if err != nil {
		return 0, unexpected(err)
	}
	d.offset++
	return b, nil
}

// unsigned reads a little-endian number of so many bytes.
func (d *Decoder) unsigned(bytes int) (uint64, error) {
	n := uint64(0)
	for i := range bytes {
		b, err := d.byte()
		if err != nil {
			return 0, err
		}
		n |= uint64(b) << (8 * i)
	}
	return n, nil
}

// bytes reads n bytes.
func (d *Decoder) bytes(n uint64) ([]byte, error) {
	if left := d.size - d.offset; left < 0 || n > uint64(left) {
		return nil, errors.Wrapf(io.ErrUnexpectedEOF, "%d bytes", n)
	}
	if err := d.charge(int(n)); err != nil {
		return nil, err
	}
	raw := make([]byte, n)
	m, err := io.ReadFull(d.r, raw)
	d.offset += int64(m)
	return raw, unexpected(err)
}

// counted reads a length, of so many bytes, and a string of that length. It returns a
// Long instead if the string is too long to be kept.
func (d *Decoder) counted(bytes int) ([]byte, Long, error) {
	n, err := d.unsigned(bytes)
	if err != nil {
		return nil, 0, err
	}
	if d.keep == 0 || n <= uint64(d.keep) {
		raw, err := d.bytes(n)
		return raw, 0, err
	}
	if n > uint64(max(0, d.size-d.offset)) {
		return nil, 0, errors.Wrapf(io.ErrUnexpectedEOF, "a string of %d bytes", n)
	}
	m, err := io.CopyN(io.Discard, d.r, int64(n))
	d.offset += m
	return nil, Long(n), unexpected(err)
}

// line reads a line of at most maxLine bytes, without its end.
func (d *Decoder) line() (string, error) {
	raw, long, err := d.text(maxLine)
	if err == nil && long > 0 {
		err = errors.Errorf("a name or number of %d bytes", long)
	}
	return string(raw), err
}

// text reads a line, without its end. It returns a Long instead if the line has more than
// most bytes, unless most is 0.
func (d *Decoder) text(most int) ([]byte, Long, error) {
	var raw []byte
	n := 0
	for {
		piece, err := d.r.ReadSlice('\n')
		d.offset += int64(len(piece))
		if err != nil && err != bufio.ErrBufferFull {
			return nil, 0, unexpected(err)
		}
		if n += len(piece); most == 0 || n <= most {
			if err := d.charge(3 * len(piece)); err != nil { // it grows as it is read
				return nil, 0, err
			}
			raw = append(raw, piece...)
		} else {
			raw = nil
		}
		switch {
		case err != nil:
		case raw == nil:
			return nil, Long(n), nil
		default:
			return raw[:len(raw)-1], 0, nil
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// push puts a value on the stack.
func (d *Decoder) push(value any) error {
	if err := d.charge(valueCost); err != nil {
		return err
	}
	if len(d.stack) == cap(d.stack) { // doubling allocates less in all than append does
		d.stack = append(make([]any, 0, 2*len(d.stack)+64), d.stack...)
	}
	d.stack = append(d.stack, value)
	return nil
}

// floor returns the length of the stack below the last mark.
func (d *Decoder) floor() int {
	if len(d.marks) == 0 {
		return 0
	}
	return d.marks[len(d.marks)-1]
}

// top returns a pointer to the newest value of the stack above the last mark.
func (d *Decoder) top() (*any, error) {
	if len(d.stack) == d.floor() {
		return nil, errors.New("nothing is on the stack")
	}
	return &d.stack[len(d.stack)-1], nil
}

func (d *Decoder) pop() (any, error) {
	value, err := d.top()
	if err != nil {
		return nil, err
	}
	d.stack = d.stack[:len(d.stack)-1]
	return *value, nil
}

// popMark removes the last mark and the values above it, and returns a copy of these.
func (d *Decoder) popMark() ([]any, error) {
	if len(d.marks) == 0 {
		return nil, errors.New("no mark is on the stack")
	}
	from := d.floor()
	values := append([]any(nil), d.stack[from:]...)
	d.stack, d.marks = d.stack[:from], d.marks[:len(d.marks)-1]
	return values, nil
}

// popN removes the newest n values and returns a copy of them.
func (d *Decoder) popN(n int) ([]any, error) {
	from := len(d.stack) - n
	if from < d.floor() {
		return nil, errors.New("too little is on the stack")
	}
	values := append([]any(nil), d.stack[from:]...)
	d.stack = d.stack[:from]
	return values, nil
}
