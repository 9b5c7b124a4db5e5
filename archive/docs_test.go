// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package archive

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/pleio-node/pleio-node/actors"
)

// docs/group-archive.md names each part, each field and each limit.
func TestTheFormatIsDocumented(t *testing.T) {
	b, err := os.ReadFile(filepath.Join("..", "docs", "group-archive.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, kind := range []string{kindActor, kindMember, kindEntry, kindPost, kindVersion, kindReaction, kindDecision} {
		if !strings.Contains(text, "| `"+numbered(kind, 1)+"` … |") {
			t.Errorf("the part %s is not documented", numbered(kind, 1))
		}
	}
	for _, part := range []string{manifestPart, groupPart, settingsPart, sumsPart, filesFolder} {
		if !strings.Contains(text, "`"+part+"`") {
			t.Errorf("the part %s is not documented", part)
		}
	}
	for _, of := range []any{Manifest{}, Home{}, State{}, Counts{}, settings{}, actors.Settings{}, member{}, entry{}, post{}, former{}, file{}, reaction{}, decision{}} {
		v := reflect.TypeOf(of)
		for n := range v.NumField() {
			name, _, _ := strings.Cut(v.Field(n).Tag.Get("json"), ",")
			if name == "" || !strings.Contains(text, "`"+name+"`") {
				t.Errorf("the field %s of %s is not documented", name, v.Name())
			}
		}
	}
	for _, words := range []string{"`" + format + "`, `1`", "a line at most 16 MiB", "a document 64 MiB", "a file 99 MiB", "100 times the size of the archive and 64 MiB more", "`" + sealWord + "` and 64 hexadecimal digits"} {
		if !strings.Contains(text, words) {
			t.Errorf("the page lacks %q", words)
		}
	}
	if version != 1 || maxLine != 16<<20 || maxPart != 64<<20 || maxFile != 99<<20 || maxUnpacked != 100 || spare != 64<<20 || sealDigest != 64 {
		t.Error("the limits are not those of the page")
	}
}
