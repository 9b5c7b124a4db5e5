// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// a house is a node with Anna and Bas, who send pictures.
type house struct {
	*Store
	d         *db.DB
	anna, bas int64
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { test(t, open(t, d, noFetch)) })
}

func noFetch(context.Context, string, int64) (io.ReadCloser, string, error) {
	return nil, "", errors.New("nothing is fetched here")
}

func open(t testing.TB, d *db.DB, fetch Fetch) *house {
	t.Helper()
	base, err := url.Parse("https://gouda.example")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{Store: New(d, t.TempDir(), base, []byte("secret of the node"), fetch), d: d}
	h.anna, h.bas = addActor(t, d, "anna"), addActor(t, d, "bas")
	h.MaySee = func(_ *http.Request, viewer, _ int64) error {
		if viewer == h.anna {
			return nil
		}
		return fault.Say(fault.NotFound, "This post does not exist.")
	}
	return h
}

// URL and PreviewURL are the addresses for anna, who may see everything.
func (h *house) URL(f File) string        { return h.Store.URL(f, h.anna) }
func (h *house) PreviewURL(f File) string { return h.Store.PreviewURL(f, h.anna) }

func addActor(t testing.TB, d *db.DB, name string) int64 {
	t.Helper()
	id := d.NewID()
	run(t, d, `INSERT INTO actors (id, iri, kind, local, name, domain, host, published, updated)
		VALUES ($1, $2, 'Person', TRUE, $3, 'gouda.example', 'gouda.example', 1, 1)`, id, "https://gouda.example/users/"+name, name)
	return int64(id)
}

func addItem(t testing.TB, d *db.DB, author int64) int64 {
	t.Helper()
	id := d.NewID()
	run(t, d, `INSERT INTO items (id, iri, kind, local, author, audience, thread, published, created)
		VALUES ($1, $2, 'Note', TRUE, $3, 0, $1, 1, 1)`, id, "https://gouda.example/items/"+time.UnixMilli(id).String(), author)
	return id
}

func run(t testing.TB, d *db.DB, text string, args ...any) {
	t.Helper()
	if _, err := d.Exec(t.Context(), text, args...); err != nil {
		t.Fatal(err)
	}
}

func mustBe(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
}

func must[T any](t testing.TB) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (h *house) upload(t testing.TB, b []byte) (*File, error) {
	t.Helper()
	return h.Upload(t.Context(), h.anna, "foto.jpg", bytes.NewReader(b), "", [2]float64{})
}

func (h *house) attach(t testing.TB, item int64, owner int64, ids ...ID) error {
	t.Helper()
	return h.d.Tx(t.Context(), func(tx *db.Tx) error { return Attach(t.Context(), tx, item, owner, ids) })
}

// stored reads the bytes of a name in the store.
func (h *house) stored(t testing.TB, name string) []byte {
	t.Helper()
	return must[[]byte](t)(os.ReadFile(h.file(name)))
}

// onDisk counts the files of the store, temporary ones too.
func (h *house) onDisk(t testing.TB) (n int) {
	t.Helper()
	err := filepath.WalkDir(h.dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// quarters is a picture with a colour in each corner: red, green, blue, white from the upper left, row by row.
func quarters(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	corners := []color.RGBA{{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {255, 255, 255, 255}}
	for y := range h {
		for x := range w {
			m.SetRGBA(x, y, corners[2*(2*y/h)+2*x/w])
		}
	}
	return m
}

// corner names the colour at a corner: r, g, b or w.
func corner(m image.Image, right, lower bool) string {
	b := m.Bounds()
	x, y := b.Min.X+b.Dx()/8, b.Min.Y+b.Dy()/8
	if right {
		x = b.Max.X - 1 - b.Dx()/8
	}
	if lower {
		y = b.Max.Y - 1 - b.Dy()/8
	}
	red, green, blue, _ := m.At(x, y).RGBA()
	switch high := [3]bool{red > 0x8000, green > 0x8000, blue > 0x8000}; high {
	case [3]bool{true, false, false}:
		return "r"
	case [3]bool{false, true, false}:
		return "g"
	case [3]bool{false, false, true}:
		return "b"
	case [3]bool{true, true, true}:
		return "w"
	}
	return "?"
}

func corners(m image.Image) string {
	return corner(m, false, false) + corner(m, true, false) + corner(m, false, true) + corner(m, true, true)
}

// noise does not compress.
func noise(w, h int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	r := rand.New(rand.NewPCG(1, 2))
	for i := range m.Pix {
		m.Pix[i] = byte(r.Uint32()) | byte(255*(i%4/3))
	}
	return m
}

func asJPEG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asGIF(t testing.TB, frames int, w, h int) []byte {
	g := gif.GIF{LoopCount: 0}
	for i := range frames {
		p := image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White, color.RGBA{255, 0, 0, 255}})
		for j := range p.Pix {
			p.Pix[j] = byte((i + j) % 3)
		}
		g.Image, g.Delay = append(g.Image, p), append(g.Delay, 10)
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &g); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The smallest WebP pictures: one pixel with losses, without, and transparent.
func webps(t testing.TB) map[string][]byte {
	all := make(map[string][]byte)
	for name, text := range map[string]string{
		"lossy":    "UklGRiIAAABXRUJQVlA4IBYAAAAwAQCdASoBAAEADsD+JaQAA3AAAAAA",
		"lossless": "UklGRhoAAABXRUJQVlA4TA0AAAAvAAAAEAcQERGIiP4HAA==",
		"alpha":    "UklGRkoAAABXRUJQVlA4WAoAAAAQAAAAAAAAAAAAQUxQSAwAAAARBxAR/Q9ERP8DAABWUDggGAAAABQBAJ0BKgEAAQAAAP4AAA3AAP7mtQAAAA==",
	} {
		all[name] = must[[]byte](t)(base64.StdEncoding.DecodeString(text))
	}
	return all
}

func riff(chunks ...[]byte) []byte {
	body := append([]byte("WEBP"), bytes.Join(chunks, nil)...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func chunk(name string, body []byte) []byte {
	b := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(body))), body...)
	return append(b, make([]byte, len(body)%2)...)
}

// exif is what a camera writes: one entry, the orientation.
func exif(order binary.AppendByteOrder, orientation int) []byte {
	b := []byte("MM\x00*")
	if order == binary.AppendByteOrder(binary.LittleEndian) {
		b = []byte("II*\x00")
	}
	b = order.AppendUint32(b, 8)
	b = order.AppendUint16(b, 1)
	b = order.AppendUint16(b, 0x0112)
	b = order.AppendUint16(b, 3)
	b = order.AppendUint32(b, 1)
	b = order.AppendUint16(b, uint16(orientation))
	return append(b, "\x00\x00\x00\x00\x00\x00Jan Jansen, 52.0116N 4.7105E"...)
}

// withSegment puts a segment at the beginning of a JPEG.
func withSegment(jpg []byte, marker byte, body []byte) []byte {
	b := append([]byte{}, jpg[:2]...)
	b = append(b, 0xff, marker)
	b = binary.BigEndian.AppendUint16(b, uint16(len(body)+2))
	return append(append(b, body...), jpg[2:]...)
}

// pngChunk is a chunk with its check sum.
func pngChunk(name string, body []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, name...), body...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// pngBomb announces a size and has no pixels.
func pngBomb(w, h uint32, depth, kind byte) []byte {
	body := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, w), h)
	b := append([]byte("\x89PNG\r\n\x1a\n"), pngChunk("IHDR", append(body, depth, kind, 0, 0, 0))...)
	return append(b, pngChunk("IDAT", []byte{0x78, 0x9c})...)
}
