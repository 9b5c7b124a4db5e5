// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package harness

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// API makes a request to the client API and reads the answer into out, unless it is nil. body is nil, url.Values (sent as a
// form) or anything that becomes JSON. It returns the status; no answer, or one that is not JSON, ends the test.
func (n *Node) API(token, method, path string, body, out any) int {
	n.t.Helper()
	status, answer, err := n.Try(token, method, path, nil, body)
	if err != nil {
		n.t.Fatalf("%s %s: %v", method, path, err)
	}
	if out != nil && status/100 == 2 {
		if err := json.Unmarshal(answer, out); err != nil {
			n.t.Fatalf("%s %s answers %d: %v\n%s", method, path, status, err, answer)
		}
	}
	return status
}

// Must is API for a request that has to succeed.
func (n *Node) Must(token, method, path string, body, out any) {
	n.t.Helper()
	status, answer, err := n.Try(token, method, path, nil, body)
	if err == nil && status/100 == 2 {
		if out == nil {
			return
		}
		err = json.Unmarshal(answer, out)
	}
	if err != nil || status/100 != 2 {
		n.t.Fatalf("%s %s answers %d: %v\n%s", method, path, status, err, answer)
	}
}

// Try is API for a node that may not answer.
func (n *Node) Try(token, method, path string, header http.Header, body any) (status int, answer []byte, err error) {
	reader, kind := io.Reader(http.NoBody), ""
	switch b := body.(type) {
	case nil:
	case url.Values:
		reader, kind = bytes.NewReader([]byte(b.Encode())), "application/x-www-form-urlencoded"
	default:
		text, err := json.Marshal(b)
		if err != nil {
			return 0, nil, fmt.Errorf("encode the body: %w", err)
		}
		reader, kind = bytes.NewReader(text), "application/json"
	}
	r, err := http.NewRequest(method, n.URL+path, reader)
	if err != nil {
		return 0, nil, err
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{Timeout: 15 * time.Second}
	response, err := client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	answer, err = io.ReadAll(response.Body)
	if err != nil {
		return 0, nil, fmt.Errorf("read the answer: %w", err)
	}
	return response.StatusCode, answer, nil
}

// Account is what the client API says of a person or a group.
type Account struct {
	ID            string `json:"id"`
	Acct          string `json:"acct"`
	URI           string `json:"uri"`
	StatusesCount int    `json:"statuses_count"`
}

// Find looks an account up by handle or id, fetching it from its server when the node does not know it.
func (n *Node) Find(token, who string) Account {
	n.t.Helper()
	var found struct{ Accounts []Account }
	n.Must(token, "GET", "/api/v2/search?type=accounts&resolve=true&limit=1&q="+url.QueryEscape(who), nil, &found)
	if len(found.Accounts) != 1 {
		n.t.Fatalf("%s finds %d accounts for %s", n.URL, len(found.Accounts), who)
	}
	return found.Accounts[0]
}

// Follow follows a person or joins an open group, and waits until that has been accepted.
func (n *Node) Follow(token, who string) Account {
	n.t.Helper()
	a := n.Find(token, who)
	n.Must(token, "POST", "/api/v1/accounts/"+a.ID+"/follow", nil, nil)
	for began := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		var all []struct{ Following bool }
		n.Must(token, "GET", "/api/v1/accounts/relationships?id[]="+a.ID, nil, &all)
		if len(all) == 1 && all[0].Following {
			return a
		}
		if time.Since(began) > patience {
			n.t.Fatalf("%s has not accepted a follower of %s within %v", who, n.URL, patience)
		}
	}
}

// Status is what the client API says of a post.
type Status struct {
	ID      string  `json:"id"`
	URI     string  `json:"uri"`
	Content string  `json:"content"`
	Account Account `json:"account"`
	Reblog  *Status `json:"reblog"`
}

// All pages through a timeline, the newest first, to its end.
func (n *Node) All(token, path string, limit int) []Status {
	n.t.Helper()
	var all []Status
	for last := ""; ; {
		var page []Status
		address := fmt.Sprintf("%s?limit=%d", path, limit)
		if last != "" {
			address += "&max_id=" + last
		}
		n.Must(token, "GET", address, nil, &page)
		if len(page) == 0 {
			return all
		}
		all, last = append(all, page...), page[len(page)-1].ID
	}
}
