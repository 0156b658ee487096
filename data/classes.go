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

// maxClassesFile is the longest file of class names that is read, in bytes: enough for
// ImageNet's 21,841 classes with their descriptions. Its YAML tree takes some 100 times
// as much memory at most.
const maxClassesFile = 4 << 20

// ReadClasses returns the class names in a file of any name, in the order of their
// indices. The file has
//
//   - a name on each line, or the index of a class and its name, such as "0: tench",
//     "0, tench" or "0 tench", with lines in any order;
//   - or a list of names, a dict from index to name or from name to index, or a dict
//     with one of these under names, classes, class_names, id2label, label2id,
//     class_to_idx or idx_to_class: as JSON, as YAML or as Python prints it. If a class
//     has several names, such as a number of WordNet and a word, the last one counts.
//
// Text is UTF-8, UTF-16 with a byte order mark, or else Windows-1252. It is an error if
// the file is longer than 4 MB, if it has no class, or if indices are not 0 to one less
// than their number, each once.
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

// yamlList matches YAML that is a list, an item on each line, or a dict that has one of
// the classKeys.
var yamlList = regexp.MustCompile(`^(?:---\s*\n)?- \S|(?m)^(?:` + strings.Join(classKeys, "|") + `):\s*(?:$|[\[{])`)

// numberedLine matches the index of a class, a separator and its name.
var numberedLine = regexp.MustCompile(`^"?([0-9]{1,9})"?(\s*[:,;=\t]\s*|\s+)(\S.*)$`)

// lineClasses returns the names on lines. They are in the order of the numbers in front
// of them, if there is one on every line but the first, which may be a header. If the
// numbers are no indices, they are part of the names, as in "7 segments"; but numbers
// that punctuation separates must be indices.
func lineClasses(lines []string) ([]string, error) {
	for i := range lines {
		lines[i] = strings.TrimSpace(lines[i])
	}
	rest := lines
	if len(lines) > 1 && !numberedLine.MatchString(lines[0]) {
		rest = lines[1:]
	}
	var entries []indexed
	punctuated := true
	for _, line := range rest {
		m := numberedLine.FindStringSubmatch(line)
		if m == nil {
			return lines, nil
		}
		index, _ := strconv.Atoi(m[1])
		punctuated = punctuated && strings.TrimSpace(m[2]) != ""
		entries = append(entries, indexed{index, strings.Trim(m[3], `"'`)})
	}
	names, err := ordered(entries)
	if err != nil && !punctuated {
		return lines, nil
	}
	return names, err
}

// indexed is the index of a class and its name.
type indexed struct {
	index int
	name  string
}

// ordered returns names in the order of their indices. It is an error if these are not
// 0 to one less than their number, each once.
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

// classKeys are the keys under which dicts hold classes.
var classKeys = []string{"names", "classes", "class_names", "id2label", "label2id", "class_to_idx", "idx_to_class"}

// treeClasses returns the names in a list or a dict. JSON is YAML, and so are strings and
// numbers as Python prints them.
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
			i = -2 // start again in there: it may have one of the keys too
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

// dictClasses returns the names in a dict, given by its keys and values in turn: either
// the keys are indices or the values are. If both are numbers, since classes are called
// 0 to 99, the keys are the names if they alone are quoted.
func dictClasses(nodes []*yaml.Node) ([]string, error) {
	const integer = "!!int"
	var byKey, byValue []indexed
	keys, values := true, true // are numbers
	quoted := true             // keys are, and values are not
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

// className returns the name of a class, the last one of a list.
func className(n *yaml.Node) (string, error) {
	if n.Kind == yaml.SequenceNode && len(n.Content) > 0 {
		n = n.Content[len(n.Content)-1]
	}
	if n.Kind != yaml.ScalarNode {
		return "", errors.Errorf("line %d: want the name of a class", n.Line)
	}
	return strings.TrimSpace(n.Value), nil
}
