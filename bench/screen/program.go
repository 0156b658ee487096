package screen

import (
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
)

// Program is how a program was called, for texts that say how to call it again.
type Program struct {
	Command   string   // without arguments, such as "go run ./bench" or "./hypnos"
	Arguments []string // the command line
}

// ofGoRun are the files in which go run leaves a program: where it builds it and where it
// keeps it.
var ofGoRun = regexp.MustCompile(`[/\\](go-build[0-9]+[/\\]b[0-9]+[/\\]exe|[0-9a-f]{2}[/\\][0-9a-f]{64}-d)[/\\][^/\\]+$`)

// CalledBy is a program that was called by these words, os.Args. One that go run started is
// called by that.
func CalledBy(words []string) Program {
	p := Program{Command: quote(words[0]), Arguments: words[1:]}
	build, ok := debug.ReadBuildInfo()
	if !ok || !ofGoRun.MatchString(words[0]) {
		return p
	}
	p.Command = "go run " + build.Path
	if inside, ok := strings.CutPrefix(build.Path, build.Main.Path+"/"); ok {
		p.Command = "go run ./" + inside
	}
	return p
}

// Name is the program's in a few letters, for lines of errors.
func (p Program) Name() string {
	return strings.TrimSuffix(filepath.Base(strings.Trim(p.Command, "'")), ".exe")
}

// String is the command line, as a shell takes it.
func (p Program) String() string { return p.With(p.Arguments...) }

// With is the command line with these arguments.
func (p Program) With(arguments ...string) string {
	words := []string{p.Command}
	for _, word := range arguments {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

// quote is a word as a shell takes it.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\n\"'`$\\&|;<>()*?[]#~!{}") {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
