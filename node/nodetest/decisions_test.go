// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/timeline"
)

// decide is what the administrator of a node decides about another.
func (w *World) decide(on, about, policy string) {
	w.t.Helper()
	if _, err := w.Node(on).Moderation.DecideHost(context.Background(), moderation.CommandLine, actors.Peer{Host: domain(about), Policy: policy}); err != nil {
		w.t.Fatalf("%s decides about %s: %v", on, about, err)
	}
}

// act is what the administrator of a node decides about somebody.
func (w *World) act(on, who, action string) {
	w.t.Helper()
	if err := w.Node(on).Moderation.Act(context.Background(), moderation.CommandLine, w.actor(on, who), moderation.Decision{Action: action}); err != nil {
		w.t.Fatalf("%s decides about %s: %v", on, who, err)
	}
}

// undo takes that back.
func (w *World) undo(on, who, action string) {
	w.t.Helper()
	if err := w.Node(on).Moderation.Undo(context.Background(), moderation.CommandLine, w.actor(on, who), action); err != nil {
		w.t.Fatalf("%s takes back what it decided about %s: %v", on, who, err)
	}
}

// public is the public timeline of a node, as text.
func (w *World) public(on string) string {
	w.t.Helper()
	items, err := w.Node(on).Timelines.Public(context.Background(), actors.Anybody, timeline.PublicFilter{}, actors.Page{Limit: 40})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, i := range items {
		all = append(all, i.Content)
	}
	return strings.Join(all, "\n")
}

// administrator lets a person administer the node, with an account.
func (w *World) administrator(who string) {
	w.t.Helper()
	a := w.As(who).Actor()
	_, where := w.split(who)
	w.tx(where, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
		return n.Auth.AddAccount(ctx, tx, a.ID, a.Name+"@post.example", auth.Hashed{}, true)
	})
}

// TestSilenceAcrossNodes: whom a node limits is in no public list there; who follows sees everything; elsewhere nothing changes.
func TestSilenceAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.As("anna@gouda").Follow("bas@waterschap")
		w.Settle()
		first := w.As("bas@waterschap").Post("", "Voor de beslissing")
		w.Settle()
		w.act("gouda", "bas@waterschap", moderation.Silence)
		w.As("bas@waterschap").Post("", "Na de beslissing")
		w.Settle()
		w.Sees("anna@gouda", "Voor de beslissing", "Na de beslissing")
		if text := w.public("gouda"); strings.Contains(text, "beslissing") {
			t.Errorf("in public: %s", text)
		}
		if !w.Knows("gouda", first) || !strings.Contains(w.public("waterschap"), "Na de beslissing") {
			t.Error("it is gone")
		}
		w.undo("gouda", "bas@waterschap", moderation.Silence)
		if text := w.public("gouda"); !strings.Contains(text, "Voor de beslissing") || !strings.Contains(text, "Na de beslissing") {
			t.Errorf("not back in public: %s", text)
		}
	})
}

// TestSuspensionAcrossNodes: of who is suspended nothing is seen and nothing is taken in; what there was with ours ends, and
// the other side hears of that. Taken back, what was written is there again.
func TestSuspensionAcrossNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		anna, bas := w.As("anna@gouda"), w.As("bas@waterschap")
		anna.Follow("bas@waterschap")
		bas.Follow("anna@gouda")
		w.Settle()
		bas.Post("", "Voor de beslissing")
		w.Settle()
		w.act("gouda", "bas@waterschap", moderation.Suspend)
		bas.Post("", "Na de beslissing @anna@gouda.example")
		w.Settle()
		w.SeesNot("anna@gouda", "Voor de beslissing", "Na de beslissing")
		const relations = "SELECT COUNT(*) FROM relations r JOIN actors s ON s.id = r.subject JOIN actors o ON o.id = r.object WHERE r.state = 'active' AND s.kind = 'Person' AND o.kind = 'Person'"
		for _, on := range []string{"gouda", "waterschap"} {
			if n := w.Number(on, relations); n != 0 {
				t.Errorf("on %s there are still %d followings", on, n)
			}
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM severances WHERE kind = 'account_suspension' AND followers = 1 AND following = 1 AND target = 'bas@waterschap.example'"); n != 1 {
			t.Error("anna was not told what she lost")
		}
		w.undo("gouda", "bas@waterschap", moderation.Suspend)
		if text := w.public("gouda"); !strings.Contains(text, "Voor de beslissing") || strings.Contains(text, "Na de beslissing") {
			t.Errorf("back is: %s", text)
		}
		anna.Follow("bas@waterschap")
		w.Settle()
		bas.Post("", "Weer samen")
		w.Settle()
		w.Sees("anna@gouda", "Weer samen")
	})
}

// TestSuspensionAtHome: nothing of one of ours who is suspended is served to other nodes, and taken back it is.
func TestSuspensionAtHome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		post := w.As("anna@gouda").Post("", "Van anna")
		w.act("gouda", "anna@gouda", moderation.Suspend)
		read := func() error {
			_, _, err := w.Node("waterschap").Inbox.Resolve(context.Background(), post)
			return err
		}
		if read() == nil {
			t.Error("a post of somebody suspended was served")
		}
		w.Pass(time.Hour)
		w.undo("gouda", "anna@gouda", moderation.Suspend)
		if err := read(); err != nil {
			t.Errorf("it is not served again: %v", err)
		}
	})
}

// TestDomainBlockSevers: a blocked node loses what it had with ours, who are told; nothing goes either way; what was written
// before comes back with the end of the block.
func TestDomainBlockSevers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		anna, bas := w.As("anna@gouda"), w.As("bas@waterschap")
		anna.Follow("bas@waterschap")
		bas.Follow("anna@gouda")
		w.Settle()
		bas.Post("", "Voor de beslissing")
		w.Settle()
		w.decide("gouda", "waterschap", actors.PeerBlocked)
		before := w.Posts("waterschap")
		bas.Post("", "Na de beslissing @anna@gouda.example")
		anna.Post("", "Niet voor hen @bas@waterschap.example")
		w.Pass(time.Hour)
		w.SeesNot("anna@gouda", "Voor de beslissing", "Na de beslissing")
		w.SeesNot("bas@waterschap", "Niet voor hen")
		if n := w.Posts("waterschap"); n != before {
			t.Errorf("a blocked node was sent %d activities", n-before)
		}
		if n := w.Number("gouda", "SELECT COUNT(*) FROM notifications n JOIN severances s ON s.id = n.about WHERE n.kind = 'severed_relationships' AND s.kind = 'domain_block' AND s.target = 'waterschap.example'"); n != 1 {
			t.Errorf("%d people were told", n)
		}
		if err := w.Node("gouda").Moderation.ForgetHost(context.Background(), moderation.CommandLine, domain("waterschap")); err != nil {
			t.Fatal(err)
		}
		if text := w.public("gouda"); !strings.Contains(text, "Voor de beslissing") {
			t.Errorf("not back: %s", text)
		}
	})
}

// TestDomainLimit: people of a limited node are limited, also those who become known later; its files are not shown when that was decided.
func TestDomainLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.decide("gouda", "waterschap", actors.PeerLimited)
		w.Person("dirk@waterschap")
		w.As("anna@gouda").Follow("dirk@waterschap")
		w.Settle()
		w.As("dirk@waterschap").Post("", "Van een beperkte server")
		w.Settle()
		w.Sees("anna@gouda", "Van een beperkte server")
		if strings.Contains(w.public("gouda"), "beperkte") || w.actor("gouda", "dirk@waterschap").Silenced.IsZero() {
			t.Error("it is public")
		}
		w.decide("gouda", "waterschap", actors.PeerNoted)
		if !strings.Contains(w.public("gouda"), "beperkte") {
			t.Error("it is not public again")
		}
	})
}

// TestLimitedFederation: a node with a list of those it works with has contact with nobody else.
func TestLimitedFederation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "provincie", "waterschap")
		w.Person("anna@gouda")
		w.Person("bas@waterschap")
		w.Person("chris@provincie")
		w.Node("gouda").Dir.Limited = true
		w.decide("gouda", "provincie", actors.PeerAllowed)
		w.As("chris@provincie").Follow("anna@gouda")
		if _, err := w.Node("waterschap").Dir.ResolveHandle(context.Background(), "anna", domain("gouda")); err == nil {
			t.Error("a node that is not on the list was told who anna is")
		}
		w.Settle()
		w.As("anna@gouda").Post("", "Alleen voor bekenden")
		w.Settle()
		w.Sees("chris@provincie", "Alleen voor bekenden")
		w.SeesNot("bas@waterschap", "Alleen voor bekenden")
		if _, err := w.Node("gouda").Dir.ResolveHandle(context.Background(), "bas", domain("waterschap")); err == nil {
			t.Error("a node that is not on the list was asked")
		}
	})
}

// TestReportIsForwarded: a report about somebody elsewhere reaches the administrators there, with the posts, without the name
// of who reported. A node whose reports are refused tells them nothing.
func TestReportIsForwarded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := world(t)
		w.Person("eva@provincie")
		w.administrator("eva@provincie")
		anna := w.As("anna@gouda")
		anna.Follow("chris@provincie")
		w.Settle()
		post := w.As("chris@provincie").Post("", "Koop nu!")
		w.Settle()
		report := func(comment string) {
			t.Helper()
			r := moderation.Report{Category: moderation.Spam, Comment: comment, Items: []content.ID{anna.item(post).ID}}
			if _, err := w.Node("gouda").Moderation.File(context.Background(), anna.Actor(), w.actor("gouda", "chris@provincie"), r, true); err != nil {
				t.Fatal(err)
			}
			w.Settle()
		}
		report("Reclame")
		list, err := moderation.Reports(context.Background(), w.Node("provincie").DB, moderation.ReportFilter{}, actors.Page{Limit: 10})
		if err != nil || len(list) != 1 {
			t.Fatalf("%d reports came: %v", len(list), err)
		}
		r := list[0]
		reporter, err := actors.Get(context.Background(), w.Node("provincie").DB, r.Reporter)
		if err != nil || reporter.IRI != "http://gouda.example/actor" {
			t.Errorf("reported by %v: %v", reporter, err)
		}
		at := w.As("chris@provincie")
		if r.Target != at.Actor().ID || len(r.Items) != 1 || r.Items[0] != at.item(post).ID || r.Comment != "Reclame" || r.Category != moderation.Other {
			t.Errorf("%+v", r)
		}
		told := func() int {
			return w.Number("provincie", "SELECT COUNT(*) FROM notifications n JOIN actors a ON a.id = n.owner WHERE n.kind = 'admin.report' AND a.name = 'eva'")
		}
		report("Nog eens")
		if n := told(); n != 2 {
			t.Errorf("the administrator was told %d times", n)
		}
		if _, err := w.Node("provincie").Moderation.DecideHost(context.Background(), moderation.CommandLine,
			actors.Peer{Host: domain("gouda"), Policy: actors.PeerNoted, RejectReports: true}); err != nil {
			t.Fatal(err)
		}
		report("Weer")
		if n := told(); n != 2 {
			t.Errorf("a refused report was told: %d", n)
		}
	})
}

// TestNetworksWithoutAccess: a network that has no access gets nothing, neither pages nor documents; when the block has run out, it does.
func TestNetworksWithoutAccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda")
		status := func(address string) int {
			r := httptest.NewRequest(http.MethodGet, "http://gouda.example/", nil)
			r.RemoteAddr = address + ":1234"
			answer := httptest.NewRecorder()
			w.Node("gouda").ServeHTTP(answer, r)
			return answer.Code
		}
		if _, err := w.Node("gouda").Moderation.BlockIP(context.Background(), moderation.CommandLine,
			moderation.IPBlock{Prefix: "198.51.100.7/24", Severity: moderation.NoAccess, Expires: time.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}
		if a, b := status("198.51.100.200"), status("203.0.113.1"); a != http.StatusForbidden || b != http.StatusOK {
			t.Errorf("answered %d and %d", a, b)
		}
		w.Pass(2 * time.Hour)
		if a := status("198.51.100.200"); a != http.StatusOK {
			t.Errorf("answered %d after the block", a)
		}
	})
}

// TestPicturesOfTheSuspendedAreNotKept: the copy of a picture goes when its owner's node is blocked, and is not made again.
func TestPicturesOfTheSuspendedAreNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, f := town(t, Mastodon)
		f.Serve(f.Base()+"/eve.png", "\x89PNG\r\n\x1a\n and more than that, to be a picture")
		f.Redescribe("eve", f.Who("eve"), map[string]any{"icon": map[string]any{"type": "Image", "url": f.Base() + "/eve.png"}})
		f.Send("eve", "gouda", `{"type":"Update","object":%s}`, f.doc(f.Who("eve")).body)
		w.Settle()
		picture := func() int {
			r := httptest.NewRequest(http.MethodGet, w.Node("gouda").Media.ProxyURL(f.Base()+"/eve.png"), nil)
			answer := httptest.NewRecorder()
			w.Node("gouda").ServeHTTP(answer, r)
			return answer.Code
		}
		if status := picture(); status != http.StatusOK {
			t.Fatalf("the picture is answered %d", status)
		}
		w.decide("gouda", "elsewhere", actors.PeerBlocked)
		w.Settle()
		if status := picture(); status != http.StatusNotFound {
			t.Errorf("it is still answered %d", status)
		}
		if err := w.Node("gouda").Moderation.ForgetHost(context.Background(), moderation.CommandLine, domain("elsewhere")); err != nil {
			t.Fatal(err)
		}
		w.Pass(time.Hour)
		if status := picture(); status != http.StatusOK {
			t.Errorf("it does not come back: %d", status)
		}
	})
}
