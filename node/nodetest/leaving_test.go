// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// addressOf is where a person's app gets the file of a post.
func (l *leaks) addressOf(who, iri string) string {
	l.t.Helper()
	p := l.As(who)
	files, err := media.Of(context.Background(), p.node().DB, []int64{int64(p.item(iri).ID)})
	if err != nil || len(files[int64(p.item(iri).ID)]) != 1 {
		l.t.Fatalf("files of %s: %v %v", iri, files, err)
	}
	return p.node().Media.URL(files[int64(p.item(iri).ID)][0], int64(p.Actor().ID))
}

// withFile posts a document in a group.
func (l *leaks) withFile(who, group, text string) string {
	l.t.Helper()
	p := l.As(who)
	iri, err := p.draft(outbox.Draft{Text: text, Group: l.group(p.where, group).ID, Files: []media.ID{l.upload(who, "cijfers.csv", []byte(text+";1\nb;2\n"))}})
	p.must(err, "posts")
	l.Settle()
	return iri
}

// copies counts what a node keeps of the files of others that are not for everybody.
func (l *leaks) copies(on string) (n int) {
	l.t.Helper()
	err := filepath.WalkDir(filepath.Join(l.dir, on, "media", "kept"), func(_ string, e fs.DirEntry, err error) error {
		if os.IsNotExist(err) {
			return nil
		}
		if err == nil && !e.IsDir() {
			n++
		}
		return err
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return n
}

// The file of a post in a closed group: members have it from their own node, which has it from the author's by signing; nobody
// else has it, though the address be known.
func TestFilesOfAClosedGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeaks(t)
		l.GroupAs("tuin@provincie", "baas@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		l.join("lid@gouda", "tuin")
		post := l.withFile("baas@provincie", "tuin", "SECRET begroting")
		for _, who := range []string{"lid@gouda", "baas@provincie"} {
			_, door := l.split(who)
			address := l.addressOf(who, post)
			if !strings.HasPrefix(address, "http://"+domain(door)+"/") {
				t.Errorf("%s is sent to %s", who, address)
			}
			path := strings.TrimPrefix(address, "http://"+domain(door))
			got := l.ask(l.nobody(door), "GET", path, "")
			if got.Code != http.StatusOK || !strings.Contains(got.Body.String(), "SECRET begroting") || !strings.HasPrefix(got.Header().Get("Cache-Control"), "private") {
				t.Errorf("%s gets %d %q %v", who, got.Code, got.Body, got.Header())
			}
			if got := l.ask(l.nobody(door), "GET", strings.Split(path, "?")[0], ""); got.Code != http.StatusNotFound {
				t.Errorf("without the signature %d", got.Code)
			}
			synctest.Wait()
		}
		bare := strings.Split(strings.TrimPrefix(l.addressOf("baas@provincie", post), home), "?")[0]
		for _, c := range []struct {
			asker
			status int
		}{{l.nobody("provincie"), 404}, {l.server("provincie"), 404}, {l.node("waterschap", "provincie"), 404}, {l.node("gouda", "provincie"), 200}} {
			if got := l.ask(c.asker, "GET", bare, ""); got.Code != c.status {
				t.Errorf("%s gets %d, want %d", c.name, got.Code, c.status)
			}
		}
		if l.copies("gouda") != 1 {
			t.Errorf("gouda keeps %d files", l.copies("gouda"))
		}
		// A day later an address that was given then is no good any more.
		old := strings.TrimPrefix(l.addressOf("lid@gouda", post), "http://gouda.example")
		l.Pass(31 * time.Hour)
		if got := l.ask(l.nobody("gouda"), "GET", old, ""); got.Code != http.StatusNotFound {
			t.Errorf("an old address: %d", got.Code)
		}
		// One of a person who is removed ends with that.
		for _, who := range []string{"lid@gouda", "lid@provincie"} {
			_, door := l.split(who)
			if who == "lid@provincie" {
				l.join(who, "tuin")
			}
			path := strings.TrimPrefix(l.addressOf(who, post), "http://"+domain(door))
			before := l.ask(l.nobody(door), "GET", path, "")
			l.expel(who, "tuin")
			l.Settle()
			if after := l.ask(l.nobody(door), "GET", path, ""); before.Code != http.StatusOK || after.Code != http.StatusNotFound {
				t.Errorf("%s gets %d, and when removed %d", who, before.Code, after.Code)
			}
		}
	})
}

// What comes from the author's node is not what the post says: it is refused, and that is said.
func TestAFileWithAnotherDigestIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeaks(t)
		l.GroupAs("tuin@provincie", "baas@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		l.join("lid@gouda", "tuin")
		post := l.withFile("baas@provincie", "tuin", "Begroting")
		l.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			path, err := db.One(ctx, tx, db.Scalar[string], "SELECT path FROM files WHERE path <> '' AND item > 0")
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(l.dir, "provincie", "media", "files", filepath.FromSlash(path)), []byte("iets;anders\n1;2\n"), 0o600)
		})
		got := l.ask(l.nobody("gouda"), "GET", strings.TrimPrefix(l.addressOf("lid@gouda", post), "http://gouda.example"), "")
		if got.Code != http.StatusNotFound || !strings.Contains(got.Body.String(), "another digest") || l.copies("gouda") != 0 {
			t.Errorf("answered %d %s, and %d are kept", got.Code, got.Body, l.copies("gouda"))
		}
	})
}

// The last member of a node leaves, or is removed: what others wrote there is gone from that node within a day, own posts stay, and the
// home knows. Who comes back reads everything again.
func TestANodeForgetsAClosedGroupThatItHasLeft(t *testing.T) {
	for _, how := range []string{"leaves", "is removed"} {
		t.Run(how, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLeaks(t)
				l.GroupAs("kelder@provincie", "baas@provincie", actors.NewGroup{Visibility: actors.VisibilityHidden})
				l.join("lid@gouda", "kelder")
				l.join("mod@gouda", "kelder")
				post := l.withFile("baas@provincie", "kelder", "SECRET @lid@gouda.example begroting")
				own := l.withFile("lid@gouda", "kelder", "Van mij")
				l.As("baas@provincie").Reply(own, "SECRET antwoord @lid@gouda.example")
				l.Settle()
				address := strings.TrimPrefix(l.addressOf("lid@gouda", post), "http://gouda.example")
				if got := l.ask(l.nobody("gouda"), "GET", address, ""); got.Code != http.StatusOK || l.copies("gouda") != 1 {
					t.Fatalf("the file: %d", got.Code)
				}
				leave := func(who string) {
					if how == "leaves" {
						p := l.As(who)
						p.must(p.node().Outbox.Unfollow(context.Background(), p.Actor(), l.group("gouda", "kelder")), "leaves")
					} else {
						l.expel(who, "kelder")
					}
					l.Settle()
				}
				leave("mod@gouda")
				l.Pass(25 * time.Hour)
				if !l.Knows("gouda", post) {
					t.Fatal("one of two has left, and the other reads nothing any more")
				}
				leave("lid@gouda")
				l.SeesNot("lid@gouda", "SECRET antwoord")
				baas := l.As("baas@provincie")
				list := fmt.Sprintf("/api/pleio/v1/groups/%d/departures", l.group("provincie", "kelder").ID)
				baas.Asks("GET", list, "", `"host":"gouda.example"`, `"purgedAt":null`, `"confirmedAt":null`)
				l.Pass(24 * time.Hour)
				if l.Knows("gouda", post) || !l.Knows("gouda", own) {
					t.Errorf("the post of another is there: %v; the own one: %v", l.Knows("gouda", post), l.Knows("gouda", own))
				}
				for what, sql := range map[string]string{"posts": "SELECT COUNT(*) FROM items WHERE content LIKE '%SECRET%'", "documents": "SELECT COUNT(*) FROM docs WHERE CAST(body AS TEXT) LIKE '%SECRET%'",
					"activities": "SELECT COUNT(*) FROM received WHERE CAST(body AS TEXT) LIKE '%SECRET%'", "notifications": "SELECT COUNT(*) FROM notifications WHERE kind = 'mention'",
					"files": "SELECT COUNT(*) FROM files WHERE remote <> ''"} {
					if n := l.Number("gouda", sql); n != 0 {
						t.Errorf("%d %s are left", n, what)
					}
				}
				if l.copies("gouda") != 0 {
					t.Error("the copy of a file is left")
				}
				baas.Asks("GET", list, "", `"host":"gouda.example","name":"Gouda"`, `"purgedAt":"20`, `"confirmedAt":"20`)
				if status, answer := l.As("ander@provincie").Ask("GET", list, ""); status != http.StatusNotFound {
					t.Errorf("others are told %d %s", status, answer)
				}

				l.join("lid@gouda", "kelder")
				l.Pass(time.Minute)
				l.Sees("lid@gouda", "SECRET @lid begroting")
				baas.Asks("GET", list, "", "[]")
			})
		})
	}
}

// Nobody but a node that has left says that it has deleted its copy.
func TestOthersDoNotConfirmAPurge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeaks(t)
		l.GroupAs("tuin@provincie", "baas@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		l.join("lid@gouda", "tuin")
		l.join("ex@oud", "tuin")
		l.expel("ex@oud", "tuin")
		for _, on := range []string{"gouda", "waterschap"} {
			n, group := l.Node(on), l.group(on, "tuin")
			if err := n.DB.Tx(context.Background(), func(tx *db.Tx) error { return n.Outbox.TellPurged(context.Background(), tx, group) }); err != nil {
				t.Fatal(err)
			}
		}
		l.Pass(time.Minute)
		if n := l.Number("provincie", "SELECT COUNT(*) FROM departures WHERE confirmed > 0"); n != 0 {
			t.Errorf("%d nodes were believed", n)
		}
		l.Pass(2 * time.Hour)
		if n := l.Number("provincie", "SELECT COUNT(*) FROM departures WHERE host = 'oud.example' AND confirmed > 0 AND purged <= confirmed"); n != 1 {
			t.Error("the node that has left was not")
		}
	})
}

// A stream that was open when its owner was removed says nothing of the group from then on.
func TestStreamsOfTheRemovedAreSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLeaks(t)
		l.GroupAs("tuin@provincie", "baas@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
		for _, who := range []string{"weg@provincie", "weg@gouda", "lid@gouda"} {
			l.join(who, "tuin")
		}
		m := &matrix{leaks: l, reports: map[string]int{}}
		end := m.listen([]asker{l.person("weg", "provincie"), l.person("weg", "gouda")})
		for _, who := range []string{"weg@provincie", "weg@gouda"} {
			l.expel(who, "tuin")
		}
		l.Settle()
		l.As("baas@provincie").Post("tuin@provincie", mark("tuin")+" zonder hen")
		l.Settle()
		end()
		for _, where := range []string{"provincie", "gouda"} {
			l.SeesNot("weg@"+where, "zonder hen")
		}
	})
}
