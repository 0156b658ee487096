package graph

// Batch is images and their labels, as a network takes them at its border.
type Batch struct {
	Images []float32 // N C H W
	Labels []int     // N class indices
}
