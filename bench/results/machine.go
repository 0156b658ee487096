package results

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Machine describes the computer that runs this program: its processor, cores
// and operating system.
func Machine() []Setting {
	return []Setting{
		{"CPU", processor("/proc/cpuinfo")},
		{"cores", strconv.Itoa(runtime.NumCPU())},
		{"cores used", strconv.Itoa(runtime.GOMAXPROCS(0))},
		{"system", runtime.GOOS + "/" + runtime.GOARCH},
	}
}

// processor returns the processor's name in a file that Linux has; the architecture where
// there is no such file or no name in it.
func processor(file string) string {
	text, err := os.Open(file)
	if err != nil {
		return runtime.GOARCH
	}
	defer text.Close()
	for lines := bufio.NewScanner(text); lines.Scan(); {
		key, value, _ := strings.Cut(lines.Text(), ":")
		if strings.TrimSpace(key) == "model name" && strings.TrimSpace(value) != "" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// reportedModules are the modules whose version may change a result.
var reportedModules = []string{
	"gorgonia.org/gorgonia",
	"gorgonia.org/tensor",
	"gonum.org/v1/gonum",
	"gonum.org/v1/plot",
}

// Versions lists the versions of Go, of this program and of the modules that
// its numbers depend on, as far as the program knows them.
func Versions() []Setting {
	versions := []Setting{{"Go", runtime.Version()}}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return versions
	}
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" {
			versions = append(versions, Setting{build.Main.Path, s.Value})
		}
	}
	for _, path := range reportedModules {
		for _, module := range build.Deps {
			if module.Path == path {
				versions = append(versions, Setting{path, module.Version})
			}
		}
	}
	return versions
}
