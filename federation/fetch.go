// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/pleio-node/pleio-node/fault"
)

// Fetched is a document and the address that it was found at, which is also its id.
type Fetched struct {
	URL  string
	Body []byte
}

// Document fetches an ActivityStreams document by its id (FEP-fe34): only the two media types, at most 1 MiB after
// inflating, in at most 10 s, over at most three redirects inside one origin. A document whose id is not the address it
// was found at is fetched once more at that id, and believed only there. s signs the request when it is not nil.
//
// Errors are fault.Gone (with a Fetched, whose body is the Tombstone if one was served), fault.NotFound, fault.Forbidden, fault.Unauthorized,
// fault.Malformed for an address that cannot be fetched, fault.Invalid for an answer that is no document, and fault.Unavailable for what may pass. Failures are
// remembered: ten minutes doubling to a day, five minutes for what does not exist.
func (c *Client) Document(ctx context.Context, iri string, s *Signer) (*Fetched, error) {
	address := withoutFragment(iri)
	if err := c.allowed(address); err != nil {
		return nil, err
	}
	key := address
	if s != nil {
		key = "signed " + address
	}
	if err := c.failures.recall(key); errors.Is(err, fault.Gone) {
		return &Fetched{URL: address}, err // the Tombstone itself was handed out the first time
	} else if err != nil {
		return nil, err
	}
	bounded, end, err := c.begin(ctx, totalTime)
	if err != nil {
		return nil, err
	}
	defer end()
	fetched, err := c.document(bounded, address, s)
	switch {
	case err == nil:
		c.failures.forget(key)
	case ctx.Err() == nil && c.ctx.Err() == nil: // whoever gave up learned nothing about the other side
		lasting := !errors.Is(err, fault.Gone) && !errors.Is(err, fault.NotFound)
		c.failures.remember(key, Origin(address), fmt.Errorf("%w (remembered)", err), lasting)
	}
	return fetched, err
}

func (c *Client) document(ctx context.Context, address string, s *Signer) (*Fetched, error) {
	walk := walk{client: c, accept: AcceptTypes, signer: s, sameOrigin: true}
	for again := false; ; again = true {
		response, at, err := walk.get(ctx, address)
		if err != nil {
			return nil, err
		}
		fetched, err := readDocument(ctx, response, at)
		if err != nil {
			return fetched, err
		}
		d, err := scanDocument(fetched.Body)
		if err != nil {
			return nil, fault.Say(fault.Invalid, "What is at %s cannot be read: %s", quote(at), fault.Sentence(err))
		}
		id := withoutFragment(d.ID)
		switch {
		case id == at:
			return fetched, nil
		case id == "":
			return nil, fault.Say(fault.Invalid, "The document at %s has no id.", quote(at))
		case again:
			return nil, fault.Say(fault.Invalid, "The document at %s says that it is %s.", quote(at), quote(id))
		}
		if err := c.allowed(id); err != nil {
			return nil, fault.Say(fault.Invalid, "The document at %s has an id that cannot be fetched: %s", quote(at), fault.Sentence(err))
		}
		address = id
	}
}

// readDocument turns an answer into a document or into the error that it means.
func readDocument(ctx context.Context, response *http.Response, at string) (*Fetched, error) {
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		if !activityStreams(response.Header.Get("Content-Type")) {
			return nil, fault.Say(fault.Invalid, "%s answers with %s, which is not an ActivityPub document.", quote(at), quote(response.Header.Get("Content-Type")))
		}
		body, err := readLimited(ctx, response.Body, maxDocument, at)
		if err != nil {
			return nil, err
		}
		return &Fetched{at, body}, nil
	case http.StatusGone:
		fetched := &Fetched{URL: at}
		if activityStreams(response.Header.Get("Content-Type")) {
			if body, err := readLimited(ctx, response.Body, maxDocument, at); err == nil {
				fetched.Body = body
			}
		}
		return fetched, fault.Say(fault.Gone, "%s has been deleted.", quote(at))
	}
	return nil, statusError(response.StatusCode, at)
}

func statusError(status int, at string) error {
	switch status {
	case http.StatusNotFound:
		return fault.Say(fault.NotFound, "There is nothing at %s.", quote(at))
	case http.StatusGone:
		return fault.Say(fault.Gone, "%s has been deleted.", quote(at))
	case http.StatusUnauthorized:
		return fault.Say(fault.Unauthorized, "%s does not accept our signature for %s.", Host(at), quote(at))
	case http.StatusForbidden:
		return fault.Say(fault.Forbidden, "%s does not show %s to this server.", Host(at), quote(at))
	}
	return fault.Say(fault.Unavailable, "%s answers with status %d.", quote(at), status)
}

func readLimited(ctx context.Context, body io.Reader, limit int64, at string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(body, limit+1))
	if err != nil {
		return nil, unreachable(ctx, at, err)
	}
	if int64(len(b)) > limit {
		return nil, fault.Say(fault.Invalid, "What is at %s is larger than %d bytes.", quote(at), limit)
	}
	return b, nil
}

// activityStreams accepts the two media types of FEP-fe34; ld+json only with the profile, because anybody may upload JSON.
func activityStreams(contentType string) bool {
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return false
	}
	return mediaType == ActivityType ||
		mediaType == "application/ld+json" && slices.Contains(strings.Fields(parameters["profile"]), "https://www.w3.org/ns/activitystreams")
}

// walk is one GET with its redirects.
type walk struct {
	client     *Client
	accept     string
	signer     *Signer
	sameOrigin bool
	byteRange  string // of a part (RFC 9110 §14.2); "" all
	seen       []string
}

// get returns the first answer that is no redirect, and its address. The caller closes the body.
func (w *walk) get(ctx context.Context, address string) (*http.Response, string, error) {
	for hops := 0; ; hops++ {
		if slices.Contains(w.seen, address) {
			return nil, "", fault.Say(fault.Invalid, "%s leads back to itself.", quote(address))
		}
		w.seen = append(w.seen, address)
		response, err := w.knock(ctx, address)
		if err != nil {
			return nil, "", err
		}
		switch response.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		default:
			return response, address, nil
		}
		readAnswer(response.Body)
		if hops == maxRedirects {
			return nil, "", fault.Say(fault.Invalid, "%s redirects more than %d times.", quote(w.seen[0]), maxRedirects)
		}
		if address, err = w.next(address, response.Header.Get("Location")); err != nil {
			return nil, "", err
		}
	}
}

func (w *walk) next(from, location string) (string, error) {
	base, err := url.Parse(from)
	if err != nil {
		return "", fault.Say(fault.Invalid, "%s cannot be read.", quote(from))
	}
	target, err := base.Parse(location)
	if err != nil || location == "" {
		return "", fault.Say(fault.Invalid, "%s redirects to nowhere.", quote(from))
	}
	to := withoutFragment(target.String())
	switch {
	case target.Scheme != base.Scheme:
		return "", fault.Say(fault.Invalid, "%s redirects to another scheme, %s.", quote(from), quote(to))
	case w.sameOrigin && !SameOrigin(from, to):
		return "", fault.Say(fault.Invalid, "%s redirects to another server, %s.", quote(from), quote(to))
	}
	if err := w.client.allowed(to); err != nil {
		return "", fault.Say(fault.Invalid, "%s redirects badly: %s", quote(from), fault.Sentence(err))
	}
	return to, nil
}

// knock does one GET, again with another signature where one is not understood.
func (w *walk) knock(ctx context.Context, address string) (*http.Response, error) {
	if w.signer == nil {
		return w.send(ctx, address, nil)
	}
	c, origin := w.client, Origin(address)
	attempts := c.schemes.attempts(origin, w.signer, strings.Contains(address, "?"))
	for i, try := range attempts {
		response, err := w.send(ctx, address, func(r *http.Request) error {
			if try.bare {
				return SignWithoutQuery(r, nil, *w.signer)
			}
			return Sign(r, nil, *w.signer, try.scheme)
		})
		if err != nil {
			return nil, err
		}
		switch status := response.StatusCode; {
		case status/100 == 2:
			c.schemes.worked(origin, try, i)
			return response, nil
		case status != http.StatusUnauthorized && status != http.StatusBadRequest && status != http.StatusForbidden:
			return response, nil
		case i+1 == len(attempts) || !signatureRefused(status, readAnswer(response.Body)):
			return response, nil // its status is all that counts
		}
	}
	panic("federation: no way to sign is left")
}

func (w *walk) send(ctx context.Context, address string, sign func(*http.Request) error) (*http.Response, error) {
	r, err := w.client.request(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", w.accept)
	if w.byteRange != "" {
		r.Header.Set("Range", w.byteRange)
	}
	if sign != nil {
		if err := sign(r); err != nil {
			return nil, err
		}
	}
	response, err := w.client.http.Do(r)
	if err != nil {
		return nil, unreachable(ctx, address, err)
	}
	return response, nil
}

// Page reads a web page or another text that is for everybody: unsigned, its first max bytes, within ten seconds, over at most three
// redirects, which may lead to another server.
func (c *Client) Page(ctx context.Context, address, accept string, max int64) (page *Fetched, contentType string, err error) {
	if err := c.allowed(address); err != nil {
		return nil, "", err
	}
	ctx, end, err := c.begin(ctx, totalTime)
	if err != nil {
		return nil, "", err
	}
	defer end()
	walk := walk{client: c, accept: accept}
	response, at, err := walk.get(ctx, address)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, "", statusError(response.StatusCode, at)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, max))
	if err != nil {
		return nil, "", unreachable(ctx, at, err)
	}
	return &Fetched{at, body}, response.Header.Get("Content-Type"), nil
}

// File fetches a file of at most max bytes, unsigned, within a minute, over at most three redirects; they may lead to another
// server, because many keep files apart. Reading past max is an error. The caller closes the body.
func (c *Client) File(ctx context.Context, address string, max int64) (body io.ReadCloser, contentType string, err error) {
	return c.file(ctx, walk{client: c, accept: "*/*"}, address, max)
}

// SignedFile is File for what is not for everybody: the request is signed, and leads to no other server.
func (c *Client) SignedFile(ctx context.Context, address string, max int64, signer *Signer) (body io.ReadCloser, contentType string, err error) {
	return c.file(ctx, walk{client: c, accept: "*/*", signer: signer, sameOrigin: true}, address, max)
}

func (c *Client) file(ctx context.Context, walk walk, address string, max int64) (body io.ReadCloser, contentType string, err error) {
	if err := c.allowed(address); err != nil {
		return nil, "", err
	}
	ctx, end, err := c.begin(ctx, fileTime)
	if err != nil {
		return nil, "", err
	}
	response, at, err := walk.get(ctx, address)
	if err != nil {
		end()
		return nil, "", err
	}
	f := &file{response.Body, at, max, end}
	switch {
	case response.StatusCode != http.StatusOK:
		err = statusError(response.StatusCode, at)
	case response.ContentLength > max:
		err = f.tooLarge()
	default:
		return f, response.Header.Get("Content-Type"), nil
	}
	f.Close()
	return nil, "", err
}

// Part is a file of another server, or a part of it, as it comes in. Whoever has it closes it.
type Part struct {
	io.ReadCloser
	Type   string // what the other server says that it is
	Range  string // Content-Range; "" the whole file
	Length int64  // bytes that follow; -1: not told
}

// Part is File for what is passed on while it comes in: it may be a part, and its reading may take longer.
func (c *Client) Part(ctx context.Context, address, byteRange string, max int64) (*Part, error) {
	if err := c.allowed(address); err != nil {
		return nil, err
	}
	ctx, end, err := c.begin(ctx, partTime)
	if err != nil {
		return nil, err
	}
	walk := walk{client: c, accept: "*/*", byteRange: byteRange}
	response, at, err := walk.get(ctx, address)
	if err != nil {
		end()
		return nil, err
	}
	p := &Part{ReadCloser: &file{response.Body, at, max, end}, Type: response.Header.Get("Content-Type"), Length: response.ContentLength}
	switch {
	case response.StatusCode == http.StatusPartialContent && byteRange != "":
		p.Range = response.Header.Get("Content-Range")
	case response.StatusCode != http.StatusOK:
		err = statusError(response.StatusCode, at)
	}
	if err == nil && p.Length > max {
		err = (&file{at: at}).tooLarge()
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

type file struct {
	body io.ReadCloser
	at   string
	left int64
	end  func()
}

func (f *file) tooLarge() error {
	return fault.Say(fault.Unavailable, "The file %s is too large.", quote(f.at))
}

func (f *file) Read(p []byte) (int, error) {
	if f.left < 0 {
		return 0, f.tooLarge()
	}
	if int64(len(p)) > f.left+1 {
		p = p[:f.left+1]
	}
	n, err := f.body.Read(p)
	if f.left -= int64(n); f.left < 0 {
		return n - 1, f.tooLarge()
	}
	return n, err
}

func (f *file) Close() error {
	defer f.end()
	return f.body.Close()
}
