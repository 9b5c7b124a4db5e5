// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pleio-node/pleio-node/actors"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Rule is a rule of the node, in Dutch unless translated.
type Rule struct {
	ID           int64               `json:"id"`
	Text         string              `json:"text"`
	Hint         string              `json:"hint"`
	Translations map[string]RuleText `json:"translations"`
}

// RuleText is a rule in another language.
type RuleText struct {
	Text string `json:"text"`
	Hint string `json:"hint"`
}

func scanRule(r db.Scanner) (x Rule, err error) {
	var translations string
	if err = r.Scan(&x.ID, &x.Text, &x.Hint, &translations); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(translations), &x.Translations)
}

const ruleColumns = "SELECT id, text, hint, translations FROM rules"

// Rules are the rules that hold, in their order.
func Rules(ctx context.Context, q db.Q) ([]Rule, error) {
	list, err := db.All(ctx, q, scanRule, ruleColumns+" WHERE deleted = 0 ORDER BY position, id")
	if err != nil {
		return nil, fmt.Errorf("list rules: %w", err)
	}
	return list, nil
}

// RulesByID are those with the numbers, also when they hold no more.
func RulesByID(ctx context.Context, q db.Q, ids []int64) ([]Rule, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	marks, args := db.In(nil, ids)
	list, err := db.All(ctx, q, scanRule, ruleColumns+" WHERE id IN ("+marks+") ORDER BY position, id", args...)
	if err != nil {
		return nil, fmt.Errorf("load rules: %w", err)
	}
	return list, nil
}

// AddRule puts a rule behind the others; with an id it changes the text of that one, or translates it.
func (m *Moderation) AddRule(ctx context.Context, by By, id int64, language, words, hint string) (int64, error) {
	words, hint = actors.CleanText(words, 500), actors.CleanText(hint, 1000)
	if words == "" {
		return 0, fault.Say(fault.Invalid, "A rule needs words.")
	}
	err := m.DB.Tx(ctx, func(tx *db.Tx) error {
		if id == 0 {
			if language != "" && language != "nl" {
				return fault.Say(fault.Invalid, "Write the rule in Dutch first, and translate it by its number.")
			}
			id = m.DB.NewID()
			if _, err := tx.Exec(ctx, "INSERT INTO rules (id, position, text, hint, created) VALUES ($1, $1, $2, $3, $4)", id, words, hint, db.Millis(time.Now())); err != nil {
				return fmt.Errorf("add rule: %w", err)
			}
			return m.note(ctx, tx, by, "rule.add", fmt.Sprint(id), words)
		}
		known, err := RulesByID(ctx, tx, []int64{id})
		if err != nil {
			return err
		}
		if len(known) == 0 {
			return fault.Say(fault.NotFound, "There is no rule %d.", id)
		}
		r := known[0]
		if language == "" || language == "nl" {
			r.Text, r.Hint = words, hint
		} else {
			r.Translations[language] = RuleText{words, hint}
		}
		translations, err := json.Marshal(r.Translations)
		if err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "UPDATE rules SET text = $1, hint = $2, translations = $3 WHERE id = $4", r.Text, r.Hint, string(translations), id); err != nil {
			return fmt.Errorf("change rule %d: %w", id, err)
		}
		return m.note(ctx, tx, by, "rule.change", fmt.Sprint(id), words)
	})
	return id, err
}

// RemoveRule ends a rule; reports that name it still show it.
func (m *Moderation) RemoveRule(ctx context.Context, by By, id int64) error {
	return m.DB.Tx(ctx, func(tx *db.Tx) error {
		res, err := tx.Exec(ctx, "UPDATE rules SET deleted = $1 WHERE id = $2 AND deleted = 0", db.Millis(time.Now()), id)
		if err != nil {
			return fmt.Errorf("remove rule %d: %w", id, err)
		}
		if n, _ := res.RowsAffected(); n == 0 {
			return fault.Say(fault.NotFound, "There is no rule %d.", id)
		}
		return m.note(ctx, tx, by, "rule.remove", fmt.Sprint(id), "")
	})
}
