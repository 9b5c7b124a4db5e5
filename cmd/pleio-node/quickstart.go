// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
)

type quickstart struct {
	folder
	URL      string `help:"The public address of the node, such as https://samen.gouda.nl. Others keep it for ever: it cannot be changed later. http is for trying on this computer." placeholder:"URL"`
	Name     string `help:"The name of the organisation." placeholder:"NAME"`
	Admin    string `help:"The short name of the first administrator." placeholder:"NAME"`
	Email    string `help:"Their e-mail address, to log in with. Apps show it as where to write to about the node; [node] email changes that." placeholder:"E"`
	Domain   string `help:"The domain in the handles of your people, when it is not that of the url." placeholder:"DOMAIN"`
	Listen   string `help:"Where the program waits for requests (default: 127.0.0.1:4000, or the address of an http url)." placeholder:"HOST:PORT"`
	Database string `help:"A PostgreSQL database (postgres://…) instead of SQLite in the data folder." placeholder:"URL"`
	Example  bool   `help:"Print an example of the configuration, with comments, and make nothing."`
	password
}

func (quickstart) Help() string {
	return `What is missing is asked for on a terminal. Nothing is made when anything is wrong.

Examples:

    pleio-node quickstart --data d --url https://samen.gouda.nl --name "Gemeente Gouda" \
        --admin beheer --email beheer@gouda.nl
    PLEIO_PASSWORD=… pleio-node quickstart --data d --url http://127.0.0.1:4000 \
        --name "Gemeente Gouda" --admin beheer --email beheer@gouda.example
    pleio-node quickstart --example`
}

// Run makes a node.
func (q *quickstart) Run(ctx context.Context, p *program) error {
	if q.Example {
		p.say("%s", node.DefaultConfig().Example())
		return nil
	}
	made, err := empty(q.Data)
	if err != nil {
		return err
	}
	for _, a := range []struct {
		given          *string
		flag, question string
	}{
		{&q.URL, "url", "The public address of the node, for ever (https://…)"},
		{&q.Name, "name", "The name of the organisation"},
		{&q.Admin, "admin", "The short name of the first administrator"},
		{&q.Email, "email", "Their e-mail address"},
	} {
		if err := p.ask(ctx, a.given, a.flag, a.question); err != nil {
			return err
		}
	}
	text, generated, err := q.get(ctx, p)
	if err != nil {
		return err
	}
	config := node.DefaultConfig()
	config.Node.Email = q.Email
	config.Node.URL, config.Node.Name, config.Node.Domain, config.Node.Database = q.URL, q.Name, q.Domain, q.Database
	config.Node.Listen = listenAddress(q.Listen, q.URL, config.Node.Listen)
	if err := node.WriteConfig(q.Data, config); err != nil {
		return err
	}
	if opened, err := q.fill(ctx, p, text); err != nil {
		if opened && q.Database != "" { // the database there has keys that only this folder's secret opens
			return fault.Say(fault.Invalid, "%s The node is made, but not its administrator: add one with \"pleio-node user add NAME --email E --admin --data %s\".", fault.Sentence(err), q.Data)
		}
		return errors.Join(err, forget(q.Data, made))
	}
	p.say("The node of %s is in %s.\nIts administrator is %s, who logs in with %s.", q.Name, q.Data, q.Admin, q.Email)
	p.told(text, generated)
	p.say("Start it with:  pleio-node serve --data %s", q.Data)
	return nil
}

// fill makes the database and the administrator. It tells whether it came as far as opening the database.
func (q *quickstart) fill(ctx context.Context, p *program, password string) (opened bool, err error) {
	err = q.read(ctx, p, func(n *node.Node) error {
		opened = true
		hashed, err := n.Auth.HashPassword(ctx, password, q.Admin, q.Email)
		if err != nil {
			return err
		}
		return n.DB.Tx(ctx, func(tx *db.Tx) error {
			a, err := n.Dir.AddPerson(ctx, tx, q.Admin, q.Admin)
			if err != nil {
				return err
			}
			return n.Auth.AddAccount(ctx, tx, a.ID, q.Email, hashed, true)
		})
	})
	return opened, err
}

// listenAddress is where a new node listens: at its own address when that is on this computer.
func listenAddress(given, address, usual string) string {
	if given != "" {
		return given
	}
	if u, err := url.Parse(address); err == nil && u.Scheme == "http" {
		if u.Port() == "" {
			return net.JoinHostPort(u.Hostname(), "80")
		}
		return u.Host
	}
	return usual
}

// empty checks that a folder has nothing in it, and tells whether it is still to be made.
func empty(folder string) (absent bool, err error) {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, fault.Say(fault.Invalid, "The data folder cannot be read: %v.", err)
	}
	for _, e := range entries {
		if e.Name() == "config.toml" {
			return false, fault.Say(fault.Invalid, "There is a node in %s already. Nothing was changed.", folder)
		}
		if e.Name() != "lost+found" { // of a disk of its own
			return false, fault.Say(fault.Invalid, "%s is not empty: take a new folder for the node. Nothing was changed.", folder)
		}
	}
	return false, nil
}

// forget removes a node that could not be made whole. The folder was empty before.
func forget(folder string, whole bool) error {
	if whole {
		return os.RemoveAll(folder)
	}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.Name() != "lost+found" {
			err = errors.Join(err, os.RemoveAll(filepath.Join(folder, e.Name())))
		}
	}
	if err != nil {
		return fmt.Errorf("remove the unfinished node in %s: %w", folder, err)
	}
	return nil
}
