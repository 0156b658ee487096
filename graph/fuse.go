package graph

// A norm, the sum with a shortcut and the rectification after them do a few operations
// on every number, so that reading and writing it sets the pace. Where nothing else
// reads what lies between them they are one operator (ops.BatchNorm with a shortcut and
// ReLU), in one pass over memory, with the same results to the bit. Gradients are added
// up where they are computed (ops.Gradients). Layers keep their names and rows in the
// summary: only the compiler knows what is fused.

// fusion is up to three layers that are computed as one, in place of the last.
type fusion struct {
	norm, shortcut *Layer // shortcut is nil without a sum
}

// fuse returns the fusions of a network by their last layers, and the layers that are
// computed inside one. Layers to keep are not.
func fuse(layers, keep []*Layer) (ends map[*Layer]fusion, inside map[*Layer]bool) {
	readers := map[*Layer]int{}
	for _, l := range keep {
		readers[l] = 2 // the caller, who asked for it, counts as one more
	}
	for _, l := range layers {
		for _, in := range l.Inputs {
			readers[in]++
		}
	}
	ends, inside = map[*Layer]fusion{}, map[*Layer]bool{}
	lone := func(l *Layer, kind string) bool { return l.Kind == kind && readers[l] == 1 && !inside[l] }
	for _, l := range layers {
		if l.Kind != kindReLU {
			continue
		}
		switch in := l.Inputs[0]; {
		case lone(in, kindNorm):
			ends[l], inside[in] = fusion{norm: in}, true
		case lone(in, kindAdd):
			for i, norm := range in.Inputs {
				if lone(norm, kindNorm) {
					ends[l] = fusion{norm, in.Inputs[1-i]}
					inside[in], inside[norm] = true, true
					break
				}
			}
		}
	}
	return ends, inside
}
