// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
)

// act is one thing that happens: somebody does something, or something goes wrong.
type act struct {
	Who, What, Where string
	Which            int
	Wait             time.Duration
}

func acts() *rapid.Generator[[]act] {
	one := rapid.Custom(func(t *rapid.T) act {
		return act{
			Who:   rapid.SampledFrom([]string{"anna@gouda", "bas@waterschap", "chris@provincie"}).Draw(t, "who"),
			What:  rapid.SampledFrom([]string{"post", "post", "reply", "reply", "edit", "delete", "like", "like", "unlike", "boost", "join", "leave", "tell", "down", "slow", "refuse", "lose", "up", "restart"}).Draw(t, "what"),
			Where: rapid.SampledFrom([]string{"gouda", "waterschap", "provincie"}).Draw(t, "where"),
			Which: rapid.IntRange(0, 50).Draw(t, "which"),
			Wait:  time.Duration(rapid.SampledFrom([]int{0, 0, 1, 30, 3600, 40000}).Draw(t, "seconds")) * time.Second,
		}
	})
	return rapid.SliceOfN(one, 10, 40)
}

// sameStories has a property tried with the same 15 stories each time; with -rapid.checks other ones are, and as many.
func sameStories(t *testing.T, seed string) {
	f := flag.Lookup("rapid.checks")
	if f.Value.String() != f.DefValue {
		return
	}
	for name, value := range map[string]string{f.Name: "15", "rapid.seed": seed} {
		before := flag.Lookup(name).Value.String()
		flag.Set(name, value)
		t.Cleanup(func() { flag.Set(name, before) })
	}
}

// TestConvergence: whatever people do and whatever fails meanwhile, in the end members, posts and likes are the same on every
// node that has a member, and nobody sees what is not for them.
func TestConvergence(t *testing.T) {
	sameStories(t, "11624930173764213655")
	rapid.Check(t, func(rt *rapid.T) {
		story := acts().Draw(rt, "story")
		if !t.Run("", func(t *testing.T) { synctest.Test(t, func(t *testing.T) { play(t, story) }) }) {
			rt.Fatal("the nodes differ")
		}
	})
}

func play(t *testing.T, story []act) {
	w := world(t)
	w.As("anna@gouda").Follow("bas@waterschap")
	w.Settle()
	var posts []string             // in the group, not deleted
	authors := map[string]string{} // of posts
	likes := map[string][]string{} // who likes a post
	members := map[string]bool{"anna@gouda": true, "bas@waterschap": true, "chris@provincie": true}
	secrets := 0
	for n, a := range story {
		p := w.As(a.Who)
		var post string
		if len(posts) > 0 {
			post = posts[a.Which%len(posts)]
		}
		has := post != "" && w.Knows(p.where, post)
		text := fmt.Sprintf("Bericht %d van %s", n, p.name)
		switch a.What {
		case "post":
			if iri, err := p.TryPost("wonen@provincie", text); err == nil {
				posts, authors[iri] = append(posts, iri), a.Who
			}
		case "reply":
			if has && members[a.Who] {
				iri := p.Reply(post, text)
				posts, authors[iri] = append(posts, iri), a.Who
			}
		case "edit":
			if post != "" && authors[post] == a.Who {
				p.Edit(post, text+" (verbeterd)")
			}
		case "delete":
			if post != "" && authors[post] == a.Who {
				p.Delete(post)
				posts = slices.DeleteFunc(posts, func(s string) bool { return s == post })
			}
		case "like":
			if has && members[a.Who] && !slices.Contains(likes[post], a.Who) { // who is no member may know the post without its group, and tells only its author
				p.Like(post)
				likes[post] = append(likes[post], a.Who)
			}
		case "unlike":
			if has && slices.Contains(likes[post], a.Who) {
				p.Unlike(post)
				likes[post] = slices.DeleteFunc(likes[post], func(s string) bool { return s == a.Who })
			}
		case "boost":
			if has {
				p.Boost(post)
			}
		case "join":
			if a.Who != "chris@provincie" {
				p.Follow("wonen@provincie")
				members[a.Who] = true
			}
		case "leave":
			if a.Who != "chris@provincie" {
				p.Unfollow("wonen@provincie")
				members[a.Who] = false
			}
		case "tell":
			secrets++
			p.Tell(actors.Direct, fmt.Sprintf("@anna@gouda.example geheim van %s", p.name))
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
		}
		w.Pass(a.Wait + time.Second)
	}
	for _, node := range w.order {
		w.Up(node)
	}
	w.Pass(27 * time.Hour) // the longest pause, and the longest memory of a failure
	home := w.GroupPosts("provincie", "wonen@provincie")
	for _, who := range []string{"anna@gouda", "bas@waterschap"} { // who left and came back has all that came meanwhile
		node := w.As(who).where
		if n := w.Waiting(node); n != 0 {
			t.Errorf("%d deliveries of %s still wait", n, node)
		}
		if is := slices.Contains(w.Members("provincie", "wonen@provincie"), w.As(who).Actor().IRI); is != members[who] {
			t.Errorf("%s believes to be a member: %v; and is one: %v", who, members[who], is)
		}
		if !members[who] {
			continue
		}
		w.SameMembers("provincie", "wonen@provincie", node)
		if diff := cmp.Diff(home, w.GroupPosts(w.As(who).where, "wonen@provincie")); diff != "" {
			t.Errorf("the group differs (-provincie +%s):\n%s", who, diff)
		}
		for _, line := range home {
			iri, _, _ := strings.Cut(line, " ")
			if a, b := w.Likes("provincie", iri), w.Likes(w.As(who).where, iri); a != b {
				t.Errorf("%s has %d likes at home and %d with %s", iri, a, b, who)
			}
		}
	}
	for _, who := range []string{"bas@waterschap", "chris@provincie"} {
		for _, text := range w.As(who).Home() {
			if strings.Contains(text, "geheim") && !strings.Contains(text, "geheim van "+w.As(who).name) {
				t.Errorf("%s sees %q", who, text)
			}
		}
	}
	if t.Failed() {
		for _, a := range story {
			t.Logf("%+v", a)
		}
	}
}
