package report

import "io"

func (b *Brain) writeHTML(w io.Writer, figures []drawing) error { return nil }
