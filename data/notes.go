package data

// Noted is a data set of which a user should know something that is no error: that an
// order is implied by names alone, or that files were passed over.
type Noted interface {
	// Notes returns a line for each such thing, which names the file or folder.
	Notes() []string
}

// noted are the notes of a data set.
type noted []string

func (n noted) Notes() []string { return n }

// Notes returns the notes of data sets, such as Open and Pictures return.
func Notes(sets ...Dataset) []string {
	var notes []string
	for _, set := range sets {
		if n, ok := set.(Noted); ok {
			notes = append(notes, n.Notes()...)
		}
	}
	return notes
}
