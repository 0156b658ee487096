package data

import (
	"cmp"
	"math"
	"slices"

	"github.com/pkg/errors"
)

// Split divides a data set at random, by seed, into a training and a validation part.
// They share no image, together they are the whole data set, and each keeps its order.
// The validation part has fraction·Len() images, rounded, and the same fraction of each
// class as nearly as whole numbers allow: the number of each class is rounded down, and
// the images that are missing then come one each from the classes that lost most by it,
// of equal ones those of the lowest index.
//
// It is an error if fraction is not between 0 and 1, both excluded, or if
// either part would be empty.
func Split(set Dataset, fraction float64, seed uint64) (train, validation Dataset, err error) {
	if !(fraction > 0 && fraction < 1) {
		return nil, nil, errors.Errorf("data: validation fraction %g, want more than 0 and less than 1", fraction)
	}
	total := int(math.Round(fraction * float64(set.Len())))
	if total == 0 || total == set.Len() {
		return nil, nil, errors.Errorf("data: validation fraction %g of %d images leaves %d for training and %d for validation, want 1 or more",
			fraction, set.Len(), set.Len()-total, total)
	}

	members := make([][]int, len(set.Classes()))
	for i := range set.Len() {
		label, err := read(set, i, nil)
		if err != nil {
			return nil, nil, errors.Wrap(err, "data: split")
		}
		members[label] = append(members[label], i)
	}

	shares, lost := make([]int, len(members)), make([]float64, len(members))
	byLoss := make([]int, len(members))
	missing := total
	for class, indices := range members {
		share := fraction * float64(len(indices))
		shares[class] = int(share)
		lost[class] = share - math.Floor(share)
		byLoss[class] = class
		missing -= shares[class]
	}
	slices.SortStableFunc(byLoss, func(a, b int) int { return cmp.Compare(lost[b], lost[a]) })
	for _, class := range byLoss[:missing] {
		shares[class]++
	}

	var trainIndices, validationIndices []int
	for class, indices := range members {
		source(seed, splitting, class).Shuffle(len(indices), func(i, j int) {
			indices[i], indices[j] = indices[j], indices[i]
		})
		validationIndices = append(validationIndices, indices[:shares[class]]...)
		trainIndices = append(trainIndices, indices[shares[class]:]...)
	}
	slices.Sort(trainIndices)
	slices.Sort(validationIndices)
	return &subset{set, trainIndices}, &subset{set, validationIndices}, nil
}
