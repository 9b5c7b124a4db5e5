// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package db

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// column, index and reference are rows of either engine's catalogue.
type column struct {
	table, name, kind, standard string
	required                    bool
	key                         int64 // place in the primary key, from 1; 0: none
}

type index struct {
	table, name, columns string
	unique, partial      bool
}

type reference struct{ table, column, to, toColumn, onDelete string }

// Schema describes the tables and indexes of the database in one text that is the same for both engines: a BOOLEAN is
// an INTEGER as SQLite has it, of a partial index only that it is one is told, and an index over an expression says so. What only
// one engine can have (virtual tables, triggers, generated columns) is left out.
func (d *DB) Schema(ctx context.Context) (string, error) {
	columnsOf, indexesOf, referencesOf := sqliteColumns, sqliteIndexes, sqliteReferences
	if d.postgres {
		columnsOf, indexesOf, referencesOf = postgresColumns, postgresIndexes, postgresReferences
	}
	columns, err := All(ctx, d, func(s Scanner) (c column, err error) {
		err = s.Scan(&c.table, &c.name, &c.kind, &c.required, &c.standard, &c.key)
		return c, err
	}, columnsOf)
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	indexes, err := All(ctx, d, func(s Scanner) (i index, err error) {
		err = s.Scan(&i.table, &i.name, &i.unique, &i.partial, &i.columns)
		return i, err
	}, indexesOf)
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	references, err := All(ctx, d, func(s Scanner) (r reference, err error) {
		err = s.Scan(&r.table, &r.column, &r.to, &r.toColumn, &r.onDelete)
		return r, err
	}, referencesOf)
	if err != nil {
		return "", fmt.Errorf("read the schema: %w", err)
	}
	return describe(columns, indexes, references), nil
}

func describe(columns []column, indexes []index, references []reference) string {
	lines := map[string][]string{} // of each table
	keys := map[string][]column{}
	for _, c := range columns {
		line := c.name + " " + kind(c.kind)
		if c.required || c.key > 0 {
			line += " NOT NULL"
		}
		if c.standard != "" {
			line += " DEFAULT " + standard(c.standard)
		}
		lines[c.table] = append(lines[c.table], "\t"+line)
		if c.key > 0 {
			keys[c.table] = append(keys[c.table], c)
		}
	}
	for table, key := range keys {
		slices.SortFunc(key, func(a, b column) int { return int(a.key - b.key) })
		names := make([]string, len(key))
		for i, c := range key {
			names[i] = c.name
		}
		lines[table] = append(lines[table], "\tPRIMARY KEY ("+strings.Join(names, ", ")+")")
	}
	var more []string
	for _, r := range references {
		line := fmt.Sprintf("\t%s REFERENCES %s (%s)", r.column, r.to, r.toColumn)
		if r.onDelete != "NO ACTION" {
			line += " ON DELETE " + r.onDelete
		}
		lines[r.table] = append(lines[r.table], line)
	}
	for _, i := range indexes {
		line := fmt.Sprintf("INDEX %s ON %s (%s)", i.name, i.table, i.columns)
		if i.unique {
			line = "UNIQUE " + line
		}
		if i.partial {
			line += " partial"
		}
		more = append(more, line)
	}
	var out strings.Builder
	tables := make([]string, 0, len(lines))
	for table := range lines {
		tables = append(tables, table)
	}
	slices.Sort(tables)
	for _, table := range tables {
		// In the order of names: columns added later stand last in one engine and wherever they were written in a new database.
		slices.SortStableFunc(lines[table], strings.Compare)
		fmt.Fprintf(&out, "TABLE %s\n%s\n", table, strings.Join(lines[table], "\n"))
	}
	slices.Sort(more)
	for _, line := range more {
		fmt.Fprintln(&out, line)
	}
	return out.String()
}

func kind(k string) string {
	switch strings.ToLower(k) {
	case "bigint", "boolean", "integer":
		return "INTEGER"
	case "bytea", "blob":
		return "BLOB"
	case "double precision", "real":
		return "REAL"
	}
	return strings.ToUpper(k)
}

var (
	cast       = regexp.MustCompile(`::[a-z ]+$`)
	castNumber = regexp.MustCompile(`^'([-0-9.]+)'::(bigint|integer|double precision)$`)
)

// standard is a default value without what PostgreSQL adds to it.
func standard(s string) string {
	s = castNumber.ReplaceAllString(s, "$1")
	s = strings.Trim(cast.ReplaceAllString(s, ""), "()")
	switch strings.ToUpper(s) {
	case "FALSE":
		return "FALSE"
	case "TRUE":
		return "TRUE"
	}
	return s
}

const (
	sqliteColumns = `SELECT t.name, c.name, c.type, c."notnull", COALESCE(c.dflt_value, ''), c.pk
		FROM pragma_table_list t JOIN pragma_table_xinfo(t.name) c ON c.hidden = 0
		WHERE t.type = 'table' AND t.schema = 'main' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'`
	sqliteIndexes = `SELECT t.name, i.name, i."unique", i.partial,
			(SELECT group_concat(CASE WHEN x.cid = -2 THEN 'expression' ELSE x.name END || CASE WHEN x."desc" THEN ' DESC' ELSE '' END, ', ')
			FROM pragma_index_xinfo(i.name) x WHERE x.key)
		FROM pragma_table_list t JOIN pragma_index_list(t.name) i ON i.origin = 'c' WHERE t.type = 'table' AND t.schema = 'main'
		UNION ALL SELECT t.name, '', TRUE, FALSE, (SELECT group_concat(x.name, ', ') FROM pragma_index_info(i.name) x)
		FROM pragma_table_list t JOIN pragma_index_list(t.name) i ON i.origin = 'u' WHERE t.type = 'table' AND t.schema = 'main'`
	sqliteReferences = `SELECT t.name, f."from", f."table", COALESCE(f."to", 'id'), f.on_delete
		FROM pragma_table_list t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table' AND t.schema = 'main'`

	postgresColumns = `SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
			COALESCE(pg_get_expr(e.adbin, e.adrelid), ''), COALESCE(array_position(k.indkey::int2[], a.attnum) + 1, 0)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
		LEFT JOIN pg_attrdef e ON e.adrelid = c.oid AND e.adnum = a.attnum
		LEFT JOIN pg_index k ON k.indrelid = c.oid AND k.indisprimary
		WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`
	postgresIndexes = `SELECT c.relname, CASE WHEN u.oid IS NULL THEN n.relname ELSE '' END, i.indisunique, i.indpred IS NOT NULL,
			(SELECT string_agg(CASE WHEN i.indkey[p - 1] = 0 THEN 'expression' ELSE trim(both '"' from pg_get_indexdef(i.indexrelid, p, TRUE)) END ||
				CASE WHEN i.indoption[p - 1] & 1 = 1 THEN ' DESC' ELSE '' END, ', ' ORDER BY p) FROM generate_series(1, i.indnkeyatts) p)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class n ON n.oid = i.indexrelid JOIN pg_am m ON m.oid = n.relam
		LEFT JOIN pg_constraint u ON u.conindid = i.indexrelid AND u.contype = 'u'
		WHERE NOT i.indisprimary AND m.amname = 'btree' AND c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace`
	postgresReferences = `SELECT c.relname, a.attname, r.relname, b.attname,
			CASE f.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'c' THEN 'CASCADE' WHEN 'n' THEN 'SET NULL' WHEN 'r' THEN 'RESTRICT' ELSE 'SET DEFAULT' END
		FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class r ON r.oid = f.confrelid
		CROSS JOIN LATERAL unnest(f.conkey, f.confkey) AS p (n, m)
		JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.n JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = p.m
		WHERE f.contype = 'f' AND c.relnamespace = current_schema()::regnamespace`
)
