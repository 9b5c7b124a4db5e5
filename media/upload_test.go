// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/mr-tron/base58"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

func TestUpload(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f, err := h.Upload(t.Context(), h.anna, "foto.jpg", bytes.NewReader(asJPEG(t, quarters(1600, 900))), " De Waag ", [2]float64{0.5, -3})
		if err != nil {
			t.Fatal(err)
		}
		if f.Owner != h.anna || f.Item != 0 || f.Kind != "image" || f.MIME != "image/jpeg" || f.Width != 1600 || f.Height != 900 ||
			f.Description != "De Waag" || f.FocusX != 0.5 || f.FocusY != -1 || f.Blurhash == "" || f.Created.IsZero() {
			t.Errorf("file %+v", f)
		}
		b := h.stored(t, f.Path)
		if int64(len(b)) != f.Size || f.Digest != digest(b) || corners(must[image.Image](t)(jpeg.Decode(bytes.NewReader(b)))) != "rgbw" {
			t.Errorf("stored %d bytes, %s", len(b), f.Digest)
		}
		multihash := must[[]byte](t)(base58.Decode(strings.TrimPrefix(f.Digest, "z")))
		if f.Digest[0] != 'z' || len(multihash) != 34 || multihash[0] != 0x12 || multihash[1] != 32 {
			t.Errorf("digest %s", f.Digest)
		}
		small := must[image.Image](t)(jpeg.Decode(bytes.NewReader(h.stored(t, f.Preview))))
		if s := small.Bounds().Size(); s.X != 640 || s.Y != 360 || corners(small) != "rgbw" {
			t.Errorf("preview %v %s", s, corners(small))
		}
		if h.onDisk(t) != 2 {
			t.Errorf("%d files on disk", h.onDisk(t))
		}
		got := must[*File](t)(h.Get(t.Context(), h.d, h.anna, f.ID))
		if got.Path != f.Path || got.Digest != f.Digest || got.Description != "De Waag" || got.FocusX != 0.5 || got.Width != 1600 {
			t.Errorf("loaded %+v", got)
		}
		_, err = h.Get(t.Context(), h.d, h.bas, f.ID)
		mustBe(t, err, fault.NotFound)
	})
}

func TestUploadFormats(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	clear := quarters(40, 30)
	clear.SetRGBA(3, 3, color.RGBA{})
	gray := image.NewGray16(image.Rect(0, 0, 20, 20))
	w := webps(t)
	for _, c := range []struct {
		name, mime, preview string
		b                   []byte
	}{
		{"jpeg", "image/jpeg", "same", asJPEG(t, quarters(40, 30))},
		{"screenshot", "image/png", "same", asPNG(t, quarters(40, 30))},
		{"large screenshot", "image/png", "image/png", asPNG(t, quarters(1000, 700))},
		{"photo as PNG", "image/jpeg", "image/png", asPNG(t, noise(900, 700))},
		{"transparent PNG", "image/png", "same", asPNG(t, clear)},
		{"gray of 16 bits", "image/png", "same", asPNG(t, gray)},
		{"still GIF", "image/png", "same", asGIF(t, 1, 20, 20)},
		{"moving GIF", "image/gif", "image/png", asGIF(t, 3, 20, 20)},
		{"lossy WebP", "image/jpeg", "same", w["lossy"]},
		{"lossless WebP", "image/png", "same", w["lossless"]}, // a transparent pixel
		{"transparent WebP", "image/png", "same", w["alpha"]},
	} {
		f, err := h.upload(t, c.b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if b := h.stored(t, f.Path); f.MIME != c.mime || sniff(b) != c.mime || !strings.HasSuffix(f.Path, extension(c.mime)) {
			t.Errorf("%s became %s %s", c.name, f.MIME, f.Path)
		}
		if same := f.Preview == f.Path; same != (c.preview == "same") || !same && c.name != "photo as PNG" && sniff(h.stored(t, f.Preview)) != c.preview {
			t.Errorf("%s has the preview %s", c.name, f.Preview)
		}
	}
}

func TestUploadIsScaled(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	f := must[*File](t)(h.upload(t, asJPEG(t, quarters(5000, 1250))))
	if f.Width != MaxSide || f.Height != 960 {
		t.Errorf("%d × %d", f.Width, f.Height)
	}
	c := must[image.Config](t)(jpeg.DecodeConfig(bytes.NewReader(h.stored(t, f.Path))))
	p := must[image.Config](t)(jpeg.DecodeConfig(bytes.NewReader(h.stored(t, f.Preview))))
	if c.Width != f.Width || c.Height != f.Height || p.Width*p.Height > previewPixels || p.Width < 900 {
		t.Errorf("stored %v, preview %v", c, p)
	}
	thin := must[*File](t)(h.upload(t, asPNG(t, quarters(1, 6000))))
	if thin.Width != 1 || thin.Height != MaxSide {
		t.Errorf("%d × %d", thin.Width, thin.Height)
	}
}

// Exif 2.32 §4.6.4: what is at the upper left, and where its neighbours are.
func TestOrientation(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	jpg := asJPEG(t, quarters(64, 32))
	for orientation, want := range map[int]string{1: "rgbw", 2: "grwb", 3: "wbgr", 4: "bwrg", 5: "rbgw", 6: "brwg", 7: "wgbr", 8: "gwrb", 0: "rgbw", 9: "rgbw"} {
		for _, order := range []binary.AppendByteOrder{binary.BigEndian, binary.LittleEndian} {
			f := must[*File](t)(h.upload(t, withSegment(jpg, 0xe1, append([]byte("Exif\x00\x00"), exif(order, orientation)...))))
			b := h.stored(t, f.Path)
			m := must[image.Image](t)(jpeg.Decode(bytes.NewReader(b)))
			if got := corners(m); got != want {
				t.Errorf("orientation %d: %s, want %s", orientation, got, want)
			}
			if upright := orientation >= 5 && orientation <= 8; upright != (f.Height == 64) || m.Bounds().Dx() != f.Width {
				t.Errorf("orientation %d: %d × %d", orientation, f.Width, f.Height)
			}
			if bytes.Contains(b, []byte("Jansen")) || bytes.Contains(b, []byte("Exif")) {
				t.Error("the metadata is still there")
			}
		}
	}
}

func TestMetadataIsGone(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	jpg, pic, moving := asJPEG(t, quarters(8, 8)), asPNG(t, quarters(8, 8)), asGIF(t, 2, 8, 8)
	comment := append(append([]byte{0x21, 0xfe, 6}, "Jansen"...), 0)
	xmp := append(append([]byte{0x21, 0xff, 11}, "XMP DataXMP"...), 6, 'J', 'a', 'n', 's', 'e', 'n', 0)
	for name, b := range map[string][]byte{
		"JPEG comment":  withSegment(jpg, 0xfe, []byte("Jansen")),
		"after JPEG":    append(jpg, "Jansen"...),
		"PNG text":      append(append(pic[:33:33], pngChunk("tEXt", []byte("Author\x00Jansen"))...), pic[33:]...),
		"after PNG":     append(pic, "Jansen"...),
		"GIF comment":   append(append(append(moving[:len(moving)-1:len(moving)-1], comment...), xmp...), 0x3b),
		"after GIF":     append(moving, "Jansen"...),
		"WebP metadata": riff(webps(t)["lossy"][12:], chunk("XMP ", []byte("Jansen"))),
	} {
		f, err := h.upload(t, b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if bytes.Contains(h.stored(t, f.Path), []byte("Jansen")) {
			t.Errorf("%s: it is still there", name)
		}
	}
}

func TestMovingGIFKeepsMoving(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	f := must[*File](t)(h.upload(t, asGIF(t, 5, 30, 20)))
	g := must[*gif.GIF](t)(gif.DecodeAll(bytes.NewReader(h.stored(t, f.Path))))
	if len(g.Image) != 5 || g.LoopCount != 0 || g.Delay[1] != 10 || f.Width != 30 || f.Height != 20 || f.Blurhash == "" {
		t.Errorf("%d frames, loops %d, %+v", len(g.Image), g.LoopCount, f)
	}
}

func TestRefused(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	jpg, pic, anim := asJPEG(t, quarters(200, 200)), asPNG(t, quarters(200, 200)), asGIF(t, 3, 50, 50)
	hugeGIF := asGIF(t, 1, 10, 10)
	binary.LittleEndian.PutUint16(hugeGIF[6:], 60000)
	binary.LittleEndian.PutUint16(hugeGIF[8:], 60000)
	// The canvas is one pixel; the frame in it is 16384 × 16384.
	vp8l := binary.LittleEndian.AppendUint32([]byte{0x2f}, 16383|16383<<14)
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"nothing":                 {nil, "empty"},
		"text":                    {[]byte("hello"), "JPEG, PNG, GIF or WebP"},
		"HTML called foto.jpg":    {[]byte("<!doctype html><script>alert(1)</script>"), "JPEG, PNG, GIF or WebP"},
		"SVG":                     {[]byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`), "JPEG, PNG, GIF or WebP"},
		"PDF":                     {[]byte("%PDF-1.7"), "not what its name says"},
		"AVIF":                    {[]byte("\x00\x00\x00\x20ftypavif\x00\x00\x00\x00"), "AVIF picture"},
		"HEIC":                    {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), "HEIC picture"},
		"a PNG that is HTML":      {[]byte("\x89PNG\r\n\x1a\n<html><script>alert(1)</script>"), "damaged"},
		"a JPEG that is HTML":     {[]byte("\xff\xd8\xff<html>"), "damaged"},
		"a GIF that is a script":  {[]byte("GIF89a/*\x00\x00\x00\x00\x00*/=1;alert(1)"), "damaged"},
		"half a JPEG":             {jpg[:len(jpg)/2], "damaged"},
		"half a PNG":              {pic[:len(pic)/2], "damaged"},
		"half a GIF":              {anim[:len(anim)/2], "damaged"},
		"GIF without an end":      {anim[:len(anim)-1], "damaged"},
		"half a WebP":             {webps(t)["lossy"][:36], "damaged"},
		"PNG of no size":          {pngBomb(0, 0, 8, 2), "damaged"},
		"PNG bomb":                {pngBomb(50_000, 50_000, 8, 2), "too large to process"},
		"PNG bomb, thin":          {pngBomb(2_000_000_000, 1, 1, 0), "too large to process"},
		"PNG bomb of 16 bits":     {pngBomb(5_700, 5_700, 16, 6), "too large to process"},
		"GIF bomb":                {hugeGIF, "too large to process"},
		"GIF bomb of many frames": {asGIF(t, 100, 2000, 2000), "too large to process"},
		"WebP bomb":               {riff(chunk("VP8X", make([]byte, 10)), chunk("VP8L", vp8l)), "too large to process"},
		"17 MB":                   {append(jpg, make([]byte, MaxBytes)...), "at most 16 MB"},
	} {
		_, err := h.upload(t, c.b)
		if fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := h.Upload(t.Context(), h.anna, "x", iotest.ErrReader(io.ErrUnexpectedEOF), "", [2]float64{})
	mustBe(t, err, io.ErrUnexpectedEOF)
	_, err = h.Upload(t.Context(), h.anna, "x", bytes.NewReader(jpg), strings.Repeat("é", MaxDescription+1), [2]float64{})
	mustBe(t, err, fault.Invalid)
	_, err = h.Upload(t.Context(), h.anna, "x", bytes.NewReader(jpg), "", [2]float64{math.NaN(), 0})
	mustBe(t, err, fault.Invalid)
	if n := h.onDisk(t); n != 0 {
		t.Errorf("%d files are left of refused ones", n)
	}
	if n := must[int64](t)(db.One(t.Context(), h.d, db.Scalar[int64], "SELECT COUNT(*) FROM files")); n != 0 {
		t.Errorf("%d rows are left of refused ones", n)
	}
}

// A bomb is refused before anything of its size is allocated.
func TestBombsCostNothing(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 20 {
		if _, err := h.upload(t, pngBomb(50_000, 50_000, 8, 2)); err == nil {
			t.Fatal("accepted")
		}
	}
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > 20<<20 {
		t.Errorf("%d bytes were allocated", n)
	}
}

func TestManyAtOnce(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	jpg := asJPEG(t, quarters(300, 300))
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			if _, err := h.upload(t, jpg); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := h.onDisk(t); n != 12 {
		t.Errorf("%d files on disk", n)
	}
	if !h.pixels.TryAcquire(pixelBudget) {
		t.Error("some of the budget was not given back")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Upload(ctx, h.anna, "x", bytes.NewReader(jpg), "", [2]float64{})
	mustBe(t, err, context.Canceled)
}

func TestAvatar(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for kind, want := range map[string]image.Point{"icon": {400, 400}, "image": {1500, 500}} {
			for _, from := range []image.Point{{1000, 300}, {30, 900}, {1, 1}} {
				address := must[string](t)(h.Avatar(t.Context(), h.anna, bytes.NewReader(asPNG(t, quarters(from.X, from.Y))), kind))
				name := strings.TrimPrefix(address, "https://gouda.example/media/")
				c := must[image.Config](t)(png.DecodeConfig(bytes.NewReader(h.stored(t, name))))
				if c.Width != want.X || c.Height != want.Y {
					t.Errorf("%s of %v is %d × %d", kind, from, c.Width, c.Height)
				}
				_, err := h.Get(t.Context(), h.d, h.anna, idOf(name))
				mustBe(t, err, fault.NotFound)
				if err := h.attach(t, addItem(t, h.d, h.anna), h.anna, idOf(name)); fault.Status(err) != 422 {
					t.Errorf("an avatar can be attached: %v", err)
				}
			}
		}
		_, err := h.Avatar(t.Context(), h.anna, strings.NewReader("no"), "icon")
		mustBe(t, err, fault.Invalid)
	})
}

func FuzzUpload(f *testing.F) {
	f.Add(asJPEG(f, quarters(16, 16)))
	f.Add(withSegment(asJPEG(f, quarters(8, 8)), 0xe1, append([]byte("Exif\x00\x00"), exif(binary.BigEndian, 6)...)))
	f.Add(asPNG(f, quarters(16, 16)))
	f.Add(asGIF(f, 1, 8, 8))
	f.Add(asGIF(f, 3, 8, 8))
	f.Add(pngBomb(50_000, 50_000, 8, 2))
	for _, b := range webps(f) {
		f.Add(b)
	}
	h := New(nil, f.TempDir(), new(url.URL), nil, noFetch) // decoding asks no database
	// Not the context of the test: the end of the fuzzing cancels that, and then waiting fails.
	f.Fuzz(func(t *testing.T, b []byte) {
		p, release, err := h.decode(context.Background(), "x", b)
		if err != nil {
			if fault.Status(err) != 422 {
				t.Fatal(err)
			}
			return
		}
		out, mime := p.animated, "image/gif"
		if out == nil {
			if out, mime, err = encode(p.Image, p.mime); err != nil {
				t.Fatal(err)
			}
		}
		if sniff(out) != mime {
			t.Fatalf("%s is %s", mime, sniff(out))
		}
		if _, err := blur(p.Image); err != nil {
			t.Fatal(err)
		}
		cover(p.Image, 40, 40)
		release()
		if _, again, err := h.decode(context.Background(), "x", out); err != nil {
			t.Fatalf("what was made cannot be read: %v", err)
		} else {
			again()
		}
	})
}
