// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math"
	"slices"
	"strings"

	"github.com/buckket/go-blurhash"
	"golang.org/x/image/draw"
	"golang.org/x/image/vp8"
	"golang.org/x/image/vp8l"
	"golang.org/x/image/webp"

	"github.com/pleio-node/pleio-node/fault"
)

// pixelBudget is how many bytes all pictures that are being decoded may take. One picture takes at least half of it, so
// at most two are decoded at once, and a node stays small.
const pixelBudget = 192 << 20

// picture is a decoded file.
type picture struct {
	image.Image
	mime     string
	animated []byte // the cleaned file, when it moves
}

// decode reads a picture of a known type, within bounds that are checked before anything of its size is allocated.
// It holds a part of the budget until release is called.
func (s *Store) decode(ctx context.Context, name string, b []byte) (p *picture, release func(), err error) {
	mime, turn := sniff(b), 1
	switch {
	case mime == "image/avif":
		turn = rotation(b)
		if b, err = s.fromAVIF(ctx, name, b); err != nil {
			return nil, nil, err
		}
		mime = sniff(b)
	case mime == "image/heic":
		return nil, nil, fault.Say(fault.Invalid, "%s is a HEIC picture, which this server cannot read. Send it as a JPEG file; the camera of a phone makes those when it is set to “most compatible”.", said(name))
	}
	if !slices.Contains(pictures, mime) {
		return nil, nil, fault.Say(fault.Invalid, "%s is not a picture that this node can read. Send a JPEG, PNG, GIF or WebP file.", said(name))
	}
	damaged := fault.Say(fault.Invalid, "%s is damaged or incomplete: it begins like a picture (%s), but cannot be read to its end.", said(name), mime)
	width, height, cost, err := measure(mime, b)
	if err != nil || width < 1 || height < 1 {
		return nil, nil, damaged
	}
	if int64(width)*int64(height) > MaxPixels || cost > pixelBudget {
		return nil, nil, tooManyPixels(name, width, height)
	}
	cost = max(cost, pixelBudget/2)
	if err := s.pixels.Acquire(ctx, cost); err != nil {
		return nil, nil, fmt.Errorf("wait to read a picture: %w", err)
	}
	p = &picture{mime: mime}
	switch mime {
	case "image/jpeg":
		p.Image, err = jpeg.Decode(bytes.NewReader(b))
	case "image/png":
		p.Image, err = png.Decode(bytes.NewReader(b))
	case "image/webp":
		p.Image, err = webp.Decode(bytes.NewReader(b))
	case "image/gif":
		err = p.decodeGIF(b)
	}
	if err != nil {
		s.pixels.Release(cost)
		return nil, nil, damaged
	}
	if turn == 1 {
		turn = orientation(mime, b)
	}
	if p.animated == nil {
		p.Image = shrink(p.Image, MaxSide, math.MaxInt)
	}
	p.Image = turned(p.Image, turn)
	return p, func() { s.pixels.Release(cost) }, nil
}

func tooManyPixels(name string, width, height int) error {
	return fault.Say(fault.Invalid, "%s is too large to process: %d × %d pixels. Make it smaller, to at most %d megapixels, and send it again.",
		said(name), width, height, MaxPixels/2/1_000_000)
}

// measure tells the size of a picture and the bytes that decoding it takes.
func measure(mime string, b []byte) (width, height int, cost int64, err error) {
	var c image.Config
	each := int64(4) // bytes for a pixel
	switch mime {
	case "image/jpeg":
		c, err = jpeg.DecodeConfig(bytes.NewReader(b))
		for marker, segment := range jpegSegments(b) {
			if marker == 0xc2 && len(segment) > 5 { // progressive: coefficients of four bytes, besides the samples
				each = 0
				for i := 6; i+1 < len(segment); i += 3 {
					each += 5
				}
			}
		}
	case "image/png":
		c, err = png.DecodeConfig(bytes.NewReader(b))
		if c.ColorModel == color.RGBA64Model || c.ColorModel == color.NRGBA64Model {
			each = 8
		}
	case "image/gif":
		var frames int64
		_, _, frames, err = cleanGIF(b)
		if err == nil {
			c, err = gif.DecodeConfig(bytes.NewReader(b))
		}
		cost = frames // a byte for each pixel of each frame
	case "image/webp":
		c, err = webpConfig(b)
	}
	return c.Width, c.Height, cost + int64(c.Width)*int64(c.Height)*each, err
}

// webpConfig looks at the canvas and at the frame in it: the decoder allocates both, whichever is larger.
func webpConfig(b []byte) (image.Config, error) {
	c, err := webp.DecodeConfig(bytes.NewReader(b))
	for name, chunk := range riffChunks(b) {
		if err != nil {
			break
		}
		var frame image.Config
		switch name {
		case "VP8L":
			frame, err = vp8l.DecodeConfig(bytes.NewReader(chunk))
		case "VP8 ":
			d := vp8.NewDecoder()
			d.Init(bytes.NewReader(chunk), len(chunk))
			var h vp8.FrameHeader
			h, err = d.DecodeFrameHeader()
			frame.Width, frame.Height = h.Width, h.Height
		}
		c.Width, c.Height = max(c.Width, frame.Width), max(c.Height, frame.Height)
	}
	return c, err
}

// decodeGIF reads every frame, so that a GIF that is kept as it is has been read to its end.
func (p *picture) decodeGIF(b []byte) error {
	clean, frames, _, err := cleanGIF(b)
	if err != nil {
		return err
	}
	if frames == 1 {
		p.Image, err = gif.Decode(bytes.NewReader(clean))
		return err
	}
	all, err := gif.DecodeAll(bytes.NewReader(clean))
	if err != nil {
		return err
	}
	first := image.NewRGBA(image.Rect(0, 0, all.Config.Width, all.Config.Height))
	draw.Draw(first, all.Image[0].Bounds(), all.Image[0], all.Image[0].Bounds().Min, draw.Over)
	p.Image, p.animated = first, clean
	return nil
}

// shrink scales a picture down until neither side is over a length, nor the whole over an area. It halves as long as it can: each
// halving averages four pixels, so nothing is lost and nothing flickers.
func shrink(m image.Image, side, area int) image.Image {
	w, h := m.Bounds().Dx(), m.Bounds().Dy()
	ratio := min(1, float64(side)/float64(max(w, h)), math.Sqrt(float64(area)/(float64(w)*float64(h))))
	if ratio == 1 {
		return m
	}
	return scaled(m, m.Bounds(), max(1, int(float64(w)*ratio)), max(1, int(float64(h)*ratio)))
}

// scaled draws a part of a picture at another size.
func scaled(m image.Image, part image.Rectangle, w, h int) *image.RGBA {
	for part.Dx() >= 2*w && part.Dy() >= 2*h && part.Dx() > 2 && part.Dy() > 2 {
		half := image.NewRGBA(image.Rect(0, 0, part.Dx()/2, part.Dy()/2))
		draw.ApproxBiLinear.Scale(half, half.Bounds(), m, part, draw.Src, nil)
		m, part = half, half.Bounds()
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.ApproxBiLinear.Scale(out, out.Bounds(), m, part, draw.Src, nil)
	return out
}

// cover scales and crops around the middle, so that a picture fills a frame.
func cover(m image.Image, w, h int) *image.RGBA {
	part := m.Bounds()
	if part.Dx()*h > part.Dy()*w { // too wide
		cut := max(1, part.Dy()*w/h)
		part.Min.X += (part.Dx() - cut) / 2
		part.Max.X = part.Min.X + cut
	} else {
		cut := max(1, part.Dx()*h/w)
		part.Min.Y += (part.Dy() - cut) / 2
		part.Max.Y = part.Min.Y + cut
	}
	return scaled(m, part, w, h)
}

// turned applies an Exif orientation.
func turned(m image.Image, orientation int) image.Image {
	if orientation <= 1 {
		return m
	}
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	from := image.NewRGBA(image.Rect(0, 0, w, h))
	draw.Draw(from, from.Bounds(), m, b.Min, draw.Src)
	to := image.NewRGBA(image.Rect(0, 0, w, h))
	if orientation >= 5 {
		to = image.NewRGBA(image.Rect(0, 0, h, w))
	}
	for y := range h {
		for x := range w {
			tx, ty := x, y
			switch orientation {
			case 2:
				tx = w - 1 - x
			case 3:
				tx, ty = w-1-x, h-1-y
			case 4:
				ty = h - 1 - y
			case 5:
				tx, ty = y, x
			case 6:
				tx, ty = h-1-y, x
			case 7:
				tx, ty = h-1-y, w-1-x
			case 8:
				tx, ty = y, w-1-x
			}
			copy(to.Pix[to.PixOffset(tx, ty):][:4], from.Pix[from.PixOffset(x, y):][:4])
		}
	}
	return to
}

const (
	quality = 85
	// largePNG is where a picture without transparency is a photo rather than a screenshot.
	largePNG = 1 << 20
)

// encode writes a picture anew, and with that without any metadata: PNG when it is transparent, or came without loss and is
// small enough; JPEG otherwise.
func encode(m image.Image, mime string) (b []byte, got string, err error) {
	opaque := false
	if o, ok := m.(interface{ Opaque() bool }); ok {
		opaque = o.Opaque()
	}
	var out bytes.Buffer
	if !opaque || mime == "image/png" || mime == "image/gif" {
		if err := png.Encode(&out, m); err != nil {
			return nil, "", fmt.Errorf("write PNG: %w", err)
		}
		if !opaque || out.Len() <= largePNG {
			return out.Bytes(), "image/png", nil
		}
		out.Reset()
	}
	if err := jpeg.Encode(&out, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, "", fmt.Errorf("write JPEG: %w", err)
	}
	return out.Bytes(), "image/jpeg", nil
}

// blur is the BlurHash of a picture: a few colours to show while it loads.
func blur(m image.Image) (string, error) {
	hash, err := blurhash.Encode(4, 3, scaled(m, m.Bounds(), 32, 32))
	if err != nil {
		return "", fmt.Errorf("compute BlurHash: %w", err)
	}
	return hash, nil
}

// said is a file name as it may be repeated to whoever sent it.
func said(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60]) + "…"
	}
	if name == "" {
		return "The file"
	}
	return "“" + name + "”"
}
