// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/federation"
)

// Write makes an activity of one of the foreign people: JSON as fmt has it, completed with a context, an id and the actor
// where it lacks them, and proven where the software does that.
func (f *Foreign) Write(by, format string, args ...any) []byte {
	f.w.t.Helper()
	var a map[string]json.RawMessage
	text := fmt.Sprintf(format, args...)
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		f.w.t.Fatalf("%s writes no JSON: %v\n%s", by, err, text)
	}
	f.mu.Lock()
	f.numbers++
	number := f.numbers
	f.mu.Unlock()
	s := f.Signer(by)
	for key, value := range map[string]string{
		"@context": `["https://www.w3.org/ns/activitystreams"]`, "actor": `"` + f.Who(by) + `"`,
		"id": fmt.Sprintf(`"%s/activities/%s-%d"`, f.Base(), by, number),
	} {
		if a[key] == nil {
			a[key] = json.RawMessage(value)
		}
	}
	body, err := json.Marshal(a)
	if err != nil {
		f.w.t.Fatal(err)
	}
	if f.software == Proving {
		if body, err = federation.AddProof(body, s.Ed25519, s.Ed25519ID, time.Now()); err != nil {
			f.w.t.Fatal(err)
		}
	}
	return body
}

// Send writes an activity and posts it to the shared inbox of a node. It returns the status of the answer, after the node
// has done what it does about it.
func (f *Foreign) Send(by, to, format string, args ...any) int {
	f.w.t.Helper()
	return f.Post(by, to, f.Write(by, format, args...))
}

// Post signs and posts bytes as they are.
func (f *Foreign) Post(by, to string, body []byte) int {
	f.w.t.Helper()
	return f.Forge(to, body, Forgery{Signer: f.Signer(by)})
}

// Twice posts the same bytes two times.
func (f *Foreign) Twice(by, to string, body []byte) {
	f.w.t.Helper()
	for range 2 {
		if status := f.Post(by, to, body); status != http.StatusAccepted {
			f.w.t.Errorf("%s answered %d to %s", to, status, body)
		}
	}
}

// Forgery is a request that may not be what it seems.
type Forgery struct {
	Signer   federation.Signer
	Scheme   federation.Scheme
	For      string              // the host that it is signed for; "": where it goes
	Headers  map[string]string   // before signing
	Signed   func(*http.Request) // changes it after it was signed
	Body     []byte              // sent in the place of the body that was signed
	Unsigned bool
}

// Forge posts bytes as a forger may, and returns the status.
func (f *Foreign) Forge(to string, body []byte, forgery Forgery) int {
	f.w.t.Helper()
	status := f.deliver(to, body, forgery)
	f.w.Pass(2 * time.Second)
	return status
}

func (f *Foreign) deliver(to string, body []byte, forgery Forgery) int {
	f.w.t.Helper()
	signedFor := domain(to)
	if forgery.For != "" {
		signedFor = forgery.For
	}
	r, err := http.NewRequest(http.MethodPost, "http://"+signedFor+"/inbox", bytes.NewReader(body))
	if err != nil {
		f.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/activity+json")
	for key, value := range forgery.Headers {
		r.Header.Set(key, value)
	}
	if !forgery.Unsigned {
		if err := federation.Sign(r, body, forgery.Signer, forgery.Scheme); err != nil {
			f.w.t.Fatal(err)
		}
	}
	r.URL.Host, r.Host = domain(to), domain(to)
	if forgery.Body != nil {
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(forgery.Body)), int64(len(forgery.Body))
	}
	if forgery.Signed != nil {
		forgery.Signed(r)
	}
	answer, err := f.client.Do(r)
	if err != nil {
		f.w.t.Fatalf("%s posts to %s: %v", f.name, to, err)
	}
	defer answer.Body.Close()
	io.Copy(io.Discard, answer.Body)
	return answer.StatusCode
}

// Note is the JSON of a post by one of the foreign people, "to" as JSON text, and serves it at its id.
func (f *Foreign) Note(by, name, content, to, more string) (iri, object string) {
	iri = f.Base() + "/posts/" + name
	if more != "" {
		more = "," + more
	}
	object = fmt.Sprintf(`{"@context":"https://www.w3.org/ns/activitystreams","id":%q,"type":"Note","attributedTo":%q,"content":"<p>%s</p>","published":%q,%s%s}`,
		iri, f.Who(by), content, time.Now().UTC().Format(time.RFC3339), to, more)
	f.Serve(iri, object)
	return iri, object
}

// Public is the addressing of a post to everybody; with others in cc.
func Public(cc ...string) string {
	list, _ := json.Marshal(append([]string{}, cc...))
	return `"to":["https://www.w3.org/ns/activitystreams#Public"],"cc":` + string(list)
}

// Fate tells what became of an activity on a node: "done", "refused" or "waiting" with a reason, "" when it did not come in.
func (w *World) Fate(on, activity string) (state, reason string) {
	w.t.Helper()
	type row struct{ state, reason string }
	got, err := db.One(context.Background(), w.Node(on).DB, func(r db.Scanner) (g row, err error) { return g, r.Scan(&g.state, &g.reason) },
		"SELECT state, error FROM received WHERE iri = $1", activity)
	if err != nil {
		return "", ""
	}
	return got.state, got.reason
}

// Number counts rows of a node's database, for what no timeline shows.
func (w *World) Number(on, query string, args ...any) int {
	w.t.Helper()
	n, err := db.One(context.Background(), w.Node(on).DB, db.Scalar[int], query, args...)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	return n
}
