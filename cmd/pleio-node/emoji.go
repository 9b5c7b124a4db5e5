// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
	"github.com/pleio-node/pleio-node/node"
)

type emoji struct {
	Add    emojiAdd    `cmd:"" help:"Add a picture that people can use in posts and profiles."`
	List   emojiList   `cmd:"" help:"List the emojis of this node."`
	Remove emojiRemove `cmd:"" help:"Remove an emoji. What was written with it keeps its picture."`
}

type emojiAdd struct {
	folder
	Name     string `arg:"" help:"What people type between colons: letters, digits and underscores."`
	File     string `arg:"" help:"The picture: PNG, GIF, WebP or JPEG. It is made at most 128 pixels wide and high."`
	Category string `help:"Under which heading apps show it." placeholder:"C"`
	Hidden   bool   `help:"Do not offer it in apps; it can still be typed."`
}

func (emojiAdd) Help() string {
	return `Examples:

    pleio-node emoji add gouda gouda.png --category Gemeenten
    pleio-node emoji add feest feest.gif`
}

// Run adds an emoji.
func (c *emojiAdd) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		picture, err := os.Open(c.File)
		if err != nil {
			return fault.Say(fault.NotFound, "The picture %s cannot be read: %v.", c.File, err)
		}
		defer picture.Close()
		name := strings.Trim(c.Name, ":")
		e := media.Emoji{Name: name, Category: strings.TrimSpace(c.Category), Visible: !c.Hidden}
		if err := n.Media.AddEmoji(ctx, int64(n.Dir.App().ID), e, picture); err != nil {
			return err
		}
		p.say("People can type :%s: now.", name)
		return nil
	})
}

type emojiList struct {
	folder
	listing
}

func (emojiList) Help() string {
	return `Examples:

    pleio-node emoji list
    pleio-node emoji list --json`
}

type emojiRow struct {
	Name     string    `json:"name"`
	Category string    `json:"category"`
	Visible  bool      `json:"visible"`
	URL      string    `json:"url"`
	Created  time.Time `json:"created"`
}

// Run lists the emojis.
func (c *emojiList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		found, err := media.Emojis(ctx, n.DB)
		if err != nil {
			return err
		}
		var rows []emojiRow
		for _, e := range found {
			address, _ := n.Media.EmojiURLs(e)
			rows = append(rows, emojiRow{e.Name, e.Category, e.Visible, address, e.Created})
		}
		return show(p, c.listing, rows, []string{"NAME", "CATEGORY", "SHOWN", "SINCE"}, func(r emojiRow) []string {
			shown := "yes"
			if !r.Visible {
				shown = "no"
			}
			return []string{r.Name, r.Category, shown, moment(r.Created)}
		})
	})
}

type emojiRemove struct {
	folder
	Name string `arg:"" help:"What people type between colons."`
}

func (emojiRemove) Help() string {
	return `Examples:

    pleio-node emoji remove gouda`
}

// Run removes an emoji.
func (c *emojiRemove) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		name := strings.Trim(c.Name, ":")
		if err := n.DB.Tx(ctx, func(tx *db.Tx) error { return media.RemoveEmoji(ctx, tx, name) }); err != nil {
			return err
		}
		p.say(":%s: was removed.", name)
		return nil
	})
}
