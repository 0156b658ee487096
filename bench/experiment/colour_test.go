package experiment

import (
	"image/color"
	"strings"
	"testing"
)

func TestParseColour(t *testing.T) {
	for text, want := range map[string]color.Color{
		"":              nil,
		"white":         color.RGBA{255, 255, 255, 255},
		"slategray":     color.RGBA{112, 128, 144, 255},
		"#8090a0":       color.RGBA{128, 144, 160, 255},
		"#FFffFF":       color.RGBA{255, 255, 255, 255},
		"1,20,255":      color.RGBA{1, 20, 255, 255},
		"1,20,256":      color.Transparent,
		"1,20":          color.Transparent,
		"1,20,3,4":      color.Transparent,
		"#fff":          color.Transparent,
		"#8090a0ff":     color.Transparent,
		"chequered":     color.Transparent,
		"transparently": color.Transparent,
	} {
		got, err := ParseColour(text)
		if want == color.Transparent {
			if err == nil || !strings.Contains(err.Error(), "want a name such as white, #rrggbb, or r,g,b") {
				t.Errorf("%q: %v, %v", text, got, err)
			}
		} else if err != nil || got != want {
			t.Errorf("%q: %v, want %v (%v)", text, got, want, err)
		}
	}
}
