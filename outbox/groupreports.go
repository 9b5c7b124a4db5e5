// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/timeline"
)

// What is reported in a group goes to its home, which keeps it for the owners and moderators and tells those elsewhere of it, as it
// tells them who asks to join (groups-1 §5). Who reported stays on the own node: the home is not told, and tells nobody. The first
// of them to resolve a report does so for all.

// GroupReport is what somebody reported in a group, as those see it who decide there.
type GroupReport struct {
	ID       int64
	IRI      string // at the home
	Group    actors.ID
	Target   actors.ID // who is reported; 0: it was resolved before this node had heard of it
	Posts    []string  // ids of what the target wrote in the group, sorted
	Comment  string    // plain text, a paragraph for each who reported the same
	Since    time.Time
	Resolved time.Time
	Resolver actors.ID // 0: somebody who is not known here
}

// Resolution is how a report ends: with what is done about it, and a note for the log of the group.
type Resolution struct {
	DeletePosts, RemovePerson bool
	Note                      string
}

const (
	maxReported       = 100  // posts in a report
	maxComment        = 1000 // characters that one person says
	maxReportComments = 5000 // that all say who reported the same
	maxOpenReports    = 1000 // of a group: nobody fills a disk with them
)

const groupReportColumns = "r.id, r.iri, r.grp, r.target, r.posts, r.comment, r.since, r.resolved, r.resolver"

func scanGroupReport(row db.Scanner) (r GroupReport, err error) {
	var posts string
	var since, resolved int64
	if err = row.Scan(&r.ID, &r.IRI, &r.Group, &r.Target, &posts, &r.Comment, &since, &resolved, &r.Resolver); err != nil {
		return r, err
	}
	r.Since, r.Resolved = db.FromMillis(since), db.FromMillis(resolved)
	return r, json.Unmarshal([]byte(posts), &r.Posts)
}

func (r GroupReport) posts() string {
	b, err := json.Marshal(append([]string{}, r.Posts...))
	if err != nil {
		panic(err) // texts always marshal
	}
	return string(b)
}

// errNothing is for a report of what the one who reports cannot see in the group, which is also what is not there.
var errNothing = fault.Say(fault.Invalid, "The report is about nothing of this group.")

// Accuse finds whom and what a report is about of the people and posts that it names: posts of one person in the group that the
// viewer may see, or else one of its members.
func Accuse(ctx context.Context, q db.Q, v actors.Viewer, group *actors.Actor, named []string, comment string) (*GroupReport, error) {
	named = named[:min(len(named), maxReported+1)]
	r := &GroupReport{Group: group.ID, Comment: actors.CleanText(comment, maxComment), Since: time.Now()}
	people, err := actors.ByIRIs(ctx, q, named)
	if err != nil {
		return nil, err
	}
	marks, args := db.In([]any{group.ID}, named)
	sees, args := actors.Sees(v, "i", args)
	items, err := content.Listed(ctx, q, "i.grp = $1 AND i.boost_of = 0 AND i.iri IN ("+marks+") AND "+sees+" ORDER BY i.id", args)
	if err != nil {
		return nil, fmt.Errorf("what is reported in %s: %w", group.IRI, err)
	}
	switch {
	case len(people) > 0:
		r.Target = people[0].ID
	case len(items) > 0:
		r.Target = items[0].Author
	}
	for _, i := range items {
		if i.Author == r.Target {
			r.Posts = append(r.Posts, i.IRI)
		}
	}
	slices.Sort(r.Posts)
	if len(r.Posts) > 0 {
		return r, nil
	}
	shown, err := actors.MembersShown(ctx, q, v, group)
	if err != nil {
		return nil, err
	}
	role, err := actors.RoleOf(ctx, q, r.Target, group.ID)
	if err == nil && (!shown || role == "") {
		err = errNothing
	}
	return r, err
}

// ReportInGroup passes on what one of ours reports in a group, to those who decide there; see Report for what administrators are told.
func (o *Outbox) ReportInGroup(ctx context.Context, tx *db.Tx, by, group *actors.Actor, named []string, comment string) error {
	r, err := Accuse(ctx, tx, viewer(by), group, named, comment)
	if err != nil {
		return err
	}
	if group.Local {
		return o.KeepReport(ctx, tx, group, *r)
	}
	target, err := actors.Get(ctx, tx, r.Target)
	if err != nil {
		return err
	}
	a := flag(r.IRI, target.IRI, r.Posts, r.Comment)
	a.To = []string{group.IRI}
	if _, _, err := o.send(ctx, tx, o.Dir.App(), sending{personal: true, activity: a}); err != nil {
		return fmt.Errorf("report %s in %s: %w", target.IRI, group.IRI, err)
	}
	return nil
}

// flag is a report as nodes tell it.
func flag(iri, target string, posts []string, comment string) *vocab.Activity {
	a := &vocab.Activity{ID: iri, Type: "Flag", Content: comment, Object: vocab.Ref{ID: target}}
	for _, post := range posts {
		a.MoreObjects = append(a.MoreObjects, vocab.Ref{ID: post})
	}
	return a
}

// KeepReport keeps a report in a group of ours, and tells those who decide there. The same person reported for the same posts, while
// nobody has resolved that, is the same report.
func (o *Outbox) KeepReport(ctx context.Context, tx *db.Tx, group *actors.Actor, r GroupReport) error {
	if _, err := actors.Hold(ctx, tx, group.ID); err != nil {
		return err
	}
	before, err := db.All(ctx, tx, scanGroupReport, "SELECT "+groupReportColumns+" FROM group_reports r WHERE r.grp = $1 AND r.resolved = 0 AND r.target = $2 AND r.posts = $3",
		group.ID, r.Target, r.posts())
	if err != nil {
		return fmt.Errorf("look for a report in %s: %w", group.IRI, err)
	}
	if len(before) > 0 {
		return o.joinReports(ctx, tx, group, before[0], r.Comment)
	}
	open, err := db.One(ctx, tx, db.Scalar[int], "SELECT COUNT(*) FROM group_reports r WHERE r.grp = $1 AND r.resolved = 0", group.ID)
	if err != nil {
		return fmt.Errorf("count the reports in %s: %w", group.IRI, err)
	}
	if open >= maxOpenReports {
		return fault.Say(fault.Forbidden, "%d reports wait in %s already.", open, group.Handle())
	}
	r.ID = o.DB.NewID()
	r.IRI = o.Dir.URL(fmt.Sprintf("/reports/%d", r.ID))
	if _, err := tx.Exec(ctx, "INSERT INTO group_reports (id, iri, grp, target, posts, comment, since) VALUES ($1, $2, $3, $4, $5, $6, $7)",
		r.ID, r.IRI, group.ID, r.Target, r.posts(), r.Comment, db.Millis(r.Since)); err != nil {
		return fmt.Errorf("keep a report in %s: %w", group.IRI, err)
	}
	staff, err := deciders(ctx, tx, group)
	if err != nil {
		return err
	}
	if err := o.notifyReport(ctx, tx, group, r, staff); err != nil {
		return err
	}
	return o.offerReport(ctx, tx, group, r)
}

// joinReports adds what another says who reports the same.
func (o *Outbox) joinReports(ctx context.Context, tx *db.Tx, group *actors.Actor, r GroupReport, comment string) error {
	said := strings.Split(r.Comment, "\n\n")
	if comment == "" || slices.Contains(said, comment) || utf8.RuneCountInString(r.Comment)+utf8.RuneCountInString(comment) > maxReportComments {
		return nil
	}
	r.Comment = strings.TrimSpace(r.Comment + "\n\n" + comment)
	if _, err := tx.Exec(ctx, "UPDATE group_reports SET comment = $1 WHERE id = $2", r.Comment, r.ID); err != nil {
		return fmt.Errorf("add to the report %s: %w", r.IRI, err)
	}
	return o.offerReport(ctx, tx, group, r)
}

// notifyReport tells those of ours who decide about a report; nobody decides about themselves.
func (o *Outbox) notifyReport(ctx context.Context, tx *db.Tx, group *actors.Actor, r GroupReport, staff []actors.ID) error {
	for _, s := range staff {
		if s == r.Target {
			continue
		}
		if err := o.Timelines.NotifyAbout(ctx, tx, s, timeline.AdminReport, group.ID, r.ID); err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) offerReport(ctx context.Context, tx *db.Tx, group *actors.Actor, r GroupReport) error {
	to, err := o.staffElsewhere(ctx, tx, group)
	if err != nil {
		return err
	}
	return o.offerReports(ctx, tx, group, slices.DeleteFunc(to, func(a *actors.Actor) bool { return a.ID == r.Target }), []GroupReport{r})
}

// offerOpenReports tells who becomes an owner or moderator elsewhere what waits already.
func (o *Outbox) offerOpenReports(ctx context.Context, tx *db.Tx, group, to *actors.Actor) error {
	open, err := openReports(ctx, tx, to.ID, group.ID, actors.Page{Limit: maxOffered})
	if err != nil {
		return err
	}
	return o.offerReports(ctx, tx, group, []*actors.Actor{to}, open)
}

// offerReports tells owners and moderators of a group of ours on other nodes of reports: to them in person, and to nobody else.
func (o *Outbox) offerReports(ctx context.Context, tx *db.Tx, group *actors.Actor, to []*actors.Actor, list []GroupReport) error {
	if len(to) == 0 {
		return nil
	}
	var ids []actors.ID
	for _, r := range list {
		ids = append(ids, r.Target)
	}
	known, err := actors.Many(ctx, tx, ids)
	if err != nil {
		return err
	}
	a := &vocab.Activity{Type: "Offer", To: iris(to)}
	for _, r := range list {
		target := known[r.Target]
		if target == nil {
			continue
		}
		told := flag(r.IRI, target.IRI, r.Posts, r.Comment)
		told.Actor, told.Published = group.IRI, r.Since
		ref := vocab.Ref{ID: r.IRI, Type: told.Type, Document: vocab.Document{Activity: told}}
		if a.Object.ID == "" {
			a.Object = ref
		} else {
			a.MoreObjects = append(a.MoreObjects, ref)
		}
	}
	if a.Object.ID == "" {
		return nil
	}
	_, _, err = o.send(ctx, tx, group, sending{personal: true, activity: a})
	return err
}

// IsReport tells whether an activity is a report in a group as its home tells of it.
func IsReport(a *vocab.Activity) bool {
	return a != nil && a.Type == "Flag" && federation.CheckID(a.ID) == nil && federation.CheckID(a.Actor) == nil && federation.SameOrigin(a.ID, a.Actor)
}

// KeepOffered keeps a report in a group elsewhere that its home tells those of this node who decide there.
func (o *Outbox) KeepOffered(ctx context.Context, tx *db.Tx, group, target *actors.Actor, told *vocab.Activity, staff []actors.ID) error {
	r := GroupReport{ID: o.DB.NewID(), IRI: told.ID, Group: group.ID, Target: target.ID, Since: told.Published}
	for _, ref := range told.MoreObjects[:min(len(told.MoreObjects), maxReported)] {
		r.Posts = append(r.Posts, ref.ID)
	}
	for _, part := range strings.Split(told.Content, "\n\n") {
		if part = actors.CleanText(part, maxComment); part != "" && utf8.RuneCountInString(r.Comment) < maxReportComments {
			r.Comment = strings.TrimSpace(r.Comment + "\n\n" + part)
		}
	}
	if r.Since.IsZero() || r.Since.After(time.Now()) {
		r.Since = time.Now()
	}
	if _, err := tx.Exec(ctx, `INSERT INTO group_reports (id, iri, grp, target, posts, comment, since) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (iri) DO UPDATE SET comment = excluded.comment WHERE group_reports.resolved = 0 AND group_reports.grp = excluded.grp AND group_reports.target = excluded.target`,
		r.ID, r.IRI, r.Group, r.Target, r.posts(), r.Comment, db.Millis(r.Since)); err != nil {
		return fmt.Errorf("keep a report in %s: %w", group.IRI, err)
	}
	kept, err := reportByIRI(ctx, tx, group, r.IRI)
	if err != nil || !kept.Resolved.IsZero() || kept.Target != r.Target {
		return ignoreNone(err)
	}
	return o.notifyReport(ctx, tx, group, kept, staff)
}

func ignoreNone(err error) error {
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	return err
}

func reportByIRI(ctx context.Context, q db.Q, group *actors.Actor, iri string) (GroupReport, error) {
	return db.One(ctx, q, scanGroupReport, "SELECT "+groupReportColumns+" FROM group_reports r WHERE r.grp = $1 AND r.iri = $2", group.ID, iri)
}

// decidesReports is the condition under which somebody, whose number is an SQL expression, decides about the report r: an owner or
// moderator who is not the one reported.
func decidesReports(who string) string {
	return `r.target <> ` + who + ` AND EXISTS (SELECT 1 FROM relations m WHERE m.subject = ` + who + ` AND m.object = r.grp AND m.state = 'active' AND m.role IN ('owner', 'moderator'))`
}

// OpenReports lists what waits in a group of what somebody decides about, the last one first. The organisation, which is the
// administrator at the command line, sees those of all groups of its node.
func OpenReports(ctx context.Context, q db.Q, who, group *actors.Actor, p actors.Page) ([]GroupReport, error) {
	if who.Local && who.Kind == actors.Organization && group.Local {
		return openReports(ctx, q, 0, group.ID, p)
	}
	return openReports(ctx, q, who.ID, group.ID, p)
}

func openReports(ctx context.Context, q db.Q, who, group actors.ID, p actors.Page) ([]GroupReport, error) {
	args := []any{group, who}
	list, err := db.All(ctx, q, scanGroupReport, "SELECT "+groupReportColumns+" FROM group_reports r WHERE r.grp = $1 AND r.resolved = 0 AND r.target <> 0 AND (CAST($2 AS BIGINT) = 0 OR "+
		decidesReports("$2")+")"+p.SQL("r.id", &args), args...)
	if err != nil {
		return nil, fmt.Errorf("list the reports in group %d: %w", group, err)
	}
	p.Arrange(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list, nil
}

// GroupReportsByID are those of the reports with the numbers that the viewer decides about.
func GroupReportsByID(ctx context.Context, q db.Q, v actors.Viewer, ids []int64) ([]GroupReport, error) {
	marks, args := db.In([]any{v.ID}, ids)
	list, err := db.All(ctx, q, scanGroupReport, "SELECT "+groupReportColumns+" FROM group_reports r WHERE r.id IN ("+marks+") AND "+decidesReports("$1"), args...)
	if err != nil {
		return nil, fmt.Errorf("load reports in groups: %w", err)
	}
	return list, nil
}

// ReportedPosts are the numbers of the posts that reports name, by id, of those that the viewer sees.
func ReportedPosts(ctx context.Context, q db.Q, v actors.Viewer, list []GroupReport) (map[string]content.ID, error) {
	var iris []string
	for _, r := range list {
		iris = append(iris, r.Posts...)
	}
	found := map[string]content.ID{}
	if len(iris) == 0 {
		return found, nil
	}
	marks, args := db.In(nil, iris)
	sees, args := actors.Sees(v, "i", args)
	_, err := db.All(ctx, q, func(row db.Scanner) (x struct{}, err error) {
		var id content.ID
		var iri string
		err = row.Scan(&id, &iri)
		found[iri] = id
		return x, err
	}, "SELECT i.id, i.iri FROM items i WHERE i.iri IN ("+marks+") AND "+sees, args...)
	if err != nil {
		return nil, fmt.Errorf("load what was reported: %w", err)
	}
	return found, nil
}

// ---- resolving -------------------------------------------------------------------------------------------

// MayResolve returns the report with an id that somebody decides about in a group; it may be resolved already.
func MayResolve(ctx context.Context, q db.Q, who, group *actors.Actor, iri string) (*GroupReport, error) {
	role, err := roleIn(ctx, q, who, group)
	if err == nil {
		err = atLeast(role, actors.RoleModerator, group)
	}
	if err != nil {
		return nil, err
	}
	r, err := reportByIRI(ctx, q, group, iri)
	if errors.Is(err, fault.NotFound) || err == nil && (r.Target == who.ID || r.Target == 0) {
		err = fault.Say(fault.NotFound, "There is no such report in %s.", group.Handle())
	}
	return &r, err
}

// ResolveReport ends a report in a group, in the name of who decides there, and does what follows from it: all of it or nothing. A
// group elsewhere is asked to; the report is open here until its home has told that it is not.
func (o *Outbox) ResolveReport(ctx context.Context, who, group *actors.Actor, id int64, s Resolution) error {
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		iri, err := db.One(ctx, tx, db.Scalar[string], "SELECT iri FROM group_reports WHERE id = $1 AND grp = $2", id, group.ID)
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		r, err := MayResolve(ctx, tx, who, group, iri)
		if err != nil {
			return err
		}
		if !r.Resolved.IsZero() {
			return fault.Say(fault.NotFound, "Somebody has resolved this report already.")
		}
		if err := o.act(ctx, tx, who, group, r, s); err != nil {
			return err
		}
		if group.Local {
			return o.TakeResolution(ctx, tx, who, group, r, s.Note, "")
		}
		_, _, err = o.send(ctx, tx, who, sending{personal: true, activity: &vocab.Activity{Type: "Accept", To: []string{group.IRI}, Content: actors.CleanText(s.Note, maxReason), Object: resolved(group, r)}})
		return err
	})
	if err != nil {
		return fmt.Errorf("resolve report %d in %s: %w", id, group.IRI, err)
	}
	return nil
}

// act takes the decisions that a report ends with. What is so already is done.
func (o *Outbox) act(ctx context.Context, tx *db.Tx, who, group *actors.Actor, r *GroupReport, s Resolution) error {
	if s.DeletePosts {
		for _, iri := range r.Posts {
			i, err := content.Stored(ctx, tx, iri)
			if errors.Is(err, fault.NotFound) || err == nil && (i.Group != group.ID || i.Author != r.Target) {
				continue
			}
			if err != nil {
				return err
			}
			if err := o.deleteIn(ctx, tx, speaker(who, group), i, false); err != nil {
				return err
			}
		}
	}
	if !s.RemovePerson {
		return nil
	}
	of, err := actors.RelationOf(ctx, tx, r.Target, group.ID)
	if err != nil || of.State != actors.Active {
		return err
	}
	target, err := actors.Get(ctx, tx, r.Target)
	if err != nil {
		return err
	}
	return o.manage(ctx, tx, who, target, group, Decision{Kind: DecidedRemoval, Reason: s.Note})
}

// TakeResolution resolves a report in a group of ours, once, and tells all members' nodes who did: neither what was reported, nor whom, nor
// by whom. asked is the id of the activity with which somebody elsewhere wanted it.
func (o *Outbox) TakeResolution(ctx context.Context, tx *db.Tx, who, group *actors.Actor, r *GroupReport, note, asked string) error {
	res, err := tx.Exec(ctx, "UPDATE group_reports SET resolved = $1, resolver = $2 WHERE id = $3 AND resolved = 0", db.Millis(time.Now()), who.ID, r.ID)
	if err != nil {
		return fmt.Errorf("resolve %s: %w", r.IRI, err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	note = actors.CleanText(note, maxReason)
	entry := &vocab.Activity{Type: "Accept", To: []string{group.Followers}, AttributedTo: who.IRI, Content: note, Object: resolved(group, r)}
	if asked != "" {
		entry.Instrument = vocab.Ref{ID: asked}
	}
	if err := o.enter(ctx, tx, group, sending{activity: entry, hosts: replicas}); err != nil {
		return err
	}
	return o.decide(ctx, tx, group, Decision{By: who.ID, Kind: DecidedResolution, Reason: note})
}

// resolved names a report to everybody in a group: it says that it was one.
func resolved(group *actors.Actor, r *GroupReport) vocab.Ref {
	return vocab.Ref{ID: r.IRI, Type: "Flag", Document: vocab.Document{Activity: &vocab.Activity{ID: r.IRI, Type: "Flag", Actor: group.IRI, Object: vocab.Ref{ID: group.IRI}}}}
}

// closeReport notes that the home of a group elsewhere has told that a report is resolved, also when that comes before the report.
func (o *Outbox) closeReport(ctx context.Context, tx *db.Tx, group, by *actors.Actor, report string, at time.Time) error {
	if _, err := tx.Exec(ctx, `INSERT INTO group_reports (id, iri, grp, target, since, resolved, resolver) SELECT $1, $2, $3, 0, $4, $4, $5
		WHERE EXISTS (SELECT 1 FROM relations m JOIN actors s ON s.id = m.subject AND s.local WHERE m.object = $3 AND m.state = 'active' AND m.role IN ('owner', 'moderator'))
		ON CONFLICT (iri) DO UPDATE SET resolved = excluded.resolved, resolver = excluded.resolver WHERE group_reports.resolved = 0 AND group_reports.grp = excluded.grp`,
		o.DB.NewID(), report, group.ID, db.Millis(at), by.ID); err != nil {
		return fmt.Errorf("close the report %s: %w", report, err)
	}
	return nil
}
