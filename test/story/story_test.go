// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package story plays what pleio-node is for, with real nodes: people of three organisations work in a closed group of one of
// them, through the APIs alone; nobody else reads anything, whichever way they ask.
package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/test/harness"
)

const (
	history  = 500 // posts before anybody else is in the group
	missed   = 25  // posts while one node is off
	patience = 2 * time.Minute
	own      = "/api/pleio/v1"
	secret   = "vertrouwelijk" // in every post of the group, and nowhere else
	figures  = "kavel;prijs\n1;" + secret + "\n"
)

// person is somebody with an account on a node.
type person struct {
	*harness.Node
	t     *testing.T
	name  string
	token string
	group string // its number on the node
}

func newPerson(t *testing.T, n *harness.Node, name string) *person {
	return &person{Node: n, t: t, name: name, token: n.AddUser(name)}
}

func (p *person) handle() string { return "@" + p.name + "@" + p.Host }

func (p *person) do(method, path string, body, out any) {
	p.t.Helper()
	p.Must(p.token, method, path, body, out)
}

// here is a path of the group in the JSON API.
func (p *person) here(path string) string { return own + "/groups/" + p.group + path }

// finds looks the group up from the own node.
func (p *person) finds(group string) { p.group = p.Find(p.token, group).ID }

// number is how the person's node numbers somebody.
func (p *person) number(who *person) string { return p.Find(p.token, who.handle()).ID }

// reads are the posts of the group as the person sees them, the newest first; none where there is no such account.
func (p *person) reads() (posts []harness.Status) {
	p.t.Helper()
	for _, s := range p.All(p.token, "/api/v1/accounts/"+p.group+"/statuses", 40) {
		if s.Reblog != nil {
			s = *s.Reblog
		}
		posts = append(posts, s)
	}
	return posts
}

func (p *person) sees(text string) *harness.Status {
	p.t.Helper()
	for _, s := range p.reads() {
		if strings.Contains(s.Content, text) {
			return &s
		}
	}
	return nil
}

// post writes something; more are other parameters of POST /api/v1/statuses.
func (p *person) post(text string, more url.Values) (made harness.Status) {
	p.t.Helper()
	form := url.Values{"status": {text + " " + secret}}
	for key, values := range more {
		form[key] = values
	}
	p.do("POST", "/api/v1/statuses", form, &made)
	return made
}

// upload sends a file and returns its number.
func (p *person) upload(name, content string) string {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	if err == nil {
		_, err = io.WriteString(part, content)
	}
	if err == nil {
		err = form.Close()
	}
	r, _ := http.NewRequest("POST", p.URL+"/api/v2/media", &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	r.Header.Set("Authorization", "Bearer "+p.token)
	var made struct{ ID string }
	if err == nil {
		err = answer(r, &made)
	}
	if err != nil {
		p.t.Fatalf("%s sends %s: %v", p.name, name, err)
	}
	return made.ID
}

func answer(r *http.Request, out any) error {
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("%d: %s", response.StatusCode, text)
	}
	return json.Unmarshal(text, out)
}

// state is how the person stands to the group, as the own node knows it.
func (p *person) state() string {
	p.t.Helper()
	var m struct{ State, Role string }
	p.do("GET", p.here("/membership"), nil, &m)
	return strings.TrimSpace(m.State + " " + m.Role)
}

// soon waits until something is so.
func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	for began := time.Now(); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func (p *person) becomes(want string) {
	p.t.Helper()
	soon(p.t, p.name+" is "+want, func() bool { return p.state() == want })
}

// file is the address at which the person's app finds the file of a post.
func (p *person) file(text string) string {
	p.t.Helper()
	var found string
	soon(p.t, p.name+" sees the file", func() bool {
		post := p.sees(text)
		if post == nil {
			return false
		}
		var full struct {
			MediaAttachments []struct{ URL string } `json:"media_attachments"`
		}
		p.do("GET", "/api/v1/statuses/"+post.ID, nil, &full)
		if len(full.MediaAttachments) != 1 {
			return false
		}
		found = full.MediaAttachments[0].URL
		return found != ""
	})
	return found
}

func (p *person) download(address string) (status int, body string) {
	p.t.Helper()
	code, text, err := p.Try(p.token, "GET", strings.TrimPrefix(address, p.URL), nil, nil)
	if err != nil {
		p.t.Fatalf("%s reads %s: %v", p.name, address, err)
	}
	return code, string(text)
}

func TestOmgevingswet(t *testing.T) {
	gemeente := harness.Start(t, harness.Options{Name: "Gemeente"})
	provincie := harness.Start(t, harness.Options{Name: "Provincie"})
	waterschap := harness.Start(t, harness.Options{Name: "Waterschap"})
	elders := harness.Start(t, harness.Options{Name: "Elders"})
	chris := newPerson(t, gemeente, "chris")
	anna, piet := newPerson(t, provincie, "anna"), newPerson(t, provincie, "piet")
	bas, evert := newPerson(t, waterschap, "bas"), newPerson(t, waterschap, "evert")
	stranger := &person{Node: elders, t: t, name: harness.Admin, token: elders.Token(harness.Admin)}
	server := harness.Serve(t, harness.Keys(t, 1))

	// A municipality opens a closed group, in which a lot has been said.
	var made struct{ ID, Handle string }
	chris.do("POST", own+"/groups", map[string]string{"name": "omgevingswet", "title": "Omgevingswet", "preset": "closed-team"}, &made)
	chris.group = made.ID
	for n := range history {
		chris.post(fmt.Sprintf("%s bericht %d.", made.Handle, n), nil)
	}

	// It invites three people of two other nodes, who accept and read all of it, oldest first.
	var list struct {
		Lines []struct{ Text, Outcome string }
	}
	chris.do("POST", chris.here("/invitations"), map[string]string{"people": strings.Join([]string{anna.handle(), piet.handle(), bas.handle()}, "\n"), "message": "Doe mee"}, &list)
	for _, line := range list.Lines {
		if line.Outcome != "invited" {
			t.Errorf("%s: %s", line.Text, line.Outcome)
		}
	}
	invited := []*person{anna, piet, bas}
	for _, p := range invited {
		soon(t, p.name+" is invited", func() bool {
			var all []struct{ Group struct{ ID, Handle string } }
			p.do("GET", own+"/invitations", nil, &all)
			if len(all) == 0 {
				return false
			}
			p.group = all[0].Group.ID
			return all[0].Group.Handle == made.Handle
		})
		p.do("POST", own+"/invitations/"+p.group, map[string]string{"decision": "accept"}, nil)
	}
	for _, p := range invited {
		p.becomes("active member")
		soon(t, p.name+" reads all", func() bool { return len(p.reads()) == history })
		for n, s := range p.reads() {
			if want := fmt.Sprintf("bericht %d.", history-1-n); !strings.Contains(s.Content, want) {
				t.Fatalf("%s reads as post %d %q, not %q", p.name, n, s.Content, want)
			}
		}
	}

	// They post, answer, and attach a file, which each has from the own node.
	table := bas.post(made.Handle+" De cijfers", url.Values{"media_ids[]": {bas.upload("cijfers.csv", figures)}})
	for _, p := range []*person{chris, anna, piet, bas} {
		address := p.file("De cijfers")
		if !strings.HasPrefix(address, p.URL+"/") {
			t.Errorf("%s is sent to %s for a file", p.name, address)
		}
		if status, body := p.download(address); status != http.StatusOK || body != figures {
			t.Errorf("%s downloads: %d %q", p.name, status, body)
		}
	}
	anna.post("Dank je, Bas", url.Values{"in_reply_to_id": {anna.sees("De cijfers").ID}})
	anna.post(made.Handle+" Het concept is klaar", nil)
	soon(t, "bas is answered", func() bool {
		var thread struct{ Descendants []harness.Status }
		bas.do("GET", "/api/v1/statuses/"+table.ID+"/context", nil, &thread)
		return len(thread.Descendants) == 1 && strings.Contains(thread.Descendants[0].Content, "Dank je, Bas")
	})
	kept := piet.file("De cijfers")
	known := piet.reads()

	// A moderator on another node accepts who asks, and removes somebody.
	chris.do("PATCH", chris.here("/members/"+chris.number(anna)), map[string]string{"role": "moderator"}, nil)
	anna.becomes("active moderator")
	evert.finds(made.Handle)
	evert.do("POST", evert.here("/membership"), map[string]string{"introduction": "Ik beheer de dijken"}, nil)
	soon(t, "anna sees who asks", func() bool {
		var all []struct{ Handle, Introduction string }
		anna.do("GET", anna.here("/requests"), nil, &all)
		return len(all) == 1 && all[0].Handle == evert.handle() && all[0].Introduction == "Ik beheer de dijken"
	})
	anna.do("POST", anna.here("/requests/"+anna.number(evert)), map[string]string{"decision": "accept"}, nil)
	evert.becomes("active member")
	soon(t, "evert reads all", func() bool { return len(evert.reads()) >= history && evert.sees("Het concept is klaar") != nil })
	anna.do("DELETE", anna.here("/members/"+anna.number(piet)), map[string]string{"reason": "Andere baan"}, nil)
	piet.becomes("removed")

	// Who was removed, with all addresses that an app may have kept, another node's administrator, a plain server and nobody at all read nothing, by any way.
	stranger.finds(made.Handle)
	var addresses []string
	for _, s := range known[:20] {
		addresses = append(addresses, s.URI)
	}
	groupID := chris.Find(chris.token, made.Handle).URI
	for _, list := range []string{"", "/members", "/log", "/log?after=0", "/outbox", "/outbox?page=true", "/followers", "/featured"} {
		addresses = append(addresses, groupID+list)
	}
	plain := server.Actor("otto")
	for _, address := range addresses {
		if status, text := plain.Get(t.Context(), address); strings.Contains(text, secret) {
			t.Errorf("a plain server reads %s: %d", address, status)
		}
		r, err := http.NewRequest("GET", address, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, accept := range []string{"application/activity+json", "text/html"} {
			r.Header.Set("Accept", accept)
			if text := body(t, r); strings.Contains(text, secret) {
				t.Errorf("nobody reads %s as %s", address, accept)
			}
		}
	}
	for _, p := range []*person{piet, stranger} {
		for _, text := range p.asks(known, bas, kept) {
			if strings.Contains(text.answer, secret) {
				t.Errorf("%s of %s reads %s", p.name, p.Host, text.path)
			}
		}
		if posts := p.reads(); len(posts) > 0 {
			t.Errorf("%s of %s reads %d posts", p.name, p.Host, len(posts))
		}
	}
	// Those ways lead somewhere for a member.
	ways := 0
	for _, text := range anna.asks(anna.reads(), bas, anna.file("De cijfers")) {
		if strings.Contains(text.answer, secret) {
			ways++
		}
	}
	if ways < 25 {
		t.Errorf("a member finds what is said in %d ways", ways)
	}

	// One node is off while things are said and decided; it has all of it again by itself.
	waterschap.Stop()
	for n := range missed {
		anna.post(fmt.Sprintf("%s gemist %d.", made.Handle, n), nil)
	}
	chris.do("DELETE", chris.here("/members/"+chris.number(evert)), map[string]string{"reason": "Op eigen verzoek"}, nil)
	waterschap.Restart()
	bas.post(made.Handle+" Wij zijn er weer", nil)
	soon(t, "waterschap has what it missed", func() bool {
		posts := bas.reads()
		return slices.ContainsFunc(posts, func(s harness.Status) bool { return strings.Contains(s.Content, "gemist 0.") }) &&
			slices.ContainsFunc(posts, func(s harness.Status) bool { return strings.Contains(s.Content, fmt.Sprintf("gemist %d.", missed-1)) })
	})
	evert.becomes("removed")

	// The home shows every node at the same place, and every member reads the same.
	soon(t, "every node is at the same place", func() bool {
		var stands struct {
			Sequence int64
			Summary  string
			Nodes    []struct{ Sequence, Behind int64 }
		}
		chris.do("GET", chris.here("/nodes?lang=nl"), nil, &stands)
		return len(stands.Nodes) == 2 && stands.Summary == "afgeleverd bij 2 van 2 organisaties" && stands.Nodes[0].Sequence == stands.Sequence && stands.Nodes[1].Sequence == stands.Sequence
	})
	uris := func(p *person) (all []string) {
		for _, s := range p.reads() {
			all = append(all, s.URI)
		}
		slices.Sort(all)
		return all
	}
	for _, p := range []*person{anna, bas} {
		soon(t, p.name+" reads what chris reads", func() bool { return slices.Equal(uris(p), uris(chris)) })
	}
	var log []struct {
		Kind, Reason string
		By           struct{ Handle string }
	}
	bas.do("GET", bas.here("/log"), nil, &log)
	var told []string
	for _, e := range log {
		told = append(told, strings.TrimSpace(e.Kind+" "+e.Reason))
	}
	for _, want := range []string{"removal Op eigen verzoek", "removal Andere baan", "role", "admission"} {
		if !slices.Contains(told, want) {
			t.Errorf("the log that bas reads does not have %q: %q", want, told)
		}
	}
}

// found is what came of asking at a path of a node.
type found struct{ path, answer string }

// asks reads, with the person's token and with none, everything at the own node at which something of the group could show.
func (p *person) asks(posts []harness.Status, author *person, file string) (all []found) {
	p.t.Helper()
	paths := []string{"/api/v1/timelines/home", "/api/v1/timelines/public", "/api/v1/timelines/public?remote=true", "/api/v1/notifications", "/api/v2/notifications",
		"/api/v1/conversations", "/api/v1/trends/statuses", "/api/v2/search?q=" + secret, "/api/v2/search?resolve=true&q=" + url.QueryEscape(posts[0].URI),
		"/api/v1/accounts/" + p.group + "/statuses", "/api/v1/accounts/" + p.group + "/statuses?pinned=true", "/api/v1/accounts/" + p.number(author) + "/statuses",
		p.here(""), p.here("/members"), p.here("/log"), p.here("/requests"), p.here("/pins")}
	if path, here := strings.CutPrefix(file, p.URL); here {
		paths = append(paths, path)
	}
	for _, s := range posts[:min(20, len(posts))] {
		paths = append(paths, "/api/v1/statuses/"+s.ID, "/api/v1/statuses/"+s.ID+"/context", "/api/v1/statuses/"+s.ID+"/history")
	}
	for _, path := range paths {
		for _, token := range []string{p.token, ""} {
			_, text, err := p.Try(token, "GET", path, nil, nil)
			if err != nil {
				p.t.Fatalf("%s asks %s: %v", p.name, path, err)
			}
			all = append(all, found{path, string(text)})
		}
	}
	return all
}

func body(t *testing.T, r *http.Request) string {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatalf("read %s: %v", r.URL, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatalf("read %s: %v", r.URL, err)
	}
	return string(text)
}
