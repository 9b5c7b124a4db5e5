// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/content"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/jobs"
	"github.com/pleio-node/pleio-node/locale"
)

// Grace is how long a group that will be deleted can be restored.
const Grace = 14 * 24 * time.Hour

const jobEndGroup = "end group" // delete a group whose time has come

// Changed is what a change of the settings of a group brought about besides.
type Changed struct {
	Removed int // people who cannot be members any more
	Public  int // posts that everybody could read before the group was closed, and still can
}

// Notices say it in sentences for people.
func (c Changed) Notices(l *locale.Locale) []string {
	all := []string{}
	if c.Public > 0 {
		all = append(all, l.N("group.notice.public", c.Public))
	}
	if c.Removed > 0 {
		all = append(all, l.N("group.notice.removed", c.Removed))
	}
	return all
}

// Settings changes what a group of this node says of itself, and tells it to everybody who knows the group. Who cannot be a
// member any more is removed. What was said in confidence does not become public: such a group is not opened.
func (o *Outbox) Settings(ctx context.Context, who, group *actors.Actor, change actors.GroupChange, reason string) (c Changed, err error) {
	err = o.govern(ctx, who, group, DecidedSettings, reason, func(tx *db.Tx, now *actors.Actor) error {
		before := now.Visibility
		if err := change.Apply(now); err != nil {
			return err
		}
		c, err = exposure(ctx, tx, now, before)
		return err
	}, func(tx *db.Tx, now *actors.Actor) (err error) {
		c.Removed, err = o.removeUnfit(ctx, tx, who, now)
		return err
	})
	return c, err
}

// govern changes a group of this node in one transaction, for its owners and for the administrator, and keeps who decided so.
// Nothing is told of what is so already.
func (o *Outbox) govern(ctx context.Context, who, group *actors.Actor, kind, reason string, change, then func(*db.Tx, *actors.Actor) error) error {
	if !group.Local {
		return fault.Say(fault.Forbidden, "The settings of %s are changed on %s, its own node.", group.Handle(), group.Host)
	}
	err := o.DB.Tx(ctx, func(tx *db.Tx) error {
		role, err := roleIn(ctx, tx, who, group)
		if err == nil {
			err = atLeast(role, actors.RoleOwner, group)
		}
		if err != nil {
			return err
		}
		now, err := actors.Hold(ctx, tx, group.ID)
		if err != nil {
			return err
		}
		before := *now
		if err := change(tx, now); err != nil || reflect.DeepEqual(before, *now) {
			return err
		}
		if err := o.Dir.Save(ctx, tx, now); err != nil {
			return err
		}
		if err := then(tx, now); err != nil {
			return err
		}
		why := actors.Why{By: who, Reason: actors.CleanText(reason, maxReason)}
		if err := o.tellGroup(ctx, tx, now, federation.Signer{}, why); err != nil {
			return err
		}
		return o.decide(ctx, tx, now, Decision{By: who.ID, Kind: kind, Reason: reason})
	})
	if err != nil {
		return fmt.Errorf("change %s: %w", group.IRI, err)
	}
	return nil
}

// exposure looks what a change of visibility means for what was said before.
func exposure(ctx context.Context, tx *db.Tx, now *actors.Actor, before string) (c Changed, err error) {
	opens, closes := before != actors.VisibilityPublic && now.Visibility == actors.VisibilityPublic, before == actors.VisibilityPublic && now.Visibility != actors.VisibilityPublic
	if !opens && !closes {
		return c, nil
	}
	var confided int
	_, err = db.One(ctx, tx, func(r db.Scanner) (x struct{}, err error) { return x, r.Scan(&c.Public, &confided) },
		`SELECT COUNT(CASE WHEN i.audience <= $2 THEN 1 END), COUNT(CASE WHEN i.audience = $3 THEN 1 END) FROM items i
		WHERE i.grp = $1 AND i.boost_of = 0`, now.ID, actors.Unlisted, actors.Members)
	switch {
	case err != nil:
		return c, fmt.Errorf("what was said in %s: %w", now.IRI, err)
	case opens && confided > 0:
		return c, fault.Say(fault.Invalid, "What is said in %s was said in confidence, and must not become public: make another group for what everybody may read.", now.Handle())
	case opens:
		c.Public = 0
	}
	return c, nil
}

// removeUnfit removes those from a group, and their wishes to join, who cannot be members of it as it is now.
func (o *Outbox) removeUnfit(ctx context.Context, tx *db.Tx, by, group *actors.Actor) (int, error) {
	marks, args := db.In([]any{group.ID, group.PlainMembers}, group.Settings.Allowed)
	unfit := "NOT s.groups_1 AND NOT $2"
	if len(group.Settings.Allowed) > 0 {
		unfit += " OR s.host NOT IN (" + marks + ")"
	}
	relations, err := db.All(ctx, tx, func(r db.Scanner) (x struct {
		id   actors.ID
		role actors.Role
	}, err error) {
		return x, r.Scan(&x.id, &x.role)
	}, "SELECT r.subject, r.role FROM relations r JOIN actors s ON s.id = r.subject AND NOT s.local WHERE r.object = $1 AND r.state IN ('active', 'requested', 'invited') AND ("+unfit+")", args...)
	if err != nil {
		return 0, fmt.Errorf("who cannot be in %s: %w", group.IRI, err)
	}
	ids := make([]actors.ID, len(relations))
	for n, r := range relations {
		ids[n] = r.id
	}
	people, err := actors.Many(ctx, tx, ids)
	if err != nil {
		return 0, err
	}
	l := locale.Get(locale.Codes[0])
	for _, r := range relations {
		member := people[r.id]
		if member == nil {
			continue
		}
		if r.role == actors.RoleOwner {
			return 0, fault.Say(fault.Invalid, "%s is an owner of %s and could not be a member any more: make somebody else owner first.", member.Handle(), group.Handle())
		}
		why := actors.Why{By: by, Reason: l.T("group.removed.plain")}
		if member.Groups1 || group.PlainMembers {
			why.Reason = l.T("group.removed.organisation")
		}
		if err := o.removeFollower(ctx, tx, group, member, why); err != nil {
			return 0, err
		}
		if err := o.decide(ctx, tx, group, Decision{By: by.ID, Kind: DecidedRemoval, Subject: member.ID, Reason: why.Reason}); err != nil {
			return 0, err
		}
	}
	return len(relations), nil
}

// Archive makes a group of this node read only, or lets it live again.
func (o *Outbox) Archive(ctx context.Context, who, group *actors.Actor, on bool, reason string) error {
	kind := DecidedUnarchive
	if on {
		kind = DecidedArchive
	}
	return o.govern(ctx, who, group, kind, reason, func(_ *db.Tx, now *actors.Actor) error {
		switch {
		case !on:
			now.Settings.Archived = time.Time{}
		case now.Settings.Archived.IsZero():
			now.Settings.Archived = moment(time.Now())
		}
		return nil
	}, func(tx *db.Tx, now *actors.Actor) error { return o.tellMembers(ctx, tx, now, kind) })
}

// PlanDeletion has a group of this node deleted after the time of grace; until then it is read only, and can be restored.
func (o *Outbox) PlanDeletion(ctx context.Context, who, group *actors.Actor, reason string) error {
	return o.govern(ctx, who, group, DecidedGroupDeletion, reason, func(_ *db.Tx, now *actors.Actor) error {
		if now.Settings.Deletes.IsZero() {
			now.Settings.Deletes = moment(time.Now().Add(Grace))
		}
		return nil
	}, func(tx *db.Tx, now *actors.Actor) error {
		if err := o.Jobs.Add(ctx, tx, jobEndGroup, fmt.Sprint(now.ID), now.ID, now.Settings.Deletes); err != nil {
			return err
		}
		return o.tellMembers(ctx, tx, now, DecidedGroupDeletion)
	})
}

// Restore lets a group that would be deleted live on.
func (o *Outbox) Restore(ctx context.Context, who, group *actors.Actor, reason string) error {
	return o.govern(ctx, who, group, DecidedRestoration, reason, func(_ *db.Tx, now *actors.Actor) error {
		now.Settings.Deletes = time.Time{}
		return nil
	}, func(tx *db.Tx, now *actors.Actor) error { return o.tellMembers(ctx, tx, now, DecidedRestoration) })
}

// moment is a time as JSON and the wire keep it.
func moment(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// endGroup deletes a group whose time has come; one that was restored stays.
func (o *Outbox) endGroup(ctx context.Context, payload []byte) error {
	var id actors.ID
	if err := json.Unmarshal(payload, &id); err != nil {
		return jobs.Never(err)
	}
	group, err := actors.Get(ctx, o.DB, id)
	switch {
	case errors.Is(err, fault.Gone), errors.Is(err, fault.NotFound):
		return nil
	case err != nil:
		return err
	case group.Settings.Deletes.IsZero():
		return nil
	case time.Now().Before(group.Settings.Deletes): // it was restored, and is to be deleted again
		return jobs.Retry(group.Settings.Deletes)
	}
	return o.DeleteActor(ctx, group)
}

// tellMembers says in the group, in every language, what was decided about it.
func (o *Outbox) tellMembers(ctx context.Context, tx *db.Tx, group *actors.Actor, kind string) error {
	var texts []string
	for _, code := range locale.Codes {
		l := locale.Get(code)
		texts = append(texts, l.T("group.told."+kind, "group", group.DisplayName(), "when", l.Day(group.Settings.Deletes)))
	}
	i := o.notice(o.DB.NewID(), group, strings.Join(texts, "\n\n"), "")
	i.Group, i.Audience, i.Context = group.ID, group.Shows(), fmt.Sprintf("%s/threads/%d", group.IRI, i.ID)
	return o.publish(ctx, tx, group, &written{Made: &content.Made{Item: i}})
}

// welcome sends a new member what the owners want new members to read.
func (o *Outbox) welcome(ctx context.Context, tx *db.Tx, group, member *actors.Actor) error {
	if len(group.Settings.Welcome) == 0 {
		return nil
	}
	language := ""
	if member.Local && o.LanguageOf != nil {
		var err error
		if language, err = o.LanguageOf(ctx, tx, member.ID); err != nil {
			return err
		}
	}
	for _, code := range append([]string{language}, locale.Codes...) {
		if text := group.Settings.Welcome[code]; text != "" {
			return o.tellPerson(ctx, tx, group, member, text, code)
		}
	}
	return nil
}

// tellPerson sends somebody a direct message of an actor of the node itself.
func (o *Outbox) tellPerson(ctx context.Context, tx *db.Tx, by, person *actors.Actor, text, language string) error {
	i := o.notice(o.DB.NewID(), by, text, language)
	return o.publish(ctx, tx, by, &written{Made: &content.Made{Item: i, Recipients: []content.Recipient{{Actor: person.ID, Mention: true}}}})
}

// notice is what an actor of the node itself writes, a group or the organisation, under a number that was made for it. Of whom it
// mentions those are linked that are named; nobody hears of that.
func (o *Outbox) notice(number int64, by *actors.Actor, text, language string, named ...*actors.Actor) *content.Item {
	who := func(handle string) *actors.Actor {
		for _, a := range named {
			if bare(a) == handle {
				return a
			}
		}
		return nil
	}
	now, id := time.Now(), content.ID(number)
	iri := o.postIRI(number)
	return &content.Item{ID: id, IRI: iri, URL: iri, Kind: content.Note, Local: true, Author: by.ID, Audience: actors.Direct, Thread: id, Language: language,
		Content: content.Compose(text, who, func(tag string) string { return o.Dir.URL("/tags/" + tag) }).HTML, Source: text, Published: now, Created: now,
		Context: o.Dir.URL(fmt.Sprintf("/threads/%d", id))}
}

// tellGroup tells what a group of ours says of itself now: an entry of its log for the nodes of the members, which reaches every
// follower of an open group. Who changed it and why goes with it, where its owners did.
func (o *Outbox) tellGroup(ctx context.Context, tx *db.Tx, group *actors.Actor, signer federation.Signer, why actors.Why) error {
	document, err := o.described(ctx, tx, group)
	if err != nil {
		return err
	}
	s := sending{signer: signer, hosts: replicas, activity: &vocab.Activity{Type: "Update", To: []string{group.Followers}, Content: why.Reason, Object: document}}
	if why.By != nil {
		s.activity.AttributedTo = why.By.IRI
	}
	if group.Visibility == actors.VisibilityPublic {
		s.public, s.hosts, s.activity.To, s.activity.CC = true, allHosts, []string{vocab.Public}, []string{group.Followers}
	}
	if err := o.enter(ctx, tx, group, s); err != nil {
		return fmt.Errorf("tell what %s says of itself: %w", group.IRI, err)
	}
	return nil
}
