package checkpoint

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// allocated returns how many bytes a function allocates.
func allocated(f func()) int {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int(after.TotalAlloc - before.TotalAlloc)
}

// numbered returns n pieces of text, each with its number, and a comma between.
func numbered(n int, format string) string {
	pieces := make([]string, n)
	for i := range pieces {
		pieces[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(pieces, ",")
}

// numberedKeys are so many keys, each with this value.
func numberedKeys(n int, value string) string {
	var s strings.Builder
	for i := range n {
		s.WriteString(text(fmt.Sprintf("%06x", i)) + value)
	}
	return s.String()
}

// modules is a module that has two others, which are the same, and so on.
func modules(depth int) string {
	module := func(children string) string {
		return "(cM\nM\no}(" + text("_parameters") + "}" + text("_modules") + "}(" + children + "uub"
	}
	s := module("")
	for i := range depth {
		n := string(rune('0' + i))
		s += "q" + n + "0" + module(text("a")+"h"+n+text("b")+"h"+n)
	}
	return s
}

// Whatever costs most memory for its bytes costs no more than the package says.
func TestMemory(t *testing.T) {
	// A pickle may name one long string often: neither the library's hashing of
	// it nor its errors, which print whole objects, make more of it.
	long := text(strings.Repeat("\x00", 1<<16))
	more := strings.Repeat("h\x00", 20_000)
	for name, raw := range map[string][]byte{
		"a header that is not there":  append([]byte("\xff\xff\x1f\x00\x00\x00\x00\x00{"), make([]byte, 100)...),
		"a tensor that is not there":  file(`{"w":{"dtype":"F32","shape":[1000000000],"data_offsets":[0,4000000000]}}`, 100),
		"a header of tensors":         file("{"+numbered(30_000, `"%x":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}`)+"}", 0),
		"of fields":                   file("{"+numbered(200_000, `"%x":0`)+"}", 0),
		"of axes":                     file(`{"w":{"dtype":"U8","shape":[`+strings.Repeat("0,", 1_000_000)+`0],"data_offsets":[0,0]}}`, 0),
		"of depth":                    file(strings.Repeat(`{"":`, 500_000), 0),
		"of notes":                    file(`{"__metadata__":{"w":"`+strings.Repeat("n", 2_000_000)+`"}}`, 0),
		"an archive of entries":       archive("N.", strings.Split(numbered(20_000, "%x"), ",")...),
		"a pickle of a string":        archive("\x80\x02(" + long + "q\x00" + strings.Repeat("h\x00", 40) + "t)R."),
		"of more of it":               archive("\x80\x02(" + long + "q\x00q\x01" + strings.ReplaceAll(more, "\x00", "\x01") + "t)R."),
		"of its state":                archive("\x80\x02(" + long + "Nbq\x00" + more + "t)R."),
		"of parameters":               archive("\x80\x02(ctorch._utils\n_rebuild_parameter\n" + long + "\x85Rq\x00" + more + "t)R."),
		"of marks":                    archive("\x80\x02" + strings.Repeat("(", 250_000) + "."),
		"of a string not there":       archive("\x80\x02X\xff\xff\xff\x7f"),
		"of lists":                    archive("\x80\x02" + strings.Repeat("]", 250_000) + "."),
		"of a string that is long":    archive("\x80\x02(" + text(strings.Repeat("x", 1<<22)) + "t."),
		"of floats":                   archive("\x80\x02](" + strings.Repeat("G\x00\x00\x00\x00\x00\x00\x00\x01", 250_000) + "e."),
		"of entries":                  archive("\x80\x02}(" + strings.Repeat("NN", 150_000) + "u."),
		"of tensors of one":           archive(whole("}(" + six + "q\x000" + numberedKeys(120_000, "h\x00") + "u")),
		"of dicts in dicts":           archive(whole("}(" + six + "q\x000" + numberedKeys(40_000, "}"+text("w")+"h\x00s") + "u")),
		"of tuples of the same":       archive("\x80\x02N" + strings.Repeat("\x85q\x00h\x00\x86", 100_000) + "."),
		"of a tuple many times":       archive("\x80\x02(" + strings.Repeat("N", 100_000) + "tq\x000(" + strings.Repeat("h\x00", 100_000) + "t."),
		"of keys that are bytes":      archive(whole("C\x3f" + strings.Repeat("k", 63) + "q\x000}(" + strings.Repeat("h\x00N", 100_000) + "u")),
		"of modules in modules":       archive(whole(modules(60))),
		"of an OrderedDict":           archive(whole("NN\x86q\x000](" + strings.Repeat("h\x00", 200_000) + "e\x85q\x010ccollections\nOrderedDict\nh\x01R")),
		"of bytes of Python 3":        archive(whole(text(strings.Repeat("x", 4000)) + "q\x00" + text("latin1") + "\x86q\x010" + strings.Repeat("c_codecs\nencode\nh\x01R0", 30_000) + "N")),
		"of text":                     archive("V" + strings.Repeat("x", 1<<22) + "\n."),
		"of a storage that is larger": archive(whole(dictOf(text("w"), tensorOf(storageOf("FloatStorage", "0", 1<<30), 0, tuple(1<<30), tuple(1))))),
		"a stream of such":            stream(whole(dictOf(text("w"), tensorOf(storageOf("FloatStorage", "0", 1<<30), 0, tuple(1<<30), tuple(1)))), "]("+text("0")+"e", 6),
	} {
		var err error
		n := allocated(func() { _, err = openWhole(raw) })
		most := maxMemory + 2*len(raw)
		if len(raw) < 1000 { // what is not there costs nothing
			most = 100_000
		}
		if n > most {
			t.Errorf("%s: %d bytes allocated for %d, want at most %d", name, n, len(raw), most)
		}
		if err != nil && len(err.Error()) > 600 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
	}
}
