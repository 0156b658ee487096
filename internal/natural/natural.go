// Package natural orders the names of files as people count them: img2 before
// img10.
package natural

import (
	"path"
	"strings"

	"github.com/fvbommel/sortorder"
	"golang.org/x/text/unicode/norm"
)

// Compare orders the names of files, with a slash between folders, folder by
// folder: it is negative where a comes first, positive where b does, and 0 of
// equal names alone. Runs of the digits 0 to 9 count as numbers, and of equal
// numbers the one with fewer zeros in front comes first; all else is in the order
// of its bytes in Unicode's normal form C, so that a name sorts alike on all
// systems. The ending of a file counts only where the rest is equal.
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

// compareOne orders two names that differ, in one folder.
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

// stem is a name without its ending, so that a.png is before a1.png.
func stem(name string, folder bool) string {
	if folder {
		return name
	}
	return strings.TrimSuffix(name, path.Ext(name))
}
