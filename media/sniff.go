// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"encoding/binary"
)

// sniff tells the type of a picture by its first bytes; what was said about it is not asked. "" is none that we know.
func sniff(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return "image/jpeg"
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return "image/png"
	case bytes.HasPrefix(head, []byte("GIF87a")), bytes.HasPrefix(head, []byte("GIF89a")):
		return "image/gif"
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP":
		return "image/webp"
	case len(head) >= 12 && (string(head[4:12]) == "ftypavif" || string(head[4:12]) == "ftypavis"):
		return "image/avif"
	}
	return ""
}

// orientation reads how a picture must be turned (Exif 2.32 §4.6.4, tag 0x0112): 1 to 8, and 1 when nothing says so.
func orientation(mime string, b []byte) int {
	switch mime {
	case "image/jpeg":
		for marker, segment := range jpegSegments(b) {
			if exif, ok := bytes.CutPrefix(segment, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
				return tiffOrientation(exif)
			}
		}
	case "image/webp":
		for name, chunk := range riffChunks(b) {
			if name == "EXIF" {
				return tiffOrientation(bytes.TrimPrefix(chunk, []byte("Exif\x00\x00")))
			}
		}
	}
	return 1
}

func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if b[0] == 'I' {
		order = binary.LittleEndian
	}
	at := uint64(order.Uint32(b[4:]))
	if at+2 > uint64(len(b)) {
		return 1
	}
	entries := b[at+2:]
	for range order.Uint16(b[at:]) {
		if len(entries) < 12 {
			return 1
		}
		if order.Uint16(entries) == 0x0112 {
			if v := int(order.Uint16(entries[8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		entries = entries[12:]
	}
	return 1
}

// jpegSegments walks the marker segments before the first scan (ITU T.81 annex B).
func jpegSegments(b []byte) func(yield func(marker byte, segment []byte) bool) {
	return func(yield func(byte, []byte) bool) {
		for b = b[min(2, len(b)):]; len(b) >= 4 && b[0] == 0xff; {
			marker := b[1]
			if marker == 0xff { // fill byte
				b = b[1:]
				continue
			}
			n := int(binary.BigEndian.Uint16(b[2:]))
			if marker == 0xda || n < 2 || 2+n > len(b) || !yield(marker, b[4:2+n]) {
				return
			}
			b = b[2+n:]
		}
	}
}

// riffChunks walks the chunks of a WebP file (RFC 9649 §2.3).
func riffChunks(b []byte) func(yield func(name string, chunk []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for b = b[min(12, len(b)):]; len(b) >= 8; {
			n := uint64(binary.LittleEndian.Uint32(b[4:]))
			if 8+n > uint64(len(b)) || !yield(string(b[:4]), b[8:8+n]) {
				return
			}
			b = b[min(8+n+n%2, uint64(len(b))):]
		}
	}
}
