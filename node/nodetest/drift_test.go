// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

const dossier = "dossier@provincie"

var (
	memberNodes = []string{"gouda", "waterschap", "utrecht"}
	strangers   = []string{"anna@gouda", "gerda@gouda", "bas@waterschap", "dora@utrecht"} // on other nodes than the group
)

func happenings() *rapid.Generator[[]act] {
	one := rapid.Custom(func(t *rapid.T) act {
		return act{
			Who: rapid.SampledFrom(append([]string{"erik@provincie"}, strangers...)).Draw(t, "who"),
			What: rapid.SampledFrom([]string{"join", "join", "join", "answer", "answer", "answer", "answer", "reject", "leave", "remove", "ban", "unban", "role",
				"post", "post", "post", "reply", "reply", "edit", "delete", "moderate", "speak", "speak",
				"down", "slow", "refuse", "lose", "up", "up", "restart", "forget", "again", "damage", "copy", "restore"}).Draw(t, "what"),
			Where: rapid.SampledFrom(append([]string{"provincie"}, memberNodes...)).Draw(t, "where"),
			Which: rapid.IntRange(0, 50).Draw(t, "which"),
			Wait:  time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 3600, 40000, 200000}).Draw(t, "seconds")) * time.Second,
		}
	})
	return rapid.SliceOfN(one, 15, 60)
}

// TestMembershipDoesNotDrift: whatever happens to the members of a closed group and to their nodes, after one contact each of
// these has the list of the home and its posts, and at no moment a node had a post from a time at which it had no member.
func TestMembershipDoesNotDrift(t *testing.T) {
	sameStories(t, "7240118835502913347")
	rapid.Check(t, func(rt *rapid.T) {
		story := happenings().Draw(rt, "story")
		if !t.Run("", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { newDrama(t).play(story) }) }) {
			rt.Fatal("the nodes drift apart")
		}
	})
}

// drama is a closed group whose members, nodes and network have a bad time.
type drama struct {
	t        *testing.T
	w        *World
	posts    []string                   // not deleted, the last one last
	author   map[string]string          // of posts
	mayHave  map[string]map[string]bool // posts by node: the home had a member there when it took them, or later
	copied   []byte                     // a copy of the database of the home
	restored bool
}

func newDrama(t *testing.T) *drama {
	w := New(t, append([]string{"provincie"}, memberNodes...)...)
	d := &drama{t: t, w: w, author: map[string]string{}, mayHave: map[string]map[string]bool{}}
	for _, who := range append([]string{"chris@provincie", "erik@provincie"}, strangers...) {
		w.Person(who)
	}
	w.GroupAs(dossier, "chris@provincie", actors.NewGroup{Visibility: actors.VisibilityListed})
	for _, where := range memberNodes {
		d.mayHave[where] = map[string]bool{}
		w.actor(where, dossier)
	}
	for _, who := range strangers {
		w.actor("provincie", who)
	}
	d.posted("chris@provincie", "Welkom")
	w.Settle()
	return d
}

func (d *drama) play(story []act) {
	for n, a := range story {
		d.do(n, a)
		d.w.Pass(a.Wait + time.Second)
		d.privacy(n)
		if d.t.Failed() {
			break
		}
	}
	for _, where := range d.w.order {
		d.w.Up(where)
	}
	d.w.Pass(27 * time.Hour) // the longest pause
	d.posted("chris@provincie", "Tot slot")
	d.w.Pass(15 * time.Hour) // who does not hear that asks by itself
	d.privacy(len(story))
	d.same()
	if d.t.Failed() {
		for n, a := range story {
			d.t.Logf("%d: %+v", n, a)
		}
	}
}

func (d *drama) do(n int, a act) {
	w, p := d.w, d.w.As(a.Who)
	text := fmt.Sprintf("Bericht %d van %s", n, p.name)
	post := d.posts[a.Which%len(d.posts)]
	switch a.What {
	case "join":
		p.TryFollow(dossier)
	case "leave":
		p.TryUnfollow(dossier)
	case "answer", "reject":
		d.asks(func(asker *actors.Actor) {
			chris := w.As("chris@provincie")
			chris.must(chris.node().Outbox.Answer(context.Background(), chris.Actor(), asker.ID, w.actor("provincie", dossier).ID, a.What == "answer"), "answers %s", asker.Name)
		})
	case "remove", "ban", "unban", "role":
		d.decide(a)
	case "post":
		d.posted(a.Who, text)
	case "speak":
		d.posted("chris@provincie", text)
	case "reply":
		if i := d.sees(a.Who, post); i != nil {
			d.keep(a.Who, func() (string, error) { return p.draft(outbox.Draft{Text: text, ReplyTo: i.ID}) })
		}
	case "edit":
		if d.author[post] == a.Who && d.sees(a.Who, post) != nil {
			p.Edit(post, text+" (verbeterd)")
		}
	case "delete":
		if d.author[post] == a.Who && d.sees(a.Who, post) != nil {
			p.Delete(post)
			d.gone(post)
		}
	case "moderate":
		if d.sees("chris@provincie", post) != nil && d.author[post] != "chris@provincie" {
			w.As("chris@provincie").Delete(post)
			d.gone(post)
		}
	case "down":
		w.Down(a.Where)
	case "slow":
		w.Slow(a.Where, 3*time.Second)
	case "refuse":
		w.Refuse(a.Where, 503)
	case "lose":
		w.Lose(a.Where, 1+a.Which%5)
	case "up":
		w.Up(a.Where)
	case "restart":
		w.Restart(a.Where)
	case "forget": // what waits for a node is lost
		d.sql("provincie", "DELETE FROM deliveries WHERE host = $1", domain(a.Where))
	case "again":
		d.again(a)
	case "damage":
		d.damage(a)
	case "copy":
		d.copied = d.homeFile(nil)
	case "restore":
		d.restore()
	}
}

func (d *drama) sql(where, text string, args ...any) {
	d.w.tx(where, func(ctx context.Context, _ *node.Node, tx *db.Tx) error {
		_, err := tx.Exec(ctx, text, args...)
		return err
	})
}

// asks calls do for everybody who asks to be a member, as far as the home knows.
func (d *drama) asks(do func(*actors.Actor)) {
	n := d.w.Node("provincie")
	all, err := actors.FollowersOf(context.Background(), n.DB, d.w.actor("provincie", dossier).ID, actors.Requested, actors.Page{Limit: 100})
	if err != nil {
		d.t.Fatal(err)
	}
	for _, r := range all {
		do(r.Actor)
	}
}

// decide is what the staff does about somebody.
func (d *drama) decide(a act) {
	group, who := d.w.actor("provincie", dossier), d.w.actor("provincie", a.Who)
	chris := d.w.As("chris@provincie").Actor()
	n := d.w.Node("provincie")
	r, err := actors.RelationOf(context.Background(), n.DB, who.ID, group.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	if r.State != actors.Active && a.What != "ban" && a.What != "unban" {
		return
	}
	switch a.What {
	case "remove":
		if r.Role != actors.RoleOwner {
			err = n.Outbox.Expel(context.Background(), chris, who, group, "Niet meer nodig")
		}
	case "role":
		role := []actors.Role{actors.RoleGuest, actors.RoleMember, actors.RoleModerator, actors.RoleOwner}[a.Which%4]
		err = n.Outbox.SetRole(context.Background(), chris, who, group, role)
	default:
		d.w.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			if a.What == "unban" {
				return n.Dir.Unban(ctx, tx, who, group)
			}
			_, err := n.Dir.End(ctx, tx, who, group, actors.Banned, actors.Why{By: chris, Reason: "Genoeg"})
			return err
		})
	}
	if err != nil {
		d.t.Fatalf("%s of %s: %v", a.What, a.Who, err)
	}
}

func (d *drama) posted(who, text string) {
	d.keep(who, func() (string, error) { return d.w.As(who).TryPost(dossier, text) })
}

func (d *drama) keep(who string, post func() (string, error)) {
	if iri, err := post(); err == nil {
		d.posts, d.author[iri] = append(d.posts, iri), who
	}
}

func (d *drama) gone(post string) {
	d.posts = slices.DeleteFunc(d.posts, func(s string) bool { return s == post })
}

// sees is a post as somebody sees it; nil: not at all.
func (d *drama) sees(who, post string) *content.Item {
	p := d.w.As(who)
	i, err := content.ByIRI(context.Background(), p.node().DB, p.Viewer(), post)
	if err != nil {
		return nil
	}
	return i
}

// again sends part of the log to a node of a member once more, in any order; sometimes to one that has forgotten what came.
func (d *drama) again(a act) {
	if a.Where == "provincie" || !d.member(a.Where) {
		return
	}
	home := d.w.Node("provincie")
	group := d.w.actor("provincie", dossier)
	entries, err := db.All(context.Background(), home.DB, db.Scalar[[]byte], "SELECT a.body FROM log l JOIN activities a ON a.id = l.activity WHERE l.grp = $1 ORDER BY l.seq", group.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	signer, err := home.Dir.Signer(context.Background(), group.ID)
	if err != nil {
		d.t.Fatal(err)
	}
	if a.Which%3 == 0 {
		d.sql(a.Where, "DELETE FROM received WHERE state <> $1", "waiting")
	}
	random := rand.New(rand.NewPCG(uint64(a.Which), 1))
	random.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	for _, body := range entries[:len(entries)/2+1] {
		home.Client.Post(context.Background(), "http://"+domain(a.Where)+"/inbox", body, signer, nil)
	}
}

// damage is what a failing disk or a careless hand does to the copy of a node.
func (d *drama) damage(a act) {
	if a.Where == "provincie" {
		return
	}
	group := d.w.actor(a.Where, dossier)
	text := []string{
		"UPDATE relations SET role = 'guest' WHERE object = $1 AND state = 'active' AND subject NOT IN (SELECT id FROM actors WHERE local)",
		"UPDATE relations SET state = 'removed' WHERE object = $1 AND state = 'active' AND subject NOT IN (SELECT id FROM actors WHERE local)",
		"UPDATE relations SET seq = seq + 7 WHERE object = $1",
		"UPDATE actors SET seq = seq + 10 WHERE id = $1 AND epoch <> ''",
		"UPDATE actors SET seq = seq - 1 WHERE id = $1 AND seq > 0",
		"UPDATE actors SET head = '" + strings.Repeat("ab", 32) + "' WHERE id = $1 AND epoch <> ''",
		"UPDATE actors SET member_digest = '' WHERE id = $1",
	}[a.Which%7]
	d.sql(a.Where, text, group.ID)
}

// restore puts the older copy of the database of the home back.
func (d *drama) restore() {
	if d.copied == nil {
		return
	}
	d.allowed()
	w := d.w
	d.homeFile(d.copied)
	if err := w.Node("provincie").Outbox.Renew(context.Background(), w.actor("provincie", dossier)); err != nil {
		d.t.Fatal(err)
	}
	d.restored = true
	d.posts = slices.DeleteFunc(d.posts, func(iri string) bool { return !w.Knows("provincie", iri) })
	if len(d.posts) == 0 {
		d.posted("chris@provincie", "Opnieuw begonnen")
	}
}

// homeFile returns the database of the home, for which its node stops for a moment, and puts another in its place.
func (d *drama) homeFile(other []byte) []byte {
	file := filepath.Join(d.w.nodes["provincie"].options.Data, "node.db")
	d.w.halt("provincie")
	defer d.w.start("provincie")
	now, err := os.ReadFile(file)
	if err == nil && other != nil {
		err = os.WriteFile(file, other, 0o600)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return now
}

// member tells whether the home has a member on a node.
func (d *drama) member(where string) bool {
	on, _, err := actors.OnHost(context.Background(), d.w.Node("provincie").DB, d.w.actor("provincie", dossier).ID, domain(where))
	if err != nil {
		d.t.Fatal(err)
	}
	return on
}

// allowed goes through the log of the home: a node may have what was in the group while it had a member there.
func (d *drama) allowed() {
	home := d.w.Node("provincie")
	entries, err := db.All(context.Background(), home.DB, db.Scalar[[]byte], "SELECT a.body FROM log l JOIN activities a ON a.id = l.activity WHERE l.grp = $1 ORDER BY l.seq",
		d.w.actor("provincie", dossier).ID)
	if err != nil {
		d.t.Fatal(err)
	}
	posts, members := map[string]bool{}, map[string]map[string]bool{}
	for _, where := range memberNodes {
		members[where] = map[string]bool{}
	}
	for _, body := range entries {
		a, err := vocab.DecodeActivity(body)
		if err != nil {
			d.t.Fatal(err)
		}
		if o := a.Object.Object; o != nil && o.Membership != nil {
			for _, where := range memberNodes {
				if !strings.Contains(o.Membership.Subject, "//"+domain(where)+"/") {
					continue
				}
				if delete(members[where], o.Membership.Subject); a.Type != "Remove" {
					members[where][o.Membership.Subject] = true
				}
			}
		}
		if said := a.Object.Activity; said != nil && said.Type == "Create" {
			posts[said.Object.ID] = true
		}
		for _, where := range memberNodes {
			if len(members[where]) > 0 {
				maps.Copy(d.mayHave[where], posts)
			}
		}
	}
}

// privacy: no node has what it may not have.
func (d *drama) privacy(n int) {
	d.allowed()
	for _, where := range memberNodes {
		for iri := range d.author {
			if !strings.HasPrefix(iri, "http://"+domain(where)) && d.w.Knows(where, iri) && !d.mayHave[where][iri] {
				d.t.Errorf("after %d: %s has %s, from a time at which nobody there was a member", n, where, iri)
			}
		}
	}
}

// same: the nodes of the members are as the home.
func (d *drama) same() {
	w := d.w
	for _, where := range w.order {
		if n := w.Waiting(where); n != 0 {
			d.t.Errorf("%d deliveries of %s still wait", n, where)
		}
	}
	home := w.groupItems("provincie", dossier)
	for _, where := range memberNodes {
		theirs := slices.DeleteFunc(w.Members(where, dossier), func(iri string) bool { return !strings.Contains(iri, "//"+domain(where)+"/") })
		ours := slices.DeleteFunc(w.Members("provincie", dossier), func(iri string) bool { return !strings.Contains(iri, "//"+domain(where)+"/") })
		if !slices.Equal(ours, theirs) {
			d.t.Errorf("of %s %q are members, and believe to be: %q", where, ours, theirs)
		}
		if len(ours) == 0 {
			continue
		}
		w.SameMembers("provincie", dossier, where)
		if w.actor("provincie", dossier).Digest != w.actor(where, dossier).Digest {
			d.t.Errorf("%s has another digest", where)
		}
		have := w.groupItems(where, dossier)
		maps.DeleteFunc(have, func(iri, _ string) bool { // refused by the home, or lost there
			return home[iri] == "" && (d.restored || strings.Contains(iri, "//"+domain(where)+"/"))
		})
		if diff := cmp.Diff(home, have); diff != "" {
			d.t.Errorf("posts (-provincie +%s):\n%s", where, diff)
		}
	}
}

// groupItems are the texts of the posts that stand in a group on a node, by id.
func (w *World) groupItems(on, group string) map[string]string {
	w.t.Helper()
	all := map[string]string{}
	_, err := db.All(context.Background(), w.Node(on).DB, func(r db.Scanner) (x struct{}, err error) {
		var iri, html string
		err = r.Scan(&iri, &html)
		all[iri] = plain(html)
		return x, err
	}, "SELECT iri, content FROM items WHERE grp = $1 AND boost_of = 0", w.actor(on, group).ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}
