// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/node/nodetest"
	"github.com/pleio-node/pleio-node/outbox"
)

// sample is the archive of a group in which a few things have happened, as bytes.
func sample(t *testing.T) (b []byte) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t, "gouda", "delft")
		anna, bas := w.Person("anna@gouda"), w.Person("bas@delft")
		w.Group("wonen@gouda", "anna@gouda")
		bas.Follow("wonen@gouda")
		w.Settle()
		first := anna.Post("wonen@gouda", "Het eerste")
		w.Settle()
		bas.Reply(first, "Een antwoord")
		bas.Like(first)
		anna.Edit(first, "Het eerste, verbeterd")
		gone := bas.Post("wonen@gouda", "Dit gaat weg")
		w.Settle()
		bas.Delete(gone)
		n := w.Node("gouda")
		f, err := n.Media.Upload(t.Context(), int64(anna.Actor().ID), "nota.txt", strings.NewReader("De nota"), "De nota", [2]float64{})
		if err != nil {
			t.Fatal(err)
		}
		group, err := n.Dir.ResolveHandle(t.Context(), "wonen", "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := n.Outbox.Post(t.Context(), anna.Actor(), outbox.Draft{Text: "Met een nota", Group: group.ID, Files: []media.ID{f.ID}}); err != nil {
			t.Fatal(err)
		}
		w.Settle()
		a := &Archives{DB: n.DB, Dir: n.Dir, Library: n.Library, Media: n.Media, Outbox: n.Outbox}
		file := filepath.Join(t.TempDir(), "wonen.zip")
		if _, err := a.Export(t.Context(), group, file); err != nil {
			t.Fatal(err)
		}
		if b, err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	})
	return b
}

// opened opens bytes as an archive.
func opened(t interface{ Fatal(...any) }, dir string, b []byte) error {
	file := filepath.Join(dir, "x.zip")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := Open(context.Background(), file)
	if err == nil {
		a.Close()
	}
	return err
}

// refused checks that bytes are refused with a sentence that names the file.
func refused(t interface {
	Fatal(...any)
	Errorf(string, ...any)
}, dir string, b []byte, what string, args ...any) {
	err := opened(t, dir, b)
	if !errors.Is(err, fault.Invalid) || !strings.HasPrefix(fault.Sentence(err), dir) || !strings.HasSuffix(fault.Sentence(err), ".") {
		t.Errorf("%s: %v", fmt.Sprintf(what, args...), err)
	}
}

// Whichever byte of an archive changes, and wherever it is cut off: it is refused with a sentence.
func TestAnyDamageIsNoticed(t *testing.T) {
	whole, dir := sample(t), t.TempDir()
	if err := opened(t, dir, whole); err != nil {
		t.Fatalf("the archive itself is refused: %v", err)
	}
	for at := 0; at < len(whole); at += 13 {
		damaged := slices.Clone(whole)
		damaged[at] ^= 1 << (at % 8)
		refused(t, dir, damaged, "byte %d of %d", at, len(whole))
	}
	for at := len(whole) - 150; at < len(whole); at++ { // the end of the directory and the seal
		damaged := slices.Clone(whole)
		damaged[at] ^= 0x20
		refused(t, dir, damaged, "byte %d of %d", at, len(whole))
	}
	rapid.Check(t, func(t *rapid.T) {
		damaged := slices.Clone(whole)
		at := rapid.IntRange(0, len(whole)-1).Draw(t, "at")
		switch rapid.IntRange(0, 4).Draw(t, "damage") {
		case 0:
			damaged[at] ^= rapid.ByteRange(1, 255).Draw(t, "with")
		case 1:
			damaged = damaged[:at]
		case 2:
			damaged = slices.Insert(damaged, at, rapid.Byte().Draw(t, "more"))
		case 3:
			damaged = slices.Delete(damaged, at, min(at+rapid.IntRange(1, 2000).Draw(t, "less"), len(damaged)))
		case 4:
			damaged = append(damaged, rapid.SliceOfN(rapid.Byte(), 1, 100).Draw(t, "more")...)
		}
		refused(t, dir, damaged, "at %d of %d", at, len(whole))
	})
}

// packed is the parts of an archive, to be changed and packed again, with right checksums and a right seal.
type packed struct {
	t     *testing.T
	names []string
	parts map[string][]byte
	heads map[string]zip.FileHeader // of parts that are packed in another way
	twice string
}

func unpack(t *testing.T, b []byte) *packed {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	p := &packed{t: t, parts: map[string][]byte{}, heads: map[string]zip.FileHeader{}}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name != sumsPart {
			p.names, p.parts[f.Name] = append(p.names, f.Name), text
		}
	}
	return p
}

func (p *packed) pack() []byte {
	p.t.Helper()
	var b bytes.Buffer
	w, err := newWriter(&b, time.Unix(1_000_000_000, 0))
	for _, name := range p.names {
		method := zip.Deflate
		if strings.HasPrefix(name, filesFolder) {
			method = zip.Store
		}
		if head, other := p.heads[name]; other && err == nil {
			head.Name = name
			var to io.Writer
			if to, err = w.zip.CreateHeader(&head); err == nil {
				_, err = to.Write(p.parts[name])
				continue
			}
		}
		if err == nil {
			_, _, err = w.part(name, method, bytes.NewReader(p.parts[name]))
		}
		if err == nil && p.twice == name {
			_, _, err = w.part(name, method, bytes.NewReader(p.parts[name]))
		}
	}
	if err == nil {
		err = w.close()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return b.Bytes()
}

func (p *packed) add(name string, b []byte) { p.names, p.parts[name] = append(p.names, name), b }

func (p *packed) drop(name string) {
	p.names = slices.DeleteFunc(p.names, func(n string) bool { return n == name })
}

// replace replaces a text in a part, which must have it.
func (p *packed) replace(name, old, new string) {
	p.t.Helper()
	if !bytes.Contains(p.parts[name], []byte(old)) {
		p.t.Fatalf("%s lacks %q:\n%s", name, old, p.parts[name])
	}
	p.parts[name] = bytes.Replace(p.parts[name], []byte(old), []byte(new), 1)
}

// manifest changes the manifest.
func (p *packed) manifest(change func(*Manifest)) {
	p.t.Helper()
	var m Manifest
	if err := json.Unmarshal(p.parts[manifestPart], &m); err != nil {
		p.t.Fatal(err)
	}
	change(&m)
	b, err := json.Marshal(m)
	if err != nil {
		p.t.Fatal(err)
	}
	p.parts[manifestPart] = b
}

func lineOf(b []byte, n int) string { return strings.Split(string(b), "\n")[n] }

// What somebody makes who can make checksums and seals is looked at as well; and each kind of damage is said in words.
func TestWhatIsWrongIsSaid(t *testing.T) {
	whole, dir := sample(t), t.TempDir()
	if err := opened(t, dir, unpack(t, whole).pack()); err != nil {
		t.Fatalf("the archive packed again is refused: %v", err)
	}
	log, posts, members := numbered(kindEntry, 1), numbered(kindPost, 1), numbered(kindMember, 1)
	file := ""
	for _, name := range unpack(t, whole).names {
		if strings.HasPrefix(name, filesFolder) {
			file = name
		}
	}
	for _, c := range []struct {
		name, want string
		change     func(*packed)
	}{
		{"a path that leads out", `the name "../../etc/cron.d/x"`, func(p *packed) { p.add("../../etc/cron.d/x", []byte("x")) }},
		{"an absolute path", `the name "/etc/passwd"`, func(p *packed) { p.add("/etc/passwd", []byte("x")) }},
		{"a path within a folder of ours", `no archive of a group has`, func(p *packed) { p.add("files/../x", []byte("x")) }},
		{"an unknown part", `the name "more.json"`, func(p *packed) { p.add("more.json", []byte("{}")) }},
		{"a part twice", "twice", func(p *packed) { p.twice = posts }},
		{"a link", "not packed as parts of archives are", func(p *packed) {
			h := zip.FileHeader{Method: zip.Store}
			h.SetMode(fs.ModeSymlink | 0o777)
			p.heads[file] = h
		}},
		{"a packed file", "not packed as parts of archives are", func(p *packed) { p.heads[file] = zip.FileHeader{Method: zip.Deflate} }},
		{"a large part", "is the limit", func(p *packed) { p.add(numbered(kindPost, 2), make([]byte, maxPart+1)) }},
		{"a large file", "is the limit", func(p *packed) { p.add(filesFolder+strings.Repeat("0", 64), make([]byte, maxFile+1)) }},
		{"a bomb", "far more than an archive of", func(p *packed) {
			p.add(numbered(kindPost, 2), make([]byte, maxPart))
			p.add(numbered(kindPost, 3), make([]byte, maxPart))
		}},
		{"a long line", "too long", func(p *packed) { p.parts[posts] = []byte(`{"id":"` + strings.Repeat("x", maxLine) + `"}`) }},
		{"a line that is none", "cannot be read", func(p *packed) { p.parts[posts] = append(p.parts[posts], "nothing\n"...) }},
		{"no file", "lacks the file", func(p *packed) { p.drop(file) }},
		{"another file under its digest", "not the one with its digest", func(p *packed) { p.parts[file] = []byte("De rota") }},
		{"no posts", "speaks of the post", func(p *packed) { p.drop(posts) }},
		{"a gap in the parts", "there are later ones", func(p *packed) { p.add(numbered(kindPost, 3), p.parts[posts]) }},
		{"no settings", "lacks the part settings.json", func(p *packed) { p.drop(settingsPart) }},
		{"another format", "is no archive of a group", func(p *packed) { p.manifest(func(m *Manifest) { m.Format = "something" }) }},
		{"a later version", "use a newer pleio-node", func(p *packed) { p.manifest(func(m *Manifest) { m.Version++ }) }},
		{"another group", "is not the document of", func(p *packed) { p.manifest(func(m *Manifest) { m.Group = "https://other.example/groups/x" }) }},
		{"fewer posts than it says", "does not hold what its manifest says", func(p *packed) { p.manifest(func(m *Manifest) { m.Counts.Posts++ }) }},
		{"another head", "has another log than the group had", func(p *packed) { p.manifest(func(m *Manifest) { m.State.Head = strings.Repeat("0", 64) }) }},
		{"the last entry is missing", "has another log than the group had", func(p *packed) {
			lines := strings.SplitAfter(string(p.parts[log]), "\n")
			p.parts[log] = []byte(strings.Join(lines[:len(lines)-2], ""))
		}},
		{"an entry is missing", "lacks entry 2 of the log", func(p *packed) { p.replace(log, lineOf(p.parts[log], 1)+"\n", "") }},
		{"an entry says something else", "its hash is not that of what it says", func(p *packed) { p.replace(log, "Een antwoord", "Een aanslag") }},
		{"an entry of another", "it is not by the group", func(p *packed) {
			p.replace(log, `"actor":"http://gouda.example/groups/wonen"`, `"actor":"http://gouda.example/groups/x"`)
		}},
		{"an erased entry with another hash", "what is left of it is not of that place", func(p *packed) {
			hash := regexp.MustCompile(`"entryHash":"[0-9a-f]{64}"`).FindString(string(p.parts[log]))
			p.replace(log, hash, `"entryHash":"`+strings.Repeat("0", 64)+`"`)
		}},
		{"another role", "has another list of members than the group had", func(p *packed) { p.replace(members, `"role":"member"`, `"role":"owner"`) }},
		{"a role that there is not", "a membership of", func(p *packed) { p.replace(members, `"role":"member"`, `"role":"king"`) }},
		{"a member of another group", "that is no membership of", func(p *packed) {
			p.replace(members, `"object":"http://gouda.example/groups/wonen"`, `"object":"http://gouda.example/groups/x"`)
		}},
		{"a member twice", "twice in its list of members", func(p *packed) { p.parts[members] = append(p.parts[members], lineOf(p.parts[members], 0)+"\n"...) }},
		{"a post by somebody else", "is not its author's", func(p *packed) {
			p.replace(posts, `"author":"http://gouda.example/users/anna"`, `"author":"http://delft.example/users/bas"`)
		}},
		{"a post with another id", "is not its author's", func(p *packed) {
			p.replace(posts, `{"id":"http://gouda.example/posts/`, `{"id":"http://gouda.example/posts/9`)
		}},
		{"a post twice", "twice, or not in its place", func(p *packed) { p.parts[posts] = append(p.parts[posts], lineOf(p.parts[posts], 0)+"\n"...) }},
		{"an author who is nobody", "does not say who that is", func(p *packed) { p.drop(numbered(kindActor, 1)) }},
		{"somebody twice", "twice in actors", func(p *packed) { p.add(numbered(kindActor, 2), p.parts[numbered(kindActor, 1)]) }},
		{"a reaction to nothing", "does not have it", func(p *packed) {
			p.replace(numbered(kindReaction, 1), `{"post":"http://gouda.example/posts/`, `{"post":"http://gouda.example/posts/9`)
		}},
		{"a version of nothing", "does not have it", func(p *packed) {
			p.replace(numbered(kindVersion, 1), `{"post":"http://gouda.example/posts/`, `{"post":"http://gouda.example/posts/9`)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := unpack(t, whole)
			p.t = t
			c.change(p)
			b := p.pack()
			refused(t, dir, b, "it is taken")
			if err := opened(t, dir, b); err == nil || !strings.Contains(fault.Sentence(err), c.want) {
				t.Errorf("it is refused with %q, which lacks %q", fault.Sentence(err), c.want)
			}
		})
	}

	for name, c := range map[string]struct {
		want string
		b    []byte
	}{
		"cut off":          {"its end is missing", whole[:len(whole)/2]},
		"without its seal": {"its end is missing", whole[:len(whole)-len(openSeal)]},
		"another seal":     {"the seal at its end is not that of these bytes", append(slices.Clone(whole[:len(whole)-1]), whole[len(whole)-1]^1)},
		"a text":           {"is no archive of a group", []byte("Beste mensen, hier is de groep.")},
		"empty":            {"is no archive of a group", nil},
		"one byte":         {"is not the one that was written", changed(t, whole, []byte("De nota"), []byte("De rota"))},
	} {
		if err := opened(t, dir, c.b); err == nil || !strings.Contains(fault.Sentence(err), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "nothing.zip")); !errors.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), "cannot be read") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := Open(t.Context(), dir); !errors.Is(err, fault.Invalid) {
		t.Errorf("a folder: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := os.WriteFile(filepath.Join(dir, "x.zip"), whole, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(ended, filepath.Join(dir, "x.zip")); !errors.Is(err, context.Canceled) {
		t.Errorf("an end while it is read: %v", err)
	}
}

func changed(t *testing.T, b, old, new []byte) []byte {
	t.Helper()
	if bytes.Count(b, old) != 1 {
		t.Fatalf("%q stands %d times in the archive", old, bytes.Count(b, old))
	}
	return bytes.Replace(b, old, new, 1)
}

// An archive has its name when it is whole, and never takes that of another file.
func TestAnExportThatFailsLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := nodetest.New(t, "gouda")
		w.Person("anna@gouda")
		w.Group("wonen@gouda", "anna@gouda")
		n := w.Node("gouda")
		group, err := n.Dir.ResolveHandle(t.Context(), "wonen", "")
		if err != nil {
			t.Fatal(err)
		}
		a := &Archives{DB: n.DB, Dir: n.Dir, Library: n.Library, Media: n.Media, Outbox: n.Outbox}
		dir := t.TempDir()
		file := filepath.Join(dir, "wonen.zip")
		if err := os.WriteFile(file, []byte("iets anders"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Export(t.Context(), group, file); !errors.Is(err, fault.Invalid) || !strings.Contains(fault.Sentence(err), "exists already") {
			t.Errorf("over another file: %v", err)
		}
		if _, err := a.Export(t.Context(), group, filepath.Join(dir, "nergens", "wonen.zip")); !errors.Is(err, fault.Invalid) {
			t.Errorf("into a folder that is not there: %v", err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Export(ended, group, filepath.Join(dir, "ander.zip")); err == nil {
			t.Error("an export went on after its end")
		}
		entries, err := os.ReadDir(dir)
		if err != nil || len(entries) != 1 {
			t.Errorf("the folder holds %v, %v", entries, err)
		}
		if text, err := os.ReadFile(file); err != nil || string(text) != "iets anders" {
			t.Errorf("the other file is %q, %v", text, err)
		}
	})
}
