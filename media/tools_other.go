// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

//go:build !unix

package media

import (
	"context"
	"errors"
	"io"
)

// FindTools finds nothing: only Unix lets us limit what a process may use.
func FindTools() *Tools { return nil }

func (t *Tools) run(context.Context, io.Writer, string, ...string) error {
	return errors.ErrUnsupported
}
