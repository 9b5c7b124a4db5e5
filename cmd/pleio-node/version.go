// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"runtime"
	"runtime/debug"

	"github.com/pleio-node/pleio-node/node"
)

type version struct{ listing }

func (version) Help() string {
	return `Examples:

    pleio-node version
    pleio-node version --json`
}

// Run prints the version.
func (c *version) Run(p *program) error {
	v := struct {
		Version  string `json:"version"`
		Revision string `json:"revision"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{Version: node.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				v.Revision = s.Value
			}
		}
	}
	if c.JSON {
		return p.json(v)
	}
	p.say("pleio-node %s (%s, %s) %s", v.Version, v.Go, v.Platform, v.Revision)
	return nil
}
