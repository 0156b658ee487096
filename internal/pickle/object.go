package pickle

import (
	"fmt"

	"github.com/pkg/errors"
)

// reference pushes classes, persistent objects and buffers: what stands outside of the
// pickle.
func (d *Decoder) reference(opcode byte) (bool, error) {
	switch opcode {
	case 'c': // a class
		class, err := d.class()
		if err != nil {
			return true, err
		}
		return true, d.push(class)
	case '\x93': // a class whose names are on the stack
		names, err := d.popN(2)
		if err != nil {
			return true, err
		}
		module, ok := names[0].(string)
		name, ok2 := names[1].(string)
		if !ok || !ok2 {
			return true, errors.New("a class whose name is no string")
		}
		return true, d.push(Class{module, name})
	case '\x82', '\x83', '\x84': // a class by its number in a registry
		n, err := d.unsigned(lengths[opcode])
		if err != nil {
			return true, err
		}
		return true, d.push(Class{"copyreg", fmt.Sprint("extension ", n)})
	case 'P', 'Q': // a persistent object
		var id any
		var err error
		if opcode == 'P' {
			id, err = d.line()
		} else {
			id, err = d.pop()
		}
		if err != nil {
			return true, err
		}
		p := &Persistent{id}
		d.Persistent = append(d.Persistent, p)
		return true, d.push(p)
	case '\x97': // a buffer that is not in the pickle
		return true, d.push(&Object{Of: Class{"pickle", "PickleBuffer"}})
	case '\x98': // makes a buffer read-only
		return true, nil
	}
	return false, nil
}

// object pushes what stands for calls, and sets the state of objects.
func (d *Decoder) object(opcode byte) (bool, error) {
	switch opcode {
	case 'R', '\x81', '\x92': // calls, the last with keywords
		if opcode == '\x92' {
			if _, err := d.pop(); err != nil {
				return true, err
			}
		}
		values, err := d.popN(2)
		if err != nil {
			return true, err
		}
		args, ok := values[1].(Tuple)
		if !ok {
			return true, errors.Errorf("a call with %s, want a tuple", kind(values[1]))
		}
		return true, d.call(values[0], args)
	case 'i': // a call of protocol 0, with what lies over the mark
		class, err := d.class()
		if err != nil {
			return true, err
		}
		args, err := d.popMark()
		if err != nil {
			return true, err
		}
		return true, d.call(class, args)
	case 'o': // the same with the class as the first over the mark
		values, err := d.popMark()
		if err != nil {
			return true, err
		}
		if len(values) == 0 {
			return true, errors.New("a call of nothing")
		}
		return true, d.call(values[0], values[1:])
	case 'b': // sets the state
		state, err := d.pop()
		if err != nil {
			return true, err
		}
		of, err := d.top()
		if err != nil {
			return true, err
		}
		if o, ok := (*of).(*Object); ok {
			o.State = state
		}
		return true, nil
	}
	return false, nil
}

// class reads the module and the name of a class, a line each.
func (d *Decoder) class() (Class, error) {
	module, err := d.line()
	if err != nil {
		return Class{}, err
	}
	name, err := d.line()
	return Class{module, name}, err
}

// call pushes an Object that stands for a call. A few calls only make dicts, bytes and the
// like; for these it pushes the value itself.
func (d *Decoder) call(of any, args Tuple) error {
	class, _ := of.(Class)
	switch of.(type) {
	case Class, *Persistent, *Object:
	default:
		return errors.Errorf("%s cannot be called", kind(of))
	}
	switch class.Module { // Python 3 has other names
	case "builtins":
		class.Module = "__builtin__"
	case "copyreg":
		class.Module = "copy_reg"
	}
	switch class {
	case Class{"collections", "OrderedDict"}:
		entries, err := d.pairs(args)
		if err != nil {
			return err
		}
		return d.push(&Dict{entries})
	case Class{"_codecs", "encode"}: // how protocols up to 2 write Python 3's bytes
		if len(args) == 2 && (args[1] == "latin1" || args[1] == "latin-1") {
			switch s := args[0].(type) {
			case string:
				raw, err := d.latin1(s)
				if err != nil {
					return err
				}
				return d.push(raw)
			case Long:
				return d.push(s)
			}
		}
	case Class{"__builtin__", "bytes"}, Class{"__builtin__", "bytearray"}:
		if len(args) == 0 {
			return d.push(Bytes{})
		}
		if raw, ok := args[0].(Bytes); ok && len(args) == 1 {
			return d.push(raw)
		}
	case Class{"copy_reg", "__newobj__"}:
		if len(args) > 0 {
			return d.call(args[0], args[1:])
		}
	case Class{"copy_reg", "_reconstructor"}: // of a class, its base, and the base's value
		if len(args) == 3 {
			return d.push(&Object{Of: args[0], Entries: Entries(args[2])})
		}
	}
	return d.push(&Object{Of: of, Args: args})
}

// pairs returns the entries with which an OrderedDict is made. Python 2 gives them as a
// list of pairs.
func (d *Decoder) pairs(args Tuple) ([]Entry, error) {
	if len(args) == 0 {
		return nil, nil
	}
	list, ok := args[0].(*List)
	if !ok {
		return Entries(args[0]), nil
	}
	if err := d.charge(entryCost * len(list.Items)); err != nil {
		return nil, err
	}
	entries := make([]Entry, len(list.Items))
	for i, item := range list.Items {
		var pair []any
		switch p := item.(type) {
		case *List:
			pair = p.Items
		case Tuple:
			pair = p
		}
		if len(pair) != 2 {
			return nil, errors.New("an OrderedDict of what are no pairs")
		}
		entries[i] = Entry{pair[0], pair[1]}
	}
	return entries, nil
}

// latin1 returns the bytes that a string stands for, one for each character.
func (d *Decoder) latin1(s string) (Bytes, error) {
	if err := d.charge(len(s)); err != nil {
		return nil, err
	}
	raw := make(Bytes, 0, len(s))
	for _, r := range s {
		if r > 0xff {
			return nil, errors.Errorf("%q is no byte", r)
		}
		raw = append(raw, byte(r))
	}
	return raw, nil
}

// kind says, for an error, what a value is.
func kind(value any) string {
	switch v := value.(type) {
	case nil:
		return "None"
	case Class:
		return v.String()
	case *Object:
		return "an object of " + v.Class().String()
	}
	return map[string]string{
		"bool": "a bool", "int": "an int", "*big.Int": "an int", "float64": "a float", "string": "a string", "pickle.Bytes": "bytes",
		"pickle.Long": "a string", "pickle.Tuple": "a tuple", "*pickle.List": "a list", "*pickle.Dict": "a dict", "*pickle.Persistent": "a persistent object",
	}[fmt.Sprintf("%T", value)]
}
