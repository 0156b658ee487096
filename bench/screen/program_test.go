package screen

import "testing"

// A program that go run started is called by that, wherever go keeps it; any other as it
// was typed.
func TestCalledBy(t *testing.T) {
	for typed, want := range map[string]string{
		"/tmp/go-build2822076138/b001/exe/bench": "go run ./bench/screen.test",
		"/home/me/.cache/go-build/92/9296cc12af4f0d4c7758893f4d675569d6f019011142c50da7d094dac9ba6242-d/bench": "go run ./bench/screen.test",
		`C:\Users\me\AppData\Local\Temp\go-build123\b001\exe\bench.exe`:                                        "go run ./bench/screen.test",
		"./hypnos": "./hypnos", "hypnos": "hypnos", "/opt/go-build/hypnos": "/opt/go-build/hypnos", "/my programs/hypnos": "'/my programs/hypnos'",
	} {
		if got := CalledBy([]string{typed, "list"}); got.Command != want || got.String() != want+" list" {
			t.Errorf("%s is called by %q, want %q", typed, got, want)
		}
	}
}

func TestProgram(t *testing.T) {
	for command, want := range map[string]string{"go run ./bench": "bench", "./hypnos": "hypnos", "'/my programs/hypnos'": "hypnos", "hypnos.exe": "hypnos"} {
		if got := (Program{Command: command}).Name(); got != want {
			t.Errorf("%s is called %q, want %q", command, got, want)
		}
	}
	p := Program{"hypnos", []string{"train", "-out", "my runs", "-data-dir", "it's", ""}}
	if got, want := p.String(), `hypnos train -out 'my runs' -data-dir 'it'\''s' ''`; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}
