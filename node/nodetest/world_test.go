// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package nodetest

import (
	"testing"
	"testing/synctest"
)

func TestPeopleOfThreeOrganisationsWorkInOneGroup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := New(t, "gouda", "provincie", "waterschap")
		anna, bas := w.Person("anna@gouda"), w.Person("bas@waterschap")
		w.Person("chris@provincie")
		w.Group("wonen@provincie", "chris@provincie")
		anna.Follow("wonen@provincie")
		bas.Follow("wonen@provincie")
		w.Settle()
		post := anna.Post("wonen@provincie", "Wie heeft er een woonvisie?")
		w.Settle()
		for _, who := range []string{"anna@gouda", "bas@waterschap", "chris@provincie"} {
			w.Sees(who, "woonvisie")
		}
		answer := bas.Reply(post, "Wij, sinds vorig jaar.")
		w.Settle()
		if got := anna.Notified(); len(got) != 0 {
			t.Logf("anna was told %q", got)
		}
		if !w.Knows("gouda", answer) || !w.Knows("provincie", answer) {
			t.Error("the answer did not arrive everywhere")
		}
	})
}
