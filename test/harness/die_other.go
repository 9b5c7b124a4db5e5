// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

//go:build !linux

package harness

import "syscall"

// dieWithUs does nothing where the system cannot do it: a test that panics leaves its nodes running.
func dieWithUs() *syscall.SysProcAttr { return nil }
