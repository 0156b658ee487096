package data

// Noted is a data set of which a user should know something that does not keep
// it from being read: an order that only names imply, files that were passed
// over.
type Noted interface {
	// Notes returns it, a line each, which names the file or folder.
	Notes() []string
}

// noted is what there is to know of a data set.
type noted []string

func (n noted) Notes() []string { return n }

// Notes returns the notes of data sets as Open and Pictures return them.
func Notes(sets ...Dataset) []string {
	var notes []string
	for _, set := range sets {
		if n, ok := set.(Noted); ok {
			notes = append(notes, n.Notes()...)
		}
	}
	return notes
}
