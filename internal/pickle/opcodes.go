package pickle

import (
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/pkg/errors"
)

// The opcodes are those of Python's pickletools.
const (
	stop            = '.'
	highestProtocol = 5
)

// lengths are the bytes of the number that follows an opcode, which may be the length of
// what comes next.
var lengths = map[byte]int{
	'K': 1, 'M': 2, 'J': 4, '\x8a': 1, '\x8b': 4, // whole numbers
	'U': 1, 'T': 4, // Python 2's str
	'\x8c': 1, 'X': 4, '\x8d': 8, // unicode
	'C': 1, 'B': 4, '\x8e': 8, '\x96': 8, // bytes, bytearray
	'q': 1, 'r': 4, 'h': 1, 'j': 4, // to and from the memo
	'\x82': 1, '\x83': 2, '\x84': 4, // classes in a registry
	'\x95': 8, // frames
}

// run executes an opcode other than stop. Each group of opcodes is a method, which reports
// whether the opcode is one of its own.
func (d *Decoder) run(opcode byte) error {
	for _, group := range []func(*Decoder, byte) (bool, error){
		(*Decoder).number, (*Decoder).string, (*Decoder).collection, (*Decoder).reference, (*Decoder).object, (*Decoder).arrange,
	} {
		if done, err := group(d, opcode); done || err != nil {
			return err
		}
	}
	return errors.Errorf("opcode %#x, which no pickle has", opcode)
}

// number pushes None, truth values and numbers.
func (d *Decoder) number(opcode byte) (bool, error) {
	var value any
	switch opcode {
	case 'N':
	case '\x88', '\x89':
		value = opcode == '\x88'
	case 'K', 'M', 'J':
		n, err := d.unsigned(lengths[opcode])
		if err != nil {
			return true, err
		}
		value = int(n)
		if opcode == 'J' {
			value = int(int32(n))
		}
	case 'G':
		raw, err := d.bytes(8)
		if err != nil {
			return true, err
		}
		slices.Reverse(raw) // the only number that is big-endian
		bits := uint64(0)
		for i, b := range raw {
			bits |= uint64(b) << (8 * i)
		}
		value = math.Float64frombits(bits)
	case '\x8a', '\x8b':
		n, err := d.unsigned(lengths[opcode])
		if err != nil {
			return true, err
		}
		raw, err := d.bytes(n)
		if err != nil {
			return true, err
		}
		if value, err = d.long(raw); err != nil {
			return true, err
		}
	case 'I', 'L', 'F':
		line, err := d.line()
		if err != nil {
			return true, err
		}
		if value, err = parse(opcode, line); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	return true, d.push(value)
}

// long returns the number in these bytes, little-endian in two's complement.
func (d *Decoder) long(raw []byte) (any, error) {
	if err := d.charge(4 * len(raw)); err != nil {
		return nil, err
	}
	magnitude := slices.Clone(raw)
	slices.Reverse(magnitude)
	n := new(big.Int).SetBytes(magnitude)
	if len(magnitude) > 0 && magnitude[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(raw))))
	}
	if n.IsInt64() {
		return int(n.Int64()), nil
	}
	return n, nil
}

// parse reads a number of protocol 0.
func parse(opcode byte, line string) (any, error) {
	switch {
	case opcode == 'F':
		v, err := strconv.ParseFloat(line, 64)
		if errors.Is(err, strconv.ErrRange) { // infinite
			err = nil
		}
		return v, err
	case opcode == 'I' && (line == "00" || line == "01"):
		return line == "01", nil
	case opcode == 'L' && len(line) > 0 && line[len(line)-1] == 'L':
		line = line[:len(line)-1]
	}
	n, ok := new(big.Int).SetString(line, 10)
	switch {
	case !ok:
		return nil, errors.Errorf("%.20q is no whole number", line)
	case n.IsInt64():
		return int(n.Int64()), nil
	}
	return n, nil
}

// string pushes strings and bytes.
func (d *Decoder) string(opcode byte) (bool, error) {
	var raw []byte
	var long Long
	var err error
	switch opcode {
	case 'U', 'T', '\x8c', 'X', '\x8d', 'C', 'B', '\x8e', '\x96':
		raw, long, err = d.counted(lengths[opcode])
	case 'S', 'V': // str and unicode of protocol 0
		raw, long, err = d.text(d.keep)
	default:
		return false, nil
	}
	if err == nil && long == 0 {
		err = d.charge(2 * len(raw)) // for a copy, in which some bytes may become two
	}
	switch {
	case err != nil:
		return true, err
	case long > 0:
		return true, d.push(long)
	}
	switch opcode {
	case 'C', 'B', '\x8e', '\x96':
		return true, d.push(Bytes(raw))
	case 'S':
		raw, err = unquote(raw)
	case 'V':
		raw = unescape(raw)
	}
	if err != nil {
		return true, err
	}
	return true, d.push(string(raw))
}

// collection makes tuples, lists, sets and dicts, and fills them.
func (d *Decoder) collection(opcode byte) (bool, error) {
	var values []any
	var err error
	switch opcode {
	case ')', ']', '}', '\x8f':
	case 't', 'l', 'd', 'e', 'u', '\x90', '\x91':
		values, err = d.popMark()
	case '\x85', '\x86', '\x87':
		values, err = d.popN(int(opcode - '\x84'))
	case 'a':
		values, err = d.popN(1)
	case 's':
		values, err = d.popN(2)
	default:
		return false, nil
	}
	if err != nil {
		return true, err
	}
	switch opcode {
	case ')', 't', '\x85', '\x86', '\x87':
		return true, d.push(Tuple(values))
	case ']', 'l', '\x8f', '\x91':
		return true, d.push(&List{values})
	case '}', 'd':
		if err := d.push(&Dict{}); err != nil || opcode == '}' {
			return true, err
		}
	}
	return true, d.fill(opcode, values)
}

// fill appends values to the newest object on the stack, or sets entries of it from keys
// and values in turn.
func (d *Decoder) fill(opcode byte, values []any) error {
	container, err := d.top()
	if err != nil {
		return err
	}
	if err := d.charge(entryCost * len(values)); err != nil {
		return err
	}
	if opcode == 'a' || opcode == 'e' || opcode == '\x90' {
		switch c := (*container).(type) {
		case *List:
			c.Items = append(c.Items, values...)
			return nil
		case *Object:
			c.Items = append(c.Items, values...)
			return nil
		}
		return errors.Errorf("%s cannot be appended to", kind(*container))
	}
	if len(values)%2 > 0 {
		return errors.New("a key without a value")
	}
	entries := make([]Entry, len(values)/2)
	for i := range entries {
		entries[i] = Entry{values[2*i], values[2*i+1]}
	}
	switch c := (*container).(type) {
	case *Dict:
		c.Entries = append(c.Entries, entries...)
	case *Object:
		c.Entries = append(c.Entries, entries...)
	default:
		return errors.Errorf("%s has no entries to set", kind(*container))
	}
	return nil
}

// arrange moves values on the stack, and between it and the memo.
func (d *Decoder) arrange(opcode byte) (bool, error) {
	switch opcode {
	case '\x80':
		n, err := d.byte()
		if err == nil && n > highestProtocol {
			err = errors.Errorf("protocol %d, want at most %d", n, highestProtocol)
		}
		return true, err
	case '\x95': // a frame has only a length, which is of no use here
		_, err := d.unsigned(lengths[opcode])
		return true, err
	case '(':
		d.marks = append(d.marks, len(d.stack))
		return true, d.charge(markCost)
	case '0':
		if len(d.stack) == d.floor() {
			_, err := d.popMark()
			return true, err
		}
		_, err := d.pop()
		return true, err
	case '1':
		_, err := d.popMark()
		return true, err
	case '2':
		value, err := d.top()
		if err != nil {
			return true, err
		}
		return true, d.push(*value)
	case 'p', 'q', 'r', '\x94':
		key, err := d.key(opcode)
		if err != nil {
			return true, err
		}
		value, err := d.top()
		if err != nil {
			return true, err
		}
		d.memo[key] = *value
		return true, d.charge(memoCost)
	case 'g', 'h', 'j':
		key, err := d.key(opcode)
		if err != nil {
			return true, err
		}
		value, ok := d.memo[key]
		if !ok {
			return true, errors.Errorf("nothing was kept as number %d", key)
		}
		return true, d.push(value)
	}
	return false, nil
}

// key reads the number in the memo to which an opcode refers.
func (d *Decoder) key(opcode byte) (uint32, error) {
	switch opcode {
	case '\x94':
		return uint32(len(d.memo)), nil
	case 'p', 'g':
		line, err := d.line()
		if err != nil {
			return 0, err
		}
		n, err := strconv.ParseUint(line, 10, 32)
		return uint32(n), err
	}
	n, err := d.unsigned(lengths[opcode])
	return uint32(n), err
}
