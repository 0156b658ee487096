package experiment

import (
	"fmt"
	"image/color"

	"github.com/pkg/errors"
	"golang.org/x/image/colornames"

	"hypnos/data"
)

// ParseColour reads a name of SVG, such as white, six hexadecimal digits, such as
// #8090a0, or three numbers, such as 128,128,128. "" is no colour.
func ParseColour(text string) (color.Color, error) {
	if text == "" {
		return nil, nil
	}
	if c, ok := colornames.Map[text]; ok {
		return c, nil
	}
	for _, format := range []string{"#%2x%2x%2x%s", "%d,%d,%d%s"} {
		var red, green, blue uint8
		var rest string
		if n, _ := fmt.Sscanf(text, format, &red, &green, &blue, &rest); n == 3 {
			return color.RGBA{red, green, blue, 255}, nil
		}
	}
	return nil, errors.Errorf("colour %q, want a name such as white, #rrggbb, or r,g,b of 0 to 255", text)
}

// isColour is an error if a text is no colour.
func isColour(text string) error {
	_, err := ParseColour(text)
	return err
}

// Behind puts a colour, nil being none, behind the transparent pictures of data sets.
func Behind(c color.Color, sets ...data.Dataset) {
	for _, set := range sets {
		if files, ok := set.(*data.Files); ok {
			files.Background = c
		}
	}
}
