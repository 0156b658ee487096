// Package imagenet has the numbers that networks for ImageNet are published with
// (torchvision, CORnet).
package imagenet

const (
	Classes = 1000
	// A picture is resized so that its shorter side has Resize pixels, and cut to
	// the centre Side × Side.
	Resize = 256
	Side   = 224
)

// Mean and Std are those of the training images, on the scale of 0 to 1, of the
// channels R G B.
var (
	Mean = [3]float64{0.485, 0.456, 0.406}
	Std  = [3]float64{0.229, 0.224, 0.225}
)
