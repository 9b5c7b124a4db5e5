// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation/vocab"
	"github.com/pleio-node/pleio-node/outbox"
)

// moderated makes a group elsewhere known, of which anna is a moderator.
func (l *library) moderated(name string) *actors.Actor {
	l.t.Helper()
	id := "https://home.example/groups/" + name
	var group *actors.Actor
	l.tx(func(tx *db.Tx) (err error) {
		group, err = l.dir.Learn(l.t.Context(), tx, &vocab.Actor{ID: id, Type: "Group", PreferredUsername: name, Inbox: id + "/inbox", SharedInbox: "https://home.example/inbox",
			Followers: id + "/followers", Members: id + "/members", Log: id + "/log"})
		if err != nil {
			return err
		}
		n := l.db.NewID()
		_, err = tx.Exec(l.t.Context(), "INSERT INTO relations (id, subject, object, state, role, since, updated, record) VALUES ($1, $2, $3, 'active', 'moderator', 1, 1, $4)", n, l.anna.ID, group.ID, fmt.Sprint("m-", n))
		return err
	})
	return group
}

// What the home of a group tells of a report counts in whatever order it comes, and of its own groups only.
func TestReportsOfAGroupElsewhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		water, wind := l.moderated("water"), l.moderated("wind")
		otto := l.stranger("otto", "other.example")
		told := func(n int, comment string, group *actors.Actor) *vocab.Activity {
			return &vocab.Activity{ID: fmt.Sprint("https://home.example/reports/", n), Type: "Flag", Actor: group.IRI, Content: comment, Object: vocab.Ref{ID: otto.IRI}, Published: time.Now().Add(-time.Hour)}
		}
		offers := func(n int, comment string, group *actors.Actor) {
			t.Helper()
			l.tx(func(tx *db.Tx) error {
				return l.out.KeepOffered(t.Context(), tx, group, otto, told(n, comment, group), []actors.ID{l.anna.ID})
			})
		}
		ends := func(n, seq int, group *actors.Actor) {
			t.Helper()
			report := told(n, "", group)
			l.tx(func(tx *db.Tx) error {
				return l.out.KeepEntry(t.Context(), tx, group, &vocab.Activity{ID: fmt.Sprint(group.Log, "/1/", seq), Type: "Accept", Actor: group.IRI, AttributedTo: otto.IRI, Published: time.Now(),
					Object: vocab.Ref{ID: report.ID, Type: "Flag", Document: vocab.Document{Activity: report}}})
			})
		}
		waits := func(group *actors.Actor, want ...string) {
			t.Helper()
			list, err := outbox.OpenReports(t.Context(), d, l.anna, group, actors.Page{Limit: 10})
			got := []string{}
			for _, r := range list {
				got = append(got, r.Comment)
				if since := time.Since(r.Since); since < 59*time.Minute || since > 61*time.Minute {
					t.Errorf("reported %s ago", since)
				}
			}
			if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("in %s waits %q, not %q: %v", group.Name, got, want, err)
			}
		}
		notified := func(want int) {
			t.Helper()
			n, err := db.One(t.Context(), d, db.Scalar[int], "SELECT COUNT(*) FROM notifications WHERE kind = 'admin.report' AND owner = $1", l.anna.ID)
			if err != nil || n != want {
				t.Errorf("anna was told %d times, not %d: %v", n, want, err)
			}
		}
		offers(1, "Een", water)
		offers(1, "Een\n\nTwee", water) // told again, with what another says
		waits(water, "Een\n\nTwee")
		notified(1)
		offers(1, "Gekaapt", wind) // another group's
		ends(1, 1, wind)
		waits(water, "Een\n\nTwee")
		waits(wind)
		notified(1)
		ends(1, 1, water)
		waits(water)
		offers(1, "Te laat", water)
		waits(water)

		ends(2, 2, water) // read in the log, before the home's offer has come
		offers(2, "Te laat", water)
		waits(water)
		notified(1)
		if err := l.out.ResolveReport(t.Context(), l.anna, water, 1, outbox.Resolution{}); !errors.Is(err, fault.NotFound) {
			t.Errorf("what is not there is resolved: %v", err)
		}
		decided, err := outbox.Decisions(t.Context(), d, water.ID, actors.Page{Limit: 10})
		if err != nil || len(decided) != 2 || decided[0].Kind != outbox.DecidedResolution || decided[0].Subject != 0 || decided[0].Item != 0 {
			t.Errorf("decided: %+v: %v", decided, err)
		}
	})
}

// A group keeps a thousand reports that wait, and no more until some are resolved.
func TestReportsInAGroupHaveAnEnd(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		var group *actors.Actor
		var people []*actors.Actor
		l.tx(func(tx *db.Tx) (err error) {
			if group, err = l.dir.AddGroup(t.Context(), tx, l.anna, actors.NewGroup{Name: "wonen", Title: "Wonen"}); err != nil {
				return err
			}
			for _, name := range []string{"bas", "cas"} {
				who, err := l.dir.AddPerson(t.Context(), tx, name, name)
				if err != nil {
					return err
				}
				if _, err := l.dir.Admit(t.Context(), tx, who, group); err != nil {
					return err
				}
				people = append(people, who)
			}
			for n := range 999 {
				if _, err := tx.Exec(t.Context(), "INSERT INTO group_reports (id, iri, grp, target, since) VALUES ($1, $2, $3, $4, 1)", l.db.NewID(), fmt.Sprint("https://gouda.example/r/", n), group.ID, -1-n); err != nil {
					return err
				}
			}
			return nil
		})
		report := func(who *actors.Actor) error {
			return d.Tx(t.Context(), func(tx *db.Tx) error {
				return l.out.ReportInGroup(t.Context(), tx, l.anna, group, []string{who.IRI}, "Onaardig")
			})
		}
		if err := report(people[0]); err != nil {
			t.Errorf("the thousandth: %v", err)
		}
		if err := report(people[1]); !errors.Is(err, fault.Forbidden) {
			t.Errorf("one more: %v", err)
		}
		if err := report(people[0]); err != nil {
			t.Errorf("the same again: %v", err)
		}
		if err := d.Tx(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "UPDATE group_reports SET resolved = 1 WHERE target < 0")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := report(people[1]); err != nil {
			t.Errorf("when there is room: %v", err)
		}
	})
}
