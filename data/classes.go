package data

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pkg/errors"
	"go.yaml.in/yaml/v3"

	"hypnos/internal/plaintext"
)

// maxClassesFile is the longest file of class names that is read, bytes: of
// ImageNet's 21,841 classes with their descriptions. Its tree takes up to some 100
// times that.
const maxClassesFile = 4 << 20

// ReadClasses returns the names of classes, in the order of their indices, that a
// file has, whatever it is called:
//
//   - a name on each line, or on each line the index of a class and its name, such
//     as "0: tench", "0, tench" or "0 tench", in any order;
//   - JSON, YAML or what Python prints, of a list of names, of a dict from index to
//     name or from name to index, or of a dict with one of these under names,
//     classes, id2label, label2id, class_to_idx or idx_to_class. Where several names
//     stand for one class, as WordNet's number and a word, the last one counts.
//
// Text is UTF-8, UTF-16 that says so, or else Windows-1252. It is an error if a file is longer than
// 4 MB, if it has no class, or if indices are not 0 to one less than their number,
// each once.
func ReadClasses(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.Wrap(err, "data: classes")
	}
	defer f.Close()
	contents, err := io.ReadAll(io.LimitReader(f, maxClassesFile+1))
	if err != nil {
		return nil, errors.Wrap(err, "data: classes")
	}
	names, err := parseClasses(contents)
	return names, errors.Wrapf(err, "data: classes in %s", path)
}

func parseClasses(contents []byte) ([]string, error) {
	if len(contents) > maxClassesFile {
		return nil, errors.Errorf("more than %d bytes", maxClassesFile)
	}
	contents, _, err := plaintext.Decode(contents)
	if err == plaintext.ErrBinary {
		err = errors.New("not a text file")
	}
	if err != nil {
		return nil, err
	}
	text := strings.TrimSpace(string(contents))
	var names []string
	switch {
	case text == "":
		return nil, errors.New("no class is named")
	case strings.ContainsRune("[{", rune(text[0])), yamlList.MatchString(text):
		names, err = treeClasses(text)
	default:
		names, err = lineClasses(strings.Split(text, "\n"))
	}
	if err == nil && len(names) == 0 {
		err = errors.New("no class is named")
	}
	if err != nil {
		return nil, err
	}
	if i := slices.Index(names, ""); i >= 0 {
		return nil, errors.Errorf("class %d has no name", i)
	}
	return names, nil
}

// yamlList is a list of YAML on lines of its own, or a dict that holds classes.
var yamlList = regexp.MustCompile(`^(?:---\s*\n)?- \S|(?m)^(?:` + strings.Join(classKeys, "|") + `):\s*(?:$|[\[{])`)

// numberedLine is a line of the index of a class, what separates it, and its name.
var numberedLine = regexp.MustCompile(`^"?([0-9]{1,9})"?(\s*[:,;=\t]\s*|\s+)(\S.*)$`)

// lineClasses returns the names on lines. They are numbered where all lines, but
// for a header, begin with numbers that are indices, in any order. Numbers that are
// not are parts of names, as in "7 segments", unless a mark separates them.
func lineClasses(lines []string) ([]string, error) {
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	rest := lines
	if len(lines) > 1 && !numberedLine.MatchString(lines[0]) {
		rest = lines[1:]
	}
	var entries []indexed
	marked := true
	for _, line := range rest {
		m := numberedLine.FindStringSubmatch(line)
		if m == nil {
			return lines, nil
		}
		index, _ := strconv.Atoi(m[1])
		marked = marked && strings.TrimSpace(m[2]) != ""
		entries = append(entries, indexed{index, strings.Trim(m[3], `"'`)})
	}
	names, err := ordered(entries)
	if err != nil && !marked {
		return lines, nil
	}
	return names, err
}

// indexed is the name of the class of an index.
type indexed struct {
	index int
	name  string
}

// ordered returns names in the order of their indices.
func ordered(entries []indexed) ([]string, error) {
	names, named := make([]string, len(entries)), make([]bool, len(entries))
	for _, e := range entries {
		if e.index < 0 || e.index >= len(entries) {
			return nil, errors.Errorf("index %d of %d classes, want 0 to %d", e.index, len(entries), len(entries)-1)
		}
		if named[e.index] {
			return nil, errors.Errorf("two classes of index %d: %.40q and %.40q", e.index, names[e.index], e.name)
		}
		names[e.index], named[e.index] = e.name, true
	}
	return names, nil
}

// classKeys are under which dicts hold classes.
var classKeys = []string{"names", "classes", "class_names", "id2label", "label2id", "class_to_idx", "idx_to_class"}

// treeClasses returns the names in a list or a dict. JSON and what Python prints of
// strings and numbers are YAML.
func treeClasses(text string) ([]string, error) {
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil {
		return nil, errors.New(strings.ReplaceAll(err.Error(), "\n", ";"))
	}
	if len(document.Content) == 0 {
		return nil, errors.New("no class is named")
	}
	root := document.Content[0]
	for i := 0; root.Kind == yaml.MappingNode && i < len(root.Content); i += 2 {
		if key, value := root.Content[i], root.Content[i+1]; slices.Contains(classKeys, key.Value) && value.Kind != yaml.ScalarNode {
			root = value
			i = -2 // what it holds may lie deeper
		}
	}
	switch root.Kind {
	case yaml.SequenceNode:
		names := make([]string, len(root.Content))
		for i, n := range root.Content {
			var err error
			if names[i], err = className(n); err != nil {
				return nil, err
			}
		}
		return names, nil
	case yaml.MappingNode:
		return dictClasses(root.Content)
	}
	return nil, errors.New("neither a list nor a dict of classes")
}

// dictClasses returns the names in the keys and values of a dict, of which one
// are indices. Where both are numbers, as of classes that are called 0 to 99, a
// quoted key of a number that is not quoted is the name.
func dictClasses(nodes []*yaml.Node) ([]string, error) {
	const integer = "!!int"
	var byKey, byValue []indexed
	keys, values, quoted := true, true, true // are indices; keys alone are quoted
	for i := 0; i < len(nodes); i += 2 {
		key, value := nodes[i], nodes[i+1]
		index, err := strconv.Atoi(key.Value)
		if keys = keys && err == nil; keys {
			name, err := className(value)
			if err != nil {
				return nil, err
			}
			byKey = append(byKey, indexed{index, name})
		}
		index, err = strconv.Atoi(value.Value)
		if values = values && err == nil; values {
			byValue = append(byValue, indexed{index, key.Value})
		}
		if !keys && !values {
			return nil, errors.Errorf("line %d: %.40q: %.40q, want the index of a class and its name", key.Line, key.Value, value.Value)
		}
		quoted = quoted && key.ShortTag() != integer && value.ShortTag() == integer
	}
	likelier, other := byKey, byValue
	if !keys || values && quoted {
		likelier, other = byValue, byKey
	}
	names, err := ordered(likelier)
	if err != nil && keys && values {
		if names, err := ordered(other); err == nil {
			return names, nil
		}
	}
	return names, err
}

// className returns the last of a class's names.
func className(n *yaml.Node) (string, error) {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	if n.Kind != yaml.ScalarNode {
		return "", errors.Errorf("line %d: want the name of a class", n.Line)
	}
	return strings.TrimSpace(n.Value), nil
}
