// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/node"
)

// commands is everything that can be typed. Each noun has its own file.
type commands struct {
	Verbose bool `help:"When something fails, also tell what was tried."`

	Demo         demo         `cmd:"" help:"Three organisations on this computer, federating, with people, a group and a conversation."`
	Quickstart   quickstart   `cmd:"" help:"Make a node: configuration, database, keys, the organisation's actor and the first administrator."`
	Serve        serve        `cmd:"" help:"Run the node."`
	User         user         `cmd:"" help:"The people of the node."`
	Group        group        `cmd:"" help:"The groups of the node."`
	Emoji        emoji        `cmd:"" help:"The emojis of the node: pictures that people can use in texts."`
	Peer         peer         `cmd:"" help:"Other nodes, and what you decided about them."`
	Text         text         `cmd:"" help:"What the node says of itself: description, about, privacy and terms."`
	Rule         rule         `cmd:"" help:"The rules of the node."`
	Announcement announcement `cmd:"" help:"What you tell everybody on the node."`
	Audit        audit        `cmd:"" help:"What administrators decided."`
	Queue        queue        `cmd:"" help:"What waits to be sent to other nodes."`
	Version      version      `cmd:"" help:"Which program this is."`
}

// The exit statuses.
const (
	done   = 0
	failed = 1
	misuse = 2
)

// run does one command and returns the exit status.
func (p *program) run(ctx context.Context, args []string) (status int) {
	var c commands
	exited := false
	k, err := kong.New(&c, append(style(), kong.Writers(p.out, p.err), kong.Exit(func(int) { exited = true }),
		kong.Bind(p), kong.BindTo(ctx, (*context.Context)(nil)))...)
	if err != nil {
		panic(err) // the structs above are wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
		status = misuse
	}
	chosen, err := k.Parse(args)
	switch {
	case exited: // --help was all that was wanted
		return status
	case err != nil:
		fmt.Fprintf(p.err, "%s: %s.\nRun \"%s --help\" to see how it is used.\n", k.Model.Name, strings.TrimSuffix(err.Error(), "."), about(k, err))
		return misuse
	}
	return p.report(k, chosen, c.Verbose, chosen.Run())
}

// style is how the help looks.
func style() []kong.Option {
	return []kong.Option{
		kong.Name("pleio-node"),
		kong.Description("People and groups of many organisations, each on its own node. Every command takes --help, and shows examples there."),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true, WrapUpperBound: 100}),
	}
}

// about is the command that an error is about.
func about(k *kong.Kong, err error) string {
	var parse *kong.ParseError
	if errors.As(err, &parse) {
		if n := parse.Context.Selected(); n != nil {
			return n.FullPath()
		}
	}
	return k.Model.Name
}

// usageError is a command that cannot be done as it was typed.
type usageError struct{ error }

func wrongly(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// report tells what went wrong in one sentence. An error without a sentence of its own is told as it is: who runs
// commands is the administrator, who may know everything.
func (p *program) report(k *kong.Kong, chosen *kong.Context, verbose bool, err error) int {
	if err == nil {
		return done
	}
	var usage usageError
	if errors.As(err, &usage) {
		fmt.Fprintf(p.err, "%s: %s\nRun \"%s --help\" to see how it is used.\n", k.Model.Name, usage, chosen.Selected().FullPath())
		return misuse
	}
	sentence := fault.Sentence(err)
	switch {
	case errors.Is(err, context.Canceled):
		sentence = "Interrupted."
	case fault.Status(err) == http.StatusInternalServerError:
		sentence = err.Error()
	}
	fmt.Fprintf(p.err, "%s: %s\n", k.Model.Name, sentence)
	if verbose {
		fmt.Fprintf(p.err, "  %v\n", err)
	}
	return failed
}

// folder is where a node lives. All commands work while the node runs and when it does not: they open the same database.
type folder struct {
	Data string `help:"The data folder of the node; by default data, below where you are." placeholder:"DIR" default:"data" env:"PLEIO_DATA"`
}

func (f folder) open(ctx context.Context, p *program, log *slog.Logger) (*node.Node, error) {
	config, err := node.LoadConfig(f.Data, p.environ)
	if err != nil {
		return nil, err
	}
	return node.Open(ctx, node.Options{Data: f.Data, Config: config, Log: log})
}

// read lets do look at the node.
func (f folder) read(ctx context.Context, p *program, do func(*node.Node) error) error {
	n, err := f.open(ctx, p, p.warnings())
	if err != nil {
		return err
	}
	return errors.Join(do(n), n.Close())
}

// change lets do change the node; a node that is running is told to look.
func (f folder) change(ctx context.Context, p *program, do func(*node.Node) error) error {
	return f.read(ctx, p, func(n *node.Node) error {
		if err := do(n); err != nil {
			return err
		}
		n.WakeRunning()
		return nil
	})
}
