// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package node

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
)

// Serve answers requests on a listener and does the node's work, until the context ends; then it ends what is under way.
func (n *Node) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{Handler: n, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	server.RegisterOnShutdown(n.clients.Close) // streams end by themselves only when told to
	stop := context.AfterFunc(ctx, func() {
		end, done := context.WithTimeout(context.WithoutCancel(ctx), 4*time.Second)
		defer done()
		if server.Shutdown(end) != nil {
			server.Close() // a stream that does not end by itself
		}
	})
	defer stop()
	failed := make(chan error, 1)
	go func() {
		err := server.Serve(l)
		if !errors.Is(err, http.ErrServerClosed) {
			cancel(fmt.Errorf("serve: %w", err))
		}
		failed <- err
	}()
	n.run.Go(func() { n.control(ctx) })
	err := n.Run(ctx)
	cancel(nil)
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// The control socket lets a command that changed the database tell the running node to look (SQLite cannot).
func (n *Node) controlSocket() string { return filepath.Join(n.data, "control") }

func (n *Node) control(ctx context.Context) {
	if n.DB.Postgres() || len(n.controlSocket()) > 100 { // PostgreSQL tells by itself; a socket's path is short
		return
	}
	os.Remove(n.controlSocket())
	l, err := net.Listen("unix", n.controlSocket())
	if err != nil {
		n.Log.Warn("commands cannot wake the running node", "error", err)
		return
	}
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		c.Close()
		if err := n.wake(ctx); err != nil {
			n.Log.Error("look what a command changed", "error", err)
		}
	}
}

func (n *Node) wake(ctx context.Context) error {
	n.DB.Forget()
	return n.DB.Tx(ctx, func(tx *db.Tx) error {
		n.DB.Notify(tx, "deliveries", "")
		n.DB.Notify(tx, "jobs", "")
		n.DB.Notify(tx, actors.ChangedKeys, "")
		return nil
	})
}

// WakeRunning tells the node that runs on the same folder, if one does, that the database has changed.
func (n *Node) WakeRunning() {
	if c, err := net.DialTimeout("unix", n.controlSocket(), time.Second); err == nil {
		c.Close()
	}
}
