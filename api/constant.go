// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"sync"
)

// Answers that are always the same: what clients expect of a server without the feature.

func emptyObject(context.Context, *call) (any, error) { return empty{}, nil }

// Where the pictures of those are who have none: strict clients decode an address, not an empty text.
const (
	avatarPath = "/api/pleio/v1/avatar.png"
	headerPath = "/api/pleio/v1/header.png"
)

func defaultAvatar(context.Context, *call) (any, error) {
	return file{"image/png", avatarPicture()}, nil
}

func defaultHeader(context.Context, *call) (any, error) {
	return file{"image/png", headerPicture()}, nil
}

var (
	ground = color.Gray{0xd5}
	figure = color.Gray{0x8a}
)

// avatarPicture is a head and shoulders.
var avatarPicture = sync.OnceValue(func() []byte {
	const side = 400
	disc := func(x, y, cx, cy, r int) bool { return (x-cx)*(x-cx)+(y-cy)*(y-cy) < r*r }
	return drawn(side, side, func(x, y int) color.Gray {
		if disc(x, y, side/2, 150, 78) || disc(x, y, side/2, 420, 165) {
			return figure
		}
		return ground
	})
})

var headerPicture = sync.OnceValue(func() []byte {
	return drawn(1500, 500, func(int, int) color.Gray { return ground })
})

func drawn(width, height int, at func(x, y int) color.Gray) []byte {
	m := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetGray(x, y, at(x, y))
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err) // a picture in memory is always written
	}
	return b.Bytes()
}
