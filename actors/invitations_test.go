// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
)

func TestWhoInvitesWhom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		anna, bas, cas, dora := actorstest.Person(t, dir, "anna"), actorstest.Person(t, dir, "bas"), actorstest.Person(t, dir, "cas"), actorstest.Person(t, dir, "dora")
		var group *actors.Actor
		actorstest.Tx(t, d, func(tx *db.Tx) (err error) {
			group, err = dir.AddGroup(ctx, tx, anna, actors.NewGroup{Name: "besloten", Title: "Besloten", Visibility: actors.VisibilityListed})
			if err == nil {
				_, err = dir.Admit(ctx, tx, bas, group)
			}
			return err
		})
		invite := func(by, who *actors.Actor, in actors.Invitation, changed bool, want error) {
			t.Helper()
			var did bool
			err := d.Tx(ctx, func(tx *db.Tx) (err error) {
				_, did, err = dir.Invite(ctx, tx, by, who, group, in)
				return err
			})
			if !errors.Is(err, want) || did != changed {
				t.Errorf("%s invites %s: %t %v, want %t %v", by.Name, who.Name, did, err, changed, want)
			}
		}
		set := func(sql string, who *actors.Actor) {
			t.Helper()
			actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := tx.Exec(ctx, sql, who.ID, group.ID); return err })
		}
		relation := func(who *actors.Actor) *actors.Relation {
			t.Helper()
			r, err := actors.RelationOf(ctx, d, who.ID, group.ID)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}
		ask := func(who *actors.Actor) {
			t.Helper()
			actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.Ask(ctx, tx, who, group, actors.Request{As: "Join"}); return err })
		}
		guest := actors.Invitation{Role: actors.RoleGuest, Until: time.Now().Add(time.Hour)}

		invite(cas, dora, actors.Invitation{}, false, fault.Forbidden)
		invite(bas, anna, actors.Invitation{}, false, nil) // a member
		invite(bas, cas, actors.Invitation{}, true, nil)
		invite(anna, cas, actors.Invitation{}, false, nil) // twice
		if r := relation(cas); r.InvitedBy != bas.ID || !r.Invites() || r.Role != actors.RoleMember || time.Until(r.Expires) < 29*24*time.Hour {
			t.Errorf("cas: %+v", r)
		}
		set("UPDATE relations SET expires = 1 WHERE subject = $1 AND object = $2", cas)
		if known, err := actors.Invitations(ctx, d, cas.ID, actors.Page{Limit: 10}); err != nil || len(known) != 0 {
			t.Errorf("one that has expired is listed: %d (%v)", len(known), err)
		}
		invite(anna, cas, guest, true, nil)
		ask(cas)
		if r := relation(cas); r.State != actors.Active || r.Role != actors.RoleGuest || r.Until.IsZero() || r.InvitedBy != anna.ID {
			t.Errorf("cas as a guest: %+v", r)
		}
		invite(cas, dora, actors.Invitation{}, false, fault.Forbidden)
		err := d.Tx(ctx, func(tx *db.Tx) error { return dir.SetRole(ctx, tx, cas, group, actors.RoleMember) })
		if !errors.Is(err, fault.Forbidden) {
			t.Errorf("a guest gets another role: %v", err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.End(ctx, tx, cas, group, actors.Left); return err })
		ask(cas)
		if r := relation(cas); r.State != actors.Requested || !r.Until.IsZero() || r.InvitedBy != 0 {
			t.Errorf("cas asks anew: %+v", r)
		}
		invite(bas, cas, actors.Invitation{}, false, fault.Forbidden) // has asked
		actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.Admit(ctx, tx, cas, group); return err })
		if r := relation(cas); r.Role != actors.RoleMember || !r.Until.IsZero() {
			t.Errorf("cas as a member: %+v", r)
		}

		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Ban(ctx, tx, dora, group) })
		invite(bas, dora, actors.Invitation{}, false, fault.Forbidden)
		if err := d.Tx(ctx, func(tx *db.Tx) error { _, err := dir.Ask(ctx, tx, dora, group, actors.Request{}); return err }); !errors.Is(err, fault.Forbidden) {
			t.Errorf("who is banned asks: %v", err)
		}
		invite(anna, dora, actors.Invitation{}, false, fault.Forbidden)
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Unban(ctx, tx, dora, group) })
		invite(anna, dora, actors.Invitation{}, true, nil)
		ask(dora)
		if r := relation(dora); r.State != actors.Active {
			t.Errorf("dora: %+v", r)
		}
		invite(anna, group, actors.Invitation{}, false, fault.Invalid)
		far := actorstest.Remote(t, dir, "delft.example", "eva") // of other software
		invite(anna, far, actors.Invitation{}, false, fault.Forbidden)
	})
}
