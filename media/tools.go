// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Tools are the programs of ffmpeg on this machine, and what they are able to do. They read strangers' bytes: each runs as a process of
// its own, without network, with a limit on its memory, its time and what it writes (see run).
type Tools struct {
	ffmpeg, ffprobe string
	able            func() abilities
}

// abilities differ between builds of ffmpeg: they are tried, once, when first needed.
type abilities struct{ recordings, avif bool }

// sample is a picture of 16 × 16 pixels.
//
//go:embed sample.avif
var sample []byte

func newTools(ffmpeg, ffprobe string) *Tools {
	t := &Tools{ffmpeg: ffmpeg, ffprobe: ffprobe}
	t.able = sync.OnceValue(t.try)
	return t
}

func (t *Tools) try() (a abilities) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	var encoders bytes.Buffer
	if err := t.run(ctx, &encoders, t.ffmpeg, "-hide_banner", "-v", "error", "-encoders"); err != nil {
		return a
	}
	a.recordings = true
	for _, name := range []string{" libx264 ", " aac ", " libmp3lame "} {
		a.recordings = a.recordings && strings.Contains(encoders.String(), name)
	}
	dir, err := os.MkdirTemp("", "pleio-node-try-*")
	if err != nil {
		return a
	}
	defer os.RemoveAll(dir)
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if os.WriteFile(from, sample, 0o600) == nil && t.frame(ctx, "mov", from, to, 0) == nil {
		b, err := os.ReadFile(to)
		a.avif = err == nil && sniff(b) == "image/png"
	}
	return a
}

// input are the arguments that make ffmpeg read one file as one kind, and nothing else.
func input(kind, file string) []string {
	return []string{"-v", "error", "-protocol_whitelist", "file", "-f", kind, "-i", "file:" + file}
}

// frame writes one frame as PNG, at some seconds, as it lies in the file.
func (t *Tools) frame(ctx context.Context, kind, from, to string, at float64) error {
	args := append([]string{"-nostdin", "-y", "-threads", "2", "-noautorotate", "-ss", strconv.FormatFloat(at, 'f', 3, 64)}, input(kind, from)...)
	args = append(args, "-map", "0:v:0", "-frames:v", "1", "-vf", fit(MaxSide, 1), "-c:v", "png", "-f", "image2", "-update", "1", "file:"+to)
	return t.run(ctx, nil, t.ffmpeg, args...)
}

// fit scales down to a longest side, and makes both sides multiples of a number.
func fit(side, multiple int) string {
	return fmt.Sprintf("scale=w='min(%d,iw)':h='min(%d,ih)':force_original_aspect_ratio=decrease:force_divisible_by=%d", side, side, multiple)
}

// probed is what a recording is made of.
type probed struct {
	video, audio   string // codecs; "" none
	pixels         string // format of a pixel
	width, height  int
	rate, duration float64 // frames a second, seconds
	turned         bool    // it must be turned to stand upright
}

// probe looks into a recording.
func (t *Tools) probe(ctx context.Context, kind, file string) (p probed, err error) {
	var out bytes.Buffer
	if err := t.run(ctx, &out, t.ffprobe, append(input(kind, file), "-show_streams", "-show_format", "-of", "json")...); err != nil {
		return p, err
	}
	var told struct {
		Streams []struct {
			Type        string `json:"codec_type"`
			Codec       string `json:"codec_name"`
			Pixels      string `json:"pix_fmt"`
			Width       int    `json:"width"`
			Height      int    `json:"height"`
			Rate        string `json:"avg_frame_rate"`
			Disposition struct {
				Cover int `json:"attached_pic"`
			} `json:"disposition"`
			Side []struct {
				Rotation float64 `json:"rotation"`
			} `json:"side_data_list"`
		} `json:"streams"`
		Format struct {
			Duration string `json:"duration"`
		} `json:"format"`
	}
	if err := json.Unmarshal(out.Bytes(), &told); err != nil {
		return p, fmt.Errorf("read what ffprobe tells: %w", err)
	}
	for _, s := range told.Streams {
		switch {
		case s.Type == "video" && s.Disposition.Cover == 0 && p.video == "":
			p.video, p.pixels, p.width, p.height = s.Codec, s.Pixels, s.Width, s.Height
			over, under, _ := strings.Cut(s.Rate, "/")
			p.rate = number(over) / max(number(under), 1)
			for _, side := range s.Side {
				p.turned = p.turned || side.Rotation != 0
			}
		case s.Type == "audio" && p.audio == "":
			p.audio = s.Codec
		}
	}
	p.duration = number(told.Format.Duration)
	if p.video == "" && p.audio == "" {
		return p, errors.New("there is neither picture nor sound in it")
	}
	return p, nil
}

// number reads a decimal number; what is none is 0.
func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) || v < 0 {
		return 0
	}
	return v
}

// tail keeps the first bytes of what a program complains about.
type tail struct{ bytes.Buffer }

func (t *tail) Write(b []byte) (int, error) {
	if room := 2000 - t.Len(); room > 0 {
		t.Buffer.Write(b[:min(len(b), room)])
	}
	return len(b), nil
}
