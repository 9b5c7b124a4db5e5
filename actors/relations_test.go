// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
	"github.com/pleio-node/pleio-node/fault"
	"github.com/pleio-node/pleio-node/federation"
)

func TestFollowing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		anna, bas := actorstest.Person(t, dir, "anna"), actorstest.Person(t, dir, "bas")
		far := actorstest.Remote(t, dir, "delft.example", "cor")
		ask := func(who, whom *actors.Actor, want actors.State) {
			t.Helper()
			actorstest.Tx(t, d, func(tx *db.Tx) error {
				r, err := dir.Ask(ctx, tx, who, whom, actors.Request{ID: "https://delft.example/f/1", As: "Follow"})
				if err == nil && r.State != want {
					t.Errorf("%s asks %s: %s, want %s", who.Name, whom.Name, r.State, want)
				}
				return err
			})
		}
		ask(far, anna, actors.Active)
		ask(far, anna, actors.Active) // twice is once
		if a, _ := actors.Get(ctx, d, anna.ID); a.FollowersCount != 1 {
			t.Errorf("followers: %d", a.FollowersCount)
		}
		bas.Locked = true
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Save(ctx, tx, bas) })
		ask(far, bas, actors.Requested)
		actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.Admit(ctx, tx, far, bas); return err })
		if r, _ := actors.RelationOf(ctx, d, far.ID, bas.ID); r.State != actors.Active || r.Request.ID != "https://delft.example/f/1" {
			t.Errorf("after admission: %+v", r)
		}
		err := d.Tx(ctx, func(tx *db.Tx) error { _, err := dir.Ask(ctx, tx, anna, anna, actors.Request{}); return err })
		if !errors.Is(err, fault.Forbidden) {
			t.Errorf("following oneself: %v", err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Block(ctx, tx, anna, far, "https://gouda.example/b/1") })
		if r, _ := actors.RelationOf(ctx, d, far.ID, anna.ID); r.State != actors.Removed {
			t.Errorf("after a block: %s", r.State)
		}
		err = d.Tx(ctx, func(tx *db.Tx) error { _, err := dir.Ask(ctx, tx, far, anna, actors.Request{}); return err })
		if !errors.Is(err, fault.Forbidden) {
			t.Errorf("a blocked person asks again: %v", err)
		}
	})
}

func TestGroupRoles(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		anna, bas := actorstest.Person(t, dir, "anna"), actorstest.Person(t, dir, "bas")
		group := actorstest.Group(t, dir, "wonen", anna)
		if role, _ := actors.RoleOf(ctx, d, anna.ID, group.ID); role != actors.RoleOwner {
			t.Errorf("the maker is %q", role)
		}
		err := d.Tx(ctx, func(tx *db.Tx) error { _, err := dir.End(ctx, tx, anna, group, actors.Left); return err })
		if !errors.Is(err, fault.Forbidden) {
			t.Errorf("the last owner leaves: %v", err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { _, err := dir.Ask(ctx, tx, bas, group, actors.Request{}); return err })
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.SetRole(ctx, tx, bas, group, actors.RoleModerator) })
		staff, err := actors.Moderators(ctx, d, group.ID)
		if err != nil || len(staff) != 2 || staff[0].ID != anna.ID {
			t.Errorf("moderators: %v %v", staff, err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Ban(ctx, tx, bas, group) })
		err = d.Tx(ctx, func(tx *db.Tx) error { _, err := dir.Ask(ctx, tx, bas, group, actors.Request{}); return err })
		if !errors.Is(err, fault.Forbidden) {
			t.Errorf("a banned person joins: %v", err)
		}
	})
}

// A ban has the end that it was given last, which goes with it; who moves away leaves the groups of this node, its last owner too.
func TestBansAndMoves(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		anna, bas := actorstest.Person(t, dir, "anna"), actorstest.Person(t, dir, "bas")
		group := actorstest.Group(t, dir, "wonen", anna)
		var heard []actors.State
		dir.Changed = func(_ context.Context, _ *db.Tx, m actors.Membership) error {
			heard = append(heard, m.Before, m.Relation.State)
			return nil
		}
		for _, until := range []time.Time{{}, time.Now().Add(time.Hour).Truncate(time.Millisecond), {}} {
			actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Ban(ctx, tx, bas, group, actors.Why{Until: until}) })
			if r, _ := actors.RelationOf(ctx, d, bas.ID, group.ID); r.State != actors.Banned || !r.Until.Equal(until) {
				t.Errorf("banned until %s: %+v", until, r)
			}
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error {
			return dir.Ban(ctx, tx, bas, group, actors.Why{Until: time.Now().Add(time.Hour)})
		})
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Unban(ctx, tx, bas, group) })
		if r, _ := actors.RelationOf(ctx, d, bas.ID, group.ID); r.State != actors.Left || !r.Until.IsZero() {
			t.Errorf("after the ban: %+v", r)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error { return dir.Vacate(ctx, tx, anna) })
		if r, _ := actors.RelationOf(ctx, d, anna.ID, group.ID); r.State != actors.Left {
			t.Errorf("after the move: %+v", r)
		}
		if want := []actors.State{"", actors.Banned, actors.Banned, actors.Banned, actors.Banned, actors.Banned, actors.Banned, actors.Banned, actors.Banned, actors.Left, actors.Active, actors.Left}; !slices.Equal(heard, want) {
			t.Errorf("heard of %q", heard)
		}
	})
}

// Who asks to join a group elsewhere is known here as long as somebody here decides about that.
func TestQuestionsOfAGroupElsewhere(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		dir := actorstest.Directory(t, d)
		anna, cor := actorstest.Person(t, dir, "anna"), actorstest.Remote(t, dir, "delft.example", "cor")
		group := actorstest.Remote(t, dir, "leiden.example", "wonen")
		actorstest.Tx(t, d, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, "UPDATE actors SET kind = 'Group', groups_1 = TRUE WHERE id = $1", group.ID); err != nil {
				return err
			}
			group.Kind, group.Groups1 = actors.Group, true
			if err := dir.Replicate(ctx, tx, anna, group, &actors.Relation{}, actors.Active, actors.RoleModerator, 1, time.Time{}, "m-1"); err != nil {
				return err
			}
			stands, err := dir.Offered(ctx, tx, cor, group, actors.Request{ID: "https://delft.example/j/1", As: "Join", Message: "Hallo"})
			if err == nil && !stands {
				t.Error("the question does not stand")
			}
			return err
		})
		r, err := actors.QuestionOf(ctx, d, anna.ID, cor.ID, group.ID)
		if err != nil || r.Request.Message != "Hallo" {
			t.Errorf("the question: %+v %v", r, err)
		}
		actorstest.Tx(t, d, func(tx *db.Tx) error {
			r, err := actors.RelationOf(ctx, tx, anna.ID, group.ID)
			if err != nil {
				return err
			}
			return dir.Replicate(ctx, tx, anna, group, r, actors.Active, actors.RoleMember, 2, time.Time{}, "m-1")
		})
		if r, _ := actors.RelationOf(ctx, d, cor.ID, group.ID); r.State != actors.None {
			t.Errorf("nobody decides any more: %+v", r)
		}
	})
}

// Whatever happens to relations, the counts, the reach and the digest of each host are those of the active ones.
func TestReachIsWhatItIsAbout(t *testing.T) {
	d := dbtest.Open(t)
	ctx := context.Background()
	dir := actorstest.Directory(t, d)
	anna := actorstest.Person(t, dir, "anna")
	var people []*actors.Actor
	for _, host := range []string{"delft.example", "leiden.example"} {
		for _, name := range []string{"cor", "dirk", "els"} {
			people = append(people, actorstest.Remote(t, dir, host, name))
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			p := rapid.SampledFrom(people).Draw(t, "who")
			what := rapid.SampledFrom([]string{"ask", "leave", "remove", "block", "unblock"}).Draw(t, "what")
			d.Tx(ctx, func(tx *db.Tx) (err error) {
				switch what {
				case "ask":
					_, err = dir.Ask(ctx, tx, p, anna, actors.Request{})
				case "leave":
					_, err = dir.End(ctx, tx, p, anna, actors.Left)
				case "remove":
					_, err = dir.End(ctx, tx, p, anna, actors.Removed)
				case "block":
					err = dir.Block(ctx, tx, anna, p, "x")
				case "unblock":
					err = dir.Unblock(ctx, tx, anna, p)
				}
				return err
			})
		}
		active := 0
		for _, host := range []string{"delft.example", "leiden.example"} {
			var want federation.FollowersDigest
			count := 0
			for _, p := range people {
				if r, _ := actors.RelationOf(ctx, d, p.ID, anna.ID); r.State == actors.Active && p.Host == host {
					want.Toggle(p.IRI)
					count++
				}
			}
			active += count
			type row struct {
				n      int
				digest string
			}
			got, err := db.One(ctx, d, func(r db.Scanner) (x row, err error) {
				var raw []byte
				err = r.Scan(&x.n, &raw)
				var f federation.FollowersDigest
				copy(f[:], raw)
				x.digest = f.String()
				return x, err
			}, "SELECT people, digest FROM reach WHERE object = $1 AND host = $2", anna.ID, host)
			if count == 0 && errors.Is(err, fault.NotFound) {
				continue
			}
			if err != nil || got.n != count || got.digest != want.String() {
				t.Fatalf("reach on %s: %+v %v, want %d %s", host, got, err, count, want)
			}
		}
		if a, _ := actors.Get(ctx, d, anna.ID); a.FollowersCount != int64(active) {
			t.Fatalf("followers: %d, want %d", a.FollowersCount, active)
		}
	})
}
