// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package node is one running node: the only place where everything meets.
package node

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/mux"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/api"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/inbox"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/outbox"
	"github.com/pleio-node/pleio-node/timeline"
)

// Version of the program, set when it is built for release.
const Version = "0.1.0"

// Options is what a node is made of. Only Data and Config are needed.
type Options struct {
	Data   string // folder: database, media, secret
	Config Config
	Log    *slog.Logger
	// For tests: another network, and keys that were made before.
	Dial   func(ctx context.Context, network, address string) (net.Conn, error)
	NewRSA func() (*rsa.PrivateKey, error)
}

// Node is a running node. Nothing of it is outside this value.
type Node struct {
	Config     Config
	Base       *url.URL
	Log        *slog.Logger
	DB         *db.DB
	Client     *federation.Client
	Dir        *actors.Directory
	Media      *media.Store
	Library    *content.Library
	Jobs       *jobs.Queue
	Timelines  *timeline.Timelines
	Outbox     *outbox.Outbox
	Deliverer  *outbox.Deliverer
	Inbox      *inbox.Inbox
	Auth       *auth.Auth
	Moderation *moderation.Moderation

	data    string
	clients *api.API
	router  *mux.Router
	handler http.Handler
	run     sync.WaitGroup
}

// Open makes a node of what is in its folder: it migrates the database and makes the actors that every node has.
func Open(ctx context.Context, o Options) (*Node, error) {
	base, err := o.Config.base()
	if err != nil {
		return nil, err
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.NewRSA == nil {
		o.NewRSA = actors.GenerateRSA
	}
	secret, err := loadSecret(o.Data)
	if err != nil {
		return nil, err
	}
	source := o.Config.Node.Database
	if source == "" {
		source = filepath.Join(o.Data, "node.db")
	}
	store, err := db.Open(ctx, source, db.Options{Log: o.Log})
	if err != nil {
		return nil, fmt.Errorf("open database: %w", err)
	}
	n := &Node{Config: o.Config, Base: base, Log: o.Log, DB: store, data: o.Data}
	if err := n.assemble(ctx, o, secret); err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return n, nil
}

func (n *Node) assemble(ctx context.Context, o Options, secret []byte) error {
	c := o.Config
	private, err := prefixes(c.Network.AllowPrivate)
	if err != nil {
		return err
	}
	development := n.Base.Scheme == "http"
	if development && c.Network.AllowPrivate == nil {
		private = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	}
	if development {
		n.Log.Info("development: plain http, and nodes on this computer are reached", "url", n.Base.String())
	}
	n.Client = federation.NewClient(federation.ClientOptions{AllowHTTP: development, AllowPrivate: private, Dial: o.Dial,
		UserAgent: "pleio-node/" + Version + " (+" + n.Base.String() + ")"})
	domain := c.Node.Domain
	if domain == "" {
		domain = n.Base.Host
	}
	n.Dir = &actors.Directory{DB: n.DB, Client: n.Client, Base: n.Base, Domain: domain, Secret: secret, NewRSA: o.NewRSA, Limited: c.Network.Limited}
	n.Media = media.New(n.DB, filepath.Join(o.Data, "media"), n.Base, secret, func(ctx context.Context, address string, most int64) (io.ReadCloser, string, error) {
		if err := n.shows(ctx, address); err != nil {
			return nil, "", err
		}
		return n.Client.File(ctx, address, most)
	})
	n.Media.Stream = func(ctx context.Context, address, byteRange string) (*federation.Part, error) {
		if err := n.shows(ctx, address); err != nil {
			return nil, err
		}
		return n.Client.Part(ctx, address, byteRange, media.MaxStreamBytes)
	}
	n.Media.Signed = func(ctx context.Context, address string, most int64) (io.ReadCloser, string, error) {
		if err := n.shows(ctx, address); err != nil {
			return nil, "", err
		}
		app, err := n.Dir.Signer(ctx, n.Dir.App().ID)
		if err != nil {
			return nil, "", err
		}
		return n.Client.SignedFile(ctx, address, most, &app)
	}
	n.Library = &content.Library{DB: n.DB, Dir: n.Dir, Media: n.Media}
	n.Jobs = jobs.New(n.DB, n.Log)
	n.Timelines = &timeline.Timelines{DB: n.DB, Library: n.Library, Jobs: n.Jobs}
	n.Outbox = &outbox.Outbox{DB: n.DB, Dir: n.Dir, Library: n.Library, Timelines: n.Timelines, Jobs: n.Jobs}
	n.Deliverer = &outbox.Deliverer{DB: n.DB, Post: n.Client.Post, Signer: n.Dir.SignerAt, Sync: n.Outbox.Synchronization, Log: n.Log}
	n.Auth = auth.New(n.DB, secret)
	n.Moderation = &moderation.Moderation{DB: n.DB, Dir: n.Dir, Timelines: n.Timelines, Outbox: n.Outbox, Auth: n.Auth, Jobs: n.Jobs, Media: n.Media,
		Registrations: c.Node.Registrations, Name: c.Node.Name, Email: c.Node.Email}
	n.Inbox = &inbox.Inbox{DB: n.DB, Dir: n.Dir, Library: n.Library, Timelines: n.Timelines, Outbox: n.Outbox, Moderation: n.Moderation, Jobs: n.Jobs, Log: n.Log}
	n.Deliverer.Gone = n.Inbox.Vanished
	n.Outbox.MayPost, n.Outbox.LanguageOf, n.Outbox.Administrators = n.mayPost, n.languageOf, auth.Admins
	n.Timelines.Prepare()
	n.Outbox.Prepare()
	n.Moderation.Prepare()
	tools := media.FindTools()
	if tools == nil {
		n.Log.Info("ffmpeg is not there: video, sound and AVIF pictures are refused")
	}
	n.Media.Prepare(n.Jobs, tools)
	n.Inbox.Prepare()
	n.Jobs.Handle(jobDaily, n.daily)
	proxies, err := prefixes(c.Network.TrustedProxies)
	if err != nil {
		return err
	}
	n.handler = n.routes(proxies)
	return n.Dir.Bootstrap(ctx, c.Node.Name)
}

// shows tells whether files at an address of another host are shown here.
func (n *Node) shows(ctx context.Context, address string) error {
	host := federation.Host(address)
	if p, err := actors.DecisionOn(ctx, n.DB, host); err != nil || p.Policy == actors.PeerBlocked || p.RejectMedia {
		return errors.Join(err, fault.Say(fault.NotFound, "Nothing is shown of %s.", host))
	}
	return nil
}

// ServeHTTP answers every request to the node.
func (n *Node) ServeHTTP(w http.ResponseWriter, r *http.Request) { n.handler.ServeHTTP(w, r) }

// Run does the node's work until the context ends, and ends what is under way: deliveries, what was received, jobs.
func (n *Node) Run(ctx context.Context) error {
	if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return n.Jobs.Add(ctx, tx, jobDaily, jobDaily, nil, time.Now().Add(time.Hour)) }); err != nil {
		if ctx.Err() != nil {
			return nil // stopped before it began
		}
		return fmt.Errorf("plan the daily work: %w", err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	n.DB.Listen(ctx, actors.ChangedKeys, func(string) { n.Dir.ForgetSigners() })
	for name, part := range map[string]func(context.Context) error{"deliverer": n.Deliverer.Run, "inbox": n.Inbox.Run, "jobs": n.Jobs.Run} {
		n.run.Go(func() {
			if err := part(ctx); err != nil && ctx.Err() == nil {
				cancel(fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	n.run.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// Close lets go of the database and the connections. Run has ended before.
func (n *Node) Close() error {
	n.Client.Close()
	return n.DB.Close()
}

// mayPost tells whether an account is not disabled. People without one, of tests and imports, may.
func (n *Node) mayPost(ctx context.Context, id actors.ID) (bool, error) {
	account, err := n.Auth.Account(ctx, n.DB, id)
	if errors.Is(err, fault.NotFound) {
		return true, nil
	}
	return err == nil && account.Disabled.IsZero(), err
}

// languageOf is the language in which somebody reads the pages of this node.
func (n *Node) languageOf(ctx context.Context, q db.Q, id actors.ID) (string, error) {
	account, err := n.Auth.Account(ctx, q, id)
	if errors.Is(err, fault.NotFound) {
		return "", nil
	}
	if l := locale.Wish(account.Locale); err == nil && l != nil {
		return l.Code, nil
	}
	return "", err
}

const jobDaily = "daily"

// daily is what keeps the node tidy: it removes what is remembered long enough.
func (n *Node) daily(ctx context.Context, _ []byte) error {
	for name, sweep := range map[string]func(context.Context) error{"inbox": n.Inbox.Forget, "auth": n.Auth.Sweep, "media": n.Media.Sweep, "content": n.Library.Sweep, "outbox": n.Outbox.Sweep} {
		if err := sweep(ctx); err != nil {
			n.Log.Error("daily work", "part", name, "error", err)
		}
	}
	return n.DB.Tx(ctx, func(tx *db.Tx) error {
		return n.Jobs.Add(ctx, tx, jobDaily, jobDaily, nil, time.Now().Add(24*time.Hour))
	})
}

// loadSecret reads the file that seals the private keys, and makes it for a new node. It is kept outside the database:
// who steals the one alone cannot use it.
func loadSecret(data string) ([]byte, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("make data folder: %w", err)
	}
	file := filepath.Join(data, "secret")
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		secret := make([]byte, 32)
		rand.Read(secret)
		if err := os.WriteFile(file, []byte(hex.EncodeToString(secret)+"\n"), 0o600); err != nil {
			return nil, fmt.Errorf("write %s: %w", file, err)
		}
		return secret, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", file, err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(secret) != 32 {
		return nil, fault.Say(fault.Invalid, "%s is damaged: put it back from a backup. Without it the node's keys cannot be read.", file)
	}
	return secret, nil
}
