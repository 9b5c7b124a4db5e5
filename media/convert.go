// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pleio-node/pleio-node/fault"
)

const (
	videoSide = 1920 // pixels; larger videos are scaled down to it
	videoRate = 60   // frames a second
	gifvTime  = 30   // seconds: a shorter video without sound is shown as moving pictures are, over and over
)

// convert makes a recording fit to show: H.264 and AAC in MP4, or MP3, Opus or AAC; what is so already is only copied. All that cameras and
// programs write beside it, such as the place where it was made, is left out.
func (s *Store) convert(ctx context.Context, f *File) error {
	kind, raw := demuxer(f.MIME), s.file(f.Path)
	p, err := s.tools.probe(ctx, kind, raw)
	if err != nil {
		return s.damaged(ctx, err)
	}
	if p.width*p.height > MaxPixels || p.width > 1<<14 || p.height > 1<<14 {
		return fault.Say(fault.Invalid, "The video is too large to process: %d × %d pixels. Make it smaller, and send it again.", p.width, p.height)
	}
	f.MIME, f.Kind = "video/mp4", "video"
	args := videoArgs(p)
	if p.video == "" {
		f.Kind = "audio"
		f.MIME, args = audioArgs(p)
	}
	dir, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "part-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "out")
	all := append([]string{"-nostdin", "-y", "-threads", "2"}, input(kind, raw)...)
	all = append(append(all, args...), "-map_metadata", "-1", "-map_chapters", "-1", "file:"+out)
	if err := s.tools.run(ctx, nil, s.tools.ffmpeg, all...); err != nil {
		return s.damaged(ctx, err)
	}
	made, err := s.tools.probe(ctx, demuxer(f.MIME), out)
	if err != nil {
		return s.damaged(ctx, err)
	}
	f.Width, f.Height, f.Duration = made.width, made.height, made.duration
	if f.Kind == "video" {
		if made.audio == "" && made.duration <= gifvTime {
			f.Kind = "gifv"
		}
		if err := s.poster(ctx, f, dir, out, made.duration); err != nil {
			return err
		}
	}
	if f.Digest, f.Size, err = digestOf(out); err != nil {
		return err
	}
	if f.Size > MaxVideoBytes {
		return fault.Say(fault.Invalid, "The file is larger than %d MB when it is made fit to show. Make it shorter, and send it again.", MaxVideoBytes>>20)
	}
	tmp, err := os.OpenFile(out, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer discard(tmp)
	f.Path = newName(f.ID, extension(f.MIME))
	return s.place(tmp, f.Path)
}

// damaged is what the sender is told when a program cannot read a recording; that we ended it says nothing about the file.
func (s *Store) damaged(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(fault.Say(fault.Invalid, "The file is damaged, or not a recording that this server can read. Send it as MP4 or MP3."), err)
}

func videoArgs(p probed) []string {
	args := []string{"-map", "0:v:0", "-map", "0:a:0?", "-sn", "-dn", "-f", "mp4", "-movflags", "+faststart"}
	if p.video == "h264" && p.pixels == "yuv420p" && !p.turned && max(p.width, p.height) <= videoSide && p.rate <= videoRate+1 {
		args = append(args, "-c:v", "copy")
	} else {
		args = append(args, "-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-maxrate", "4M", "-bufsize", "8M", "-pix_fmt", "yuv420p", "-threads", "2",
			"-vf", fit(videoSide, 2), "-fpsmax", strconv.Itoa(videoRate))
	}
	if p.audio == "aac" {
		return append(args, "-c:a", "copy")
	}
	return append(args, "-c:a", "aac", "-b:a", "128k", "-ac", "2")
}

func audioArgs(p probed) (mime string, args []string) {
	args = []string{"-map", "0:a:0", "-vn", "-sn", "-dn"}
	switch p.audio {
	case "mp3":
		return "audio/mpeg", append(args, "-c:a", "copy", "-f", "mp3", "-id3v2_version", "0")
	case "opus":
		return "audio/ogg", append(args, "-c:a", "copy", "-f", "ogg")
	case "aac":
		return "audio/mp4", append(args, "-c:a", "copy", "-f", "ipod")
	}
	return "audio/mpeg", append(args, "-c:a", "libmp3lame", "-q:a", "4", "-ac", "2", "-f", "mp3", "-id3v2_version", "0")
}

// poster is the picture that stands for a video until it plays: from near its beginning, which is often black.
func (s *Store) poster(ctx context.Context, f *File, dir, video string, seconds float64) error {
	file := filepath.Join(dir, "poster")
	if err := s.tools.frame(ctx, "mov", video, file, min(1, seconds/10)); err != nil {
		return s.damaged(ctx, err)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the first picture of a video: %w", err)
	}
	p, release, err := s.decode(ctx, "", b)
	if err != nil {
		return err
	}
	defer release()
	f.Preview, f.Blurhash, err = s.preview(f.ID, p)
	return err
}

// preview keeps a small version of a picture, and returns its name and BlurHash.
func (s *Store) preview(id ID, p *picture) (name, hash string, err error) {
	small := shrink(p.Image, MaxSide, previewPixels)
	b, mime, err := encode(small, "image/jpeg")
	if err != nil {
		return "", "", err
	}
	if hash, err = blur(small); err != nil {
		return "", "", err
	}
	name = newName(id, extension(mime))
	return name, hash, s.keep(name, b)
}

// fromAVIF makes a PNG of an AVIF picture, which only ffmpeg reads, within the bounds of every picture.
func (s *Store) fromAVIF(ctx context.Context, name string, b []byte) ([]byte, error) {
	if !s.abilities().avif {
		return nil, fault.Say(fault.Invalid, "%s is an AVIF picture, which this server cannot read. Send it as a JPEG, PNG, GIF or WebP file.", said(name))
	}
	ctx, cancel := context.WithTimeout(ctx, pictureTime)
	defer cancel()
	if err := os.MkdirAll(filepath.Join(s.dir, "tmp"), 0o700); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(filepath.Join(s.dir, "tmp"), "part-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, b, 0o600); err != nil {
		return nil, err
	}
	broken := fault.Say(fault.Invalid, "%s is damaged or incomplete: it begins like a picture (image/avif), but cannot be read to its end.", said(name))
	p, err := s.tools.probe(ctx, "mov", from)
	if err != nil || p.width < 1 || p.height < 1 {
		return nil, errors.Join(broken, err)
	}
	if int64(p.width)*int64(p.height) > MaxPixels {
		return nil, tooManyPixels(name, p.width, p.height)
	}
	if err := s.tools.frame(ctx, "mov", from, to, 0); err != nil {
		return nil, errors.Join(broken, err)
	}
	return os.ReadFile(to)
}
