// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
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

// everything counts the rows of each table of a node, and its files.
func (w *World) everything(on string) map[string]int {
	w.t.Helper()
	ctx, n := context.Background(), w.Node(on)
	tables, err := db.All(ctx, n.DB, db.Scalar[string], "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'searchable_%'")
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]int{}
	for _, table := range tables {
		all[table] = w.Number(on, "SELECT COUNT(*) FROM "+table)
	}
	err = filepath.WalkDir(filepath.Join(w.dir, on, "media"), func(_ string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			all["files on disk"]++
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

// refusesToBring checks that an import is refused with a sentence, and leaves everything as it was.
func (w *World) refusesToBring(on string, a *archive.Archive, p archive.Plan, owner, want string) {
	w.t.Helper()
	w.Pass(time.Hour) // what is under way is done
	before := w.everything(on)
	if _, err := w.bring(on, a, p, owner); err == nil || !strings.Contains(fault.Sentence(err), want) {
		w.t.Errorf("the import says %v, want %q", err, want)
	}
	if diff := cmp.Diff(before, w.everything(on)); diff != "" {
		w.t.Errorf("the import that said %q has left something (-before +after):\n%s", want, diff)
	}
}

// An import that fails in the middle, or cannot be, leaves nothing at all.
func TestAnImportThatFailsLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, _, _, _ := withArchive(t)
		a, _ := w.export(dossier)
		stories := w.stories("provincie", dossier)
		w.Group("wonen@delft", "henk@delft")
		w.refusesToBring("delft", a, archive.Plan{As: "wonen"}, "henk@delft", `a group called "wonen"`)
		w.refusesToBring("delft", a, archive.Plan{As: "henk"}, "henk@delft", "is taken on this node")
		w.refusesToBring("delft", a, archive.Plan{As: "Niet goed"}, "henk@delft", "cannot be used")
		w.refusesToBring("delft", a, archive.Plan{}, "", "--owner")
		w.refusesToBring("provincie", a, archive.Plan{}, "", "is here")
		w.refusesToBring("provincie", a, archive.Plan{As: "anders"}, "chris@provincie", "stands in @dossier@provincie.example")

		// Its third post stands elsewhere here: two have been brought in when that is seen.
		if _, err := w.bring("delft", a, archive.Plan{As: "eerder"}, "henk@delft"); err != nil {
			t.Fatal(err)
		}
		w.tx("delft", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "UPDATE actors SET also_known_as = '[]' WHERE kind = 'Group'")
			for _, s := range stories[:2] {
				if err == nil {
					_, err = tx.Exec(ctx, "DELETE FROM items WHERE iri = $1", strings.Fields(s)[0])
				}
			}
			return err
		})
		w.refusesToBring("delft", a, archive.Plan{}, "henk@delft", "stands in @eerder@delft.example")

		w.lose("provincie", dossier)
		w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			_, err := tx.Exec(ctx, "DELETE FROM actors WHERE local AND name = 'chris'")
			return err
		})
		w.refusesToBring("provincie", a, archive.Plan{}, "", "who are not there: chris.")
	})
}

// A node that has a copy of the group already, because its people are members, takes over the posts that it has when it is told to.
func TestACopyBecomesTheGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, anna, _, _ := withArchive(t)
		a, _ := w.export(dossier)
		before := w.stories("provincie", dossier)
		copied := len(w.stories("gouda", dossier))
		w.refusesToBring("gouda", a, archive.Plan{As: "thuis"}, "anna@gouda", "--take-over")
		b, err := w.bring("gouda", a, archive.Plan{As: "thuis", TakeOver: true}, "anna@gouda")
		if err != nil {
			t.Fatal(err)
		}
		if b.Taken != copied || b.Taken+b.Posts != 5 || copied == 0 {
			t.Errorf("the import tells %+v, and there were %d copies", b, copied)
		}
		w.Down("provincie") // the files are here
		w.Down("waterschap")
		after := w.stories("gouda", "thuis@gouda")
		for n := range before { // what its people did is told at the home, and what was before an edit may differ
			for _, part := range []string{"Welkom in het dossier, allemaal", "Hier is de mijne", "Dank @anna", "Wanneer?", "Eén keer gezegd"} {
				if strings.Contains(before[n], part) != slices.ContainsFunc(after[n:n+1], func(s string) bool { return strings.Contains(s, part) }) {
					t.Errorf("post %d is\n%s\nand was\n%s", n, after[n], before[n])
				}
			}
			now, then := strings.Split(after[n], " was ")[0], strings.Split(before[n], " was ")[0]
			if strings.Contains(now, "file 404") || strings.Count(now, "file 200") != strings.Count(then, "file 200") {
				t.Errorf("a file of post %d is not here:\n%s", n, after[n])
			}
		}
		w.Sees("anna@gouda", "Eén keer gezegd", "Welkom in het dossier, allemaal")
		if rest := w.stories("gouda", dossier); len(rest) != 0 {
			t.Errorf("posts stand in the copy still:\n%s", strings.Join(rest, "\n"))
		}
		if s := w.Stands("gouda", "dora@gouda", "thuis@gouda"); s != actors.Invited {
			t.Errorf("a member of this node is %s", s)
		}
		anna.Post("thuis@gouda", "Thuis")
		w.Sees("anna@gouda", "Thuis")
	})
}

// What was posted before a group was closed is public in the archive and after it, and an archived group stays one that nobody is invited to.
func TestAnOpenAndArchivedGroupIsBroughtIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "delft")
		anna, bas := w.Person("anna@gouda"), w.Person("bas@delft")
		w.Person("henk@delft")
		w.Group("wonen@gouda", "anna@gouda")
		bas.Follow("wonen@gouda")
		w.Settle()
		anna.Post("wonen@gouda", "Voor iedereen")
		own := bas.Post("wonen@gouda", "Van Bas")
		w.Settle()
		anna.must(anna.node().Outbox.Archive(context.Background(), anna.Actor(), anna.groupNamed("wonen@gouda"), true, "Klaar"), "archives")
		w.Settle()
		before := w.stories("gouda", "wonen@gouda")
		a, _ := w.export("wonen@gouda")
		b, err := w.bring("delft", a, archive.Plan{TakeOver: true}, "henk@delft")
		if err != nil {
			t.Fatal(err)
		}
		if b.Invited != 0 || b.Posts+b.Taken != len(before) || b.Group.Settings.Archived.IsZero() {
			t.Errorf("the import tells %+v", b)
		}
		if !slices.ContainsFunc(w.GroupPosts("delft", "wonen@delft"), func(s string) bool { return strings.Contains(s, "Voor iedereen") }) {
			t.Error("what was public is not")
		}
		if _, err := w.As("henk@delft").TryPost("wonen@delft", "Toch iets"); fault.Status(err) != 403 {
			t.Errorf("an archived group takes a post: %v", err)
		}
		if !w.Knows("delft", own) {
			t.Error("a post of this node's own person is gone")
		}
	})
}

// What an archive says that our own people wrote is not believed, unless this node has made the archive.
func TestAnArchiveDoesNotSpeakForOurPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "delft")
		anna, bas := w.Person("anna@gouda"), w.Person("bas@delft")
		w.Person("henk@delft")
		w.Group("wonen@gouda", "anna@gouda")
		bas.Follow("wonen@gouda")
		w.Settle()
		first := anna.Post("wonen@gouda", "Voor iedereen")
		own := bas.Post("wonen@gouda", "Van Bas")
		w.Settle()
		bas.Like(first)
		w.Settle()
		a, _ := w.export("wonen@gouda")
		w.tx("delft", func(ctx context.Context, n *node.Node, tx *db.Tx) error { // as if delft had never had them
			for _, sql := range []string{"DELETE FROM items", "DELETE FROM actors WHERE kind = 'Group'"} {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
		w.Restart("delft")
		b, err := w.bring("delft", a, archive.Plan{}, "henk@delft")
		if err != nil {
			t.Fatal(err)
		}
		if b.Posts != 1 || b.Foreign != 1 || w.Knows("delft", own) || w.Likes("delft", first) != 0 {
			t.Errorf("the import tells %+v; it knows the post: %v", b, w.Knows("delft", own))
		}
		if s := w.Stands("delft", "bas@delft", "wonen@delft"); s != actors.Invited {
			t.Errorf("who was a member is %s", s)
		}
	})
}

// Who has deleted a group and regrets it brings it back under another name: what went with the group comes back, and what was deleted before
// that does not.
func TestADeletedGroupComesBackUnderAnotherName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, anna, _, deleted := withArchive(t)
		more := anna.Post(dossier, "Dit ging later weg")
		w.Settle()
		a, _ := w.export(dossier)
		anna.Delete(more)
		w.Settle()
		chris.must(chris.node().Outbox.DeleteActor(context.Background(), w.actor("provincie", dossier)), "deletes the group")
		w.Pass(time.Hour)
		w.refusesToBring("provincie", a, archive.Plan{}, "chris@provincie", "choose another with --as")
		b, err := w.bring("provincie", a, archive.Plan{As: "dossier-2"}, "chris@provincie")
		if err != nil {
			t.Fatal(err)
		}
		if b.Restored || b.Posts != 5 || b.Gone != 1 || w.Knows("provincie", more) || w.Knows("provincie", deleted) {
			t.Errorf("the import tells %+v", b)
		}
		w.Pass(time.Hour)
		anna.Accepts("dossier-2@provincie", true)
		w.Settle()
		w.Sees("chris@provincie", "Welkom in het dossier, allemaal", "Eén keer gezegd")
		chris.Post("dossier-2@provincie", "Opnieuw")
		w.Settle()
		w.Sees("anna@gouda", "Opnieuw")
	})
}

// While people go on writing, an archive is of one moment: its log ends where its list of members and its posts are.
func TestAnExportIsOfOneMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda")
		anna := w.Person("anna@gouda")
		w.Group("wonen@gouda", "anna@gouda")
		written := make(chan struct{})
		go func() {
			defer close(written)
			for n := range 300 {
				anna.Post("wonen@gouda", fmt.Sprintf("Bericht %d", n))
			}
		}()
		seen := map[int64]bool{}
		for done := false; !done; {
			select {
			case <-written:
				done = true
			default:
			}
			_, m := w.export("wonen@gouda") // opening it checks the log and the members
			if m.Counts.Entries != m.Counts.Posts+1 {
				t.Errorf("%d entries of the log tell of %d posts and a member", m.Counts.Entries, m.Counts.Posts)
			}
			seen[m.Counts.Posts] = true
		}
		if len(seen) < 3 || !seen[300] {
			t.Errorf("the archives have %v posts: nothing was written meanwhile", seen)
		}
	})
}

// A file that cannot be had is named as missing, with the reason; the rest is there, and it can be had later from where it is.
func TestAFileThatCannotBeHadIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, anna, _ := withDossier(t)
		w.Add("delft")
		w.Person("henk@delft")
		group := anna.groupNamed(dossier)
		for n := range 4 {
			anna.posts(outbox.Draft{Text: fmt.Sprintf("Bijlage %d", n), Group: group.ID, Files: []media.ID{anna.upload("bijlage.md", []byte(fmt.Sprintf("# Bijlage %d", n)))}})
		}
		w.Settle()
		w.Down("gouda")
		a, m := w.export(dossier)
		if m.Counts.Missing != 4 || m.Counts.Files != 0 || m.Counts.Posts != 4 {
			t.Errorf("the manifest says %+v", m.Counts)
		}
		if !archiveHolds(t, w, a, "gouda.example gave no files") || !archiveHolds(t, w, a, "cannot be had at the moment") {
			t.Error("the archive does not say why")
		}
		if _, err := w.bring("delft", a, archive.Plan{}, "henk@delft"); err != nil {
			t.Fatal(err)
		}
		if n := w.Number("delft", "SELECT COUNT(*) FROM files WHERE remote LIKE 'http://gouda.example/%' AND path = ''"); n != 4 {
			t.Errorf("%d files are known by their addresses", n)
		}
	})
}

// What a node has decided about another holds for what an archive brings of its people.
func TestAnArchiveBringsNothingOfABlockedNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, _, _, _, _ := withArchive(t)
		a, _ := w.export(dossier)
		w.decide("delft", "waterschap", actors.PeerBlocked)
		if _, err := w.bring("delft", a, archive.Plan{}, "henk@delft"); err != nil {
			t.Fatal(err)
		}
		w.Pass(time.Hour)
		for _, s := range w.stories("provincie", dossier) {
			iri := strings.Fields(s)[0]
			_, err := content.ByIRI(context.Background(), w.Node("delft").DB, w.As("henk@delft").Viewer(), iri)
			if blocked := strings.Contains(iri, "waterschap"); blocked != (err != nil) {
				t.Errorf("%s of a node that is blocked (%v): %v", iri, blocked, err)
			}
		}
		for who, want := range map[string]int{"bas": 0, "gina": 0, "anna": 1} {
			if n := w.Number("delft", "SELECT COUNT(*) FROM relations r JOIN actors s ON s.id = r.subject WHERE r.state = 'invited' AND s.name = $1", who); n != want {
				t.Errorf("%s has %d invitations, want %d", who, n, want)
			}
		}
		if _, m := w.export("dossier@delft"); m.Counts.Withheld != 1 || m.Counts.Posts != 4 {
			t.Errorf("exported again: %+v", m.Counts)
		}
	})
}
