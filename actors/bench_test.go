// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package actors_test

import (
	"fmt"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/actors/actorstest"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

// BenchmarkMembershipChange is a change of one of 10,000 members, with the digest of all of them.
func BenchmarkMembershipChange(b *testing.B) {
	d := dbtest.Open(b)
	dir := actorstest.Directory(b, d)
	group := actorstest.Group(b, dir, "wonen", actorstest.Person(b, dir, "anna"))
	bas := actorstest.Remote(b, dir, "elders.example", "bas")
	actorstest.Tx(b, d, func(tx *db.Tx) error {
		for n := range 10_000 {
			who, err := dir.Note(b.Context(), tx, fmt.Sprintf("https://n%d.example/users/p%d", n%400, n), "")
			if err != nil {
				return err
			}
			if _, err := tx.Exec(b.Context(), "INSERT INTO relations (id, subject, object, state, role, since, updated, record) VALUES ($1, $2, $3, 'active', 'member', 0, 0, 'm')", d.NewID(), who.ID, group.ID); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(b.Context(), "UPDATE actors SET member_digest = '' WHERE id = $1", group.ID); err != nil {
			return err
		}
		_, err := dir.Admit(b.Context(), tx, bas, group)
		return err
	})
	for b.Loop() {
		actorstest.Tx(b, d, func(tx *db.Tx) error {
			if err := dir.SetRole(b.Context(), tx, bas, group, actors.RoleGuest); err != nil {
				return err
			}
			return dir.SetRole(b.Context(), tx, bas, group, actors.RoleMember)
		})
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(2*b.N)/1000, "ms/change")
}
