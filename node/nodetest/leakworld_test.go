// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/node"
	"github.com/pleio-node/pleio-node/outbox"
)

// leaks is a world with an open, a closed and a secret group at provincie, with members there and at gouda, and with all who
// are outside of them, each in another way. What is said in a group is marked with its name.
type leaks struct {
	*World
	plain *Foreign
	posts map[string][]string // ids, by group
}

const home = "http://provincie.example"

// The names of the groups say nothing about what they are.
var leakGroups = map[string]string{"plein": actors.VisibilityPublic, "tuin": actors.VisibilityListed, "kelder": actors.VisibilityHidden}

func mark(group string) string { return "SECRET" + group }

// The ways to stand to a group. Each is taken by a person at its home, and by one at the node of a member.
var (
	insiders  = []string{"mod", "lid", "gast"}
	outsiders = []string{"ander", "gevraagd", "uitgenodigd", "weg", "ban"}
)

func newLeaks(t *testing.T) *leaks {
	l := &leaks{World: New(t, "provincie", "gouda", "waterschap", "nieuw", "oud"), posts: map[string][]string{}}
	l.plain = l.Foreign("mastodon", Mastodon)
	l.plain.Person("otto")
	l.Person("baas@provincie")
	l.Person("ex@oud")
	l.Person("uitgenodigd@nieuw")
	l.Person("ver@waterschap")
	l.Person("later@provincie")
	l.Person("later@gouda")
	for _, name := range append(slices.Clone(insiders), outsiders...) {
		l.Person(name + "@provincie")
		l.Person(name + "@gouda")
	}
	// People who follow each other are shown more of each other.
	for _, where := range []string{"provincie", "gouda"} {
		l.As("ander@" + where).Follow("lid@provincie")
		l.As("ander@" + where).Follow("lid@gouda")
		l.As("uitgenodigd@" + where).Follow("weg@" + where)
	}
	l.Settle()
	return l
}

// found makes the groups, with who asks and who is invited, and with those who were members once.
func (l *leaks) found() {
	l.t.Helper()
	for group, visibility := range leakGroups {
		l.GroupAs(group+"@provincie", "baas@provincie", actors.NewGroup{Visibility: visibility, Summary: "Over " + group})
		for _, where := range []string{"provincie", "gouda"} {
			for _, name := range append(slices.Clone(insiders), "weg", "ban") {
				l.join(name+"@"+where, group)
			}
		}
		l.join("ex@oud", group)
		l.Settle()
		for _, where := range []string{"provincie", "gouda"} {
			l.decides(group, "mod@"+where, func(ctx context.Context, n *node.Node, tx *db.Tx, who, g *actors.Actor) error {
				return n.Dir.SetRole(ctx, tx, who, g, actors.RoleModerator)
			})
			l.decides(group, "gast@"+where, func(ctx context.Context, n *node.Node, tx *db.Tx, who, g *actors.Actor) error {
				return n.Dir.SetRole(ctx, tx, who, g, actors.RoleGuest)
			})
		}
		l.Settle()
	}
}

// part takes away those who are to be outside, after they were members while something was said.
func (l *leaks) part() {
	l.t.Helper()
	for group, visibility := range leakGroups {
		for _, where := range []string{"provincie", "gouda"} {
			l.expel("weg@"+where, group)
			l.decides(group, "ban@"+where, func(ctx context.Context, n *node.Node, tx *db.Tx, who, g *actors.Actor) error {
				return n.Dir.Ban(ctx, tx, who, g)
			})
			if visibility == actors.VisibilityPublic {
				continue
			}
			l.stands("uitgenodigd@"+where, group, actors.Invited)
			l.stands("gevraagd@"+where, group, actors.Requested)
		}
		l.stands("uitgenodigd@nieuw", group, actors.Invited)
		l.expel("ex@oud", group)
	}
	l.Settle()
}

// group is a group as a node knows it, read by its id: a secret one has no name for others.
func (l *leaks) group(on, name string) *actors.Actor {
	l.t.Helper()
	g, err := l.Node(on).Dir.Resolve(context.Background(), home+"/groups/"+name)
	if err != nil {
		l.t.Fatalf("%s looks for %s: %v", on, name, err)
	}
	return g
}

func (l *leaks) decides(group, who string, do func(context.Context, *node.Node, *db.Tx, *actors.Actor, *actors.Actor) error) {
	l.t.Helper()
	person, g := l.actor("provincie", who), l.group("provincie", group)
	l.tx("provincie", func(ctx context.Context, n *node.Node, tx *db.Tx) error { return do(ctx, n, tx, person, g) })
}

func (l *leaks) expel(who, group string) {
	l.t.Helper()
	err := l.Node("provincie").Outbox.Expel(context.Background(), l.actor("provincie", "baas@provincie"), l.actor("provincie", who), l.group("provincie", group), "")
	if err != nil {
		l.t.Fatalf("expel %s from %s: %v", who, group, err)
	}
}

// stands writes how somebody stands to a group, at its home and at the own node.
func (l *leaks) stands(who, group string, state actors.State) {
	l.t.Helper()
	_, where := l.split(who)
	write := func(on string) {
		person, g := l.actor(on, who), l.group(on, group)
		l.tx(on, func(ctx context.Context, n *node.Node, tx *db.Tx) error {
			id := n.DB.NewID()
			_, err := tx.Exec(ctx, `INSERT INTO relations (id, subject, object, state, role, since, updated, record, expires) VALUES ($1, $2, $3, $4, 'member', $5, $5, $6, $7)
				ON CONFLICT (subject, object) DO UPDATE SET state = excluded.state, expires = excluded.expires`, id, person.ID, g.ID, state, db.Millis(time.Now()), fmt.Sprint("m-", id), db.Millis(time.Now().Add(30*24*time.Hour)))
			return err
		})
	}
	if write("provincie"); where != "provincie" {
		write(where)
	}
}

// join makes somebody a member by invitation.
func (l *leaks) join(who, group string) {
	l.t.Helper()
	_, where := l.split(who)
	l.stands(who, group, actors.Invited)
	p := l.As(who)
	p.must(p.node().Outbox.Follow(context.Background(), p.Actor(), l.group(where, group), nil, nil), "joins %s", group)
	l.Settle()
}

// say fills a group: posts, answers, a picture, a document, a poll, likes, a pin. Word tells one time from another.
func (l *leaks) say(group, word string) {
	l.t.Helper()
	text := func(what string) string {
		return fmt.Sprintf("%s %s %s #%s%s https://%s.example/%s", mark(group), what, word, mark(group), word, strings.ToLower(mark(group)), word)
	}
	post := func(who string, d outbox.Draft) string {
		p := l.As(who)
		if d.ReplyTo == 0 {
			d.Group = l.group(p.where, group).ID
		}
		iri, err := p.draft(d)
		p.must(err, "posts in %s", group)
		l.posts[group] = append(l.posts[group], iri)
		l.Settle()
		return iri
	}
	first := post("lid@gouda", outbox.Draft{Text: text("first")})
	second := post("lid@provincie", outbox.Draft{Text: text("second") + " @lid@gouda.example @mod@provincie.example"})
	answer := post("mod@gouda", outbox.Draft{Text: text("answer"), ReplyTo: l.As("mod@gouda").item(second).ID})
	post("lid@provincie", outbox.Draft{Text: text("other answer"), ReplyTo: l.As("lid@provincie").item(first).ID})
	post("gast@gouda", outbox.Draft{Text: text("picture"), ReplyTo: l.As("gast@gouda").item(second).ID, Files: []media.ID{l.upload("gast@gouda", mark(group)+".png", picture(l.t))}})
	post("lid@provincie", outbox.Draft{Text: text("document"), Files: []media.ID{l.upload("lid@provincie", mark(group)+".csv", []byte(mark(group)+";1\nb;2\n"))}})
	post("baas@provincie", outbox.Draft{Text: text("poll"), PollLasts: 48 * time.Hour,
		Poll: &content.Poll{Options: []content.Option{{Name: mark(group) + " yes"}, {Name: mark(group) + " no"}}}})
	for _, p := range []*Person{l.As("mod@provincie"), l.As("lid@gouda")} {
		p.Like(second)
		p.Like(answer)
	}
	p := l.As("mod@gouda")
	p.must(p.node().Outbox.PinPost(context.Background(), p.Actor(), l.group("gouda", group), p.item(second).ID, true), "pins in %s", group)
	l.As("lid@gouda").Edit(first, text("first edited"))
	p = l.As("gast@gouda")
	p.Asks("POST", "/api/v1/reports", fmt.Sprintf("account_id=%d&status_ids[]=%d&comment=%s+reported+%s", l.actor("gouda", "lid@provincie").ID, p.item(second).ID, mark(group), word))
	l.Settle()
}

func (l *leaks) upload(who, name string, b []byte) media.ID {
	l.t.Helper()
	p := l.As(who)
	f, err := p.node().Media.Upload(context.Background(), int64(p.Actor().ID), name, bytes.NewReader(b), name+" described", [2]float64{})
	p.must(err, "sends %s", name)
	return f.ID
}

func picture(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 40, 30))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asker is who asks at a door: a person of the node with a token and a session, another server with a key, or nobody.
type asker struct {
	name   string
	door   string
	token  string
	cookie string
	key    *federation.Signer
	member bool // sees what is in the groups
	guest  bool // may know of them
}

func (l *leaks) nobody(door string) asker { return asker{name: "nobody", door: door} }

func (l *leaks) person(name, door string) asker {
	l.t.Helper()
	p := l.As(name + "@" + door)
	token, err := p.token()
	p.must(err, "logs in")
	cookie, err := p.node().Auth.StartSession(context.Background(), p.Actor().ID, "")
	p.must(err, "logs in")
	return asker{name: name, door: door, token: token, cookie: cookie, member: slices.Contains(insiders, name), guest: name == "uitgenodigd"}
}

func (l *leaks) node(name, door string) asker {
	l.t.Helper()
	key, err := l.Node(name).Dir.Signer(context.Background(), l.Node(name).Dir.App().ID)
	if err != nil {
		l.t.Fatal(err)
	}
	return asker{name: "node " + name, door: door, key: &key, member: name == "provincie" || name == "gouda", guest: name == "nieuw" && door == "provincie"}
}

func (l *leaks) server(door string) asker {
	key := l.plain.Signer("otto")
	return asker{name: "plain server", door: door, key: &key}
}

// ask is one request at a door.
func (l *leaks) ask(a asker, method, target, form string, header ...string) *httptest.ResponseRecorder {
	return l.askUntil(context.Background(), a, method, target, form, header...)
}

// askUntil is ask that ends with the context: a stream goes on for as long.
func (l *leaks) askUntil(ctx context.Context, a asker, method, target, form string, header ...string) *httptest.ResponseRecorder {
	var body io.Reader
	if form != "" {
		body = strings.NewReader(form)
	}
	r := httptest.NewRequestWithContext(ctx, method, "http://"+domain(a.door)+target, body)
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for n := 0; n+1 < len(header); n += 2 {
		r.Header.Set(header[n], header[n+1])
	}
	switch {
	case a.key != nil:
		if err := federation.Sign(r, nil, *a.key, federation.RFC9421); err != nil {
			l.t.Fatal(err)
		}
	case r.Header.Get("Accept") == "text/html" && a.cookie != "":
		r.AddCookie(&http.Cookie{Name: sessionCookie, Value: a.cookie})
	case a.token != "":
		r.Header.Set("Authorization", "Bearer "+a.token)
	}
	w := httptest.NewRecorder()
	l.Node(a.door).ServeHTTP(w, r)
	return w
}
