// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// The texts that a node has about itself.
const (
	TextDescription = "description" // a sentence, without markup
	TextAbout       = "about"
	TextPrivacy     = "privacy"
	TextTerms       = "terms" // of service; there are none until an administrator writes them
)

// TextNames are all of them.
func TextNames() []string { return []string{TextDescription, TextAbout, TextPrivacy, TextTerms} }

// Languages are those that the node speaks, the first one first.
func Languages() []string { return []string{"nl", "en"} }

// Text is one version of a text.
type Text struct {
	Name, Language string
	Effective      time.Time // zero: the text that the node has by itself
	Content        string    // as it was typed
}

// HTML is the text as it is shown: what begins with < is HTML already.
func (t Text) HTML() string {
	if strings.HasPrefix(strings.TrimSpace(t.Content), "<") {
		return actors.SanitizeHTML(t.Content)
	}
	return actors.PlainHTML(t.Content)
}

// SetText keeps a version of a text, which holds from a moment on.
func (m *Moderation) SetText(ctx context.Context, by By, t Text) error {
	t.Content = strings.TrimSpace(strings.ToValidUTF8(t.Content, ""))
	switch {
	case !slices.Contains(TextNames(), t.Name):
		return fault.Say(fault.Invalid, "There is no text %q: there are %s.", t.Name, strings.Join(TextNames(), ", "))
	case !slices.Contains(Languages(), t.Language):
		return fault.Say(fault.Invalid, "Texts are in nl or en, not in %q.", t.Language)
	case t.Content == "" || len(t.Content) > 100_000:
		return fault.Say(fault.Invalid, "A text has 1 to 100000 bytes.")
	}
	if t.Name == TextDescription {
		t.Content = actors.CleanText(t.Content, 500)
	}
	if t.Effective.IsZero() {
		t.Effective = time.Now()
	}
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO texts (name, language, effective, content, created) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (name, language, effective) DO UPDATE SET content = excluded.content, created = excluded.created`,
			t.Name, t.Language, db.Millis(t.Effective), t.Content, db.Millis(time.Now())); err != nil {
			return fmt.Errorf("keep text %s: %w", t.Name, err)
		}
		return m.note(ctx, tx, by, "text.set", t.Name+" "+t.Language, "")
	})
}

func scanText(r db.Scanner) (t Text, err error) {
	var effective int64
	err = r.Scan(&t.Name, &t.Language, &effective, &t.Content)
	t.Effective = db.FromMillis(effective)
	return t, err
}

// Versions are the versions of a text in a language, or in the first one that it has at all, the last first.
func (m *Moderation) Versions(ctx context.Context, q db.Q, name, language string) ([]Text, error) {
	all, err := db.All(ctx, q, scanText, "SELECT name, language, effective, content FROM texts WHERE name = $1 ORDER BY effective DESC", name)
	if err != nil {
		return nil, fmt.Errorf("load text %s: %w", name, err)
	}
	for _, language := range append([]string{language}, Languages()...) {
		if of := slices.DeleteFunc(slices.Clone(all), func(t Text) bool { return t.Language != language }); len(of) > 0 {
			return of, nil
		}
	}
	return nil, nil
}

// Text is the version of a text that holds now, or the one that the node makes of what it knows of itself.
func (m *Moderation) Text(ctx context.Context, q db.Q, name, language string) (Text, error) {
	versions, err := m.Versions(ctx, q, name, language)
	if err != nil {
		return Text{}, err
	}
	now := time.Now()
	for _, t := range versions {
		if !t.Effective.After(now) {
			return t, nil
		}
	}
	if words := m.own(name, language); words != "" {
		return Text{Name: name, Language: language, Content: words}, nil
	}
	return Text{}, fault.Say(fault.NotFound, "Record not found")
}

// own is what a node says when nobody has written anything: only what is so on every node.
func (m *Moderation) own(name, language string) string {
	write, english := "de beheerder van deze server", language == "en"
	if english {
		write = "the administrators of this server"
	}
	if m.Email != "" {
		write = m.Email
	}
	org, host := m.Name, m.Dir.Host()
	switch {
	case name == TextDescription && english:
		return fmt.Sprintf("The place where %s works together with others.", org)
	case name == TextDescription:
		return fmt.Sprintf("De plek waar %s samenwerkt met anderen.", org)
	case name == TextAbout && english:
		return fmt.Sprintf("%s runs this server, %s. People here work in groups with people of other organisations, each on its own server.\n\nQuestions? Write to %s.", org, host, write)
	case name == TextAbout:
		return fmt.Sprintf("%s beheert deze server, %s. Mensen werken hier in groepen samen met mensen van andere organisaties, elk op een eigen server.\n\nVragen? Schrijf naar %s.", org, host, write)
	case name == TextPrivacy:
		return ownPrivacy(html.EscapeString(org), html.EscapeString(write), english)
	}
	return ""
}

func ownPrivacy(org, write string, english bool) string {
	if english {
		return `<p>` + org + ` is responsible for what is kept on this server.</p><h2>What is kept</h2><ul><li>your account: name, e-mail address, profile and settings;</li>
<li>what you write, and the files that you add, until you delete them;</li><li>whom you follow and of which groups you are a member;</li>
<li>the network addresses that you came from, for 90 days, and the days on which you were here, for 100 days.</li></ul>
<h2>Who gets it</h2><p>What you write goes to the servers of those for whom you write it; they keep a copy under their own rules. When you delete something, they are asked to delete it too.
Nothing is sold, and there are no trackers.</p><h2>Your rights</h2><p>You can see, change and delete what is kept about you. Write to ` + write + `. You can complain to the Dutch data protection authority (Autoriteit Persoonsgegevens).</p>`
	}
	return `<p>` + org + ` is verantwoordelijk voor wat op deze server wordt bewaard.</p><h2>Wat er wordt bewaard</h2><ul><li>uw account: naam, e-mailadres, profiel en instellingen;</li>
<li>wat u schrijft en de bestanden die u toevoegt, tot u ze verwijdert;</li><li>wie u volgt en van welke groepen u lid bent;</li>
<li>de netwerkadressen waarvandaan u kwam, 90 dagen lang, en de dagen waarop u hier was, 100 dagen lang.</li></ul>
<h2>Wie het krijgt</h2><p>Wat u schrijft gaat naar de servers van degenen voor wie u schrijft; zij bewaren een kopie volgens hun eigen regels. Als u iets verwijdert, wordt hun gevraagd dat ook te doen.
Er wordt niets verkocht en er wordt niemand gevolgd.</p><h2>Uw rechten</h2><p>U kunt zien, wijzigen en verwijderen wat er over u wordt bewaard. Schrijf naar ` + write + `. U kunt een klacht indienen bij de Autoriteit Persoonsgegevens.</p>`
}
