// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"encoding/binary"
	"errors"
)

var errGIF = errors.New("the blocks of the GIF do not fit")

// cleanGIF copies a GIF without what no picture needs: comments, texts, unknown extensions, and whatever follows its end. It
// also counts the frames and their pixels, before anything is decoded.
func cleanGIF(b []byte) (clean []byte, frames int, pixels int64, err error) {
	if len(b) < 13 {
		return nil, 0, 0, errGIF
	}
	at := 13 + colours(b[10])
	if at > len(b) {
		return nil, 0, 0, errGIF
	}
	clean = append(clean, b[:at]...)
	for at < len(b) {
		start := at
		switch b[at] {
		case 0x3b: // trailer
			return append(clean, 0x3b), frames, pixels, nil
		case 0x2c: // image
			if at+11 > len(b) {
				return nil, 0, 0, errGIF
			}
			frames++
			pixels += int64(binary.LittleEndian.Uint16(b[at+5:])) * int64(binary.LittleEndian.Uint16(b[at+7:]))
			at = subBlocks(b, at+11+colours(b[at+9])) // 10 bytes, the colours, and the size of the LZW code
			if at < 0 {
				return nil, 0, 0, errGIF
			}
			clean = append(clean, b[start:at]...)
		case 0x21: // extension
			if at+2 > len(b) {
				return nil, 0, 0, errGIF
			}
			label := b[at+1]
			if at = subBlocks(b, at+2); at < 0 {
				return nil, 0, 0, errGIF
			}
			loops := label == 0xff && at-start == 19 && string(b[start+3:start+14]) == "NETSCAPE2.0"
			if label == 0xf9 || loops {
				clean = append(clean, b[start:at]...)
			}
		default:
			return nil, 0, 0, errGIF
		}
	}
	return nil, 0, 0, errGIF
}

// colours is the size of the colour table that a flags byte announces.
func colours(flags byte) int {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// subBlocks returns where the chain of sub-blocks that begins at a place ends, or -1.
func subBlocks(b []byte, at int) int {
	for at < len(b) {
		n := int(b[at])
		at += 1 + n
		if n == 0 {
			return at
		}
	}
	return -1
}
