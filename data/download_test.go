package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// packCIFAR10 packs a small CIFAR-10, with change applied to the list of entries.
func packCIFAR10(t *testing.T, change func([]tar.Header, [][]byte) ([]tar.Header, [][]byte)) []byte {
	t.Helper()
	headers := []tar.Header{{Name: cifar10.versions[0].folder + "/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: cifar10.versions[0].folder + "/readme.html"}}
	contents := [][]byte{nil, []byte("<html>")}
	images := noise(12, 10, 3, 32, 32).files
	for i, name := range slices.Concat(cifar10.versions[0].train, cifar10.versions[0].test) {
		headers = append(headers, tar.Header{Name: cifar10.versions[0].folder + "/" + name})
		contents = append(contents, slices.Concat(images[2*i], images[2*i+1]))
	}
	headers = append(headers, tar.Header{Name: cifar10.versions[0].folder + "/batches.meta.txt"})
	contents = append(contents, []byte(strings.Join(cifar10Classes, "\n")+"\n"))
	if change != nil {
		headers, contents = change(headers, contents)
	}

	var b bytes.Buffer
	zipped := gzip.NewWriter(&b)
	w := tar.NewWriter(zipped)
	for i, h := range headers {
		if h.Typeflag == 0 {
			h.Typeflag, h.Mode = tar.TypeReg, 0o600
		}
		h.Size = int64(len(contents[i]))
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(contents[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// offer returns CIFAR-10 as a server with this handler offers it.
func offer(t *testing.T, packed []byte, handler http.HandlerFunc) *origin {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	s, archive := *cifar10Origin, *cifar10Origin.tarball
	archive.bytes = 3 * int64(cifar10.record())
	s.tarball = &archive
	s.files = []remote{{name: "archive", url: server.URL, md5: sumOf(packed), size: 1 << 20, stall: time.Minute}}
	return &s
}

func sumOf(contents []byte) string {
	sum := md5.Sum(contents)
	return hex.EncodeToString(sum[:])
}

// cifar10Work is where a download of CIFAR-10 is under way.
const cifar10Work = ".download-cifar-10-batches-bin"

// send answers with these bytes.
func send(packed []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
	}
}

// wantNames checks that a folder holds these names and no other but those of
// locks, which stay.
func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".lock") {
			got = append(got, e.Name())
		}
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %v, want %v", dir, got, want)
	}
}

func TestDownload(t *testing.T) {
	packed := packCIFAR10(t, nil)
	requests := 0
	a := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
		requests++
		send(packed)(w, r)
	})
	dir := filepath.Join(t.TempDir(), "new", "folder")
	var last int64
	progress := func(done, total int64) {
		if total != int64(len(packed)) || done <= last || done > total {
			t.Errorf("progress %d of %d after %d, want up to %d", done, total, last, len(packed))
		}
		last = done
	}
	if err := a.download(t.Context(), dir, progress); err != nil {
		t.Fatal(err)
	}
	if last != int64(len(packed)) {
		t.Errorf("progress ended at %d of %d", last, len(packed))
	}
	wantNames(t, dir, cifar10.versions[0].folder)
	folder := filepath.Join(dir, cifar10.versions[0].folder)
	wantNames(t, folder, cifar10Origin.tarball.files...) // and no readme.html
	train, test, err := Open("cifar10", dir)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Join(noise(12, 10, 3, 32, 32).files, nil)
	if got := strings.Join(append(pixelsOf(t, train), pixelsOf(t, test)...), ""); got != string(want) {
		t.Error("images differ from those in the archive")
	}

	// What is there is not fetched again, from wherever it is found.
	for _, place := range []string{dir, folder, filepath.Dir(dir)} {
		if err := a.download(t.Context(), place, nil); err != nil {
			t.Error(err)
		}
	}
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}

	// A broken folder is left alone.
	if err := os.Truncate(filepath.Join(folder, "test_batch.bin"), 5); err != nil {
		t.Fatal(err)
	}
	wantError(t, a.download(t.Context(), dir, nil), folder+" is in the way", "test_batch.bin: byte 0")
	if requests != 1 {
		t.Errorf("%d requests, want 1", requests)
	}
	wantNames(t, dir, cifar10.versions[0].folder)
}

func TestDownloadErrors(t *testing.T) {
	good := packCIFAR10(t, nil)
	type entries func([]tar.Header, [][]byte) ([]tar.Header, [][]byte)
	for name, c := range map[string]struct {
		entries entries                              // of the archive, nil for the good ones
		answer  func(packed []byte) http.HandlerFunc // nil for the archive
		adjust  func(*origin)                        // nil for nothing
		kept    bool                                 // bytes for the next download
		want    string
	}{
		"404": {
			answer: func([]byte) http.HandlerFunc { return http.NotFound },
			want:   "answered 404 Not Found",
		},
		"wrong checksum": {
			answer: func(packed []byte) http.HandlerFunc { return send(append(bytes.Clone(packed), 0)) },
			want:   "want ",
		},
		"truncated": {
			answer: func(packed []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Length", "10000000")
					w.Write(packed[:len(packed)/2])
				}
			},
			want: "from which the next download goes on: unexpected EOF",
			kept: true,
		},
		"more than the length": {
			answer: func(packed []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Length", "100")
					w.Write(packed[:100])
				}
			},
			want: "after 100 bytes: ",
		},
		"cut off": {
			answer: func(packed []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					w.Write(packed[:len(packed)/2])
					w.(http.Flusher).Flush()
					panic(http.ErrAbortHandler)
				}
			},
			want: "from which the next download goes on",
			kept: true,
		},
		"truncated without a length": {
			answer: func(packed []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					w.(http.Flusher).Flush()
					w.Write(packed[:len(packed)/2])
				}
			},
			want: "what has MD5",
		},
		"stalled before the answer": {
			answer: func([]byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
			},
			adjust: func(s *origin) { s.files[0].stall = 50 * time.Millisecond },
			want:   "sent nothing for 50ms",
		},
		"stalled in the middle": {
			answer: func(packed []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					w.Write(packed[:len(packed)/2])
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				}
			},
			adjust: func(s *origin) { s.files[0].stall = 500 * time.Millisecond },
			want:   "sent nothing for 500ms",
			kept:   true,
		},
		"endless": {
			answer: func([]byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					for r.Context().Err() == nil {
						w.Write(make([]byte, 1<<16))
					}
				}
			},
			want: "sent more than 1048576 bytes",
		},
		"path escape": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) {
				return slices.Insert(h, 1, tar.Header{Name: "../../evil"}), slices.Insert(b, 1, []byte("evil"))
			},
			want: `entry "../../evil" outside its folder`,
		},
		"absolute path": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) {
				return slices.Insert(h, 1, tar.Header{Name: "/evil"}), slices.Insert(b, 1, []byte("evil"))
			},
			want: `entry "/evil" outside its folder`,
		},
		"link": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) {
				h[2].Typeflag, h[2].Linkname, b[2] = tar.TypeSymlink, "/etc/passwd", nil
				return h, b
			},
			want: "data_batch_1.bin as type '2'",
		},
		"large file": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) {
				b[3] = make([]byte, 4*cifar10.record())
				return h, b
			},
			want: "data_batch_2.bin as type '0' of 12292 bytes, want a file of at most 9219",
		},
		"bomb": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) {
				return slices.Insert(h, 1, tar.Header{Name: "bomb"}), slices.Insert(b, 1, make([]byte, 1e6))
			},
			want: "archive",
		},
		"file missing": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) { return h[:8], b[:8] },
			want:    "archive has no cifar-10-batches-bin/batches.meta.txt",
		},
		"broken file": {
			entries: func(h []tar.Header, b [][]byte) ([]tar.Header, [][]byte) {
				b[3][0] = 10
				return h, b
			},
			want: "data_batch_2.bin: byte 0: label 10",
		},
		"not an archive": {
			adjust: func(s *origin) { s.files[0].md5 = sumOf([]byte("hello")) },
			answer: func([]byte) http.HandlerFunc { return send([]byte("hello")) },
			want:   "archive: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			packed := good
			if c.entries != nil {
				packed = packCIFAR10(t, c.entries)
			}
			handler := send(packed)
			if c.answer != nil {
				handler = c.answer(packed)
			}
			a := offer(t, packed, handler)
			if c.adjust != nil {
				c.adjust(a)
			}
			parent := t.TempDir()
			dir := filepath.Join(parent, "data")
			err := a.download(t.Context(), dir, nil)
			wantError(t, err, c.want)
			wantNames(t, parent, "data")
			if c.kept {
				wantNames(t, dir, cifar10Work)
			} else {
				wantNames(t, dir)
			}
		})
	}
}

func TestDownloadCancelled(t *testing.T) {
	packed := packCIFAR10(t, nil)
	t.Run("before", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		dir := t.TempDir()
		if err := offer(t, packed, send(packed)).download(ctx, dir, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
		wantNames(t, dir)
	})
	t.Run("while the server is silent", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		dir := t.TempDir()
		a := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
			w.Write(packed[:10])
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		})
		err := a.download(ctx, dir, func(int64, int64) { cancel() })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
		wantNames(t, dir, cifar10Work)
	})
	t.Run("after the last byte", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		dir := t.TempDir()
		err := offer(t, packed, send(packed)).download(ctx, dir, func(done, total int64) {
			if done == total {
				cancel()
			}
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v, want context.Canceled", err)
		}
		wantNames(t, dir)
	})
}

// Of two downloads into one folder the second names the first, and leaves it
// alone; once that is over, all is there.
func TestTwoDownloads(t *testing.T) {
	packed := packCIFAR10(t, nil)
	begun, goOn := make(chan bool), make(chan bool)
	a := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
		w.Write(packed[:10])
		w.(http.Flusher).Flush()
		close(begun) // a second request would panic
		<-goOn
		w.Write(packed[10:])
	})
	a.files[0].stall = time.Minute
	dir := filepath.Join(t.TempDir(), "new")
	first := make(chan error)
	go func() { first <- a.download(t.Context(), dir, nil) }()
	<-begun
	wantError(t, a.download(t.Context(), dir, nil), fmt.Sprintf("%s is in use by process %d since 20", dir, os.Getpid()))
	close(goOn)
	if err := <-first; err != nil {
		t.Error(err)
	}
	wantNames(t, dir, cifar10.versions[0].folder)
	if err := a.download(t.Context(), dir, nil); err != nil {
		t.Error(err)
	}
}

// The server may be slow as long as it is never silent for long, and may say,
// as some do of a .tar.gz, that gzip is the encoding and not the content.
func TestDownloadSlow(t *testing.T) {
	packed := packCIFAR10(t, nil)
	a := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		for part := range slices.Chunk(packed, len(packed)/12+1) {
			w.Write(part)
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	a.files[0].stall = time.Second
	unannounced := true
	if err := a.download(t.Context(), t.TempDir(), func(_, total int64) { unannounced = unannounced && total == -1 }); err != nil {
		t.Fatal(err)
	}
	if !unannounced {
		t.Error("a total that the server did not announce, want -1")
	}
}

func TestDownloadNames(t *testing.T) {
	dir := t.TempDir()
	wantError(t, Download(t.Context(), "sample", dir, nil), "data: sample", "nothing to download")
	wantError(t, Download(t.Context(), "imagenet", dir, nil), "data: there is nothing to download for imagenet")
	wantError(t, Download(t.Context(), "cifar", dir, nil), "data: unknown data set \"cifar\", known are sample, cifar10")
	wantError(t, Download(t.Context(), "cifar10", "", nil), "data: cifar10 needs a folder")
	wantNames(t, dir)

	// A data set that is there needs no network.
	writeCIFAR10(t, dir, 1)
	if err := Download(t.Context(), "cifar10", dir, nil); err != nil {
		t.Error(err)
	}
	for _, info := range List() {
		if e, err := find(info.Name); err != nil || info.Download != (e.origin != nil) {
			t.Errorf("%s: Download is %v", info.Name, info.Download)
		}
	}
}

// A download that broke off goes on where it was, whatever the server makes of
// that; bytes that do not belong to the file cost nothing but time.
func TestDownloadResumes(t *testing.T) {
	packed := packCIFAR10(t, nil)
	half := len(packed) / 2
	for name, c := range map[string]struct {
		there  []byte // from a download before
		answer func(w http.ResponseWriter, r *http.Request)
		want   []string // ranges that are asked for
	}{
		"half is there":      {there: packed[:half], want: []string{fmt.Sprintf("bytes=%d-", half)}},
		"all but a byte":     {there: packed[:len(packed)-1], want: []string{fmt.Sprintf("bytes=%d-", len(packed)-1)}},
		"all is there":       {there: packed},
		"nothing is there":   {there: []byte{}, want: []string{""}},
		"too much is there":  {there: append(bytes.Clone(packed), 1, 2, 3), want: []string{fmt.Sprintf("bytes=%d-", len(packed)+3), ""}},
		"more than any file": {there: make([]byte, 1<<20), want: []string{""}},
		"other bytes":        {there: make([]byte, half), want: []string{fmt.Sprintf("bytes=%d-", half), ""}},
		"ranges are ignored": {
			there:  packed[:half],
			answer: func(w http.ResponseWriter, r *http.Request) { w.Write(packed) },
			want:   []string{fmt.Sprintf("bytes=%d-", half), ""},
		},
		"another range": {
			there: packed[:half],
			answer: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") == "" {
					w.Write(packed)
					return
				}
				w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-%d/%d", len(packed)-1, len(packed)))
				w.WriteHeader(http.StatusPartialContent)
				w.Write(packed)
			},
			want: []string{fmt.Sprintf("bytes=%d-", half), ""},
		},
		"a lie about the range": {
			there: packed[:half],
			answer: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Range") == "" {
					w.Write(packed)
					return
				}
				w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", half, len(packed)-1, len(packed)))
				w.WriteHeader(http.StatusPartialContent)
				w.Write(packed[:half])
			},
			want: []string{fmt.Sprintf("bytes=%d-", half), ""},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ranges []string
			s := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
				ranges = append(ranges, r.Header.Get("Range"))
				if c.answer != nil {
					c.answer(w, r)
					return
				}
				send(packed)(w, r)
			})
			dir := t.TempDir()
			writeFiles(t, dir, map[string][]byte{"archive": c.there})
			last, whole := int64(0), false
			path := filepath.Join(dir, "archive")
			err := s.files[0].fetch(t.Context(), path, func(done, total int64) {
				last, whole = done, whole || done == total
			})
			if err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, packed) {
				t.Errorf("the file differs from the server's: %v", err)
			}
			if !slices.Equal(ranges, c.want) {
				t.Errorf("asked for %q, want %q", ranges, c.want)
			}
			if len(c.want) > 0 && (last != int64(len(packed)) || !whole && c.answer == nil) {
				t.Errorf("progress ended at %d of %d", last, len(packed))
			}
		})
	}
}

// A server that breaks off again and again gives the whole file in the end, each
// time from where it was.
func TestDownloadInPieces(t *testing.T) {
	packed := packCIFAR10(t, nil)
	piece := len(packed)/5 + 1
	sent := 0
	s := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
		from := 0
		fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-", &from)
		if from != sent {
			t.Errorf("asked for byte %d, sent were %d", from, sent)
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(packed)-from))
		if from > 0 {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(packed)-1, len(packed)))
			w.WriteHeader(http.StatusPartialContent)
		}
		n, _ := w.Write(packed[from:min(from+piece, len(packed))])
		sent += n
	})
	dir := t.TempDir()
	touch(t, filepath.Join(dir, cifar10Work, "ready", "left over"))
	for i := range 5 {
		err := s.download(t.Context(), dir, nil)
		if (err == nil) != (i == 4) {
			t.Fatalf("after piece %d: %v", i, err)
		}
	}
	wantNames(t, dir, cifar10.versions[0].folder)
	wantNames(t, filepath.Join(dir, cifar10.versions[0].folder), cifar10Origin.tarball.files...)
}

// The files of the MNIST family are kept as they come, and those that are there
// are not fetched again.
func TestDownloadIDX(t *testing.T) {
	files, images := idxFiles(5, 4)
	s := *mnistOrigin
	s.files = slices.Clone(s.files)
	var asked []string
	cut := true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/")
		asked = append(asked, name+" "+r.Header.Get("Range"))
		packed := gzipped(t, files[strings.TrimSuffix(name, ".gz")])
		if cut && strings.HasPrefix(name, "t10k-images") {
			w.Header().Set("Content-Length", fmt.Sprint(len(packed)))
			w.Write(packed[:100])
			return
		}
		send(packed)(w, r)
	}))
	t.Cleanup(server.Close)
	for i, r := range s.files {
		s.files[i].url = server.URL + "/" + r.name
		s.files[i].md5 = sumOf(gzipped(t, files[strings.TrimSuffix(r.name, ".gz")]))
	}
	dir := t.TempDir()
	wantError(t, s.download(t.Context(), dir, nil), "after 100 bytes")
	wantNames(t, dir, ".download-mnist")
	cut = false
	if err := s.download(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"train-images-idx3-ubyte.gz ", "train-labels-idx1-ubyte.gz ", "t10k-images-idx3-ubyte.gz ",
		"t10k-images-idx3-ubyte.gz bytes=100-", "t10k-labels-idx1-ubyte.gz ",
	}
	if !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	wantNames(t, dir, "mnist")
	train, test, err := Open("mnist", dir)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(pixelsOf(t, train), images[0]) || !slices.Equal(pixelsOf(t, test), images[1]) {
		t.Error("images differ from those on the server")
	}
	if err := s.download(t.Context(), dir, nil); err != nil || len(asked) != len(want) {
		t.Errorf("fetched again: %q, %v", asked, err)
	}
}

// What is fetched has a place, a published sum and a bound.
func TestSources(t *testing.T) {
	seen := map[string]bool{}
	for _, e := range registry {
		if e.origin == nil {
			continue
		}
		for _, r := range e.origin.files {
			sum, err := hex.DecodeString(r.md5)
			if err != nil || len(sum) != md5.Size || r.size < 1e6 || r.stall != stall || !strings.HasSuffix(r.url, "/"+r.name) {
				t.Errorf("%s: %+v, %v", e.Name, r, err)
			}
			if e.Name != "cifar100-coarse" && seen[r.md5] {
				t.Errorf("%s: the sum of %s is another file's", e.Name, r.name)
			}
			seen[r.md5] = true
		}
	}
	if len(seen) != 2+3*4 {
		t.Errorf("%d files, want 14", len(seen))
	}
	if n := cifar100Origin.tarball.bytes; n != 50_000*3074 {
		t.Errorf("CIFAR-100 unpacks to files of %d bytes", n)
	}
}
