// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
)

type demo struct {
	Data string `help:"Keep everything in this folder: a next start goes on from there. Default: a temporary folder, removed at the end." placeholder:"DIR"`
	Port int    `help:"The port of the first organisation; the others take the next free ones. 0: any that is free." default:"4001" placeholder:"4001"`
}

func (demo) Help() string {
	return `A municipality, a province and a water board, each with its own database, people and port, in one program. What you see
pass between them went over real connections, signed and checked. It runs until Ctrl-C.

Examples:

    pleio-node demo
    pleio-node demo --data demo --port 5001`
}

// demoTime is how long it may take until everything has arrived everywhere.
const demoTime = time.Minute

// Run shows three organisations until the context ends.
func (d *demo) Run(ctx context.Context, p *program) (err error) {
	user := ctx
	defer func() {
		if user.Err() != nil && errors.Is(err, context.Canceled) {
			err = nil // stopped before it was ready
		}
	}()
	data := d.Data
	if data == "" {
		if data, err = os.MkdirTemp("", "pleio-node-demo-"); err != nil {
			return fmt.Errorf("make a temporary folder: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(data)) }()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	all := organisations()
	defer func() {
		for _, o := range all {
			err = errors.Join(err, o.close())
		}
	}()
	if err := d.open(ctx, p, data, all); err != nil {
		return err
	}
	var running sync.WaitGroup
	for _, o := range all {
		running.Go(func() {
			if err := o.node.Serve(ctx, o.listener); err != nil {
				cancel(fmt.Errorf("%s: %w", o.name, err))
			}
		})
	}
	making, end := context.WithTimeout(ctx, demoTime)
	err = tell(making, all)
	end()
	if err == nil {
		d.guide(p, all)
		<-ctx.Done()
	}
	cancel(nil)
	running.Wait()
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// open makes or opens the three nodes, at once: making keys takes most of the time.
func (d *demo) open(ctx context.Context, p *program, data string, all []*organisation) error {
	port := d.Port
	for _, o := range all {
		o.folder = filepath.Join(data, o.key)
		next, err := o.place(ctx, port)
		if err != nil {
			return err
		}
		if wanted := port; wanted != 0 && next-1 != wanted && next != 0 {
			p.say("Port %d is taken: %s takes %d.", wanted, o.name, next-1)
		}
		port = next
	}
	errs := make([]error, len(all))
	var opening sync.WaitGroup
	for i, o := range all {
		opening.Go(func() { errs[i] = o.open(ctx, p) })
	}
	opening.Wait()
	return errors.Join(errs...)
}

// organisation is one of the three, with its node.
type organisation struct {
	key, name string
	people    []resident
	folder    string
	listener  net.Listener
	node      *node.Node
}

// place finds where the organisation listens: at a port from the given one on, or, when it was there before, where it was.
// It returns the port to try for the next one.
func (o *organisation) place(ctx context.Context, port int) (next int, err error) {
	config, err := node.LoadConfig(o.folder, nil)
	switch {
	case err == nil:
		if o.listener, err = (&net.ListenConfig{}).Listen(ctx, "tcp", config.Node.Listen); err != nil {
			return 0, fault.Say(fault.Unavailable, "%s was at %s and cannot be elsewhere, but that is taken: stop what runs there.", o.name, config.Node.URL)
		}
	case errors.Is(err, fault.NotFound):
		if o.listener, err = free(ctx, port); err != nil {
			return 0, err
		}
		config = node.DefaultConfig()
		config.Node.Name, config.Node.Listen = o.name, o.listener.Addr().String()
		config.Limits.Requests = 0 // everybody comes from one address
		config.Node.URL = "http://" + config.Node.Listen
		if err := node.WriteConfig(o.folder, config); err != nil {
			return 0, err
		}
	default:
		return 0, err
	}
	if port == 0 {
		return 0, nil
	}
	return o.listener.Addr().(*net.TCPAddr).Port + 1, nil
}

// free listens at the first free port from the given one on.
func free(ctx context.Context, port int) (net.Listener, error) {
	var err error
	for end := port + 100; port < end; port++ {
		var l net.Listener
		if l, err = (&net.ListenConfig{}).Listen(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return l, nil
		}
	}
	return nil, fault.Say(fault.Unavailable, "There is no free port: %v. Try another --port.", err)
}

func (o *organisation) open(ctx context.Context, p *program) error {
	config, err := node.LoadConfig(o.folder, nil)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelError}))
	if o.node, err = node.Open(ctx, node.Options{Data: o.folder, Config: config, Log: log}); err != nil {
		return err
	}
	return o.settle(ctx)
}

func (o *organisation) close() error {
	var err error
	if o.listener != nil {
		if err = o.listener.Close(); errors.Is(err, net.ErrClosed) { // by the server
			err = nil
		}
	}
	if o.node != nil {
		err = errors.Join(err, o.node.Close())
	}
	return err
}

// guide prints what there is and what to try.
func (d *demo) guide(p *program, all []*organisation) {
	p.say("Three organisations are running on this computer:\n")
	for _, o := range all {
		p.say("  %-26s %s", o.name, o.node.Base)
		for _, r := range o.people {
			p.say("    %-8s %-18s logs in with %s", r.name, r.title, o.email(r.name))
		}
	}
	gouda, home := all[0], all[len(all)-1]
	group := home.node.Dir.URL("/groups/" + groupName)
	p.say("\nEverybody's password is: %s\n", demoPassword)
	p.say("They share the group @%s@%s. Sanne of %s also has a closed one, @%s@%s, in which Joris is and Anna wants to be: as Sanne, answer her request.\n\nThree things to try:\n",
		groupName, home.node.Dir.Domain, all[1].name, closedName, all[1].node.Dir.Domain)
	p.say("1. Read the group's page in your browser:\n     %s", group)
	p.say("2. Log in as Anna with any Mastodon app that takes a server on this computer, such as toot in a terminal:\n"+
		"     toot login --disable-https -i %s     (newer versions: toot login -i %s)\n     toot timeline", gouda.node.Base.Host, gouda.node.Base)
	p.say("3. Post to the group from %s, and see it appear at the other two:\n     toot post \"@%s@%s Hallo vanuit Gouda!\"\n     %s",
		gouda.name, groupName, home.node.Dir.Domain, group)
	if d.Data == "" {
		p.say("\nCtrl-C stops it, and removes everything.")
	} else {
		p.say("\nCtrl-C stops it. Everything is kept in %s.", d.Data)
	}
}
