package main

import (
	"flag"
	"fmt"
	"image/color"

	"github.com/pkg/errors"
	"golang.org/x/image/colornames"

	"hypnos/data"
)

// background is the flag that says what is behind transparent pictures. Unless it
// is given their transparency is dropped.
type background struct {
	text   string
	colour color.Color
}

// register adds the flag.
func (b *background) register(fs *flag.FlagSet) {
	fs.Var(b, "background", "lay transparent pictures over this `colour`, such as white, #8090a0 or 128,128,128; otherwise their transparency is dropped, as torchvision does it")
}

func (b *background) String() string { return b.text }

// Set reads a name of SVG, six hexadecimal digits, or three numbers.
func (b *background) Set(text string) error {
	if text == "" { // as in a run that was not told
		*b = background{}
		return nil
	}
	c, named := colornames.Map[text]
	var red, green, blue uint8
	var rest string
	for _, format := range []string{"#%2x%2x%2x%s", "%d,%d,%d%s"} {
		if n, _ := fmt.Sscanf(text, format, &red, &green, &blue, &rest); n == 3 {
			c, named = color.RGBA{red, green, blue, 255}, true
		}
	}
	if !named {
		return errors.New("want a name such as white, #rrggbb, or r,g,b of 0 to 255")
	}
	*b = background{text, c}
	return nil
}

// behind puts the background behind the pictures of data sets.
func (b background) behind(sets ...data.Dataset) {
	for _, set := range sets {
		if files, ok := set.(*data.Files); ok {
			files.Background = b.colour
		}
	}
}
