// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

type user struct {
	Add          userAdd          `cmd:"" help:"Add a person who can log in."`
	List         userList         `cmd:"" help:"List the people who can log in."`
	Password     userPassword     `cmd:"" help:"Give a person a new password. It ends all that was begun with the old one."`
	Token        userToken        `cmd:"" help:"Make a token for a program that acts for a person."`
	Sessions     userSessions     `cmd:"" help:"Show where a person is logged in, or log them out."`
	SecondFactor userSecondFactor `cmd:"" name:"second-factor" help:"Show whether a person has a second factor, or remove it."`
	Disable      userDisable      `cmd:"" help:"Let a person log in no more. What they wrote stays."`
	Enable       userEnable       `cmd:"" help:"Let a person log in again."`
	Suspend      userSuspend      `cmd:"" help:"Let nothing be seen of a person of this node or, as name@host, of another."`
	Restore      userRestore      `cmd:"" help:"Let everything be seen again of somebody who was suspended."`
	Approve      userApprove      `cmd:"" help:"Let somebody in who asked for an account."`
	Reject       userReject       `cmd:"" help:"Refuse somebody who asked for an account."`
	Alias        userAlias        `cmd:"" help:"Name the account that a person had elsewhere, before moving here."`
	Move         userMove         `cmd:"" help:"Tell all followers that a person goes on at another node."`
	RotateKeys   userRotate       `cmd:"" help:"Give a person new keys, and tell everybody."`
	Delete       userDelete       `cmd:"" help:"Delete a person and all that they wrote, here and at other nodes. It cannot be undone."`
}

// person is a command about one person of the node.
type person struct {
	folder
	Name string `arg:"" help:"The short name of the person."`
}

// of finds the person.
func (c person) of(ctx context.Context, n *node.Node) (*actors.Actor, error) {
	name, domain, err := federation.ParseHandle(c.Name)
	if err != nil {
		return nil, err
	}
	if domain != "" && domain != n.Dir.Domain && domain != n.Dir.Host() {
		return nil, fault.Say(fault.NotFound, "%s is not of this node.", c.Name)
	}
	a, err := actors.LocalByName(ctx, n.DB, strings.ToLower(name))
	if err != nil || a.Kind != actors.Person {
		return nil, fault.Say(fault.NotFound, "There is nobody called %q on this node: see \"pleio-node user list\".", name)
	}
	return a, nil
}

// with changes something about the person.
func (c person) with(ctx context.Context, p *program, do func(*node.Node, *actors.Actor) error) error {
	return c.change(ctx, p, func(n *node.Node) error {
		a, err := c.of(ctx, n)
		if err != nil {
			return err
		}
		return do(n, a)
	})
}

type userAdd struct {
	folder
	Name  string `arg:"" help:"The short name: small letters, digits, dots, hyphens and underscores. It cannot be changed later."`
	Email string `help:"The e-mail address, to log in with." required:"" placeholder:"E"`
	Title string `help:"The name as it is shown." placeholder:"T"`
	Admin bool   `help:"An administrator of the node."`
	password
}

func (userAdd) Help() string {
	return `Examples:

    pleio-node user add anna --email anna@gouda.nl --title "Anna de Vries"
    PLEIO_PASSWORD=… pleio-node user add beheer --email beheer@gouda.nl --admin`
}

// Run adds a person.
func (c *userAdd) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		text, made, err := c.get(ctx, p)
		if err != nil {
			return err
		}
		hashed, err := n.Auth.HashPassword(ctx, text, c.Name, c.Email)
		if err != nil {
			return err
		}
		if err := n.Dir.MakeKey(); err != nil {
			return err
		}
		var a *actors.Actor
		err = n.DB.Tx(ctx, func(tx *db.Tx) error {
			if a, err = n.Dir.AddPerson(ctx, tx, c.Name, c.Title); err != nil {
				return err
			}
			return n.Auth.AddAccount(ctx, tx, a.ID, c.Email, hashed, c.Admin)
		})
		if err != nil {
			return err
		}
		p.say("%s was added.", a.Handle())
		p.told(text, made)
		return nil
	})
}

type userList struct {
	folder
	listing
}

func (userList) Help() string {
	return `Examples:

    pleio-node user list
    pleio-node user list --json | jq -r '.[] | select(.admin) | .email'`
}

type userRow struct {
	Name     string    `json:"name"`
	Handle   string    `json:"handle"`
	Title    string    `json:"title"`
	Email    string    `json:"email"`
	Admin    bool      `json:"admin"`
	Created  time.Time `json:"created"`
	Disabled time.Time `json:"disabled,omitzero"`
	MovedTo  string    `json:"moved_to,omitempty"`
}

// Run lists everybody with an account.
func (c *userList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		accounts, err := n.Auth.Accounts(ctx, n.DB)
		if err != nil {
			return err
		}
		var ids []actors.ID
		for _, a := range accounts {
			ids = append(ids, a.ID)
		}
		people, err := actors.Many(ctx, n.DB, ids)
		if err != nil {
			return err
		}
		var rows []userRow
		for _, a := range accounts {
			if who := people[a.ID]; who != nil {
				rows = append(rows, userRow{a.Name, who.Handle(), who.Title, a.Email, a.Admin, a.Created, a.Disabled, who.MovedTo})
			}
		}
		return show(p, c.listing, rows, []string{"NAME", "TITLE", "E-MAIL", "SINCE", "WHAT"}, func(r userRow) []string {
			var what []string
			if r.Admin {
				what = append(what, "administrator")
			}
			if !r.Disabled.IsZero() {
				what = append(what, "disabled")
			}
			if r.MovedTo != "" {
				what = append(what, "moved to "+r.MovedTo)
			}
			return []string{r.Name, r.Title, r.Email, moment(r.Created), strings.Join(what, ", ")}
		})
	})
}

type userPassword struct {
	person
	password
}

func (userPassword) Help() string {
	return `Examples:

    pleio-node user password anna
    PLEIO_PASSWORD=… pleio-node user password anna`
}

// Run sets a password.
func (c *userPassword) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		account, err := n.Auth.Account(ctx, n.DB, a.ID)
		if err != nil {
			return err
		}
		text, made, err := c.get(ctx, p)
		if err != nil {
			return err
		}
		hashed, err := n.Auth.HashPassword(ctx, text, a.Name, account.Email)
		if err != nil {
			return err
		}
		if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return n.Auth.SetPassword(ctx, tx, a.ID, hashed) }); err != nil {
			return err
		}
		p.say("%s has a new password, and is logged out everywhere.", a.Handle())
		p.told(text, made)
		return nil
	})
}

type userToken struct {
	person
	Scopes string `help:"What the program may do: some of read, write, follow, push, profile, or their parts such as read:statuses." default:"read" placeholder:"WORDS"`
}

func (userToken) Help() string {
	return `The token is all that is printed, so that a script can keep it.

Examples:

    pleio-node user token anna --scopes "read write follow push"
    curl -H "Authorization: Bearer $(pleio-node user token anna --scopes read)" \
        http://127.0.0.1:4000/api/v1/timelines/home`
}

// Run makes a token.
func (c *userToken) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		token, err := n.Auth.IssueToken(ctx, a.ID, c.Scopes)
		if err == nil {
			p.say("%s", token)
		}
		return err
	})
}

type userDisable struct{ person }

func (userDisable) Help() string {
	return `Examples:

    pleio-node user disable anna`
}

// Run disables an account.
func (c *userDisable) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		if err := n.Moderation.Act(ctx, moderation.CommandLine, a, moderation.Decision{Action: moderation.Disable}); err != nil {
			return err
		}
		p.say("%s can log in no more.", a.Handle())
		return nil
	})
}

type userDelete struct {
	person
	Yes bool `help:"Do not ask."`
}

func (userDelete) Help() string {
	return `Examples:

    pleio-node user delete anna
    pleio-node user delete anna --yes`
}

// Run deletes a person.
func (c *userDelete) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		if err := p.sure(ctx, c.Yes, "Delete "+a.Handle()+" and all that they wrote? It cannot be undone."); err != nil {
			return err
		}
		if err := n.Moderation.Erase(ctx, moderation.CommandLine, a); err != nil {
			return err
		}
		p.say("%s is deleted; other nodes are being told.", a.Handle())
		return nil
	})
}

type userRotate struct{ person }

func (userRotate) Help() string {
	return `Examples:

    pleio-node user rotate-keys anna`
}

// Run rotates keys.
func (c *userRotate) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		if err := n.Outbox.Rotate(ctx, a); err != nil {
			return err
		}
		p.say("%s has new keys; other nodes are being told.", a.Handle())
		return nil
	})
}

type userAlias struct {
	person
	Add    string `help:"The account elsewhere that this person also is." xor:"what" required:"" placeholder:"@OLD@HOST"`
	Remove string `help:"An account that this person is not, or is no more." xor:"what" required:"" placeholder:"@OLD@HOST"`
}

func (userAlias) Help() string {
	return `A person who moves here names the old account here first; then the old node lets the followers move.

Examples:

    pleio-node user alias anna --add @anna@oud.example`
}

// Run adds or removes an alias.
func (c *userAlias) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		other, err := elsewhere(ctx, n, c.Add+c.Remove)
		if err != nil {
			return err
		}
		named := slices.Contains(a.AlsoKnownAs, other.IRI)
		verb := "names"
		switch {
		case c.Add != "" && !named:
			a.AlsoKnownAs = append(a.AlsoKnownAs, other.IRI)
		case c.Remove != "" && named:
			a.AlsoKnownAs = slices.DeleteFunc(a.AlsoKnownAs, func(iri string) bool { return iri == other.IRI })
		}
		if c.Remove != "" {
			verb = "does not name"
		}
		if named == (c.Remove != "") {
			if err := n.Outbox.UpdateProfile(ctx, a); err != nil {
				return err
			}
		}
		p.say("%s %s %s as an account of the same person.", a.Handle(), verb, other.Handle())
		return nil
	})
}

type userMove struct {
	person
	To string `help:"The new account, which must name the old one as an alias." required:"" placeholder:"@NEW@HOST"`
}

func (userMove) Help() string {
	return `Followers are moved by their own nodes. What the person wrote stays here.

Examples:

    pleio-node user move anna --to @anna@samen.utrecht.nl`
}

// Run moves a person.
func (c *userMove) Run(ctx context.Context, p *program) error {
	return c.with(ctx, p, func(n *node.Node, a *actors.Actor) error {
		target, err := elsewhere(ctx, n, c.To)
		if err != nil {
			return err
		}
		if err := n.Outbox.Move(ctx, a, target); err != nil {
			return err
		}
		p.say("%s goes on as %s; followers are being told.", a.Handle(), target.Handle())
		return nil
	})
}

// elsewhere finds an account at another node, as its server shows it now.
func elsewhere(ctx context.Context, n *node.Node, handle string) (*actors.Actor, error) {
	name, domain, err := federation.ParseHandle(handle)
	if err != nil {
		return nil, err
	}
	if domain == "" {
		return nil, fault.Say(fault.Invalid, "%s needs a host: write @name@host.", handle)
	}
	a, err := n.Dir.ResolveHandle(ctx, name, domain)
	if err != nil || a.Local {
		return a, err
	}
	return n.Dir.Fetch(ctx, a.IRI)
}
