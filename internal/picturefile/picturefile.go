// Package picturefile tells picture files by their names.
package picturefile

import (
	"path"
	"strings"
)

// IsRead reports whether a file of this name is a picture that is read: its ending is jpg,
// jpeg or png, in any case.
func IsRead(name string) bool {
	switch ending(name) {
	case ".jpg", ".jpeg", ".png":
		return true
	}
	return false
}

// IsOther reports whether a file of this name is a picture that is not read, because of
// its format or only of its ending.
func IsOther(name string) bool {
	switch ending(name) {
	case ".jpe", ".jfif", ".jp2", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm", ".heic", ".heif", ".avif", ".svg", ".exr", ".tga":
		return true
	}
	return false
}

func ending(name string) string { return strings.ToLower(path.Ext(name)) }
