// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package vocab

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const dashes = "\n----------\n"

// TestGolden reads testdata/*.txt: a document as another server sends it, dashes, what we read in it, dashes,
// and what we write when we say the same.
func TestGolden(t *testing.T) {
	for file := range inputs(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			input, want, _ := strings.Cut(string(text), dashes)
			d, err := Decode([]byte(input))
			if err != nil {
				t.Fatal(err)
			}
			checkRaw(t, []byte(input), reflect.ValueOf(d))
			strip(reflect.ValueOf(&d).Elem())
			var got strings.Builder
			dump(&got, "", reflect.ValueOf(d))
			encoded, err := Encode(d)
			if err != nil {
				t.Fatal(err)
			}
			var indented bytes.Buffer
			if err := json.Indent(&indented, encoded, "", " "); err != nil {
				t.Fatal(err)
			}
			result := strings.TrimSuffix(got.String(), "\n") + dashes + indented.String() + "\n"
			if *update {
				if err := os.WriteFile(file, []byte(strings.TrimSuffix(input, "\n")+dashes+result), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, result); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			again, err := Decode(encoded)
			if err != nil {
				t.Fatal("what we wrote cannot be read:", err)
			}
			strip(reflect.ValueOf(&again).Elem())
			if diff := cmp.Diff(d, again); diff != "" {
				t.Errorf("writing loses something: -read +written and read:\n%s", diff)
			}
		})
	}
}

// inputs returns the documents of all golden files.
func inputs(t testing.TB) map[string][]byte {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no golden files", err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		input, _, _ := strings.Cut(string(text), dashes)
		all[file] = []byte(input)
	}
	return all
}

// dump writes every field that is set, one a line.
func dump(w *strings.Builder, path string, v reflect.Value) {
	switch x := v.Interface().(type) {
	case time.Time:
		fmt.Fprintf(w, "%s = %s\n", path, x.Format(time.RFC3339Nano))
		return
	case json.RawMessage:
		fmt.Fprintf(w, "%s = %s\n", path, x)
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		dump(w, path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if v.Field(i).IsZero() {
				continue
			}
			name := path + "." + f.Name
			if path == "" {
				name = f.Name
			} else if f.Anonymous {
				name = path
			}
			dump(w, name, v.Field(i))
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			dump(w, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.String:
		fmt.Fprintf(w, "%s = %q\n", path, v.String())
	default:
		fmt.Fprintf(w, "%s = %v\n", path, v.Interface())
	}
}

// strip removes the bytes as received from all documents in v.
func strip(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			strip(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			strip(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name == "Raw" {
				v.Field(i).SetZero()
			} else {
				strip(v.Field(i))
			}
		}
	}
}

// checkRaw fails when the bytes kept of a document or of an embedded one are not those of the input.
func checkRaw(t *testing.T, input []byte, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			checkRaw(t, input, v.Elem())
		}
	case reflect.Slice:
		if raw, ok := v.Interface().(json.RawMessage); ok {
			if raw != nil && (!bytes.Contains(input, raw) || !json.Valid(raw)) {
				t.Errorf("kept bytes that are not in the input: %s", raw)
			}
			return
		}
		for i := range v.Len() {
			checkRaw(t, input, v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			checkRaw(t, input, v.Field(i))
		}
	}
}
