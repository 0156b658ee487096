package results

import (
	"encoding/base64"
	"encoding/json"

	"github.com/pkg/errors"
)

// Right says of each image, in the data set's order, whether a network was right
// about it. In JSON it is the number of images and a set of bits in base64, the
// first image the lowest bit of the first byte.
type Right []bool

// jsonRight is a Right in JSON.
type jsonRight struct {
	Images int    `json:"images"`
	Bits   string `json:"bits"`
}

// MarshalJSON writes a bit for each image.
func (r Right) MarshalJSON() ([]byte, error) {
	bits := make([]byte, (len(r)+7)/8)
	for i, right := range r {
		if right {
			bits[i/8] |= 1 << (i % 8)
		}
	}
	return json.Marshal(jsonRight{len(r), base64.StdEncoding.EncodeToString(bits)})
}

// UnmarshalJSON reads what MarshalJSON writes. It is an error if there are not as many bytes
// as the images need.
func (r *Right) UnmarshalJSON(text []byte) error {
	var object jsonRight
	if err := json.Unmarshal(text, &object); err != nil {
		return errors.Wrap(err, "results: right images")
	}
	bits, err := base64.StdEncoding.DecodeString(object.Bits)
	if err != nil {
		return errors.Wrap(err, "results: right images")
	}
	if object.Images < 0 || object.Images > 8*len(bits) || (object.Images+7)/8 != len(bits) {
		return errors.Errorf("results: right images: %d bytes for %d images", len(bits), object.Images)
	}
	*r = make(Right, object.Images)
	for i := range *r {
		(*r)[i] = bits[i/8]>>(i%8)&1 == 1
	}
	return nil
}

// minus returns 1 if r alone is right about an image, -1 if other alone is, otherwise 0.
func (r Right) minus(other Right, image int) int {
	switch {
	case r[image] == other[image]:
		return 0
	case r[image]:
		return 1
	}
	return -1
}
