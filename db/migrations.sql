-- SPDX-FileCopyrightText: 2026 The pleio-node authors
-- SPDX-License-Identifier: EUPL-1.2

-- migration 1: settings

CREATE TABLE settings (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
);

CREATE TABLE jobs (
	id BIGINT PRIMARY KEY,
	kind TEXT NOT NULL,
	unique_key TEXT, -- NULL: none, or it runs, or it failed
	payload BYTEA NOT NULL,
	run_at BIGINT NOT NULL, -- while it runs: the end of its lease; when it failed: its removal
	tries BIGINT NOT NULL DEFAULT 0,
	error TEXT NOT NULL DEFAULT '',
	failed BOOLEAN NOT NULL DEFAULT FALSE,
	created BIGINT NOT NULL
);
CREATE UNIQUE INDEX jobs_key ON jobs (kind, unique_key);
CREATE INDEX jobs_due ON jobs (run_at);
