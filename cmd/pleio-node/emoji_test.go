// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package main

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestEmojiCommands(t *testing.T) {
	dir := t.TempDir()
	quick(t, dir)
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gouda.png"), picture.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	if out := ok(t, dir, "emoji", "add", ":gouda:", "gouda.png", "--data", "d", "--category", "Gemeenten"); !strings.Contains(out, "People can type :gouda: now.") {
		t.Errorf("emoji add: %s", out)
	}
	if out := ok(t, dir, "emoji", "list", "--data", "d", "--json"); !strings.Contains(out, `"category": "Gemeenten"`) && !strings.Contains(out, `"category":"Gemeenten"`) || !strings.Contains(out, ".png") {
		t.Errorf("emoji list: %s", out)
	}
	ok(t, dir, "emoji", "remove", "gouda", "--data", "d")
	if out := ok(t, dir, "emoji", "list", "--data", "d"); strings.Contains(out, "gouda") {
		t.Errorf("it is still there: %s", out)
	}
}
