// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/jobs"
)

// States of a file.
const (
	Ready   = ""
	Waiting = "waiting" // it is being made fit to show
	Failed  = "failed"  // it could not be, and File.Error says why
)

const (
	jobProcess  = "media"
	processTime = 15 * time.Minute // of one recording
	again       = 3 * time.Second  // when another one is being processed
	waitStep    = 200 * time.Millisecond
)

// Prepare lets the store process video and sound, with these tools, as jobs of a queue. Without tools (nil) they are refused. Call it
// before anything is uploaded.
func (s *Store) Prepare(queue *jobs.Queue, tools *Tools) {
	s.jobs, s.tools = queue, tools
	queue.HandleSlow(jobProcess, s.process)
}

// MIMETypes are the types that can be uploaded to this node.
func (s *Store) MIMETypes() []string {
	all := append([]string{}, pictures...)
	can := s.abilities()
	if can.avif {
		all = append(all, "image/avif")
	}
	if can.recordings {
		for _, r := range recordings {
			all = append(all, r.mime)
		}
	}
	return append(all, documents...)
}

func (s *Store) abilities() abilities {
	if s.tools == nil {
		return abilities{}
	}
	return s.tools.able()
}

// addRecording keeps a recording as it was sent, for a job to make it fit to show.
func (s *Store) addRecording(ctx context.Context, f *File, name, mime string, tmp *os.File, size int64) error {
	kind, _, _ := strings.Cut(mime, "/")
	if !s.abilities().recordings {
		what := map[string]string{"video": "a video", "audio": "a sound recording"}[kind]
		return fault.Say(fault.Invalid, "%s is %s, and this server has no ffmpeg, the program that such files need. Send a picture or a document, or ask the administrators of this server to install ffmpeg.", said(name), what)
	}
	f.Kind, f.MIME, f.Size, f.State, f.Created = kind, mime, size, Waiting, time.Now()
	f.Path = newName(f.ID, rawExtension)
	if err := s.place(tmp, f.Path); err != nil {
		return fmt.Errorf("keep a recording: %w", err)
	}
	err := s.d.Tx(ctx, func(tx *db.Tx) error {
		if err := insertFile(ctx, tx, f, 0); err != nil {
			return err
		}
		return s.jobs.Add(ctx, tx, jobProcess, "", f.ID, time.Time{})
	})
	if err != nil {
		return fmt.Errorf("add file of %d: %w", f.Owner, err)
	}
	return nil
}

// Wait returns somebody's own file when it has been processed, or as it is when the context ends.
func (s *Store) Wait(ctx context.Context, owner int64, id ID) (*File, error) {
	tick := time.NewTicker(waitStep)
	defer tick.Stop()
	for {
		f, err := s.Get(context.WithoutCancel(ctx), s.d, owner, id)
		if err != nil || f.State != Waiting {
			return f, err
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return f, nil
		}
	}
}

// process is the job of a recording. It may run twice: what it finds done, or gone, it leaves.
func (s *Store) process(ctx context.Context, payload []byte) error {
	var id ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	if !s.busy.TryLock() { // one at a time: each takes much of a small machine
		return jobs.Retry(time.Now().Add(again))
	}
	defer s.busy.Unlock()
	f, err := db.One(ctx, s.d, scan, "SELECT "+columns+" FROM files f WHERE f.id = $1 AND f.state = $2", id, Waiting)
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("load file %d: %w", id, err)
	}
	raw := f.Path
	limited, cancel := context.WithTimeout(ctx, processTime)
	defer cancel()
	failed := s.convert(limited, f)
	f.State = Ready
	if ctx.Err() != nil {
		return ctx.Err() // the node stops: once more, later
	}
	if failed != nil {
		if f.Path != raw {
			s.drop([]string{f.Path})
		}
		s.drop([]string{f.Preview})
		f.Path, f.Preview, f.State, f.Error = raw, "", Failed, "The file could not be processed. Send it again, or in another format, such as MP4 or MP3."
		switch {
		case errors.Is(failed, fault.Invalid):
			f.Error = fault.Sentence(failed)
		case limited.Err() != nil:
			f.Error = fmt.Sprintf("The file takes more than %d minutes to process. Make it shorter or smaller, and send it again.", int(processTime.Minutes()))
		}
	}
	err = s.d.Tx(ctx, func(tx *db.Tx) error {
		// A thumbnail that its owner sent meanwhile stays.
		res, err := tx.Exec(ctx, `UPDATE files SET kind = $1, mime = $2, path = $3, preview = CASE WHEN preview = '' THEN CAST($4 AS TEXT) ELSE preview END, size = $5, width = $6, height = $7, duration = $8,
			blurhash = CASE WHEN preview = '' THEN CAST($9 AS TEXT) ELSE blurhash END, digest = $10, state = $11, error = $12 WHERE id = $13`,
			f.Kind, f.MIME, f.Path, f.Preview, f.Size, f.Width, f.Height, f.Duration, f.Blurhash, f.Digest, f.State, f.Error, id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		tx.After(func() {
			if n == 0 { // deleted meanwhile
				s.drop([]string{f.Path, f.Preview})
			}
			s.drop([]string{raw})
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("keep what became of file %d: %w", id, err)
	}
	if failed != nil && !errors.Is(failed, fault.Invalid) {
		return jobs.Never(fmt.Errorf("process file %d: %w", id, failed))
	}
	return nil
}

// digestOf is the digest of a file on disk.
func digestOf(file string) (text string, size int64, err error) {
	f, err := os.Open(file)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	sum := sha256.New()
	size, err = io.Copy(sum, f)
	return multibase(sum.Sum(nil)), size, err
}
