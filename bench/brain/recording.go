package brain

import (
	"context"
	"fmt"
	"image/color"
	"slices"

	"hypnos/bench/experiment"
	"hypnos/recordings"
)

// Open opens the recording of that name, as recordings.Open does, with a colour behind
// its transparent pictures, nil being none. With skipBad, pictures that cannot be read
// are left out. The observer hears the recording's notes.
func Open(ctx context.Context, name string, background color.Color, skipBad bool, o experiment.Observer) (*recordings.Recording, error) {
	recording, err := recordings.Open(name)
	if err != nil {
		return nil, err
	}
	o = o.Heard()
	for _, note := range recording.Notes {
		o.Note(note)
	}
	recording.Stimuli.Background = background
	if !skipBad {
		return recording, nil
	}
	indices, err := experiment.Readable(ctx, recording.Stimuli, "", o)
	if err != nil {
		return nil, err
	}
	if all := recording.Stimuli.Len(); len(indices) < all {
		recording = recording.Subset(indices)
		recording.Notes = append(slices.Clone(recording.Notes), fmt.Sprintf("%d of %d pictures cannot be read and are left out", all-len(indices), all))
	}
	return recording, nil
}
