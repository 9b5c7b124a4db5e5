// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// put makes the row of a shelved file.
func (h *house) put(t testing.TB, f *File, item int64) {
	t.Helper()
	f.Owner, f.Item = h.bas, item
	if err := h.d.Tx(t.Context(), func(tx *db.Tx) error { return Put(t.Context(), tx, f, 0) }); err != nil {
		t.Fatal(err)
	}
}

// What an archive brings is known by its bytes, whatever is said of it, and nothing of it can run.
func TestFilesOfAnArchive(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		picture := asPNG(t, quarters(40, 30))
		webp := []byte("RIFF\x20\x00\x00\x00WEBPVP8 and so on")
		for _, c := range []struct {
			name, says, end, mime, disposition string
			b                                  []byte
		}{
			{"a picture", "image/png", ".png", "image/png", "inline", picture},
			{"a picture that is said to be a page", "text/html", ".png", "image/png", "inline", picture},
			{"a picture of a kind that is not made here", "image/webp", ".webp", "image/webp", "inline", webp},
			{"a page that is said to be a picture", "image/png", ".bin", "application/octet-stream", "attachment", []byte("<script>alert(1)</script>")},
			{"a page", "text/html", ".bin", "application/octet-stream", "attachment", []byte("<script>alert(1)</script>")},
			{"a text", "text/plain", ".txt", "text/plain; charset=utf-8", "attachment", []byte("De nota")},
			{"nothing", "image/png", ".bin", "application/octet-stream", "attachment", nil},
		} {
			f := &File{ID: ID(h.d.NewID()), MIME: c.says, Name: "../x" + c.end, Remote: "https://delft.example/media/x", Kind: "image"}
			if err := h.Shelve(f, bytes.NewReader(c.b)); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			sum := sha256.Sum256(c.b)
			if !strings.HasSuffix(f.Path, c.end) || f.Size != int64(len(c.b)) || SHA256(f.Digest) != hex.EncodeToString(sum[:]) {
				t.Errorf("%s is %+v", c.name, f)
			}
			h.put(t, f, addItem(t, h.d, h.bas))
			answer := h.get(t, h.URL(*f))
			body, err := io.ReadAll(answer.Body)
			if err != nil || answer.StatusCode != 200 || !bytes.Equal(body, c.b) || answer.Header.Get("Content-Type") != c.mime || !strings.HasPrefix(answer.Header.Get("Content-Disposition"), c.disposition) {
				t.Errorf("%s is served as %d %v", c.name, answer.StatusCode, answer.Header)
			}
			got := h.read(t, *f)
			if !bytes.Equal(got, c.b) {
				t.Errorf("%s goes into an archive as %q", c.name, got)
			}
		}
		if SHA256("zQmother") != "" || SHA256("") != "" || SHA256("f1220") != "" {
			t.Error("what is no SHA-256 is taken for one")
		}
	})
}

// read reads the bytes of a file as an export does.
func (h *house) read(t testing.TB, f File) []byte {
	t.Helper()
	b := must[*os.File](t)(h.Bytes(t.Context(), f))
	defer b.Close()
	return must[[]byte](t)(io.ReadAll(b))
}

// A file that this node had gets its name and number again; another's name is never taken.
func TestAFileComesBackUnderItsName(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		picture := asPNG(t, quarters(900, 700))
		had := must[*File](t)(h.upload(t, picture))
		b := h.read(t, *had)
		small := must[*os.File](t)(h.PreviewBytes(*had))
		preview := must[[]byte](t)(io.ReadAll(small))
		small.Close()

		other := &File{ID: had.ID, Path: had.Path}
		if err := h.Shelve(other, bytes.NewReader(b)); err != nil || other.Path == had.Path {
			t.Errorf("the name of a file that is there was taken: %s, %v", other.Path, err)
		}
		h.Unshelve(other)
		if _, err := h.Bytes(t.Context(), *other); !errors.Is(err, fault.NotFound) {
			t.Errorf("what was thrown away is there: %v", err)
		}
		for _, path := range []string{"../../etc/passwd", strings.Replace(had.Path, "-", "-9", 1), strings.TrimSuffix(had.Path, ".png") + ".txt"} {
			forged := &File{ID: had.ID, Path: path}
			if err := h.Shelve(forged, bytes.NewReader(b)); err != nil || forged.Path == path || idOf(forged.Path) != had.ID {
				t.Errorf("the name %s became %s, %v", path, forged.Path, err)
			}
			h.Unshelve(forged)
		}
		if err := h.Delete(t.Context(), h.anna, had.ID); err != nil {
			t.Fatal(err)
		}
		if taken := must[bool](t)(Taken(t.Context(), h.d, had.ID)); taken {
			t.Error("a file that was deleted has its number still")
		}
		again := &File{ID: had.ID, Path: had.Path, Width: had.Width, Height: had.Height}
		if err := h.Shelve(again, bytes.NewReader(b)); err != nil || again.Path != had.Path {
			t.Errorf("its name is %s, and was %s: %v", again.Path, had.Path, err)
		}
		if err := h.ShelvePreview(again, bytes.NewReader(preview)); err != nil || again.Preview == "" || again.Preview == again.Path {
			t.Errorf("its small version is %q: %v", again.Preview, err)
		}
		h.put(t, again, addItem(t, h.d, h.bas))
		if h.status(t, h.local(had.Path)) != 200 || h.status(t, h.PreviewURL(*again)) != 200 {
			t.Error("it is not served at its address")
		}
		if err := h.ShelvePreview(&File{ID: 7}, strings.NewReader("no picture")); err != nil {
			t.Fatal(err)
		}
	})
}
