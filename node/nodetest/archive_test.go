// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/archive"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

func (w *World) archives(on string) *archive.Archives {
	n := w.Node(on)
	return &archive.Archives{DB: n.DB, Dir: n.Dir, Library: n.Library, Media: n.Media, Outbox: n.Outbox, Name: n.Config.Node.Name, Software: "pleio-node/test"}
}

// export writes a group to a file and opens that.
func (w *World) export(group string) (*archive.Archive, *archive.Manifest) {
	w.t.Helper()
	name, where := w.split(group)
	file := filepath.Join(w.t.TempDir(), name+".zip")
	m, err := w.archives(where).Export(context.Background(), w.actor(where, group), file)
	if err != nil {
		w.t.Fatalf("export %s: %v", group, err)
	}
	a, err := archive.Open(context.Background(), file)
	if err != nil {
		w.t.Fatalf("open the archive of %s: %v", group, err)
	}
	w.t.Cleanup(func() { a.Close() })
	return a, m
}

// bring imports an archive; owner is "henk@delft", or "" for nobody.
func (w *World) bring(on string, a *archive.Archive, p archive.Plan, owner string) (*archive.Brought, error) {
	w.t.Helper()
	if owner != "" {
		p.Owner = w.As(owner).Actor()
	}
	return w.archives(on).Import(context.Background(), a, p)
}

// stories are the posts of a group as a node has them, in their order: who wrote what when, what it answers, what it was before, what others
// say about it and the digests of its files.
func (w *World) stories(on, group string) []string {
	w.t.Helper()
	ctx, n := context.Background(), w.Node(on)
	g := w.actor(on, group)
	all, err := content.StandingIn(ctx, n.DB, g.ID, 0, 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	reader := int64(w.Number(on, "SELECT COALESCE(MIN(r.subject), 0) FROM relations r JOIN actors s ON s.id = r.subject AND s.local WHERE r.object = $1 AND r.state = 'active'", g.ID))
	var list []string
	for _, s := range all {
		author, err := actors.Get(ctx, n.DB, s.Author)
		if err != nil {
			w.t.Fatal(err)
		}
		line := fmt.Sprintf("%s by %s at %s: %s %q answers %q audience %d pinned %v closed %v announced %s edited %s", s.IRI, author.IRI, moment(s.Published), s.Kind, plain(s.Content), s.ReplyIRI, s.Audience,
			!s.Featured.IsZero(), !s.Closed.IsZero(), moment(s.Announced), moment(s.Edited))
		if root, err := content.StoredByID(ctx, n.DB, s.Thread); err == nil {
			line += " in " + root.IRI
		}
		if s.Poll != nil {
			line += fmt.Sprintf(" asks %+v", s.Poll.Options)
		}
		files, err := media.Of(ctx, n.DB, []int64{int64(s.ID)})
		if err != nil {
			w.t.Fatal(err)
		}
		line += w.digests(on, reader, files[int64(s.ID)])
		for _, v := range s.Versions {
			line += fmt.Sprintf(" was %q at %s%s", plain(v.Content), moment(v.Written), w.digests(on, reader, v.Files))
		}
		for _, r := range s.Reactions {
			by, err := actors.Get(ctx, n.DB, r.By)
			if err != nil {
				w.t.Fatal(err)
			}
			line += fmt.Sprintf(" %s%s by %s", r.Kind, r.Value, by.IRI)
		}
		list = append(list, fmt.Sprintf("%s likes %d replies %d", line, s.LikesCount, s.RepliesCount))
	}
	return list
}

func moment(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// digests are the digests of files, each with what is said of it, read as a member of this node does: at its address.
func (w *World) digests(on string, reader int64, files []media.File) (list string) {
	w.t.Helper()
	for _, f := range files {
		status, body := w.read(on, w.Node(on).Media.URL(f, reader))
		list += fmt.Sprintf(" file %d %x %q", status, sha256.Sum256(body), f.Description)
	}
	return list
}

// read asks a node for one of its own addresses.
func (w *World) read(on, address string) (int, []byte) {
	w.t.Helper()
	r := httptest.NewRequest(http.MethodGet, address, nil)
	answer := httptest.NewRecorder()
	w.Node(on).ServeHTTP(answer, r)
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.Code, body
}

// upload sends a file to a person's node, to be posted.
func (p *Person) upload(name string, b []byte) media.ID {
	p.w.t.Helper()
	f, err := p.node().Media.Upload(context.Background(), int64(p.Actor().ID), name, bytes.NewReader(b), name+" beschreven", [2]float64{0.5, -0.5})
	p.must(err, "sends %s", name)
	return f.ID
}

func (p *Person) posts(d outbox.Draft) string {
	p.w.t.Helper()
	iri, err := p.draft(d)
	p.must(err, "posts %q", d.Text)
	return iri
}

// withArchive is a world with a closed group in which everything has happened that can: dossier of Chris at provincie. Delft is not in it.
func withArchive(t *testing.T) (w *World, chris, anna, bas *Person, deleted string) {
	t.Helper()
	w, chris, anna, bas = withDossier(t)
	w.Add("delft")
	w.Person("henk@delft")
	for _, who := range []string{"dora@gouda", "eva@waterschap", "fred@gouda", "gina@waterschap", "ina@delft"} {
		w.Person(who)
	}
	group := chris.groupNamed(dossier)
	first := chris.posts(outbox.Draft{Text: "Welkom in het dossier", Group: group.ID, Files: []media.ID{chris.upload("foto.png", picture(t)), chris.upload("nota.txt", []byte("De nota"))}})
	w.Settle()
	reply := anna.posts(outbox.Draft{Text: "Hier is de mijne", ReplyTo: anna.item(first).ID, Files: []media.ID{anna.upload("bijlage.md", []byte("# Bijlage"))}})
	w.Settle()
	chris.posts(outbox.Draft{Text: "Dank @anna@gouda.example", ReplyTo: chris.item(reply).ID})
	second := bas.Post(dossier, "Twee keer gezegd")
	poll := chris.posts(outbox.Draft{Text: "Wanneer?", Group: group.ID, PollLasts: 48 * time.Hour, Poll: &content.Poll{Options: []content.Option{{Name: "Maandag"}, {Name: "Dinsdag"}}}})
	w.Settle()
	anna.vote(poll, 1)
	bas.Edit(second, "Eén keer gezegd")
	kept := chris.item(first)
	files, err := media.Of(context.Background(), chris.node().DB, []int64{int64(kept.ID)})
	chris.must(err, "reads the files")
	_, err = chris.node().Outbox.Edit(context.Background(), chris.Actor(), kept.ID, outbox.Draft{Text: "Welkom in het dossier, allemaal", Files: []media.ID{files[int64(kept.ID)][0].ID}})
	chris.must(err, "edits")
	w.Settle()
	deleted = anna.Post(dossier, "Dit moet weg")
	w.Settle()
	anna.Delete(deleted)
	bas.Like(first)
	anna.Like(first)
	chris.must(chris.node().Outbox.PinPost(context.Background(), chris.Actor(), group, kept.ID, true), "pins")
	chris.must(chris.node().Outbox.LockPost(context.Background(), chris.Actor(), group, chris.item(second).ID, true, "Genoeg"), "locks")
	chris.Makes("anna@gouda", actors.RoleModerator)
	chris.Invite("dora@gouda", dossier, actors.Invitation{Role: actors.RoleGuest, Until: time.Now().Add(40 * 24 * time.Hour)})
	w.Settle()
	w.As("dora@gouda").Accepts(dossier, true)
	w.As("eva@waterschap").Follow(dossier)
	w.Settle()
	chris.Decides("eva@waterschap", outbox.Decision{Kind: outbox.DecidedBan, Reason: "Spam"})
	chris.Invite("gina@waterschap", dossier, actors.Invitation{Message: "Doe mee"})
	chris.Sets(dossier, actors.GroupChange{Join: pointer(actors.JoinRequest), Welcome: map[string]string{"nl": "Hallo"}, Introduction: pointer(true)})
	w.Settle()
	chris.must(w.As("fred@gouda").Joins(dossier, "Ik werk eraan"), "lets Fred ask")
	w.Settle()
	return w, chris, anna, bas, deleted
}

func pointer[T any](v T) *T { return &v }

// A group leaves its node with all that was said in it, and is brought into a node that knew nothing of it: the same posts by the same people at
// the same times, with their files; and its members are asked.
func TestAGroupIsBroughtIntoAnotherNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, anna, bas, deleted := withArchive(t)
		before := w.stories("provincie", dossier)
		if len(before) != 5 || !strings.Contains(before[0], `was "Welkom in het dossier"`) || strings.Count(before[0], "file 200") != 3 || !strings.Contains(before[1], "file 200") {
			t.Fatalf("the group is not what this test means:\n%s", strings.Join(before, "\n"))
		}
		a, m := w.export(dossier)
		if m.Counts.Members != 4 || m.Counts.Relations != 7 || m.Counts.Posts != 5 || m.Counts.Missing != 0 || m.Counts.Files != 3 || m.Counts.Entries != m.State.Seq || m.State.MemberDigest != w.actor("provincie", dossier).Digest {
			t.Errorf("the manifest says %+v", m)
		}
		for _, secret := range []string{"PRIVATE KEY", "Dit moet weg"} {
			if archiveHolds(t, w, a, secret) {
				t.Errorf("the archive has %q", secret)
			}
		}

		if _, err := w.bring("delft", a, archive.Plan{}, ""); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "--owner") {
			t.Errorf("without an owner: %v", err)
		}
		w.Down("provincie") // nothing of the group's node is needed
		b, err := w.bring("delft", a, archive.Plan{}, "henk@delft")
		if err != nil {
			t.Fatal(err)
		}
		if b.Restored || b.Posts != 5 || b.Taken+b.Gone+b.Foreign != 0 || b.Files != 3 || b.Invited != 5 || b.Requests != 1 || b.Barred != 1 {
			t.Errorf("the import tells %+v", b)
		}
		const moved = "dossier@delft"
		if diff := cmp.Diff(before, w.stories("delft", moved)); diff != "" {
			t.Errorf("what was said differs (-provincie +delft):\n%s", diff)
		}
		g := w.actor("delft", moved)
		if g.Visibility != actors.VisibilityListed || g.JoinPolicy != actors.JoinRequest || !g.Settings.Introduction || g.Settings.Welcome["nl"] != "Hallo" || g.Title != "Dossier" || len(g.AlsoKnownAs) != 1 || g.AlsoKnownAs[0] != m.Group {
			t.Errorf("the group has become %+v", g)
		}
		if diff := cmp.Diff([]string{"http://delft.example/users/henk owner"}, w.Roster("delft", moved)); diff != "" {
			t.Errorf("somebody is a member without having been asked:\n%s", diff)
		}
		w.Up("provincie")
		w.Pass(2 * time.Hour)

		for who, role := range map[string]actors.Role{"chris@provincie": actors.RoleOwner, "anna@gouda": actors.RoleModerator, "bas@waterschap": actors.RoleMember, "dora@gouda": actors.RoleGuest, "gina@waterschap": actors.RoleMember} {
			if r := w.relation("delft", who, moved); !r.Invites() || r.Role != role {
				t.Errorf("%s stands as %s %s, want invited as %s", who, r.State, r.Role, role)
			}
			if s := w.Stands(w.As(who).where, who, moved); s != actors.Invited {
				t.Errorf("%s was not told of the invitation: %q", who, s)
			}
		}
		if s := w.Stands("delft", "eva@waterschap", moved); s != actors.Banned {
			t.Errorf("who was banned is %s", s)
		}
		if s := w.Stands("delft", "fred@gouda", moved); s != actors.None {
			t.Errorf("who had asked is %s", s)
		}
		henk := w.As("henk@delft")
		w.Sees("henk@delft", "Eén keer gezegd", "Welkom in het dossier, allemaal")
		w.SeesNot("ina@delft", "Eén keer gezegd", "Welkom in het dossier, allemaal")

		for _, p := range []*Person{chris, anna, bas, w.As("dora@gouda")} {
			p.Accepts(moved, true)
		}
		w.Settle()
		want := []string{"http://delft.example/users/henk owner", "http://gouda.example/users/anna moderator", "http://gouda.example/users/dora guest", "http://provincie.example/users/chris owner", "http://waterschap.example/users/bas member"}
		if diff := cmp.Diff(want, w.Roster("delft", moved)); diff != "" {
			t.Errorf("the members after their answers:\n%s", diff)
		}
		w.SameMembers("delft", moved, "gouda", "provincie", "waterschap")
		begins, err := w.Fetch("gouda", outbox.EntryIRI(g, g.Epoch, 1))
		for _, want := range []string{`"type":"Create"`, `"origin":{`, `"id":"` + m.Group + `"`, m.State.Epoch, m.State.Head, m.State.MemberDigest, fmt.Sprintf(`"seq":%d`, m.State.Seq)} {
			if err != nil || !strings.Contains(string(begins), want) {
				t.Errorf("the log begins with %s, %v: want %s", begins, err, want)
			}
		}
		answer := henk.Reply(strings.Fields(before[0])[0], "Verder op een nieuwe plek")
		anna.Post(moved, "Ook hier")
		w.Settle()
		w.Sees("bas@waterschap", "Ook hier")
		w.Sees("henk@delft", "Ook hier")
		if !w.Knows("provincie", answer) {
			t.Error("an answer to what was brought in does not reach a member")
		}
		w.SameMembers("delft", moved, "gouda", "provincie", "waterschap")
		w.SameMembers("provincie", dossier, "gouda", "waterschap") // the group of before is as it was
		if w.Knows("delft", deleted) {
			t.Error("what was deleted has come back")
		}

		for _, p := range []archive.Plan{{}, {As: "dossier2"}} {
			if _, err := w.bring("delft", a, p, "henk@delft"); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "brought in before") {
				t.Errorf("a second time as %q: %v", p.As, err)
			}
		}
	})
}

// archiveHolds tells whether a text stands anywhere in an archive, unpacked.
func archiveHolds(t *testing.T, w *World, a *archive.Archive, text string) bool {
	t.Helper()
	var all bytes.Buffer
	if err := a.Dump(context.Background(), &all); err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(all.Bytes(), []byte(text))
}

// lose makes a node forget a group, as if it had never had it; its people stay.
func (w *World) lose(on, group string) {
	w.t.Helper()
	g := w.actor(on, group)
	w.tx(on, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		for _, sql := range []string{"DELETE FROM files WHERE item > 0 AND item IN (SELECT id FROM items WHERE grp = $1) OR item < -2 AND -item IN (SELECT id FROM items WHERE grp = $1)",
			"DELETE FROM activities WHERE item > 0 AND item IN (SELECT id FROM items WHERE grp = $1)", "DELETE FROM items WHERE grp = $1", "DELETE FROM actors WHERE id = $1", "DELETE FROM tombstones WHERE secret AND $1 > 0"} {
			if _, err := tx.Exec(ctx, sql, g.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if err := os.RemoveAll(filepath.Join(w.dir, on, "media", "files")); err != nil {
		w.t.Fatal(err)
	}
	w.Restart(on)
}

// A node that has lost a group brings it back from an archive: the same group, for the nodes of its members too.
func TestAGroupComesBackToItsNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, anna, bas, deleted := withArchive(t)
		before, roster, was := w.stories("provincie", dossier), w.Roster("provincie", dossier), w.actor("provincie", dossier)
		page := w.body("provincie", before)
		decided := w.decisions("provincie")
		a, _ := w.export(dossier)
		anna.Post(dossier, "Na het archief")
		w.Settle()
		w.lose("provincie", dossier)
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			return content.Bury(ctx, tx, deleted, "Note")
		})

		b, err := w.bring("provincie", a, archive.Plan{}, "")
		if err != nil {
			t.Fatal(err)
		}
		if !b.Restored || b.Members != 4 || b.Posts != 5 || b.Different || b.Invited != 0 {
			t.Errorf("the import tells %+v", b)
		}
		closed := func(all []string) string { // a poll that was open is closed: who had voted is in no archive
			return strings.Join(all, "\n")
		}
		if diff := cmp.Diff(closed(before), closed(w.stories("provincie", dossier))); diff != "" {
			t.Errorf("what was said differs (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(page, w.body("provincie", before)); diff != "" {
			t.Errorf("a post is at another address, or says something else:\n%s", diff)
		}
		if diff := cmp.Diff(roster, w.Roster("provincie", dossier)); diff != "" {
			t.Errorf("the members differ:\n%s", diff)
		}
		if diff := cmp.Diff(decided, w.decisions("provincie")); diff != "" {
			t.Errorf("what was decided differs:\n%s", diff)
		}
		now := w.actor("provincie", dossier)
		if now.IRI != was.IRI || now.Epoch <= was.Epoch || now.Digest != was.Digest || now.FollowersCount != was.FollowersCount {
			t.Errorf("the group is %s epoch %s digest %s, and was %s %s %s", now.IRI, now.Epoch, now.Digest, was.IRI, was.Epoch, was.Digest)
		}
		for who, want := range map[string]actors.State{"eva@waterschap": actors.Banned, "fred@gouda": actors.Requested, "gina@waterschap": actors.Invited} {
			if s := w.Stands("provincie", who, dossier); s != want {
				t.Errorf("%s is %s, want %s", who, s, want)
			}
		}
		w.Settle()
		w.Pass(time.Hour)
		w.SameMembers("provincie", dossier, "gouda", "waterschap")
		chris.Post(dossier, "We zijn er weer")
		bas.Post(dossier, "Gelukkig")
		w.Settle()
		w.Sees("anna@gouda", "We zijn er weer", "Gelukkig", "Na het archief")
		w.Sees("chris@provincie", "We zijn er weer", "Gelukkig", "Welkom in het dossier, allemaal")
		chris.Answers("fred@gouda", dossier, true)
		w.As("gina@waterschap").Accepts(dossier, true)
		w.Settle()
		w.Sees("fred@gouda", "We zijn er weer")
		w.SameMembers("provincie", dossier, "gouda", "waterschap")
		if _, err := w.bring("provincie", a, archive.Plan{}, ""); fault.Status(err) != 422 || !strings.Contains(fault.Sentence(err), "is here") {
			t.Errorf("a second time: %v", err)
		}
	})
}

// body is what a node answers for the documents of posts, to a node that may read them.
func (w *World) body(on string, stories []string) (all []string) {
	w.t.Helper()
	for _, s := range stories {
		if iri := strings.Fields(s)[0]; strings.Contains(iri, on) {
			b, err := w.Fetch("gouda", iri)
			if err != nil {
				w.t.Errorf("read %s: %v", iri, err)
			}
			all = append(all, string(b))
		}
	}
	return all
}
