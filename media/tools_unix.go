// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

//go:build unix

package media

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// What one process may use. The memory is that of its addresses, of which it touches less than half; when the machine has too little of
// it, this process goes, and not the node.
const limits = `{ echo 1000 >/proc/self/oom_score_adj; } 2>/dev/null; ulimit -v 1572864 && ulimit -t 1200 && ulimit -f 409600 && ulimit -c 0 && exec nice -n 10 "$0" "$@"`

// FindTools looks for ffmpeg and ffprobe on the path; nil: they are not there.
func FindTools() *Tools {
	var found [2]string
	for i, name := range []string{"ffmpeg", "ffprobe"} {
		at, err := exec.LookPath(name)
		if err != nil {
			return nil
		}
		found[i] = at
	}
	return newTools(found[0], found[1])
}

// run runs one of the programs, with nothing of our environment, in a group of processes that is killed as a whole when the context ends.
// The shell sets the limits and then becomes the program: nothing of the arguments is read by it.
func (t *Tools) run(ctx context.Context, out io.Writer, program string, args ...string) error {
	c := exec.CommandContext(ctx, "/bin/sh", append([]string{"-c", limits, program}, args...)...)
	c.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=/nonexistent"}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error { return syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }
	c.WaitDelay = 5 * time.Second
	var complaint tail
	c.Stdout, c.Stderr = out, &complaint
	if err := c.Run(); err != nil {
		if ctx.Err() != nil {
			return fmt.Errorf("run %s: %w", program, ctx.Err())
		}
		return fmt.Errorf("run %s: %w: %s", program, err, strings.TrimSpace(complaint.String()))
	}
	return nil
}
