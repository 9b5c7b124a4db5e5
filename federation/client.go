// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package federation

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/fault"
)

// The limits of every exchange with another server.
const (
	totalTime      = 10 * time.Second
	fileTime       = time.Minute      // of reading one file to its end
	partTime       = 15 * time.Minute // of passing one file, or a part of it, on to who watches it
	connectTime    = 5 * time.Second
	idleTime       = 90 * time.Second
	maxDocument    = 1 << 20 // bytes, after inflating
	maxSmall       = 256 << 10
	maxAnswer      = 2 << 10
	maxHeaders     = 64 << 10
	maxRedirects   = 3
	connsPerHost   = 4
	idleConns      = 512
	longRetryAfter = 24 * time.Hour
)

// ClientOptions are the choices of an administrator, and those of tests.
type ClientOptions struct {
	AllowHTTP    bool           // loopback development: plain http and any port
	AllowPrivate []netip.Prefix // addresses that may be reached although they are not public, on any port
	// Dial, when set, takes the place of the guarded dialer: an in-memory network.
	Dial      func(ctx context.Context, network, addr string) (net.Conn, error)
	RootCAs   *x509.CertPool // nil: those of the system
	UserAgent string
}

// Client is the only way out of a node: every request to another server goes through it and its guard. It keeps
// connections (at most four a host), and remembers in memory which signatures each origin takes and what failed lately.
type Client struct {
	http      *http.Client
	transport *http.Transport
	allowHTTP bool
	userAgent string
	schemes   schemes
	failures  failures

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	mu     sync.Mutex
	closed bool
	calls  sync.WaitGroup
}

// NewClient returns a client. It ignores proxies of the environment and keeps no cookies.
func NewClient(o ClientOptions) *Client {
	dial := o.Dial
	if dial == nil {
		dialer := net.Dialer{Timeout: connectTime, ControlContext: guard{o.AllowHTTP, o.AllowPrivate}.controlContext}
		dial = dialer.DialContext
	}
	c := &Client{allowHTTP: o.AllowHTTP, userAgent: o.UserAgent}
	c.transport = &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			ctx, cancel := context.WithTimeout(ctx, connectTime)
			defer cancel()
			return dial(ctx, network, addr)
		},
		TLSClientConfig:        &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTime,
		MaxConnsPerHost:        connsPerHost,
		MaxIdleConnsPerHost:    connsPerHost,
		MaxIdleConns:           idleConns,
		IdleConnTimeout:        idleTime,
		MaxResponseHeaderBytes: maxHeaders,
	}
	c.http = &http.Client{
		Transport:     c.transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Close ends everything that is under way, waits until it has ended (readers of files must still close them) and closes the
// connections. Later calls fail.
func (c *Client) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.cancel()
	c.calls.Wait()
	c.transport.CloseIdleConnections()
}

// begin starts a call that ends with the client, or after limit. end must be called.
func (c *Client) begin(ctx context.Context, limit time.Duration) (bounded context.Context, end func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, nil, fault.Say(fault.Unavailable, "This server is shutting down.")
	}
	c.calls.Add(1)
	ctx, cancel := context.WithTimeout(ctx, limit)
	stop := context.AfterFunc(c.ctx, cancel)
	return ctx, sync.OnceFunc(func() {
		stop()
		cancel()
		c.calls.Done()
	}), nil
}

// Learn notes that an origin's actor document advertises RFC 9421 or RFC 9421 with Ed25519: it is tried first there.
func (c *Client) Learn(origin string, s Scheme) { c.schemes.learn(Origin(origin), s) }

// Heard forgets the failed fetches of an origin that has just shown to be alive.
func (c *Client) Heard(origin string) { c.failures.forgetOrigin(Origin(origin)) }

// allowed checks an address before anything is sent to it. Which hosts may be reached is decided when connecting.
func (c *Client) allowed(address string) error {
	if err := CheckID(address); err != nil {
		return err
	}
	if strings.HasPrefix(address, "http:") && !c.allowHTTP {
		return fault.Say(fault.Malformed, "The address %s is not https.", quote(address))
	}
	return nil
}

// Posted is another server's answer to a delivery.
type Posted struct {
	Status     int
	Body       string        // its first 2 kB
	RetryAfter time.Duration // 0: not given; at most a day
	Knocks     int           // how many signatures were tried
}

// Post delivers an activity, with a second knock when the first signature is not understood. Redirects are not followed.
// Any answer is a Posted; an error (fault.Unavailable) means that there was none.
func (c *Client) Post(ctx context.Context, inbox string, body []byte, s Signer, hint *Synchronization) (*Posted, error) {
	if err := c.allowed(inbox); err != nil {
		return nil, err
	}
	ctx, end, err := c.begin(ctx, totalTime)
	if err != nil {
		return nil, err
	}
	defer end()
	var posted Posted
	origin := Origin(inbox)
	for i, try := range c.schemes.attempts(origin, &s, false) {
		r, err := c.request(ctx, http.MethodPost, inbox, body)
		if err != nil {
			return nil, err
		}
		r.Header.Set("Content-Type", ActivityType)
		if hint != nil {
			r.Header.Set(synchronizationHeader, hint.String())
		}
		if err := Sign(r, body, s, try.scheme); err != nil {
			return nil, err
		}
		response, err := c.http.Do(r)
		if err != nil {
			return nil, unreachable(ctx, inbox, err)
		}
		answer := readAnswer(response.Body)
		posted = Posted{response.StatusCode, answer, retryAfter(response.Header, time.Now()), i + 1}
		if !signatureRefused(posted.Status, answer) {
			if posted.Status/100 == 2 {
				c.schemes.worked(origin, try, i)
			}
			break
		}
	}
	return &posted, nil
}

func (c *Client) request(ctx context.Context, method, address string, body []byte) (*http.Request, error) {
	var reader io.Reader
	if body != nil {
		reader = bytes.NewReader(body)
	}
	r, err := http.NewRequestWithContext(ctx, method, address, reader)
	if err != nil {
		return nil, fault.Say(fault.Malformed, "The address %s cannot be used: %v.", quote(address), err)
	}
	r.Header.Set("User-Agent", c.userAgent)
	return r, nil
}

// signatureRefused says whether another signature may be understood where this one was not.
func signatureRefused(status int, body string) bool {
	switch status {
	case http.StatusUnauthorized:
		return true
	case http.StatusBadRequest, http.StatusForbidden:
		return strings.Contains(strings.ToLower(body), "signature")
	}
	return false
}

// readAnswer reads the start of a body, and a little more so that the connection can be used again.
func readAnswer(body io.ReadCloser) string {
	defer body.Close()
	start, _ := io.ReadAll(io.LimitReader(body, maxAnswer)) // a cut answer is an answer
	io.CopyN(io.Discard, body, 16<<10)
	return strings.ToValidUTF8(string(start), "\uFFFD")
}

func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	wait := time.Duration(0)
	if seconds, err := strconv.ParseUint(value, 10, 32); err == nil {
		wait = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longRetryAfter)
}

// unreachable is the error for a request that got no answer. A context that ended stays visible in the chain.
func unreachable(ctx context.Context, address string, err error) error {
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	said := fault.Say(fault.Unavailable, "%s cannot be reached: %v.", Host(address), err)
	if ctx.Err() != nil {
		return fmt.Errorf("%w (%w)", said, ctx.Err())
	}
	return said
}
