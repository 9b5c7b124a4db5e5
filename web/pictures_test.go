// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package web

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"
)

// The pictures that clients show for whoever has none are drawn here; UPDATE=1 go test writes them again.
func TestDefaultPicturesAreWhatThisDraws(t *testing.T) {
	petrol, sand, light := color.RGBA{0x0d, 0x57, 0x66, 0xff}, color.RGBA{0xf3, 0xd9, 0xa4, 0xff}, color.RGBA{0xdc, 0xe9, 0xeb, 0xff}
	avatar := image.NewPaletted(image.Rect(0, 0, 400, 400), color.Palette{light, petrol})
	header := image.NewPaletted(image.Rect(0, 0, 1500, 500), color.Palette{petrol, sand, light})
	for y := range 400 {
		for x := range 400 {
			head := square(x-200)+square(y-155) < square(70)
			shoulders := square(x-200)*100/square(130)+square(y-400)*100/square(150) < 100
			if head || shoulders {
				avatar.SetColorIndex(x, y, 1)
			}
		}
	}
	for y := range 500 {
		for x := range 1500 {
			switch { // dots on a grid: nodes of a network, each its own
			case square(x%250-125)+square(y%250-125) < square(9):
				header.SetColorIndex(x, y, 2)
			case (x+250-y%250)%250 < 3 && (x/250+y/250)%2 == 0:
				header.SetColorIndex(x, y, 1)
			}
		}
	}
	for name, picture := range map[string]image.Image{"avatar.png": avatar, "header.png": header} {
		var b bytes.Buffer
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		if os.Getenv("UPDATE") != "" {
			if err := os.WriteFile("static/"+name, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		stored, err := os.ReadFile("static/" + name)
		if err != nil {
			t.Fatal(err)
		}
		was, err := png.Decode(bytes.NewReader(stored))
		if err != nil {
			t.Fatal(err)
		}
		if was.Bounds() != picture.Bounds() || len(stored) > 20_000 {
			t.Fatalf("%s: %v in %d bytes, want %v in at most 20,000", name, was.Bounds(), len(stored), picture.Bounds())
		}
		for y := range picture.Bounds().Dy() {
			for x := range picture.Bounds().Dx() {
				if color.NRGBAModel.Convert(was.At(x, y)) != color.NRGBAModel.Convert(picture.At(x, y)) {
					t.Fatalf("%s differs at %d,%d", name, x, y)
				}
			}
		}
	}
}

func square(n int) int { return n * n }
