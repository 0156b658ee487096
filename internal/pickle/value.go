// Package pickle reads the pickles of Python, of protocols 0 to 5, as data.
//
// Nothing that a pickle names is looked up, called or built: a call is an Object that
// says what should be called and with what. The caller picks what it knows and passes
// over the rest. Values are
//
//	None, bool            nil, bool
//	int, long             int, or *big.Int beyond 64 bits
//	float                 float64
//	str, unicode          string; Python 2's str in its own bytes
//	bytes, bytearray      Bytes
//	tuple                 Tuple
//	list, set, frozenset  *List
//	dict, OrderedDict     *Dict
//	a class or function   Class
//	a persistent object   *Persistent
//	any other             *Object
//	a string too long     Long
//
// Pickles are not trusted: decoding allocates a limited amount of memory, whatever they
// say. No library is used, because those that exist believe every length, and guarding
// them would take as much code again.
package pickle

import (
	"fmt"
	"strconv"
	"strings"
)

// Tuple is a tuple.
type Tuple []any

// Bytes are bytes or a bytearray.
type Bytes []byte

// Long is the length in bytes of a string that is longer than Options.Keep, and stands
// for it.
type Long int

// List is a list, or a set in its order in the pickle. It may contain itself.
type List struct{ Items []any }

// Dict is a dict in its order. It may contain itself.
type Dict struct{ Entries []Entry }

// Entry is a key with its value.
type Entry struct{ Key, Value any }

// Class is the name of a class or function.
type Class struct{ Module, Name string }

// String returns the name as Python writes it, without control characters.
func (c Class) String() string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return '?'
		}
		return r
	}, fmt.Sprintf("%.60s.%.60s", c.Module, c.Name))
}

// Persistent is an object that is kept outside of the pickle, under this identity.
type Persistent struct{ ID any }

// Object stands for what a call would return.
type Object struct {
	Of      any     // what should be called: a Class, *Persistent or *Object
	Args    Tuple   // with what, keywords left out
	State   any     // the state that it should be given then
	Items   []any   // what should be appended to it, as to a list
	Entries []Entry // what should be set in it, as in a dict
}

// Class returns the class or function that should be called, the zero value if it is
// neither.
func (o *Object) Class() Class {
	switch of := o.Of.(type) {
	case Class:
		return of
	case *Persistent: // ("module", class, …), as early PyTorch writes classes
		if id, ok := of.ID.(Tuple); ok && len(id) > 1 {
			c, _ := id[1].(Class)
			return c
		}
	}
	return Class{}
}

// Entries returns the entries of a dict, or of an object that is like one. Other values
// have none.
func Entries(value any) []Entry {
	switch v := value.(type) {
	case *Dict:
		return v.Entries
	case *Object:
		return v.Entries
	}
	return nil
}

// Get returns the value under a key of a dict, or of an object that is like one;
// nil if there is none. Python 2's str and bytes are the same key.
func Get(dict any, key string) any {
	for _, e := range Entries(dict) {
		switch k := e.Key.(type) {
		case string:
			if k == key {
				return e.Value
			}
		case Bytes:
			if string(k) == key {
				return e.Value
			}
		}
	}
	return nil
}
