// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"archive/zip"
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

// zipped is a ZIP of parts: a name, its content, a name, its content …
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		w := must[io.Writer](t)(z.CreateHeader(&zip.FileHeader{Name: parts[i], Method: zip.Store}))
		if _, err := io.WriteString(w, parts[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// office is a document of ECMA-376 whose main part has a type.
func office(t testing.TB, main string, more ...string) []byte {
	return zipped(t, append([]string{"[Content_Types].xml", `<Types><Override PartName="/main.xml" ContentType="` + main + `"/></Types>`, "main.xml", "<x/>"}, more...)...)
}

func documentsOf(t testing.TB) map[string][]byte {
	return map[string][]byte{
		"besluit.pdf": []byte("%PDF-1.7\n1 0 obj<<>>endobj\n%%EOF"), "Brief.DOCX": office(t, docx+".main+xml"), "begroting.xlsx": office(t, xlsx+".main+xml"),
		"dia's.pptx": office(t, pptx+".main+xml"), "brief.odt": zipped(t, "mimetype", odt, "content.xml", "<x/>"), "cijfers.ods": zipped(t, "mimetype", ods),
		"dia.odp": zipped(t, "mimetype", odp), "notitie.txt": []byte("Café, \"reünie\""), "lijst.csv": []byte("a;b\n1;2\n"), "leesmij.md": []byte("# Titel"),
		"afspraak.ics": []byte("BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"),
	}
}

func (h *house) send(t testing.TB, name string, b []byte) (*File, error) {
	t.Helper()
	return h.Upload(t.Context(), h.anna, name, bytes.NewReader(b), "", [2]float64{})
}

func TestDocuments(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for name, b := range documentsOf(t) {
			f, err := h.send(t, name, b)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if f.Kind != "unknown" || f.Name != name || f.Size != int64(len(b)) || f.Digest != digest(b) || f.Title() != name || h.PreviewURL(*f) != "" || !bytes.Equal(h.stored(t, f.Path), b) {
				t.Errorf("%s became %+v", name, f)
			}
			got := h.get(t, h.URL(*f))
			body := must[[]byte](t)(io.ReadAll(got.Body))
			kind := strings.TrimSuffix(got.Header.Get("Content-Type"), "; charset=utf-8")
			if got.StatusCode != 200 || !bytes.Equal(body, b) || kind != f.MIME || got.Header.Get("X-Content-Type-Options") != "nosniff" ||
				!strings.HasPrefix(got.Header.Get("Content-Disposition"), "attachment; filename") || got.Header.Get("Content-Security-Policy") != "default-src 'none'; sandbox" {
				t.Errorf("%s is served as %s %v", name, got.Status, got.Header)
			}
		}
		f := must[*File](t)(h.send(t, "../../reünie \u202e.txt", []byte("x")))
		if v := h.get(t, h.URL(*f)).Header.Get("Content-Disposition"); f.Name != "reünie .txt" || v != "attachment; filename*=utf-8''re%C3%BCnie%20.txt" {
			t.Errorf("%q is downloaded as %s", f.Name, v)
		}
	})
}

func TestDocumentsRefused(t *testing.T) {
	h := open(t, dbtest.Open(t), noFetch)
	word := office(t, docx+".main+xml")
	for name, c := range map[string]struct {
		b    []byte
		says string
	}{
		"brief.docm":   {office(t, "application/vnd.ms-word.document.macroEnabled.main+xml"), "can hold macros"},
		"macro.docx":   {office(t, docx+".main+xml", "word/vbaProject.bin", "x"), "holds macros"},
		"activex.xlsx": {office(t, xlsx+".main+xml", "xl/activeX/activeX1.bin", "x"), "holds macros"},
		"xlm.xlsx":     {office(t, xlsx+".main+xml", "xl/macrosheets/sheet1.xml", "x"), "holds macros"},
		"basic.odt":    {zipped(t, "mimetype", odt, "Basic/Standard/Module1.xml", "x"), "holds macros"},
		"oud.doc":      {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), "old Office software"},
		"brief.pdf":    {word, "not what its name says"},
		"brief.xlsx":   {word, "not what its name says"},
		"brief.docx":   {[]byte("%PDF-1.7"), "not what its name says"},
		"alles.zip":    {zipped(t, "virus.exe", "MZ"), "no document that this server knows"},
		"half.docx":    {word[:len(word)/2], "no document that this server knows"},
		"vreemd.odt":   {zipped(t, "mimetype", "application/x-evil"), "no document that this server knows"},
		"pagina.html":  {[]byte("<script>alert(1)</script>"), "not a file that this server accepts"},
		"plaat.svg":    {[]byte("<svg onload='alert(1)'/>"), "not a file that this server accepts"},
		"acteur.json":  {[]byte(`{"type":"Person"}`), "not a file that this server accepts"},
		"leeg":         {[]byte("tekst"), "not a file that this server accepts"},
		"latin.txt":    {[]byte("caf\xe9"), "not a text in UTF-8"},
		"nul.txt":      {[]byte("a\x00b"), "not a text in UTF-8"},
		"geen.ics":     {[]byte("BEGIN:VCARD"), "not a calendar"},
		"groot.txt":    {bytes.Repeat([]byte("x"), MaxBytes+1), "at most 16 MB"},
	} {
		if _, err := h.send(t, name, c.b); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := h.onDisk(t); n != 0 {
		t.Errorf("%d files are left of refused ones", n)
	}
}

// Who sends and never uses is stopped before the disk is full.
func TestUnusedUploadsAreLimited(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		f := must[*File](t)(h.send(t, "een.txt", []byte("x")))
		run(t, h.d, "UPDATE files SET size = $1 WHERE id = $2", int64(maxLooseBytes), f.ID)
		if _, err := h.send(t, "twee.txt", []byte("x")); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "in no post") {
			t.Errorf("sent more: %v", err)
		}
		if _, err := h.Upload(t.Context(), h.bas, "drie.txt", strings.NewReader("x"), "", [2]float64{}); err != nil {
			t.Errorf("another person: %v", err)
		}
		if err := h.attach(t, addItem(t, h.d, h.anna), h.anna, f.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.send(t, "vier.txt", []byte("x")); err != nil {
			t.Errorf("after it was used: %v", err)
		}
	})
}

// Whatever is in a file, its type is one that is served, and nothing panics.
func FuzzSniff(f *testing.F) {
	for name, b := range documentsOf(f) {
		f.Add(name, b)
	}
	f.Add("a.avif", sample)
	f.Add("a.mp3", []byte("\xff\xfb\x90\x64"))
	f.Add("a.mp4", []byte("\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41"))
	f.Add("a.mkv", []byte("\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm"))
	f.Add("a.docm", office(f, "application/vnd.ms-word.document.macroEnabled.main+xml"))
	f.Fuzz(func(t *testing.T, name string, b []byte) {
		sniff(b)
		rotation(b)
		if clean := cleanName(name); strings.ContainsAny(clean, "/\\\n\x00") || len([]rune(clean)) > 100 {
			t.Fatalf("the name %q", clean)
		}
		mime, err := recogniseDocument(name, bytes.NewReader(b), int64(len(b)), b[:min(len(b), sniffed)])
		if err != nil {
			if fault.Status(err) != 422 {
				t.Fatal(err)
			}
			return
		}
		if served[extension(mime)] != mime || !strings.EqualFold(name[strings.LastIndexByte(name, '.'):], extension(mime)) {
			t.Fatalf("%q is %s", name, mime)
		}
	})
}
