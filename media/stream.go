// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package media

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"github.com/pleio-node/pleio-node/fault"
)

const (
	streamsAtOnce  = 32
	MaxStreamBytes = 512 << 20 // of one answer; players ask for more in parts
)

// streamed are the types of what is passed on: nothing of them runs in a browser.
var streamed = []string{"video/mp4", "video/webm", "video/ogg", "video/quicktime", "audio/mpeg", "audio/mp4", "audio/aac", "audio/x-m4a", "audio/ogg", "audio/opus",
	"audio/webm", "audio/flac", "audio/wav", "audio/x-wav", "application/ogg"}

var (
	oneRange     = regexp.MustCompile(`^bytes=(?:[0-9]{1,15}-[0-9]{0,15}|-[0-9]{1,15})$`)
	contentRange = regexp.MustCompile(`^bytes [0-9]{1,15}-[0-9]{1,15}/(?:[0-9]{1,15}|\*)$`)
)

// stream passes a recording of another node on, while it comes in: nothing of it is kept, and little of it is in memory.
func (s *Store) stream(w http.ResponseWriter, r *http.Request, remote string) error {
	if s.Stream == nil {
		return fault.Say(fault.NotFound, "There is no such file.")
	}
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		w.Header().Set("Retry-After", "10")
		return fault.Say(fault.Unavailable, "Too many recordings of other servers are being watched at the moment: try again soon.")
	}
	asked := r.Header.Get("Range")
	if !oneRange.MatchString(asked) { // RFC 9110 §14.2: what is not understood is left
		asked = ""
	}
	part, err := s.Stream(r.Context(), remote, asked)
	if err != nil {
		return fmt.Errorf("%w (stream %s: %w)", fault.Say(fault.NotFound, "This recording of another server cannot be had at the moment."), remote, err)
	}
	defer part.Close()
	kind, _, err := mime.ParseMediaType(part.Type)
	if err != nil || !slices.Contains(streamed, kind) {
		return fault.Say(fault.NotFound, "The other server has no recording at this address.")
	}
	h, status := w.Header(), http.StatusOK
	if contentRange.MatchString(part.Range) {
		h.Set("Content-Range", part.Range)
		status = http.StatusPartialContent
	} else if part.Range != "" {
		return fault.Say(fault.NotFound, "The other server answers with a part that cannot be read.")
	}
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", "inline")
	h.Set("Accept-Ranges", "bytes")
	h.Set("Cache-Control", "public, max-age=86400")
	if part.Length >= 0 {
		h.Set("Content-Length", strconv.FormatInt(part.Length, 10))
	}
	w.WriteHeader(status)
	if r.Method == http.MethodHead {
		return nil
	}
	if n, err := io.Copy(w, part); err != nil || part.Length >= 0 && n < part.Length {
		panic(http.ErrAbortHandler) // the beginning is gone already: a broken connection says that it is not whole
	}
	return nil
}
