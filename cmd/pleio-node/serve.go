// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"time"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
)

type serve struct {
	folder
	LogFormat string `help:"How the log is written to standard error: text or json." enum:"text,json" default:"text"`
	LogLevel  string `help:"What is worth writing: debug, info, warn or error." enum:"debug,info,warn,error" default:"info"`
}

func (serve) Help() string {
	return `The node runs until SIGTERM or SIGINT; then it finishes what it is doing, within five seconds.

Examples:

    pleio-node serve --data /var/lib/pleio-node/data
    pleio-node serve --data d --log-format json`
}

// Run serves until the context ends.
func (s *serve) Run(ctx context.Context, p *program) error {
	var level slog.Level
	if err := level.UnmarshalText([]byte(s.LogLevel)); err != nil {
		return err
	}
	options := &slog.HandlerOptions{Level: level}
	log := slog.New(slog.NewTextHandler(p.err, options))
	if s.LogFormat == "json" {
		log = slog.New(slog.NewJSONHandler(p.err, options))
	}
	config, err := node.LoadConfig(s.Data, p.environ)
	if err != nil {
		return err
	}
	l, err := listen(ctx, config.Node.Listen) // before the database: a second program on the same folder ends here
	if err != nil {
		return err
	}
	n, err := s.open(ctx, p, log)
	if err != nil {
		return errors.Join(err, l.Close())
	}
	if n.Base.Scheme == "http" {
		log.Warn("this node is for trying on this computer: others cannot reach it, and nothing is encrypted", "url", n.Base.String())
	}
	log.Info("ready", "url", n.Base.String(), "listen", l.Addr().String(), "version", node.Version, "start", time.Since(p.started).Round(time.Millisecond))
	err = n.Serve(ctx, l)
	log.Info("stopped")
	return errors.Join(err, n.Close())
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, fault.Say(fault.Unavailable, "%s is taken by another program: perhaps this node is running already.", address)
	case err != nil:
		return nil, fault.Say(fault.Unavailable, "Cannot listen on %q: %v ([node] listen).", address, err)
	}
	return l, nil
}
