// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"encoding/binary"
)

// sniffed is how many bytes sniff needs.
const sniffed = 512

// sniff tells the type of a picture, a recording or a PDF by its first bytes; what was said about it is not asked. "" is none that
// we know: documents of other kinds need more than that, see recogniseDocument.
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
	case len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WAVE":
		return "audio/wav"
	case len(head) >= 12 && string(head[4:8]) == "ftyp":
		return sniffBrands(head)
	case bytes.HasPrefix(head, []byte("\x1a\x45\xdf\xa3")): // EBML; its DocType says which (RFC 8794 §11.2.9)
		if at := bytes.Index(head, []byte("\x42\x82")); at >= 0 && bytes.HasPrefix(head[min(at+3, len(head)):], []byte("webm")) {
			return "video/webm"
		}
		return "video/x-matroska"
	case bytes.HasPrefix(head, []byte("OggS\x00")):
		return "audio/ogg"
	case bytes.HasPrefix(head, []byte("fLaC")):
		return "audio/flac"
	case bytes.HasPrefix(head, []byte("ID3")):
		return "audio/mpeg"
	case len(head) >= 3 && head[0] == 0xff && head[1]&0xe6 == 0xe2 && head[2]&0xf0 != 0xf0 && head[2]&0x0c != 0x0c: // a frame of layer III (ISO 11172-3 §2.4.1.3)
		return "audio/mpeg"
	case len(head) >= 3 && head[0] == 0xff && head[1]&0xf6 == 0xf0: // ADTS (ISO 13818-7 §6.2)
		return "audio/aac"
	case bytes.HasPrefix(head, []byte("%PDF-")):
		return "application/pdf"
	}
	return ""
}

// sniffBrands tells what is in a file of boxes (ISO 14496-12 §4.3) by the brands in its first box.
func sniffBrands(head []byte) string {
	brands := head[8:min(max(int(binary.BigEndian.Uint32(head)), 12), len(head))]
	major, found := string(brands[:4]), ""
	for ; len(brands) >= 4; brands = brands[4:] {
		switch brand := string(brands[:4]); brand {
		case "avif", "avis":
			return "image/avif"
		case "heic", "heix", "heim", "heis", "hevc", "hevx":
			return "image/heic"
		case "M4A ", "M4B ":
			if brand == major {
				return "audio/mp4"
			}
		case "qt  ":
			if brand == major {
				return "video/quicktime"
			}
		case "isom", "iso2", "iso4", "iso5", "iso6", "mp41", "mp42", "avc1", "M4V ", "MSNV", "3gp4", "3gp5", "3gp6", "dash":
			found = "video/mp4"
		}
	}
	return found
}

// pictures are the types that can be decoded here, in the order in which clients are told of them.
var pictures = []string{"image/jpeg", "image/png", "image/gif", "image/webp"}

// recording is a kind of video or sound: who reads it, and no other reader may (a playlist that calls itself a video would make
// ffmpeg open what the playlist names).
type recording struct{ mime, demuxer string }

var recordings = []recording{
	{"video/mp4", "mov"}, {"video/quicktime", "mov"}, {"video/webm", "matroska"}, {"video/x-matroska", "matroska"},
	{"audio/mpeg", "mp3"}, {"audio/ogg", "ogg"}, {"audio/mp4", "mov"}, {"audio/aac", "aac"}, {"audio/flac", "flac"}, {"audio/wav", "wav"},
}

func demuxer(mime string) string {
	for _, r := range recordings {
		if r.mime == mime {
			return r.demuxer
		}
	}
	return ""
}

// served are the files in the store that may be read: what their names end in, and as what they are.
var served = map[string]string{".jpg": "image/jpeg", ".png": "image/png", ".gif": "image/gif", ".mp4": "video/mp4", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".m4a": "audio/mp4",
	".pdf": "application/pdf", ".docx": docx, ".xlsx": xlsx, ".pptx": pptx, ".odt": odt, ".ods": ods, ".odp": odp, ".txt": "text/plain", ".md": "text/markdown", ".csv": "text/csv", ".ics": "text/calendar"}

// extension is how names of files of a type end.
func extension(mime string) string {
	for end, each := range served {
		if each == mime {
			return end
		}
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

// rotation is the orientation of an AVIF picture: how far a box in its beginning turns it against the clock (ISO 23008-12 §6.5.10).
func rotation(b []byte) int {
	at := bytes.Index(b[:min(len(b), 8192)], []byte("\x00\x00\x00\x09irot"))
	if at < 0 || at+8 >= len(b) {
		return 1
	}
	return [...]int{1, 8, 3, 6}[b[at+8]&3]
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
