// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/pleio-node/pleio-node/fault"
)

// program is what a command has around it.
type program struct {
	started  time.Time
	in       *os.File
	out, err io.Writer
	environ  []string
}

func (p *program) say(format string, args ...any) { fmt.Fprintf(p.out, format+"\n", args...) }

// warnings is the log of a command: what is worth knowing, and nothing else.
func (p *program) warnings() *slog.Logger {
	return slog.New(slog.NewTextHandler(p.err, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// interactive tells whether somebody is there to answer.
func (p *program) interactive() bool { return term.IsTerminal(int(p.in.Fd())) }

// ask returns what was given as a flag, or asks for it on a terminal.
func (p *program) ask(ctx context.Context, given *string, flag, question string) error {
	if *given != "" {
		return nil
	}
	if !p.interactive() {
		return wrongly("--%s is needed.", flag)
	}
	answer, err := p.answer(ctx, question+": ", p.line)
	if err != nil {
		return err
	}
	if *given = answer; answer == "" {
		return wrongly("--%s is needed.", flag)
	}
	return nil
}

// sure asks before something that cannot be undone.
func (p *program) sure(ctx context.Context, yes bool, question string) error {
	if yes {
		return nil
	}
	if !p.interactive() {
		return wrongly("%s Give --yes to do it without being asked.", question)
	}
	answer, err := p.answer(ctx, question+" Type yes to go on: ", p.line)
	if err == nil && answer != "yes" {
		err = fault.Say(fault.Invalid, "Nothing was changed.")
	}
	return err
}

// answer waits for somebody, or for the end of the program: a read from a terminal is not interrupted by a signal.
func (p *program) answer(ctx context.Context, question string, read func() (string, error)) (string, error) {
	fmt.Fprint(p.err, question)
	type reply struct {
		text string
		err  error
	}
	got := make(chan reply, 1)
	before, _ := term.GetState(int(p.in.Fd()))
	go func() {
		text, err := read()
		got <- reply{text, err}
	}()
	select {
	case r := <-got:
		return strings.TrimSpace(r.text), r.err
	case <-ctx.Done():
		if before != nil {
			term.Restore(int(p.in.Fd()), before)
		}
		fmt.Fprintln(p.err)
		return "", ctx.Err()
	}
}

func (p *program) line() (string, error) {
	text, err := bufio.NewReader(p.in).ReadString('\n')
	if err == io.EOF {
		err = nil
	}
	return text, err
}

// hidden reads a line that is not shown.
func (p *program) hidden() (string, error) {
	text, err := term.ReadPassword(int(p.in.Fd()))
	fmt.Fprintln(p.err)
	return string(text), err
}

// listing is a command that prints a list.
type listing struct {
	JSON bool `help:"Print JSON."`
}

// show prints rows as JSON, or as a table of what cells makes of each.
func show[T any](p *program, l listing, rows []T, head []string, cells func(T) []string) error {
	if l.JSON {
		if rows == nil {
			rows = []T{}
		}
		return p.json(rows)
	}
	w := tabwriter.NewWriter(p.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(head, "\t"))
	for _, row := range rows {
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells(row), "\t"), "\t"))
	}
	return w.Flush()
}

func (p *program) json(v any) error {
	e := json.NewEncoder(p.out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// moment is a time in a table; a time that never was is a dash.
func moment(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04")
}
