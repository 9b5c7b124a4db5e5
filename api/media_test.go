// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"mime/multipart"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/outbox"
)

// send sends a form with files: a field name, a file name and its bytes each.
func (w *world) send(method, path, who string, fields map[string]string, files ...string) *httptest.ResponseRecorder {
	w.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, value := range fields {
		w.check(form.WriteField(name, value))
	}
	for i := 0; i < len(files); i += 3 {
		part, err := form.CreateFormFile(files[i], files[i+1])
		w.check(err)
		_, err = part.Write([]byte(files[i+2]))
		w.check(err)
	}
	w.check(form.Close())
	r := httptest.NewRequestWithContext(w.Context(), method, w.expand(path), &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+w.tokens[who])
	}
	answer := httptest.NewRecorder()
	w.router.ServeHTTP(answer, r)
	w.validate(r, answer)
	return answer
}

// sent is send that must succeed, and gives the file a name.
func (w *world) sent(status int, path, name string, fields map[string]string, files ...string) attachment {
	w.Helper()
	answer := w.send("POST", path, "anna", fields, files...)
	if answer.Code != status {
		w.Fatalf("%s: %d %s", path, answer.Code, answer.Body)
	}
	var x attachment
	w.check(json.Unmarshal(answer.Body.Bytes(), &x))
	w.names[name] = x.ID
	return x
}

func onePNG(t testing.TB) string {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var mediaScenarios = []scenario{
	{"a picture", "anna", "GET", "/api/v1/media/{picture}", "", 200, has(`"type":"image"`, `"description":"De Waag"`, `"focus":{"x":0.5,"y":-0.2}`), nil},
	{"a picture of another", "bas", "GET", "/api/v1/media/{picture}", "", 404, has("error"), nil},
	{"described", "anna", "PUT", "/api/v1/media/{picture}", "description=Het stadhuis&focus=0,1", 200, has(`"description":"Het stadhuis"`), nil},
	{"described too long", "anna", "PUT", "/api/v1/media/{picture}", "description=" + strings.Repeat("x", 1501), 422, has("1501 characters of at most 1500"), nil},
	{"a focus that is none", "anna", "PUT", "/api/v1/media/{picture}", "focus=x", 422, has("focus must be two numbers"), nil},
	{"a document", "anna", "GET", "/api/v1/media/{document}", "", 200, has(`"type":"unknown"`, `.pdf"`, `"preview_url":null`, `"description":"besluit.pdf"`), nil},
	{"no file", "anna", "POST", "/api/v2/media", "description=x", 422, has("File can't be blank"), nil},
	{"by nobody", "", "POST", "/api/v2/media", "description=x", 401, has("error"), nil},
	{"with a narrow token", "narrow", "POST", "/api/v2/media", "description=x", 403, has("write:media"), nil},
	{"deleted by another", "bas", "DELETE", "/api/v1/media/{second}", "", 404, has("error"), nil},
	{"deleted", "anna", "DELETE", "/api/v1/media/{second}", "", 200, has("{}"), nil},
	{"gone", "anna", "GET", "/api/v1/media/{second}", "", 404, has("error"), nil},
	{"posted", "anna", "POST", "/api/v1/statuses", "status=Zie de bijlage&media_ids[]={picture}&media_ids[]={document}", 200, has(`"type":"image"`, `"type":"unknown"`, `"description":"besluit.pdf"`), nil},
	{"deleted while it is used", "anna", "DELETE", "/api/v1/media/{picture}", "", 422, has("used in a post"), nil},
	{"an emoji", "", "GET", "/api/v1/custom_emojis", "", 200, has(`"shortcode":"gouda"`, `"visible_in_picker":true`, `"category":"Gemeenten"`, `"static_url":"https://gouda.example/media/`), nil},
	{"used in a post", "anna", "POST", "/api/v1/statuses", "status=Mooi :gouda: en :nergens:", 200, has(`"emojis":[{"shortcode":"gouda"`), has(`"shortcode":"nergens"`)},
	{"used in a warning", "anna", "POST", "/api/v1/statuses", "status=x&spoiler_text=:gouda:", 200, has(`"emojis":[{"shortcode":"gouda"`), nil},
	{"used in a poll", "anna", "POST", "/api/v1/statuses", "status=Wat&poll[options][]=:gouda:&poll[options][]=nee&poll[expires_in]=3600", 200,
		has(`"emojis":[{"shortcode":"gouda"`, `"options":[{"title":":gouda:","votes_count":0},{"title":"nee","votes_count":0}],"emojis":[{"shortcode":"gouda"`), nil},
	{"not used in a poll", "anna", "POST", "/api/v1/statuses", "status=:gouda:&poll[options][]=ja&poll[options][]=nee&poll[expires_in]=3600", 200, has(`"emojis":[{"shortcode":"gouda"`, `"votes_count":0}],"emojis":[],`), nil},
	{"used in a name", "anna", "PATCH", "/api/v1/accounts/update_credentials", "display_name=Anna :gouda:", 200, has(`"emojis":[{"shortcode":"gouda"`), nil},
	{"used in a field", "anna", "PATCH", "/api/v1/accounts/update_credentials", "display_name=Anna&fields_attributes[0][name]=Stad&fields_attributes[0][value]=:gouda:", 200, has(`"emojis":[{"shortcode":"gouda"`), nil},
	{"used no more", "anna", "PATCH", "/api/v1/accounts/update_credentials", "fields_attributes[0][name]=Stad&fields_attributes[0][value]=Gouda", 200, has(`"emojis":[]`), nil},
}

func TestMediaScenarios(t *testing.T) {
	each(t, func(w *world) {
		w.check(w.api.Media.AddEmoji(w.Context(), int64(w.api.Dir.App().ID), media.Emoji{Name: "gouda", Category: "Gemeenten", Visible: true}, strings.NewReader(onePNG(w))))
		w.sent(200, "/api/v2/media", "picture", map[string]string{"description": "De Waag", "focus": "0.5,-0.2"}, "file", "waag.png", onePNG(w))
		w.sent(200, "/api/v1/media", "document", nil, "file", "besluit.pdf", "%PDF-1.7\n")
		w.sent(200, "/api/v1/media", "second", nil, "file", "waag.png", onePNG(w))
		for _, s := range mediaScenarios {
			answer := w.ask(s.method, s.path, s.who, s.body)
			text := answer.Body.String()
			if answer.Code != s.status {
				w.Errorf("%s: %d %s", s.name, answer.Code, text)
			}
			for _, part := range s.contains {
				if !strings.Contains(text, w.expand(part)) {
					w.Errorf("%s: no %s in %s", s.name, part, text)
				}
			}
			for _, part := range s.excludes {
				if strings.Contains(text, w.expand(part)) {
					w.Errorf("%s: %s is in %s", s.name, part, text)
				}
			}
		}
		if answer := w.send("PUT", "/api/v1/media/{document}", "anna", nil, "thumbnail", "x.png", onePNG(w)); answer.Code != 200 || !strings.Contains(answer.Body.String(), `"preview_url":"https://gouda.example/media/`) {
			w.Errorf("a thumbnail: %d %s", answer.Code, answer.Body)
		}
		if answer := w.send("POST", "/api/v2/media", "anna", nil, "file", "brief.docm", "PK\x03\x04"); answer.Code != 422 || !strings.Contains(answer.Body.String(), "no document that this server knows") {
			w.Errorf("no document: %d %s", answer.Code, answer.Body)
		}
	})
}

// A video is answered 202 without an address, is 206 until it is ready, and then 200; one that fails is 422 and says why.
func TestVideo(t *testing.T) {
	if media.FindTools() == nil && os.Getenv("PLEIO_TEST_FFMPEG") == "" {
		t.Skip("ffmpeg is not installed: scripts/setup installs it")
	}
	file := filepath.Join(t.TempDir(), "film.mp4")
	if out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1", "-c:v", "libx264", "-pix_fmt", "yuv420p", file).CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	film, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(w *world) {
		if answer := w.ask("GET", "/api/v2/instance", "", ""); !strings.Contains(answer.Body.String(), `"video/mp4"`) {
			w.Error("it does not say that it takes video")
		}
		x := w.sent(202, "/api/v2/media", "film", map[string]string{"description": "Een film"}, "file", "film.mp4", string(film), "thumbnail", "poster.png", onePNG(w))
		w.sent(202, "/api/v2/media", "broken", nil, "file", "film.mp4", string(film[:60]))
		if x.URL != nil || x.Type != "video" {
			w.Errorf("%+v", x)
		}
		if answer := w.ask("GET", "/api/v1/media/{film}", "anna", ""); answer.Code != 206 || !strings.Contains(answer.Body.String(), `"url":null`) {
			w.Errorf("%d %s", answer.Code, answer.Body)
		}
		if answer := w.ask("POST", "/api/v1/statuses", "anna", "status=x&media_ids[]={film}"); answer.Code != 422 || !strings.Contains(answer.Body.String(), "not finished processing") {
			w.Errorf("%d %s", answer.Code, answer.Body)
		}
		ctx, stop := context.WithCancel(w.Context())
		done := make(chan error)
		go func() { done <- w.api.Inbox.Jobs.Run(ctx) }()
		defer func() {
			stop()
			w.check(<-done)
		}()
		for deadline := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
			if w.ask("GET", "/api/v1/media/{film}", "anna", "").Code != 206 && w.ask("GET", "/api/v1/media/{broken}", "anna", "").Code != 206 {
				break
			}
			if time.Now().After(deadline) {
				w.Fatal("it never ends")
			}
		}
		if answer := w.ask("GET", "/api/v1/media/{film}", "anna", ""); answer.Code != 200 || !strings.Contains(answer.Body.String(), w.expand(`.mp4?for={anna}&until=`)) || !strings.Contains(answer.Body.String(), `"duration":1`) {
			w.Errorf("%d %s", answer.Code, answer.Body)
		}
		if answer := w.ask("GET", "/api/v1/media/{broken}", "anna", ""); answer.Code != 422 || !strings.Contains(answer.Body.String(), "The file is damaged") {
			w.Errorf("%d %s", answer.Code, answer.Body)
		}
		if answer := w.ask("POST", "/api/v1/statuses", "anna", "status=x&media_ids[]={film}"); answer.Code != 200 {
			w.Errorf("%d %s", answer.Code, answer.Body)
		}
		if x := w.sent(200, "/api/v1/media", "waited", nil, "file", "film.mp4", string(film)); x.URL == nil || x.Type != "gifv" {
			w.Errorf("who waited has %+v", x)
		}
	})
}

func TestDocumentInAPost(t *testing.T) {
	w := newWorld(t, dbtest.Open(t))
	x := w.sent(200, "/api/v2/media", "document", nil, "file", "besluit.pdf", "%PDF-1.7\n")
	var id media.ID
	w.check(json.Unmarshal([]byte(x.ID), &id))
	w.post("anna", "withfile", outbox.Draft{Text: "Zie", Files: []media.ID{id}})
	for _, part := range []string{`"type":"Document"`, `"mediaType":"application/pdf"`, `"name":"besluit.pdf"`, `"url":"https://gouda.example/media/`} {
		if doc := w.doc("withfile"); !strings.Contains(doc, part) {
			t.Errorf("no %s in %s", part, doc)
		}
	}
}

func TestEmojisTravel(t *testing.T) {
	w := newWorld(t, dbtest.Open(t))
	w.check(w.api.Media.AddEmoji(w.Context(), int64(w.api.Dir.App().ID), media.Emoji{Name: "gouda", Visible: true}, strings.NewReader(onePNG(w))))
	w.post("anna", "mooi", outbox.Draft{Text: "Mooi:gouda::gouda:"})
	anna := w.actor("anna")
	anna.Title = "Anna :gouda:"
	w.check(w.api.Outbox.UpdateProfile(w.Context(), anna))
	profile, err := w.api.Dir.Document(w.Context(), w.api.DB, w.actor("anna"))
	w.check(err)
	text, err := profile.Encode()
	w.check(err)
	for what, doc := range map[string]string{"post": w.doc("mooi"), "profile": string(text)} {
		if strings.Count(doc, `"name":":gouda:"`) != 1 || !strings.Contains(doc, `"type":"Emoji"`) || !strings.Contains(doc, `"icon":{"type":"Image","url":"https://gouda.example/media/`) {
			t.Errorf("the %s is %s", what, doc)
		}
	}
}

// doc is a post as others get it.
func (w *world) doc(name string) string {
	w.Helper()
	i, err := content.StoredByID(w.Context(), w.api.DB, w.item(name))
	w.check(err)
	object, err := w.api.Outbox.Library.Object(w.Context(), w.api.DB, i)
	w.check(err)
	text, err := object.Encode()
	w.check(err)
	return string(text)
}
