// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package peers_test

import (
	"slices"
	"testing"

	"github.com/pleio-node/pleio-node/test/harness"
)

// Both ways of signing requests, both ways: what Fedify signs either way is accepted at the first knock, what we sign
// either way is too, and who refuses our first knock gets the other one, and gets that first from then on.
func TestFedifyKnocks(t *testing.T) {
	anna := newPerson(t, harness.Start(t, harness.Options{Name: "Gouda"}), "anna")
	for _, scheme := range []string{"rfc9421", "cavage"} {
		t.Run(scheme, func(t *testing.T) {
			f := startFedify(t, "--first-knock="+scheme)
			anna := anna
			anna.t = t
			f.do("post", args{"text": "Klop klop " + scheme, "to": "mention", "mention": anna.iri})
			anna.notified("mention", f.Actor, "Klop klop "+scheme)
			want := []knock{{URL: anna.iri + "/inbox", Scheme: scheme, Status: 202}}
			if got := f.do("state", nil).Sent; !slices.Equal(got, want) {
				t.Errorf("bob sent %+v, want %+v", got, want)
			}

			other := map[string]string{"rfc9421": "cavage", "cavage": "rfc9421"}[scheme]
			f.do("refuse", args{"scheme": other})
			for _, text := range []string{"wie is daar", "en daarna"} {
				anna.post(args{"status": "@" + f.Handle + " " + text, "visibility": "direct"})
				if got := f.wait("Create", text); got.Scheme != scheme {
					t.Errorf("%q came signed by %s, want %s", text, got.Scheme, scheme)
				}
			}
			f.do("refuse", args{"scheme": scheme})
			anna.post(args{"status": "@" + f.Handle + " andersom", "visibility": "direct"})
			if got := f.wait("Create", "andersom"); got.Scheme != other {
				t.Errorf("the last came signed by %s, want %s", got.Scheme, other)
			}
			var answers []knock
			for _, r := range f.do("state", nil).Requests {
				answers = append(answers, knock{Scheme: r.Scheme, Status: r.Status})
			}
			// The scheme that works is remembered; the first knock of all may have been the one that is taken.
			taken := []knock{{Scheme: scheme, Status: 202}, {Scheme: scheme, Status: 202}, {Scheme: scheme, Status: 401}, {Scheme: other, Status: 202}}
			if refused := (knock{Scheme: other, Status: 401}); len(answers) > 0 && answers[0] == refused {
				answers = answers[1:]
			}
			if !slices.Equal(answers, taken) {
				t.Errorf("our knocks were answered %+v, want %+v", answers, taken)
			}
		})
	}
}
