// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package api

import (
	"context"
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/media"
)

const (
	uploadTime = 15 * time.Minute // of receiving a file
	waitTime   = 2 * time.Minute  // of the old way of uploading, for a recording to be processed
)

// timeToUpload lets a file come slowly.
func timeToUpload(w http.ResponseWriter) error {
	err := http.NewResponseController(w).SetReadDeadline(time.Now().Add(uploadTime))
	if err != nil && !errors.Is(err, http.ErrNotSupported) {
		return fmt.Errorf("give an upload time: %w", err)
	}
	return nil
}

// upload answers 202 without an address while a file is being processed: clients ask for it until it is ready.
func (a *API) upload(ctx context.Context, c *call) (any, error) {
	f, err := a.receive(ctx, c)
	if err != nil {
		return nil, err
	}
	if f.State == media.Waiting {
		return with{http.StatusAccepted, a.attachment(*f, c.viewer.ID)}, nil
	}
	return a.attachment(*f, c.viewer.ID), nil
}

// uploadAndWait is the first version, which answers when the file is ready.
func (a *API) uploadAndWait(ctx context.Context, c *call) (any, error) {
	f, err := a.receive(ctx, c)
	if err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, waitTime)
	defer cancel()
	if f, err = a.Media.Wait(limited, int64(c.viewer.ID), f.ID); err != nil {
		return nil, err
	}
	return a.processed(c, f, http.StatusAccepted)
}

// processed is a file as it is now, with another status as long as it is not ready, and the reason when it never will be.
func (a *API) processed(c *call, f *media.File, waiting int) (any, error) {
	switch f.State {
	case media.Waiting:
		return with{waiting, a.attachment(*f, c.viewer.ID)}, nil
	case media.Failed:
		return nil, fault.Say(fault.Invalid, "%s", f.Error)
	}
	return a.attachment(*f, c.viewer.ID), nil
}

// receive takes a file in, with all that is said of it.
func (a *API) receive(ctx context.Context, c *call) (*media.File, error) {
	sent := c.files["file"]
	if sent == nil {
		return nil, fault.Say(fault.Invalid, "Validation failed: File can't be blank")
	}
	at, err := c.focus()
	if err != nil {
		return nil, err
	}
	focus := [2]float64{}
	if at != nil {
		focus = *at
	}
	r, err := sent.Open()
	if err != nil {
		return nil, fmt.Errorf("open an uploaded file: %w", err)
	}
	defer r.Close()
	f, err := a.Media.Upload(ctx, int64(c.viewer.ID), sent.Filename, r, c.Text("description"), focus)
	if err != nil {
		return nil, err
	}
	if small := c.files["thumbnail"]; small != nil {
		if err := a.thumbnail(ctx, c, f.ID, small); err != nil {
			return nil, err
		}
		return a.Media.Get(ctx, a.DB, int64(c.viewer.ID), f.ID)
	}
	return f, nil
}

func (a *API) thumbnail(ctx context.Context, c *call, id media.ID, sent *multipart.FileHeader) error {
	r, err := sent.Open()
	if err != nil {
		return fmt.Errorf("open an uploaded thumbnail: %w", err)
	}
	defer r.Close()
	return a.Media.Thumbnail(ctx, int64(c.viewer.ID), id, sent.Filename, r)
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
	return a.processed(c, f, http.StatusPartialContent)
}

func (a *API) describe(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	if small := c.files["thumbnail"]; small != nil {
		if err := a.thumbnail(ctx, c, media.ID(id), small); err != nil {
			return nil, err
		}
	}
	var f *media.File
	err = a.DB.Tx(ctx, func(tx *db.Tx) (err error) {
		f, err = a.describeFile(ctx, tx, c.viewer.ID, media.ID(id), c.params)
		return err
	})
	if err != nil {
		return nil, err
	}
	return a.attachment(*f, c.viewer.ID), nil
}

func (a *API) deleteFile(ctx context.Context, c *call) (any, error) {
	id, err := c.id("id")
	if err != nil {
		return nil, err
	}
	return empty{}, a.Media.Delete(ctx, int64(c.viewer.ID), media.ID(id))
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
