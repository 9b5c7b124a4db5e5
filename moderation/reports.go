// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/timeline"
)

// Categories of a report.
const (
	Spam      = "spam"
	Legal     = "legal"
	Violation = "violation" // of the rules that it names
	Other     = "other"
)

// MaxComment is how many characters a report says.
const MaxComment = 1000

// Report is what somebody tells the administrators about an account and what it wrote.
type Report struct {
	ID        int64
	IRI       string
	Reporter  actors.ID
	Target    actors.ID
	Category  string
	Comment   string
	Items     []content.ID
	Rules     []int64
	Forwarded bool
	Resolved  time.Time
	Resolver  actors.ID
	Assigned  actors.ID
	Updated   time.Time
}

// Created is when it came.
func (r Report) Created() time.Time { return db.TimeOf(r.ID) }

const reportColumns = "r.id, r.iri, r.reporter, r.target, r.category, r.comment, r.items, r.rules, r.forwarded, r.resolved, r.resolver, r.assigned, r.updated"

func scanReport(row db.Scanner) (r Report, err error) {
	var items, rules string
	var resolved, updated int64
	if err = row.Scan(&r.ID, &r.IRI, &r.Reporter, &r.Target, &r.Category, &r.Comment, &items, &rules, &r.Forwarded, &resolved, &r.Resolver, &r.Assigned, &updated); err != nil {
		return r, err
	}
	r.Resolved, r.Updated = db.FromMillis(resolved), db.FromMillis(max(updated, db.Millis(r.Created())))
	return r, errors.Join(json.Unmarshal([]byte(items), &r.Items), json.Unmarshal([]byte(rules), &r.Rules))
}

// File keeps a report of one of ours about an account and some of its posts that the reporter may see. With forward the
// account's own node hears of it as well, without the reporter's name. Those who decide in the groups that the posts stand in always
// do, without that name, and wherever the groups are.
func (m *Moderation) File(ctx context.Context, reporter *actors.Actor, target *actors.Actor, r Report, forward bool) (Report, error) {
	r.Reporter, r.Target = reporter.ID, target.ID
	if r.Category == "" {
		r.Category = Other
		if len(r.Rules) > 0 {
			r.Category = Violation
		}
	}
	switch {
	case !slices.Contains([]string{Spam, Legal, Violation, Other}, r.Category):
		return r, fault.Say(fault.Invalid, "Validation failed: Category must be spam, legal, violation or other")
	case len([]rune(r.Comment)) > MaxComment:
		return r, fault.Say(fault.Invalid, "Validation failed: Comment is too long (maximum is %d characters)", MaxComment)
	case r.Category != Violation:
		r.Rules = nil
	}
	known, err := RulesByID(ctx, m.DB, r.Rules)
	if err != nil {
		return r, err
	}
	if len(known) != len(r.Rules) {
		return r, fault.Say(fault.Invalid, "Validation failed: Rules do not exist")
	}
	viewer := actors.Viewer{ID: reporter.ID}
	posts, err := content.Many(ctx, m.DB, viewer, r.Items)
	if err != nil {
		return r, err
	}
	var about []string
	r.Items = slices.DeleteFunc(slices.Clone(r.Items), func(id content.ID) bool { return posts[id] == nil || posts[id].Author != target.ID })
	for _, id := range r.Items {
		about = append(about, posts[id].IRI)
	}
	groups, err := reportedIn(ctx, m.DB, posts, r.Items)
	if err != nil {
		return r, err
	}
	r.Forwarded = forward && !target.Local
	r.ID = m.DB.NewID()
	r.IRI = m.Dir.URL(fmt.Sprintf("/reports/%d", r.ID))
	r.Updated = r.Created()
	err = m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := m.keep(ctx, tx, r, append([]string{target.IRI}, about...)); err != nil {
			return err
		}
		for _, group := range groups {
			if !group.Local && !group.Groups1 && !forward {
				continue // of other software: as its author's server, only when the reporter wants it
			}
			err := m.Outbox.ReportInGroup(ctx, tx, reporter, group, append([]string{target.IRI}, about...), r.Comment)
			if err != nil && !errors.Is(err, fault.Forbidden) { // where too many wait already the administrators still hear of it
				return err
			}
		}
		if !r.Forwarded {
			return nil
		}
		return m.Outbox.Report(ctx, tx, target, about, r.Comment)
	})
	if err != nil {
		return r, fmt.Errorf("report %s: %w", target.IRI, err)
	}
	return r, nil
}

// reportedIn are the groups that the posts of a report stand in.
func reportedIn(ctx context.Context, q db.Q, posts map[content.ID]*content.Item, reported []content.ID) (all []*actors.Actor, err error) {
	var ids []actors.ID
	for _, id := range reported {
		if group := posts[id].Group; group != 0 && !slices.Contains(ids, group) {
			ids = append(ids, group)
		}
	}
	known, err := actors.Many(ctx, q, ids)
	for _, id := range ids {
		if group := known[id]; group != nil {
			all = append(all, group)
		}
	}
	return all, err
}

// Receive keeps a report that came from another node, about accounts and posts of ours that it names by id.
func (m *Moderation) Receive(ctx context.Context, tx *db.Tx, iri string, reporter *actors.Actor, about []string, comment string) error {
	decision, err := actors.DecisionOn(ctx, tx, reporter.Host)
	if err != nil || decision.RejectReports {
		return err
	}
	r := Report{ID: m.DB.NewID(), IRI: iri, Reporter: reporter.ID, Category: Other, Comment: actors.CleanText(comment, 3000)}
	people, err := actors.ByIRIs(ctx, tx, about)
	if err != nil {
		return err
	}
	for _, a := range people {
		if a.Local && r.Target == 0 {
			r.Target = a.ID
		}
	}
	for _, one := range about {
		i, err := content.Stored(ctx, tx, one)
		if errors.Is(err, fault.NotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if i.Local && (r.Target == 0 || r.Target == i.Author) {
			r.Target, r.Items = i.Author, append(r.Items, i.ID)
		}
	}
	return m.keep(ctx, tx, r, about)
}

// keep writes a report and tells the administrators.
func (m *Moderation) keep(ctx context.Context, tx *db.Tx, r Report, about []string) error {
	if _, err := tx.Exec(ctx, `INSERT INTO reports (id, iri, reporter, about, comment, target, category, items, rules, forwarded, updated)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`, r.ID, r.IRI, r.Reporter, text(about), r.Comment, r.Target, r.Category, text(r.Items), text(r.Rules),
		r.Forwarded, db.Millis(r.Created())); err != nil {
		return fmt.Errorf("keep report: %w", err)
	}
	if r.Target == 0 {
		return nil
	}
	return m.tellAdmins(ctx, tx, timeline.AdminReport, r.Reporter, r.ID)
}

func (m *Moderation) tellAdmins(ctx context.Context, tx *db.Tx, kind string, who actors.ID, about int64) error {
	admins, err := auth.Admins(ctx, tx)
	if err != nil {
		return err
	}
	for _, a := range admins {
		if err := m.Timelines.NotifyAbout(ctx, tx, a, kind, who, about); err != nil {
			return err
		}
	}
	return nil
}

func text[T any](list []T) string {
	if list == nil {
		list = []T{}
	}
	b, err := json.Marshal(list)
	if err != nil {
		panic(err) // texts and numbers always marshal
	}
	return string(b)
}

// ReportFilter narrows the list of reports.
type ReportFilter struct {
	Resolved         bool
	Reporter, Target actors.ID // 0: any
}

// Reports lists reports, the last first.
func Reports(ctx context.Context, q db.Q, f ReportFilter, p actors.Page) ([]Report, error) {
	where, args := "r.target > 0 AND r.resolved = 0", []any(nil)
	if f.Resolved {
		where = "r.target > 0 AND r.resolved > 0"
	}
	for column, id := range map[string]actors.ID{"r.reporter": f.Reporter, "r.target": f.Target} {
		if id != 0 {
			args = append(args, id)
			where += fmt.Sprintf(" AND %s = $%d", column, len(args))
		}
	}
	list, err := db.All(ctx, q, scanReport, "SELECT "+reportColumns+" FROM reports r WHERE "+where+p.SQL("r.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list reports: %w", err)
	}
	p.Arrange(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// ReportsByID are those with the numbers.
func ReportsByID(ctx context.Context, q db.Q, ids []int64) ([]Report, error) {
	marks, args := db.In(nil, ids)
	list, err := db.All(ctx, q, scanReport, "SELECT "+reportColumns+" FROM reports r WHERE r.target > 0 AND r.id IN ("+marks+")", args...)
	if err != nil {
		return nil, fmt.Errorf("load reports: %w", err)
	}
	return list, nil
}

// Resolve closes a report, or opens it again.
func (m *Moderation) Resolve(ctx context.Context, by By, id int64, resolved bool) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := m.resolve(ctx, tx, by, id, resolved); err != nil {
			return err
		}
		return m.note(ctx, tx, by, map[bool]string{true: "report.resolve", false: "report.reopen"}[resolved], fmt.Sprint(id), "")
	})
}

func (m *Moderation) resolve(ctx context.Context, tx *db.Tx, by By, id int64, resolved bool) error {
	now, who := time.Now(), by.Account
	if !resolved {
		return changeReport(ctx, tx, "resolved = 0, resolver = 0, updated = $1 WHERE id = $2", db.Millis(now), id)
	}
	return changeReport(ctx, tx, "resolved = $1, resolver = $2, updated = $1 WHERE id = $3", db.Millis(now), who, id)
}

// Assign gives a report to an administrator; 0 takes it away.
func (m *Moderation) Assign(ctx context.Context, by By, id int64, to actors.ID) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if err := changeReport(ctx, tx, "assigned = $1, updated = $2 WHERE id = $3", to, db.Millis(time.Now()), id); err != nil {
			return err
		}
		return m.note(ctx, tx, by, map[bool]string{true: "report.assign", false: "report.unassign"}[to != 0], fmt.Sprint(id), "")
	})
}

// Categorise changes what a report is about; nil rules stay as they are.
func (m *Moderation) Categorise(ctx context.Context, by By, r Report) error {
	if !slices.Contains([]string{Spam, Legal, Violation, Other}, r.Category) {
		return fault.Say(fault.Invalid, "Validation failed: Category must be spam, legal, violation or other")
	}
	if r.Category != Violation {
		r.Rules = nil
	}
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		known, err := RulesByID(ctx, tx, r.Rules)
		if err != nil {
			return err
		}
		if len(known) != len(r.Rules) {
			return fault.Say(fault.Invalid, "Validation failed: Rules do not exist")
		}
		if err := changeReport(ctx, tx, "category = $1, rules = $2, updated = $3 WHERE id = $4", r.Category, text(r.Rules), db.Millis(time.Now()), r.ID); err != nil {
			return err
		}
		return m.note(ctx, tx, by, "report.category", fmt.Sprint(r.ID), r.Category)
	})
}

func changeReport(ctx context.Context, tx *db.Tx, change string, args ...any) error {
	res, err := tx.Exec(ctx, "UPDATE reports SET "+strings.TrimSpace(change), args...)
	if err != nil {
		return fmt.Errorf("change report: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, fault.Say(fault.NotFound, "Record not found"))
	}
	return nil
}
