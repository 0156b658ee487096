package checkpoint

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/pkg/errors"
)

// The first bytes of formats.
const (
	zipMagic = "PK\x03\x04"
	// streamText is the first pickle of a stream in protocol 0 or 1, in which it is a
	// line of text. Later protocols begin with a byte of their own.
	streamText = "L119547037146038801333356L"
	// tarMagic stands at byte tarOffset.
	tarMagic  = "ustar"
	tarOffset = 257
)

// others are formats that are not read, by their first bytes.
var others = []struct{ magic, what string }{
	{"version https://git-lfs.github.com", "a pointer of Git LFS that stands for the file: git lfs pull fetches it"},
	{"\x1f\x8b", "compressed with gzip: unpack it first"},
	{"BZh", "compressed with bzip2: unpack it first"},
	{"\xfd7zXZ\x00", "compressed with xz: unpack it first"},
	{"7z\xbc\xaf\x27\x1c", "a 7z archive: unpack it first"},
	{"\x28\xb5\x2f\xfd", "compressed with Zstandard: unpack it first"},
	{"Rar!", "a RAR archive: unpack it first"},
	{"\x89HDF", "HDF5, which Keras and MATLAB write: want PyTorch's state dict or safetensors"},
	{"GGUF", "GGUF, which llama.cpp reads: want PyTorch's state dict or safetensors"},
	{"\x93NUMPY", "an array of NumPy: want PyTorch's state dict or safetensors"},
	{"MATLAB", "a file of MATLAB: want PyTorch's state dict or safetensors"},
	{"\x89PNG", "a picture"}, {"\xff\xd8\xff", "a picture"}, {"GIF8", "a picture"},
	{"%PDF", "a PDF"},
}

// open opens a file of the format that its first bytes tell.
func open(data io.ReaderAt, size int64) (*File, error) {
	head := make([]byte, min(size, tarOffset+int64(len(tarMagic))))
	if _, err := io.ReadFull(io.NewSectionReader(data, 0, size), head); err != nil {
		return nil, err
	}
	begins := func(magic string) bool { return strings.HasPrefix(string(head), magic) }
	switch {
	case len(head) == 0:
		return nil, errors.New("the file is empty")
	case begins(zipMagic):
		return openZip(data, size)
	case len(head) > 8 && head[8] == '{':
		return openSafetensors(data, size)
	case begins("\x80"), begins(streamText):
		return openStream(data, size)
	}
	for _, other := range others {
		if begins(other.magic) {
			return nil, errors.Errorf("the file is %s", other.what)
		}
	}
	text := strings.ToLower(strings.TrimSpace(strings.TrimPrefix(string(head), "\ufeff")))
	switch {
	case len(head) > tarOffset && string(head[tarOffset:]) == tarMagic:
		return nil, errors.New("the file is a tar archive: unpack it first")
	case len(head) > 3 && head[0] == 8 && head[1] < 32 && head[2] == 0x12 || bytes.Contains(head, []byte("onnx")):
		return nil, errors.New("the file looks like ONNX: want PyTorch's state dict or safetensors")
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"), strings.HasPrefix(text, "<?xml"):
		return nil, errors.New("the file is a web page: what was downloaded is not the file of weights")
	case isText(head):
		return nil, errors.Errorf("the file is text that begins with %.40q: want PyTorch's state dict or safetensors", head)
	case len(bytes.Trim(head, "\x00")) == 0:
		return nil, errors.New("the file begins with zeros alone: the download or copy has failed")
	}
	return nil, errors.New("the file is neither a PyTorch checkpoint nor safetensors")
}

// isText tells whether the first bytes of a file are text.
func isText(head []byte) bool {
	for len(head) > 0 {
		r, n := utf8.DecodeRune(head)
		if r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == utf8.RuneError && len(head) >= utf8.UTFMax {
			return false
		}
		head = head[n:]
	}
	return true
}
