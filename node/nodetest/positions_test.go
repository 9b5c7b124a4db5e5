// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pleio-node/pleio-node/locale"
	"github.com/pleio-node/pleio-node/outbox"
)

// The home shows which nodes have everything and how far the others are behind; a node that reads the log itself has it.
func TestWhereEachNodeStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, chris, _, _ := withDossier(t)
		stands := func(want string) {
			t.Helper()
			home := w.Node("provincie")
			group := w.actor("provincie", "dossier@provincie")
			all, err := outbox.Positions(context.Background(), home.DB, group)
			if err != nil {
				t.Fatal(err)
			}
			if got := outbox.Delivered(locale.Get("nl"), all); got != want {
				t.Errorf("%q, wanted %q", got, want)
			}
			for _, p := range all {
				if p.People != 1 || p.Contact.IsZero() || p.Seq+p.Behind != group.Seq {
					t.Errorf("%+v of %d", p, group.Seq)
				}
			}
		}
		stands("afgeleverd bij 2 van 2 organisaties")

		w.Down("waterschap")
		since := time.Now()
		for n := range 6 {
			chris.Post("dossier@provincie", fmt.Sprintf("Bericht %d", n))
		}
		w.Settle()
		stands("afgeleverd bij 1 van 2 organisaties; Waterschap loopt 6 achter sinds " + locale.Get("nl").Time(since))
		w.Pass(30 * time.Hour) // nothing reaches it, and it has asked by itself
		stands("afgeleverd bij 2 van 2 organisaties")

		w.Up("waterschap")
		w.Pass(27 * time.Hour)
		w.SameMembers("provincie", "dossier@provincie", "gouda", "waterschap")
		stands("afgeleverd bij 2 van 2 organisaties")
	})
}
