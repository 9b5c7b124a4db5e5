// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/moderation"
	"github.com/pleio-node/pleio-node/node"
)

// What the node says of itself: texts, rules and announcements.

type text struct {
	Set  textSet  `cmd:"" help:"Write a text of the node."`
	Show textShow `cmd:"" help:"Show a text of the node, or the one that it makes itself."`
}

type textSet struct {
	folder
	Name     string    `arg:"" help:"Which text: description (one sentence), about, privacy, or terms." enum:"description,about,privacy,terms"`
	Language string    `help:"Its language: nl or en." enum:"nl,en" default:"nl" placeholder:"nl"`
	File     string    `help:"The file with the text, - is what is piped in. Plain text, or HTML when it begins with <." required:"" placeholder:"FILE"`
	From     time.Time `help:"From when on it holds; now when not given." format:"2006-01-02" placeholder:"DATE"`
}

func (textSet) Help() string {
	return `Each version is kept: apps can show the terms of another date.

Examples:

    echo "De werkplek van Gouda" | pleio-node text set description --file -
    pleio-node text set terms --file voorwaarden.html --from 2027-01-01`
}

// Run keeps a text.
func (c *textSet) Run(ctx context.Context, p *program) error {
	content, err := p.content(c.File)
	if err != nil {
		return err
	}
	return c.change(ctx, p, func(n *node.Node) error {
		err := n.Moderation.SetText(ctx, moderation.CommandLine, moderation.Text{Name: c.Name, Language: c.Language, Effective: c.From, Content: content})
		if err == nil {
			p.say("The text %s (%s) was kept.", c.Name, c.Language)
		}
		return err
	})
}

type textShow struct {
	folder
	Name     string `arg:"" help:"Which text: description, about, privacy, or terms." enum:"description,about,privacy,terms"`
	Language string `help:"Its language: nl or en." enum:"nl,en" default:"nl" placeholder:"nl"`
}

func (textShow) Help() string {
	return `Examples:

    pleio-node text show privacy --language en`
}

// Run shows a text.
func (c *textShow) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		t, err := n.Moderation.Text(ctx, n.DB, c.Name, c.Language)
		if err != nil {
			return fault.Say(fault.NotFound, "There is no text %s yet: write it with \"pleio-node text set %s\".", c.Name, c.Name)
		}
		p.say("%s", t.Content)
		return nil
	})
}

type rule struct {
	Add    ruleAdd    `cmd:"" help:"Add a rule of the node, change one, or translate one."`
	List   ruleList   `cmd:"" help:"List the rules of the node."`
	Remove ruleRemove `cmd:"" help:"End a rule."`
}

type ruleAdd struct {
	folder
	Text     string `arg:"" help:"The rule, in a sentence."`
	Hint     string `help:"More about it." placeholder:"TEXT"`
	ID       int64  `help:"The number of the rule to change or to translate." placeholder:"N"`
	Language string `help:"The language of the translation." enum:"nl,en" default:"nl" placeholder:"nl"`
}

func (ruleAdd) Help() string {
	return `Examples:

    pleio-node rule add "Wees aardig." --hint "Ook als u het oneens bent."
    pleio-node rule add "Be kind." --id 116603300000000001 --language en`
}

// Run adds or changes a rule.
func (c *ruleAdd) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		id, err := n.Moderation.AddRule(ctx, moderation.CommandLine, c.ID, c.Language, c.Text, c.Hint)
		if err == nil {
			p.say("Rule %d was kept.", id)
		}
		return err
	})
}

type ruleList struct {
	folder
	listing
}

func (ruleList) Help() string {
	return `Examples:

    pleio-node rule list
    pleio-node rule list --json`
}

// Run lists the rules.
func (c *ruleList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		rules, err := moderation.Rules(ctx, n.DB)
		if err != nil {
			return err
		}
		return show(p, c.listing, rules, []string{"NUMBER", "RULE", "HINT"}, func(r moderation.Rule) []string {
			return []string{strconv.FormatInt(r.ID, 10), r.Text, r.Hint}
		})
	})
}

// numbered is a command about something that has a number.
type numbered struct {
	folder
	ID int64 `arg:"" help:"Its number, as the list shows it."`
}

type ruleRemove struct{ numbered }

func (ruleRemove) Help() string {
	return `Examples:

    pleio-node rule remove 116603300000000001`
}

// Run ends a rule.
func (c *ruleRemove) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		err := n.Moderation.RemoveRule(ctx, moderation.CommandLine, c.ID)
		if err == nil {
			p.say("Rule %d holds no more.", c.ID)
		}
		return err
	})
}

type announcement struct {
	Add    announcementAdd    `cmd:"" help:"Tell everybody on the node something."`
	List   announcementList   `cmd:"" help:"List the announcements."`
	Remove announcementRemove `cmd:"" help:"Take an announcement away."`
}

type announcementAdd struct {
	folder
	Text   string    `arg:"" help:"What you tell; links, @names and #tags work."`
	Start  time.Time `help:"When what it is about begins." format:"2006-01-02 15:04" placeholder:"'2006-01-02 15:04'"`
	End    time.Time `help:"When that ends; then the announcement goes." format:"2006-01-02 15:04" placeholder:"'2006-01-02 15:04'"`
	AllDay bool      `help:"It is about whole days."`
	From   time.Time `help:"From when on it is shown; now when not given." format:"2006-01-02 15:04" placeholder:"'2006-01-02 15:04'"`
}

func (announcementAdd) Help() string {
	return `Times are in UTC.

Examples:

    pleio-node announcement add "Zaterdag is er onderhoud." --start "2027-01-09 20:00" --end "2027-01-09 22:00"`
}

// Run makes an announcement.
func (c *announcementAdd) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		id, err := n.Moderation.AddAnnouncement(ctx, moderation.CommandLine,
			moderation.Announcement{Content: c.Text, Starts: c.Start, Ends: c.End, AllDay: c.AllDay, Published: c.From})
		if err == nil {
			p.say("Announcement %d was made.", id)
		}
		return err
	})
}

type announcementList struct {
	folder
	listing
}

func (announcementList) Help() string {
	return `Examples:

    pleio-node announcement list
    pleio-node announcement list --json`
}

type announcementRow struct {
	ID        int64     `json:"id"`
	Text      string    `json:"text"`
	Starts    time.Time `json:"starts,omitzero"`
	Ends      time.Time `json:"ends,omitzero"`
	AllDay    bool      `json:"all_day"`
	Published time.Time `json:"published"`
}

// Run lists the announcements.
func (c *announcementList) Run(ctx context.Context, p *program) error {
	return c.read(ctx, p, func(n *node.Node) error {
		list, err := moderation.Announcements(ctx, n.DB, 0, 0)
		if err != nil {
			return err
		}
		var rows []announcementRow
		for _, a := range list {
			rows = append(rows, announcementRow{a.ID, a.Content, a.Starts, a.Ends, a.AllDay, a.Published})
		}
		return show(p, c.listing, rows, []string{"NUMBER", "FROM", "UNTIL", "TEXT"}, func(r announcementRow) []string {
			return []string{strconv.FormatInt(r.ID, 10), moment(r.Published), moment(r.Ends), strings.Join(strings.Fields(r.Text), " ")}
		})
	})
}

type announcementRemove struct{ numbered }

func (announcementRemove) Help() string {
	return `Examples:

    pleio-node announcement remove 116603300000000001`
}

// Run takes an announcement away.
func (c *announcementRemove) Run(ctx context.Context, p *program) error {
	return c.change(ctx, p, func(n *node.Node) error {
		err := n.Moderation.RemoveAnnouncement(ctx, moderation.CommandLine, c.ID)
		if err == nil {
			p.say("Announcement %d was taken away.", c.ID)
		}
		return err
	})
}
