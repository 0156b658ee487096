package data_test

import (
	"fmt"
	"log"

	"hypnos/data"
)

func ExampleOpen() {
	train, test, err := data.Open(data.Default, "")
	if err != nil {
		log.Fatal(err)
	}
	channels, height, width := train.Size()
	fmt.Println(train.Len(), "training images,", test.Len(), "test images")
	fmt.Println(channels, "channels,", height, "by", width)
	fmt.Println(train.Classes())
	// Output:
	// 4000 training images, 3000 test images
	// 3 channels, 32 by 32
	// [airplane automobile bird cat deer dog frog horse ship truck]
}

// Batches of 512 images, 32 distinct ones in 16 translations each.
func ExampleLoader() {
	train, _, err := data.Open(data.Default, "")
	if err != nil {
		log.Fatal(err)
	}
	normalisation, err := data.NormalisationOf(train)
	if err != nil {
		log.Fatal(err)
	}
	loader, err := data.NewLoader(train, data.LoaderOptions{
		Batch:         512,
		Repetitions:   16,
		Transform:     data.RandomCrop{Padding: 4, Flip: true},
		Normalisation: normalisation,
		Seed:          1,
	})
	if err != nil {
		log.Fatal(err)
	}
	for batch, err := range loader.Batches(0, 2) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(len(batch.Labels), "images,", len(batch.Images), "values")
	}
	fmt.Println(loader.BatchesPerPass(), "batches in a pass")
	// Output:
	// 512 images, 1572864 values
	// 512 images, 1572864 values
	// 125 batches in a pass
}
