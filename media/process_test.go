// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/jpeg"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

// withFFmpeg are the tools; where the whole check runs (PLEIO_TEST_FFMPEG) they must be there.
func withFFmpeg(t testing.TB) *Tools {
	t.Helper()
	tools := FindTools()
	if tools == nil && os.Getenv("PLEIO_TEST_FFMPEG") == "" {
		t.Skip("ffmpeg is not installed: scripts/setup installs it")
	}
	if tools == nil || !tools.able().recordings || !tools.able().avif {
		t.Fatal("ffmpeg is not there, or cannot do what it must")
	}
	return tools
}

// make makes a recording: the arguments are those of ffmpeg before the name of the file.
func makeFile(t testing.TB, name string, args ...string) []byte {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", append(append([]string{"-nostdin", "-v", "error"}, args...), file)...).CombinedOutput(); err != nil {
		t.Fatalf("ffmpeg makes no %s: %v %s", name, err, out)
	}
	return must[[]byte](t)(os.ReadFile(file))
}

const (
	picture2s = "testsrc=size=320x240:rate=10:duration=2"
	sound2s   = "sine=frequency=440:duration=2"
)

// working is a house where jobs are done.
func working(t *testing.T, d *db.DB, tools *Tools) *house {
	h := open(t, d, noFetch)
	queue := jobs.New(d, slog.New(slog.NewTextHandler(t.Output(), nil)))
	h.Prepare(queue, tools)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- queue.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return h
}

// finish waits for the processing of a file.
func (h *house) finish(t testing.TB, f *File) *File {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	f, err := h.Wait(ctx, f.Owner, f.ID)
	if err != nil || f.State == Waiting {
		t.Fatalf("it never ends: %+v %v", f, err)
	}
	return f
}

func TestRecordings(t *testing.T) {
	tools := withFFmpeg(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := working(t, d, tools)
		place := []string{"-metadata", "title=Jansen", "-metadata", "location=+52.0116+004.7105/"}
		h264 := append([]string{"-f", "lavfi", "-i", picture2s, "-f", "lavfi", "-i", sound2s, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "use_metadata_tags"}, place...)
		for _, c := range []struct {
			name, kind, mime string
			width, height    int
			args             []string
		}{
			{"goed.mp4", "video", "video/mp4", 320, 240, h264},
			{"camera.mov", "video", "video/mp4", 320, 240, append([]string{"-f", "lavfi", "-i", picture2s, "-f", "lavfi", "-i", sound2s, "-c:v", "mjpeg", "-c:a", "pcm_s16le"}, place...)},
			{"web.webm", "video", "video/mp4", 320, 240, append([]string{"-f", "lavfi", "-i", picture2s, "-f", "lavfi", "-i", sound2s, "-c:v", "libvpx", "-c:a", "libopus"}, place...)},
			{"stil.mp4", "gifv", "video/mp4", 320, 240, []string{"-f", "lavfi", "-i", picture2s, "-c:v", "libx264", "-pix_fmt", "yuv420p"}},
			{"groot.mkv", "gifv", "video/mp4", 1920, 480, []string{"-f", "lavfi", "-i", "testsrc=size=2560x640:rate=5:duration=1", "-c:v", "libx264", "-preset", "ultrafast"}},
			{"lied.mp3", "audio", "audio/mpeg", 0, 0, append([]string{"-f", "lavfi", "-i", sound2s}, place...)},
			{"lied.ogg", "audio", "audio/ogg", 0, 0, append([]string{"-f", "lavfi", "-i", sound2s, "-c:a", "libopus"}, place...)},
			{"lied.m4a", "audio", "audio/mp4", 0, 0, append([]string{"-f", "lavfi", "-i", sound2s}, place...)},
			{"lied.wav", "audio", "audio/mpeg", 0, 0, append([]string{"-f", "lavfi", "-i", sound2s}, place...)},
			{"lied.flac", "audio", "audio/mpeg", 0, 0, append([]string{"-f", "lavfi", "-i", sound2s}, place...)},
			{"alleen-geluid.webm", "audio", "audio/ogg", 0, 0, append([]string{"-f", "lavfi", "-i", sound2s, "-c:a", "libopus"}, place...)},
		} {
			f := must[*File](t)(h.send(t, c.name, makeFile(t, c.name, c.args...)))
			if f.State != Waiting || h.URL(*f) != "" || h.PreviewURL(*f) != "" {
				t.Errorf("%s is shown before it is ready: %+v", c.name, f)
			}
			if err := h.attach(t, addItem(t, d, h.anna), h.anna, f.ID); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "not finished processing") {
				t.Errorf("%s can be posted before it is ready: %v", c.name, err)
			}
			raw := f.Path
			f = h.finish(t, f)
			if f.State != Ready || f.Kind != c.kind || f.MIME != c.mime || f.Width != c.width || f.Height != c.height || f.Duration < 0.9 || f.Duration > 2.3 || f.Size == 0 {
				t.Errorf("%s became %+v", c.name, f)
				continue
			}
			b := h.stored(t, f.Path)
			if bytes.Contains(b, []byte("Jansen")) || bytes.Contains(b, []byte("52.0116")) || f.Digest != digest(b) || f.Size != int64(len(b)) {
				t.Errorf("%s: its metadata is still there, or its digest %s is wrong", c.name, f.Digest)
			}
			if got := h.get(t, h.URL(*f), "Range", "bytes=0-9"); got.StatusCode != 206 || got.Header.Get("Content-Type") != c.mime {
				t.Errorf("%s is served as %s %v", c.name, got.Status, got.Header)
			}
			if _, err := os.Stat(h.file(raw)); !errors.Is(err, os.ErrNotExist) || h.status(t, h.local(raw)) != 404 {
				t.Errorf("%s: what was sent is still there: %v", c.name, err)
			}
			if c.kind == "audio" {
				continue
			}
			poster := must[image.Image](t)(jpeg.Decode(bytes.NewReader(h.stored(t, f.Preview))))
			if f.Blurhash == "" || poster.Bounds().Dx() > 1000 || poster.Bounds().Dx()*c.height != poster.Bounds().Dy()*c.width {
				t.Errorf("%s has a poster of %v", c.name, poster.Bounds())
			}
		}
	})
}

// A video that lies on its side, as phones write it, stands upright, and one that is fine is not made anew.
func TestRecordingsAreTurnedAndCopied(t *testing.T) {
	tools := withFFmpeg(t)
	h := working(t, dbtest.Open(t), tools)
	flat := makeFile(t, "a.mp4", "-f", "lavfi", "-i", picture2s, "-c:v", "libx264", "-pix_fmt", "yuv420p")
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.mp4"), flat, 0o600); err != nil {
		t.Fatal(err)
	}
	turned := makeFile(t, "b.mov", "-i", filepath.Join(dir, "a.mp4"), "-c", "copy", "-metadata:s:v", "rotate=90")
	if f := h.finish(t, must[*File](t)(h.send(t, "b.mov", turned))); f.Width != 240 || f.Height != 320 {
		t.Errorf("%+v", f)
	}
	sum := func(b []byte) string {
		file := filepath.Join(t.TempDir(), "x.mp4")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return string(must[[]byte](t)(exec.Command("ffmpeg", "-v", "error", "-i", file, "-map", "0:v", "-c", "copy", "-f", "md5", "-").Output()))
	}
	if f := h.finish(t, must[*File](t)(h.send(t, "a.mp4", flat))); sum(h.stored(t, f.Path)) != sum(flat) {
		t.Error("a video that was fine was made anew")
	}
}

func TestRecordingsThatFail(t *testing.T) {
	tools := withFFmpeg(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := working(t, d, tools)
		whole := makeFile(t, "a.mp4", "-f", "lavfi", "-i", picture2s, "-c:v", "libx264", "-pix_fmt", "yuv420p")
		for name, b := range map[string][]byte{
			"half.mp4":     whole[:len(whole)/2],
			"begin.mp4":    whole[:40],
			"lijst.mp3":    []byte("ID3#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\nfile:///etc/passwd\n"),
			"concat.ogg":   []byte("OggS\x00ffconcat version 1.0\nfile /etc/passwd\n"),
			"script.webm":  append([]byte("\x1a\x45\xdf\xa3"), "<script>alert(1)</script>"...),
			"alleen.flac":  []byte("fLaC\x00\x00\x00\x22"),
			"leegte.wav":   riffWave(),
			"plaatje.m4a":  []byte("\x00\x00\x00\x18ftypM4A \x00\x00\x00\x00M4A isom"),
			"gebroken.aac": []byte("\xff\xf1\x50\x80\x00\x1f\xfc"),
		} {
			f := h.finish(t, must[*File](t)(h.send(t, name, b)))
			if f.State != Failed || !strings.Contains(f.Error, "damaged") || h.URL(*f) != "" {
				t.Errorf("%s: %+v", name, f)
			}
			if err := h.attach(t, addItem(t, d, h.anna), h.anna, f.ID); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "damaged") {
				t.Errorf("%s can be posted: %v", name, err)
			}
		}
		if n := h.onDisk(t); n != 0 {
			t.Errorf("%d files are left of what failed", n)
		}
	})
}

func riffWave() []byte { return []byte("RIFF\x04\x00\x00\x00WAVE") }

func TestWithoutFFmpeg(t *testing.T) {
	h := working(t, dbtest.Open(t), nil)
	for name, b := range map[string][]byte{"a.mp4": []byte("\x00\x00\x00\x18ftypisom\x00\x00\x00\x00isom"), "a.mp3": []byte("ID3\x04"), "a.ogg": []byte("OggS\x00")} {
		if _, err := h.send(t, name, b); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "this server has no ffmpeg") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := h.send(t, "a.avif", sample); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "AVIF") {
		t.Errorf("AVIF: %v", err)
	}
	if all := h.MIMETypes(); slices.Contains(all, "video/mp4") || slices.Contains(all, "image/avif") || !slices.Contains(all, "image/webp") || !slices.Contains(all, docx) {
		t.Errorf("it says that it takes %v", all)
	}
	if h.onDisk(t) != 0 {
		t.Error("something is left")
	}
}

func TestAVIF(t *testing.T) {
	tools := withFFmpeg(t)
	h := working(t, dbtest.Open(t), tools)
	if all := h.MIMETypes(); !slices.Contains(all, "video/mp4") || !slices.Contains(all, "image/avif") || slices.Contains(all, "image/heic") {
		t.Errorf("it says that it takes %v", all)
	}
	png := filepath.Join(t.TempDir(), "a.png")
	if err := os.WriteFile(png, asPNG(t, quarters(64, 32)), 0o600); err != nil {
		t.Fatal(err)
	}
	b := makeFile(t, "a.avif", "-i", png, "-frames:v", "1", "-c:v", "libaom-av1", "-still-picture", "1")
	f := must[*File](t)(h.send(t, "a.avif", b))
	if m, _, err := image.Decode(bytes.NewReader(h.stored(t, f.Path))); err != nil || f.Width != 64 || f.Height != 32 || corners(m) != "rgbw" || f.Kind != "image" {
		t.Errorf("%+v %v", f, err)
	}
	if _, err := h.send(t, "half.avif", b[:len(b)/2]); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "damaged") {
		t.Errorf("half: %v", err)
	}
	if n := h.onDisk(t); n != 1 {
		t.Errorf("%d files on disk", n)
	}
}

// What hangs is ended, with all that it began; what takes too much memory ends by itself.
func TestToolsAreLimited(t *testing.T) {
	tools := withFFmpeg(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	var out bytes.Buffer
	err := tools.run(ctx, &out, "/bin/sh", "-c", "sleep 60 & echo $!; wait")
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 5*time.Second {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	child, err := strconv.Atoi(strings.TrimSpace(out.String()))
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		state, err := os.ReadFile("/proc/" + strconv.Itoa(child) + "/stat")
		if err != nil || strings.Contains(string(state), ") Z ") {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("the child lives on: %s", state)
		}
	}
	err = tools.run(t.Context(), io.Discard, tools.ffmpeg, "-nostdin", "-v", "error", "-f", "lavfi", "-i", "color=size=30000x30000", "-frames:v", "1", "-f", "rawvideo", "-y", filepath.Join(t.TempDir(), "x"))
	if err == nil {
		t.Error("a picture of 1.3 GB was written")
	}
	p := must[string](t)(func() (string, error) {
		var env bytes.Buffer
		err := tools.run(t.Context(), &env, "/usr/bin/env")
		return env.String(), err
	}())
	if strings.Contains(p, "PLEIO") || !strings.Contains(p, "HOME=/nonexistent") {
		t.Errorf("it is told %s", p)
	}
}

func TestDeleteAndThumbnail(t *testing.T) {
	tools := withFFmpeg(t)
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := working(t, d, tools)
		f := h.finish(t, must[*File](t)(h.send(t, "lied.mp3", makeFile(t, "lied.mp3", "-f", "lavfi", "-i", sound2s))))
		if h.PreviewURL(*f) != "" {
			t.Errorf("a sound has a preview %s", f.Preview)
		}
		mustBe(t, h.Thumbnail(t.Context(), h.bas, f.ID, "x", bytes.NewReader(asPNG(t, quarters(8, 8)))), fault.NotFound)
		for range 2 {
			if err := h.Thumbnail(t.Context(), h.anna, f.ID, "x", bytes.NewReader(asPNG(t, quarters(1200, 900)))); err != nil {
				t.Fatal(err)
			}
		}
		f = must[*File](t)(h.Get(t.Context(), d, h.anna, f.ID))
		if h.status(t, h.PreviewURL(*f)) != 200 || f.Blurhash == "" || h.onDisk(t) != 2 {
			t.Errorf("%d files on disk, %+v", h.onDisk(t), f)
		}
		mustBe(t, h.Delete(t.Context(), h.bas, f.ID), fault.NotFound)
		item := addItem(t, d, h.anna)
		if err := h.attach(t, item, h.anna, f.ID); err != nil {
			t.Fatal(err)
		}
		mustBe(t, h.Delete(t.Context(), h.anna, f.ID), fault.Invalid)
		if err := h.attach(t, item, h.anna); err != nil {
			t.Fatal(err)
		}
		mustBe(t, h.Delete(t.Context(), h.anna, f.ID), fault.NotFound) // the history of the post has it
		if h.onDisk(t) != 2 {
			t.Errorf("%d files are left", h.onDisk(t))
		}
		loose := must[*File](t)(h.Upload(t.Context(), h.anna, "x.png", bytes.NewReader(asPNG(t, quarters(8, 8))), "", [2]float64{}))
		if err := h.Delete(t.Context(), h.anna, loose.ID); err != nil || h.onDisk(t) != 2 {
			t.Errorf("%v, and %d files are left", err, h.onDisk(t))
		}
	})
}
