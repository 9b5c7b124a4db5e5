// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package outbox_test

import (
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/db/dbtest"
)

func TestFeaturedTags(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := newLibrary(t, d)
		actor := l.get(nil, l.anna.IRI).Body.String()
		if want := `"featuredTags":"` + l.anna.IRI + `/tags"`; !strings.Contains(actor, want) {
			t.Errorf("no %s in %s", want, actor)
		}
		if c := l.reads(nil, l.anna.IRI+"/tags").Collection; c.Total != 0 || len(c.Items) != 0 {
			t.Errorf("nothing is featured, and there are %d", c.Total)
		}
		for _, name := range []string{"Water", "één"} {
			if _, err := l.docs.Timelines.FeatureTag(t.Context(), l.anna.ID, name); err != nil {
				t.Fatal(err)
			}
		}
		text := l.get(nil, l.anna.IRI+"/tags").Body.String()
		for _, want := range []string{`"totalItems":2`, `"name":"#water"`, `"type":"Hashtag"`, `"name":"#één"`, `/tags/%C3%A9%C3%A9n"`} {
			if !strings.Contains(text, want) {
				t.Errorf("no %s in %s", want, text)
			}
		}
	})
}
