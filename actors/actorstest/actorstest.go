// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package actorstest makes directories of actors for tests.
package actorstest

import (
	"bytes"
	"context"
	"crypto/rsa"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
)

// Keys hands out an RSA key that was made before: making them would take most of a test's time.
var Keys = sync.OnceValues(actors.GenerateRSA)

// Directory is the directory of https://gouda.example over a database, without a network.
func Directory(t testing.TB, d *db.DB) *actors.Directory {
	t.Helper()
	base, err := url.Parse("https://gouda.example")
	if err != nil {
		t.Fatal(err)
	}
	client := federation.NewClient(federation.ClientOptions{Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, fault.Say(fault.Unavailable, "There is no network in this test.")
	}})
	t.Cleanup(client.Close)
	dir := &actors.Directory{DB: d, Client: client, Base: base, Domain: base.Host, Secret: bytes.Repeat([]byte{7}, 32), NewRSA: func() (*rsa.PrivateKey, error) { return Keys() }}
	if err := dir.Bootstrap(context.Background(), "Gemeente Gouda"); err != nil {
		t.Fatal(err)
	}
	return dir
}

// Tx runs f in a transaction that must succeed.
func Tx(t testing.TB, d *db.DB, f func(*db.Tx) error) {
	t.Helper()
	if err := d.Tx(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// Person makes a person of this node.
func Person(t testing.TB, dir *actors.Directory, name string) (a *actors.Actor) {
	t.Helper()
	Tx(t, dir.DB, func(tx *db.Tx) (err error) {
		a, err = dir.AddPerson(context.Background(), tx, name, "")
		return err
	})
	return a
}

// Group makes an open group of this node.
func Group(t testing.TB, dir *actors.Directory, name string, owner *actors.Actor) (a *actors.Actor) {
	t.Helper()
	Tx(t, dir.DB, func(tx *db.Tx) (err error) {
		a, err = dir.AddGroup(context.Background(), tx, owner, actors.NewGroup{Name: name})
		return err
	})
	return a
}

// Remote makes a person of another node known, as if its document had been fetched.
func Remote(t testing.TB, dir *actors.Directory, host, name string) *actors.Actor {
	t.Helper()
	id := "https://" + host + "/users/" + name
	return Learn(t, dir, &vocab.Actor{ID: id, Type: actors.Person, PreferredUsername: name, Inbox: id + "/inbox", SharedInbox: "https://" + host + "/inbox",
		Outbox: id + "/outbox", Followers: id + "/followers", URL: id})
}

// Learn makes an actor of another node known by its document.
func Learn(t testing.TB, dir *actors.Directory, w *vocab.Actor) (a *actors.Actor) {
	t.Helper()
	Tx(t, dir.DB, func(tx *db.Tx) (err error) {
		a, err = dir.Learn(context.Background(), tx, w)
		return err
	})
	return a
}
