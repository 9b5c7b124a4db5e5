-- SPDX-FileCopyrightText: 2026 The pleio-node authors
-- SPDX-License-Identifier: EUPL-1.2

-- migration 1: settings

CREATE TABLE settings (
	name TEXT PRIMARY KEY,
	value TEXT NOT NULL
);
