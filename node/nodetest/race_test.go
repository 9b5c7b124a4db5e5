// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

//go:build race

package nodetest

// raced tells that the race detector makes everything several times slower.
const raced = true
