// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
)

// upload serves both versions: files are ready when they are answered, so neither leaves the address out.
func (a *API) upload(ctx context.Context, c *call) (any, error) {
	sent := c.files["file"]
	if sent == nil {
		return nil, fault.Say(fault.Invalid, "Validation failed: File can't be blank")
	}
	focus, err := c.focus()
	if err != nil {
		return nil, err
	}
	f, err := sent.Open()
	if err != nil {
		return nil, fmt.Errorf("open an uploaded file: %w", err)
	}
	defer f.Close()
	at := [2]float64{}
	if focus != nil {
		at = *focus
	}
	kept, err := a.Media.Upload(ctx, int64(c.viewer.ID), sent.Filename, f, c.Text("description"), at)
	if err != nil {
		return nil, err
	}
	return a.attachment(*kept), nil
}

func (a *API) oneFile(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	f, err := a.Media.Get(ctx, a.DB, int64(c.viewer.ID), media.ID(id))
	if err != nil {
		return nil, err
	}
	return a.attachment(*f), nil
}

func (a *API) describe(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	var f *media.File
	err = a.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		f, err = a.describeFile(ctx, tx, c.viewer.ID, media.ID(id), c.params)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.attachment(*f), nil
}

func (a *API) describeFile(ctx context.Context, tx *db.Tx, owner actors.ID, id media.ID, p *params) (*media.File, error) {
	focus, err := p.focus()
	if err != nil {
		return nil, err
	}
	var description *string
	if p.Has("description") {
		text := p.Text("description")
		description = &text
	}
	return a.Media.Describe(ctx, tx, int64(owner), id, description, focus)
}

// focus is the point that must stay in sight: two numbers from -1 to 1 with a comma between them.
func (p *params) focus() (*[2]float64, error) {
	text := p.Text("focus")
	if text == "" {
		return nil, nil
	}
	left, right, _ := strings.Cut(text, ",")
	x, err1 := strconv.ParseFloat(strings.TrimSpace(left), 64)
	y, err2 := strconv.ParseFloat(strings.TrimSpace(right), 64)
	if err1 != nil || err2 != nil {
		return nil, fault.Say(fault.Invalid, "Validation failed: focus must be two numbers between -1 and 1, as in 0.5,-0.2.")
	}
	return &[2]float64{x, y}, nil
}
