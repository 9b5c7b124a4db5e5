// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package content

import (
	"context"
	"regexp"
	"slices"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/media"
)

// maxEmojis is how many different ones a post or a profile shows; others read no more than that.
const maxEmojis = 50

var emojiName = regexp.MustCompile(`:([A-Za-z0-9_]{2,64}):`)

// emojiNames are the names between colons in texts, each once. A colon may end one name and begin the next.
func emojiNames(texts []string) []string {
	var names []string
	for _, text := range texts {
		for at := emojiName.FindStringSubmatchIndex(text); at != nil && len(names) < maxEmojis; at = emojiName.FindStringSubmatchIndex(text) {
			if name := text[at[2]:at[3]]; !slices.Contains(names, name) {
				names = append(names, name)
			}
			text = text[at[3]:]
		}
	}
	return names
}

// Emojis are the emojis of this node that texts of ours use.
func (l *Library) Emojis(ctx context.Context, q db.Q, texts ...string) ([]actors.Emoji, error) {
	names := emojiNames(texts)
	if len(names) == 0 {
		return nil, nil
	}
	found, err := media.Emojis(ctx, q, names...)
	if err != nil {
		return nil, err
	}
	var all []actors.Emoji
	for _, e := range found {
		one := actors.Emoji{Name: e.Name}
		if one.URL, one.Static = l.Media.EmojiURLs(e); one.Static == one.URL {
			one.Static = ""
		}
		all = append(all, one)
	}
	return all, nil
}

// ProfileEmojis are the emojis of this node that a profile of ours uses.
func (l *Library) ProfileEmojis(ctx context.Context, q db.Q, a *actors.Actor) ([]actors.Emoji, error) {
	texts := []string{a.Title, plain(a.Summary)}
	for _, f := range a.Fields {
		texts = append(texts, f.Name, plain(f.Value))
	}
	return l.Emojis(ctx, q, texts...)
}

// EmojisIn are those of some emojis whose names are in texts.
func EmojisIn(emojis []actors.Emoji, texts ...string) []actors.Emoji {
	if len(emojis) == 0 {
		return nil
	}
	names := emojiNames(texts)
	return slices.DeleteFunc(slices.Clone(emojis), func(e actors.Emoji) bool { return !slices.Contains(names, e.Name) })
}
