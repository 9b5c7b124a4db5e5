// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/pleio-node/pleio-node/node"
)

// With -update the documents are written anew.
var update = flag.Bool("update", false, "write the golden files and the generated documents")

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s is not up to date (go test ./cmd/pleio-node -update):\n%s", file, diff)
	}
}

func model(t *testing.T) *kong.Application {
	t.Helper()
	k, err := kong.New(&commands{}, style()...)
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

// leaves are the commands that do something.
func leaves(n *kong.Node) (all []*kong.Node) {
	for _, child := range n.Children {
		if len(child.Children) == 0 {
			all = append(all, child)
		}
		all = append(all, leaves(child)...)
	}
	return all
}

func TestHelp(t *testing.T) {
	dir := t.TempDir()
	var b strings.Builder
	for _, args := range []string{"--help", "user --help", "user add --help", "queue list --help"} {
		fmt.Fprintf(&b, "$ pleio-node %s\n%s\n", args, ok(t, dir, strings.Fields(args)...))
	}
	golden(t, filepath.Join("testdata", "help.golden"), b.String())
	for _, c := range leaves(model(t).Node) {
		path := strings.Fields(c.FullPath())[1:]
		if help := ok(t, dir, append(path, "--help")...); !strings.Contains(help, c.Help) && !strings.Contains(help, c.Help[:20]) || !strings.Contains(help, "    "+c.FullPath()) {
			t.Errorf("%s has no help with an example:\n%s", c.FullPath(), help)
		}
	}
}

const licence = "<!--\nSPDX-FileCopyrightText: 2026 The pleio-node authors\nSPDX-License-Identifier: EUPL-1.2\n-->\n\n"

// docs/commands.md is what the program says about itself.
func TestCommandsAreDocumented(t *testing.T) {
	app := model(t)
	var b strings.Builder
	b.WriteString(licence + "# Commands\n\nMade from the program itself; `pleio-node COMMAND --help` says the same. How they are used to run a node is in [deploy.md](../deploy.md).\n\n" +
		"Commands that work on a node do so while it runs and when it does not. The exit status is 0 when it is done, 1 when it failed, with a sentence on standard error\n" +
		"(`--verbose` adds what was tried), and 2 when it was typed wrongly.\n\n| command | |\n|---|---|\n")
	all := leaves(app.Node)
	for _, c := range all {
		anchor := strings.ReplaceAll(c.FullPath(), " ", "-")
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s |\n", c.FullPath(), anchor, c.Help)
	}
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n\n%s\n", c.FullPath(), c.Help)
		if about, examples, ok := strings.Cut(c.Detail, "Examples:\n\n"); ok {
			if about = strings.TrimSpace(about); about != "" {
				fmt.Fprintf(&b, "\n%s\n", about)
			}
			fmt.Fprintf(&b, "\n```\n%s\n```\n", strings.TrimRight(regexp.MustCompile(`(?m)^    `).ReplaceAllString(examples, ""), "\n"))
		} else {
			t.Errorf("%s has no examples", c.FullPath())
		}
		var rows strings.Builder
		for _, p := range c.Positional {
			fmt.Fprintf(&rows, "| `%s` | %s |\n", strings.ToUpper(p.Name), p.Help)
		}
		for _, f := range c.Flags {
			if f.Name != "help" {
				fmt.Fprintf(&rows, "| `%s` | %s |\n", typed(f), explained(f))
			}
		}
		if rows.Len() > 0 {
			b.WriteString("\n| | |\n|---|---|\n" + rows.String())
		}
	}
	golden(t, filepath.Join("..", "..", "docs", "commands.md"), b.String())
}

func typed(f *kong.Flag) string {
	if f.IsBool() {
		return "--" + f.Name
	}
	return "--" + f.Name + " " + f.FormatPlaceHolder()
}

func explained(f *kong.Flag) string {
	text := f.Help
	if f.Required {
		text += " Needed."
	}
	if f.HasDefault && !strings.Contains(strings.ToLower(f.Help), "default") {
		text += fmt.Sprintf(" Default: `%s`.", f.Default)
	}
	if len(f.Envs) > 0 {
		text += fmt.Sprintf(" In the environment: `%s`.", f.Envs[0])
	}
	return text
}

// The table of settings in deploy.md is that of the program.
func TestSettingsAreDocumented(t *testing.T) {
	var table strings.Builder
	table.WriteString("| setting | in the environment | meaning |\n|---|---|---|\n")
	section := ""
	lines := strings.Split(node.DefaultConfig().Example(), "\n")
	heading, setting := regexp.MustCompile(`^\[(\w+)\]$`), regexp.MustCompile(`^(?:# )?(\w+) = (.*)$`)
	about := regexp.MustCompile(`^# (.*) \((PLEIO_\w+)\)$`)
	for i, line := range lines {
		if m := heading.FindStringSubmatch(line); m != nil {
			section = m[1]
		}
		m := setting.FindStringSubmatch(line)
		if m == nil || i == 0 {
			continue
		}
		doc := about.FindStringSubmatch(lines[i-1])
		if doc == nil {
			t.Errorf("%s has no documentation", line)
			continue
		}
		text := doc[1]
		if m[2] != `""` && m[2] != "[]" {
			text += " Default: `" + strings.Trim(m[2], `"`) + "`."
		}
		fmt.Fprintf(&table, "| `[%s] %s` | `%s` | %s |\n", section, m[1], doc[2], text)
	}
	file := filepath.Join("..", "..", "deploy.md")
	deploy, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	whole := regexp.MustCompile(`(?m)^\| setting \|.*\n(?:\|.*\n)*`)
	if len(whole.FindAllString(string(deploy), -1)) != 1 {
		t.Fatal("deploy.md has no table of settings")
	}
	golden(t, file, whole.ReplaceAllLiteralString(string(deploy), table.String()))
}

// Every command that deploy.md shows exists.
func TestDeployShowsRealCommands(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy.md"))
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, c := range leaves(model(t).Node) {
		known[c.FullPath()] = true
	}
	shown := regexp.MustCompile(`(?m)^(?:sudo -u pleio-node )?(pleio-node [a-z-]+(?: [a-z-]+)?)`).FindAllStringSubmatch(string(text), -1)
	if len(shown) < 10 {
		t.Fatalf("deploy.md shows only %d commands", len(shown))
	}
	for _, m := range shown {
		words := strings.Fields(m[1])
		if !known[m[1]] && !known[strings.Join(words[:2], " ")] {
			t.Errorf("deploy.md shows %q, which does not exist", m[1])
		}
	}
}
