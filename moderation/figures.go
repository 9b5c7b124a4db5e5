// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package moderation

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pleio-node/pleio-node/auth"
	"github.com/pleio-node/pleio-node/db"
	"github.com/pleio-node/pleio-node/fault"
)

// Week is how much happened on the node in a week.
type Week struct {
	Start                           time.Time
	Statuses, Logins, Registrations int64
}

const weeks = 12

// Activity is what happened in the last twelve weeks, this one first. Weeks begin on Monday, UTC.
func Activity(ctx context.Context, q db.Q) ([]Week, error) {
	today := auth.Day(time.Now())
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	all := make([]Week, weeks)
	for n := range all {
		all[n].Start = monday.AddDate(0, 0, -7*n)
	}
	first := all[weeks-1].Start
	const week = 7 * 24 * 3600 * 1000
	for _, part := range []struct {
		into func(*Week) *int64
		sql  string
	}{
		{func(w *Week) *int64 { return &w.Statuses }, "SELECT (published - $1) / $2, COUNT(*) FROM items WHERE local AND kind <> 'Announce' AND audience <= 1 AND published >= $1 GROUP BY 1"},
		{func(w *Week) *int64 { return &w.Logins }, "SELECT (day - $1) / $2, COUNT(DISTINCT account) FROM active_days WHERE day >= $1 GROUP BY 1"},
		{func(w *Week) *int64 { return &w.Registrations }, "SELECT (created - $1) / $2, COUNT(*) FROM accounts WHERE created >= $1 AND pending = 0 GROUP BY 1"},
	} {
		counts, err := series(ctx, q, part.sql, db.Millis(first), int64(week))
		if err != nil {
			return nil, fmt.Errorf("count activity: %w", err)
		}
		for n, count := range counts {
			if n < weeks {
				*part.into(&all[weeks-1-n]) = count
			}
		}
	}
	return all, nil
}

// series reads rows of a number and a count.
func series(ctx context.Context, q db.Q, sql string, args ...any) (map[int64]int64, error) {
	counts := map[int64]int64{}
	_, err := db.All(ctx, q, func(r db.Scanner) (x struct{}, err error) {
		var n, count int64
		err = r.Scan(&n, &count)
		counts[n] = count
		return x, err
	}, sql, args...)
	return counts, err
}

// Period is the days that figures are about: from the first, before the last.
type Period struct{ From, Until time.Time }

const (
	mostDays = 366
	day      = 24 * 3600 * 1000
)

// NewPeriod makes a period of whole days of two moments, both included; it is at most a year.
func NewPeriod(from, until time.Time) (Period, error) {
	p := Period{auth.Day(from), auth.Day(until).AddDate(0, 0, 1)}
	if !p.From.Before(p.Until) || p.Days() > mostDays {
		return p, fault.Say(fault.Invalid, "Validation failed: end_at must be at most a year after start_at")
	}
	return p, nil
}

// Days is how many there are.
func (p Period) Days() int { return int(p.Until.Sub(p.From).Hours() / 24) }

func (p Period) before() Period {
	return Period{p.From.AddDate(0, 0, -p.Days()), p.From}
}

// Measure is how often something happened, day by day.
type Measure struct {
	Key             string
	Total, Previous int64 // in the period, and in the one before
	Counts          []int64
}

// of is the time at which a row was made, in its id.
const of = "(id >> 16)"

// measures say where each is counted: $1 is the first moment, $2 the length of a day, $3 the end, $4 (when there is a %s in the
// name) the hashtag or the domain.
var measures = map[string]string{
	"active_users":     "SELECT (day - $1) / $2, COUNT(*) FROM active_days WHERE day >= $1 AND day < $3 GROUP BY 1",
	"new_users":        "SELECT (created - $1) / $2, COUNT(*) FROM accounts WHERE created >= $1 AND created < $3 GROUP BY 1",
	"opened_reports":   "SELECT (" + of + " - $1) / $2, COUNT(*) FROM reports WHERE target > 0 AND " + of + " >= $1 AND " + of + " < $3 GROUP BY 1",
	"resolved_reports": `SELECT (resolved - $1) / $2, COUNT(*) FROM reports WHERE target > 0 AND resolved >= $1 AND resolved < $3 GROUP BY 1`,
	"interactions": `SELECT n, COUNT(*) FROM (
		SELECT ((v.id >> 16) - $1) / $2 AS n FROM votes v JOIN items i ON i.id = v.item AND i.local WHERE v.kind IN ('like', 'emoji') AND v.id >= CAST($1 AS BIGINT) * 65536 AND v.id < CAST($3 AS BIGINT) * 65536
		UNION ALL SELECT (b.created - $1) / $2 AS n FROM items b JOIN items i ON i.local AND i.id = b.boost_of WHERE b.boost_of > 0 AND b.grp <> b.author AND b.created >= $1 AND b.created < $3
		UNION ALL SELECT (r.created - $1) / $2 AS n FROM items r JOIN items i ON i.local AND i.id = r.reply_to WHERE r.reply_to > 0 AND r.created >= $1 AND r.created < $3) u GROUP BY n`,

	"tag_accounts": tagged("COUNT(DISTINCT i.author)"),
	"tag_uses":     tagged("COUNT(*)"),
	"tag_servers":  tagged("COUNT(DISTINCT a.host)"),

	"instance_accounts": "SELECT (" + of + " - $1) / $2, COUNT(*) FROM actors WHERE host = $4 AND deleted = 0 AND " + of + " >= $1 AND " + of + " < $3 GROUP BY 1",
	"instance_media_attachments": `SELECT ((f.id >> 16) - $1) / $2, COUNT(*) FROM actors a JOIN files f ON f.owner = a.id WHERE a.host = $4 AND f.item > 0
		AND f.id >= CAST($1 AS BIGINT) * 65536 AND f.id < CAST($3 AS BIGINT) * 65536 GROUP BY 1`,
	"instance_reports": `SELECT ((r.id >> 16) - $1) / $2, COUNT(*) FROM reports r JOIN actors a ON a.id = r.target WHERE a.host = $4
		AND r.id >= CAST($1 AS BIGINT) * 65536 AND r.id < CAST($3 AS BIGINT) * 65536 GROUP BY 1`,
	"instance_statuses": `SELECT (i.published - $1) / $2, COUNT(*) FROM actors a JOIN items i ON i.author = a.id WHERE a.host = $4 AND i.boost_of = 0
		AND i.published >= $1 AND i.published < $3 GROUP BY 1`,
	"instance_follows":   followed("r.object", "r.subject"),
	"instance_followers": followed("r.subject", "r.object"),
}

func tagged(count string) string {
	return "SELECT (i.published - $1) / $2, " + count + ` FROM tags t JOIN items i ON i.id = t.item JOIN actors a ON a.id = i.author
		WHERE t.name = $4 AND i.audience = 0 AND i.hidden = 0 AND i.published >= $1 AND i.published < $3 GROUP BY 1`
}

// followed counts relations between actors of a host and ours.
func followed(theirs, ours string) string {
	return "SELECT (r.since - $1) / $2, COUNT(*) FROM actors a JOIN relations r ON " + theirs + " = a.id JOIN actors o ON o.id = " + ours + ` AND o.local
		WHERE a.host = $4 AND r.state = 'active' AND r.since >= $1 AND r.since < $3 GROUP BY 1`
}

// MeasureOf counts one thing. Subject is the hashtag or the domain that it is about, where it is about one.
func MeasureOf(ctx context.Context, q db.Q, key, subject string, p Period) (Measure, error) {
	m := Measure{Key: key, Counts: make([]int64, p.Days())}
	sql, known := measures[key]
	if !known {
		return m, fault.Say(fault.Invalid, "Validation failed: there is no measure %q", key)
	}
	for _, of := range []struct {
		Period
		total *int64
	}{{p, &m.Total}, {p.before(), &m.Previous}} {
		args := []any{db.Millis(of.From), int64(day), db.Millis(of.Until)}
		if strings.Contains(sql, "$4") {
			args = append(args, subject)
		}
		counts, err := series(ctx, q, sql, args...)
		if err != nil {
			return m, fmt.Errorf("measure %s: %w", key, err)
		}
		for n, count := range counts {
			*of.total += count
			if of.Period == p && n >= 0 && n < int64(len(m.Counts)) {
				m.Counts[n] = count
			}
		}
		if key == "active_users" { // the same people on many days
			if *of.total, err = db.One(ctx, q, db.Scalar[int64], "SELECT COUNT(DISTINCT account) FROM active_days WHERE day >= $1 AND day < $2", args[0], args[2]); err != nil {
				return m, fmt.Errorf("measure %s: %w", key, err)
			}
		}
	}
	return m, nil
}

// Part is one of the things that something consists of.
type Part struct {
	Key, Name string
	Value     int64
	Text      string // instead of a number, where it is none
	Unit      string
}

// dimensions say what each consists of, with the largest first: $1 is the beginning, $2 the end, $3 the most, $4 the
// hashtag or the domain.
var dimensions = map[string]string{
	"languages": `SELECT CASE WHEN c.locale = '' THEN 'und' ELSE c.locale END, COUNT(*) FROM accounts c WHERE EXISTS
		(SELECT 1 FROM active_days d WHERE d.account = c.actor AND d.day >= $1 AND d.day < $2) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3`,
	"sources": `SELECT COALESCE(p.name, 'web'), COUNT(*) FROM accounts c LEFT JOIN apps p ON p.id = c.made_by WHERE c.created >= $1 AND c.created < $2
		GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3`,
	"servers": `SELECT a.host, COUNT(*) FROM items i JOIN actors a ON a.id = i.author WHERE i.published >= $1 AND i.published < $2 AND i.boost_of = 0
		GROUP BY a.host ORDER BY 2 DESC, 1 LIMIT $3`,
	"tag_servers": `SELECT a.host, COUNT(*) FROM tags t JOIN items i ON i.id = t.item JOIN actors a ON a.id = i.author
		WHERE t.name = $4 AND i.audience = 0 AND i.hidden = 0 AND i.published >= $1 AND i.published < $2 GROUP BY a.host ORDER BY 2 DESC, 1 LIMIT $3`,
	"tag_languages": `SELECT CASE WHEN i.language = '' THEN 'und' ELSE i.language END, COUNT(*) FROM tags t JOIN items i ON i.id = t.item
		WHERE t.name = $4 AND i.audience = 0 AND i.hidden = 0 AND i.published >= $1 AND i.published < $2 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3`,
	"instance_accounts": `SELECT a.name, a.followers_count FROM actors a WHERE a.host = $4 AND a.deleted = 0 AND CAST($1 AS BIGINT) < CAST($2 AS BIGINT)
		ORDER BY 2 DESC, 1 LIMIT $3`,
	"instance_languages": `SELECT CASE WHEN i.language = '' THEN 'und' ELSE i.language END, COUNT(*) FROM actors a JOIN items i ON i.author = a.id
		WHERE a.host = $4 AND i.published >= $1 AND i.published < $2 AND i.boost_of = 0 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT $3`,
}

// DimensionOf tells what something consists of.
func DimensionOf(ctx context.Context, q db.Q, key, subject string, p Period, limit int) ([]Part, error) {
	sql, known := dimensions[key]
	if !known {
		return nil, fault.Say(fault.Invalid, "Validation failed: there is no dimension %q", key)
	}
	args := []any{db.Millis(p.From), db.Millis(p.Until), limit}
	if strings.Contains(sql, "$4") {
		args = append(args, subject)
	}
	list, err := db.All(ctx, q, func(r db.Scanner) (x Part, err error) {
		err = r.Scan(&x.Key, &x.Value)
		x.Name = x.Key
		return x, err
	}, sql, args...)
	if err != nil {
		return nil, fmt.Errorf("find the parts of %s: %w", key, err)
	}
	return list, nil
}

// SoftwareVersions are the programs that the node consists of.
func SoftwareVersions(ctx context.Context, d *db.DB, node, language string) ([]Part, error) {
	name, sql := "SQLite", "SELECT sqlite_version()"
	if d.Postgres() {
		name, sql = "PostgreSQL", "SELECT current_setting('server_version')"
	}
	version, err := db.One(ctx, d, db.Scalar[string], sql)
	if err != nil {
		return nil, fmt.Errorf("ask the database for its version: %w", err)
	}
	return []Part{{Key: "pleio-node", Name: "pleio-node", Text: node}, {Key: "go", Name: "Go", Text: language}, {Key: strings.ToLower(name), Name: name, Text: version}}, nil
}

// SpaceUsage is how many bytes the database and the files of our people take.
func SpaceUsage(ctx context.Context, d *db.DB) ([]Part, error) {
	sql := "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
	if d.Postgres() {
		sql = "SELECT pg_database_size(current_database())"
	}
	database, err := db.One(ctx, d, db.Scalar[int64], sql)
	if err != nil {
		return nil, fmt.Errorf("measure the database: %w", err)
	}
	files, err := db.One(ctx, d, db.Scalar[int64], "SELECT COALESCE(CAST(SUM(size) AS BIGINT), 0) FROM files WHERE path <> ''")
	if err != nil {
		return nil, fmt.Errorf("measure the files: %w", err)
	}
	return []Part{{Key: "database", Name: "Database", Value: database, Unit: "bytes"}, {Key: "media", Name: "Media", Value: files, Unit: "bytes"}}, nil
}

// Cohort is the people who came in one day or month, and how many of them were here in each later one.
type Cohort struct {
	Start  time.Time
	Counts []Kept
}

// Kept is how many of a cohort were here in a period.
type Kept struct {
	Start time.Time
	Count int64
	Rate  float64
}

const mostCohorts = 31

// Retention tells of those who came in each day or month of a period how many came back. It knows the days of the last
// hundred days only.
func Retention(ctx context.Context, q db.Q, p Period, monthly bool) ([]Cohort, error) {
	start := func(t time.Time) time.Time {
		if monthly {
			return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
		}
		return auth.Day(t)
	}
	next := func(t time.Time) time.Time {
		if monthly {
			return t.AddDate(0, 1, 0)
		}
		return t.AddDate(0, 0, 1)
	}
	var starts []time.Time
	for t := start(p.From); t.Before(p.Until); t = next(t) {
		starts = append(starts, t)
	}
	if len(starts) > mostCohorts {
		return nil, fault.Say(fault.Invalid, "Validation failed: that is more than %d cohorts", mostCohorts)
	}
	at := func(ms int64) int { // the last that begins before
		n, found := slices.BinarySearchFunc(starts, db.FromMillis(ms), time.Time.Compare)
		if !found {
			n--
		}
		return n
	}
	all := make([]Cohort, len(starts))
	sizes := make([]int64, len(starts))
	for n, t := range starts {
		all[n].Start = t
		for _, later := range starts[n:] {
			all[n].Counts = append(all[n].Counts, Kept{Start: later})
		}
	}
	from, until := db.Millis(starts[0]), db.Millis(next(starts[len(starts)-1]))
	created, err := series(ctx, q, "SELECT actor, created FROM accounts WHERE created >= $1 AND created < $2 AND pending = 0", from, until)
	if err != nil {
		return nil, fmt.Errorf("find cohorts: %w", err)
	}
	for _, ms := range created {
		sizes[at(ms)]++
	}
	type here struct{ account, day int64 }
	days, err := db.All(ctx, q, func(r db.Scanner) (h here, err error) { return h, r.Scan(&h.account, &h.day) },
		"SELECT d.account, d.day FROM active_days d JOIN accounts c ON c.actor = d.account WHERE c.created >= $1 AND c.created < $2 AND d.day >= $1 AND d.day < $2 AND c.pending = 0", from, until)
	if err != nil {
		return nil, fmt.Errorf("find who came back: %w", err)
	}
	counted := map[string]bool{}
	for _, h := range days {
		cohort, later := at(created[h.account]), at(h.day)
		if word := strconv.FormatInt(h.account, 10) + " " + strconv.Itoa(later); later >= cohort && !counted[word] {
			counted[word] = true
			all[cohort].Counts[later-cohort].Count++
		}
	}
	for n := range all {
		for k := range all[n].Counts {
			if sizes[n] > 0 {
				all[n].Counts[k].Rate = float64(all[n].Counts[k].Count) / float64(sizes[n])
			}
		}
	}
	return all, nil
}
