// Package natural puts the names of files in the order in which people count: img2 before
// img10.
package natural

import (
	"path"
	"strings"

	"github.com/fvbommel/sortorder"
	"golang.org/x/text/unicode/norm"
)

// Compare compares the names of files folder by folder, with slashes between folders. It
// is negative if a comes first, positive if b does, and 0 only if they are equal.
//
// Runs of the digits 0 to 9 count as numbers; of equal numbers the one with fewer zeros in
// front comes first. Everything else is in the order of its bytes in Unicode's normal form
// C, which is the same on all systems. The ending of a file counts only if the rest is
// equal.
func Compare(a, b string) int {
	for {
		x, afterX, folderX := strings.Cut(a, "/")
		y, afterY, folderY := strings.Cut(b, "/")
		if x != y {
			return compareOne(x, y, folderX, folderY)
		}
		if !folderX || !folderY {
			return len(a) - len(b)
		}
		a, b = afterX, afterY
	}
}

// compareOne compares two names that differ, of files or folders in one folder.
func compareOne(x, y string, folderX, folderY bool) int {
	p, q := norm.NFC.String(x), norm.NFC.String(y)
	if c := sortorder.NaturalCompare(stem(p, folderX), stem(q, folderY)); c != 0 {
		return c
	}
	if c := sortorder.NaturalCompare(p, q); c != 0 {
		return c
	}
	return strings.Compare(x, y)
}

// stem returns the name of a file without its ending, so that a.png is before a1.png.
func stem(name string, folder bool) string {
	if folder {
		return name
	}
	return strings.TrimSuffix(name, path.Ext(name))
}
