package data

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// tarball packs a small CIFAR-10, with change applied to the list of entries.
func tarball(t *testing.T, change func([]tar.Header, [][]byte) ([]tar.Header, [][]byte)) []byte {
	t.Helper()
	headers := []tar.Header{{Name: cifar10.folder + "/", Typeflag: tar.TypeDir, Mode: 0o755}, {Name: cifar10.folder + "/readme.html"}}
	contents := [][]byte{nil, []byte("<html>")}
	images := noise(12, 10, 3, 32, 32).files
	for i, name := range slices.Concat(cifar10.train, cifar10.test) {
		headers = append(headers, tar.Header{Name: cifar10.folder + "/" + name})
		contents = append(contents, slices.Concat(images[2*i], images[2*i+1]))
	}
	headers = append(headers, tar.Header{Name: cifar10.folder + "/batches.meta.txt"})
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

// offer returns the archive that a server with this handler offers.
func offer(t *testing.T, packed []byte, handler http.HandlerFunc) *archive {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	a := cifar10Archive
	sum := md5.Sum(packed)
	a.url, a.md5, a.stall = server.URL, hex.EncodeToString(sum[:]), time.Minute
	a.bytes = 3 * int64(cifar10.record())
	return &a
}

// send answers with these bytes.
func send(packed []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(packed))
	}
}

// wantNames checks that a folder holds these names and no other.
func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s holds %v, want %v", dir, got, want)
	}
}

func TestDownload(t *testing.T) {
	packed := tarball(t, nil)
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
	wantNames(t, dir, cifar10.folder)
	folder := filepath.Join(dir, cifar10.folder)
	wantNames(t, folder, cifar10Archive.files...) // and no readme.html
	train, test, err := Open("cifar10", dir)
	if err != nil {
		t.Fatal(err)
	}
	want := bytes.Join(noise(12, 10, 3, 32, 32).files, nil)
	if got := strings.Join(append(pixelsOf(t, train), pixelsOf(t, test)...), ""); got != string(want) {
		t.Error("images differ from those in the archive")
	}

	// What is there is not fetched again, by either name of the folder.
	for _, place := range []string{dir, folder} {
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
	wantNames(t, dir, cifar10.folder)
}

func TestDownloadErrors(t *testing.T) {
	good := tarball(t, nil)
	type entries func([]tar.Header, [][]byte) ([]tar.Header, [][]byte)
	for name, c := range map[string]struct {
		entries entries                              // of the archive, nil for the good ones
		answer  func(packed []byte) http.HandlerFunc // nil for the archive
		adjust  func(*archive)                       // nil for nothing
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
			want: "unexpected EOF",
		},
		"truncated without a length": {
			answer: func(packed []byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					w.(http.Flusher).Flush()
					w.Write(packed[:len(packed)/2])
				}
			},
			want: "with MD5",
		},
		"stalled before the answer": {
			answer: func([]byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
			},
			adjust: func(a *archive) { a.stall = 50 * time.Millisecond },
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
			adjust: func(a *archive) { a.stall = 50 * time.Millisecond },
			want:   "sent nothing for 50ms",
		},
		"endless": {
			answer: func([]byte) http.HandlerFunc {
				return func(w http.ResponseWriter, r *http.Request) {
					for r.Context().Err() == nil {
						w.Write(make([]byte, 1<<16))
					}
				}
			},
			adjust: func(a *archive) { a.size = 1 << 20 },
			want:   "sent more than 1048576 bytes",
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
			adjust: func(a *archive) { sum := md5.Sum([]byte("hello")); a.md5 = hex.EncodeToString(sum[:]) },
			answer: func([]byte) http.HandlerFunc { return send([]byte("hello")) },
			want:   "archive: ",
		},
	} {
		t.Run(name, func(t *testing.T) {
			packed := good
			if c.entries != nil {
				packed = tarball(t, c.entries)
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
			wantNames(t, dir)
		})
	}
}

func TestDownloadCancelled(t *testing.T) {
	packed := tarball(t, nil)
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
		wantNames(t, dir)
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

// The server may be slow as long as it is never silent for long, and may say,
// as some do of a .tar.gz, that gzip is the encoding and not the content.
func TestDownloadSlow(t *testing.T) {
	packed := tarball(t, nil)
	a := offer(t, packed, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		for part := range slices.Chunk(packed, len(packed)/8+1) {
			w.Write(part)
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
		}
	})
	a.stall = 400 * time.Millisecond
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
	wantError(t, Download(t.Context(), "cifar", dir, nil), "data: unknown data set \"cifar\", known are sample, cifar10")
	wantError(t, Download(t.Context(), "cifar10", "", nil), "data: cifar10 needs a folder")
	wantNames(t, dir)

	// A data set that is there needs no network.
	writeCIFAR10(t, dir, 1)
	if err := Download(t.Context(), "cifar10", dir, nil); err != nil {
		t.Error(err)
	}
	for _, info := range List() {
		if e, err := find(info.Name); err != nil || info.Download != (e.archive != nil) {
			t.Errorf("%s: Download is %v", info.Name, info.Download)
		}
	}
}
