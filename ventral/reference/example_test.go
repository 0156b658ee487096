package reference_test

import (
	"fmt"
	"log"

	"hypnos/data"
	"hypnos/ventral"
	"hypnos/ventral/reference"
)

// Which pictures does early vision find alike? Any picture files will do in place
// of those that hypnos carries along.
func Example() {
	_, set, err := data.Open(data.Default, "")
	if err != nil {
		log.Fatal(err)
	}
	model, err := reference.NewGabor(reference.GaborOptions{Side: 32, Octaves: 4})
	if err != nil {
		log.Fatal(err)
	}
	pictures, err := data.Preprocess(set, data.ResizeCrop{Resize: model.Side(), Crop: model.Side()})
	if err != nil {
		log.Fatal(err)
	}
	features, err := reference.Features(model, pictures)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := ventral.Dissimilarities(features); err != nil {
		log.Fatal(err)
	}
	fmt.Println(features.Dims())
	// Output: 3000 680
}
