// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

// Package pleionode_test is the rules of the house that a machine can check.
package pleionode_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// goFile is one Go file of the tree, parsed with its comments.
type goFile struct {
	path string // from the root, with slashes
	pkg  string // its folder; "." is the root
	test bool
	ast  *ast.File
	set  *token.FileSet
}

func (f goFile) imports() []string {
	var all []string
	for _, imp := range f.ast.Imports {
		if p, err := strconv.Unquote(imp.Path.Value); err == nil {
			all = append(all, p)
		}
	}
	return all
}

func (f goFile) where(n ast.Node) string {
	return fmt.Sprintf("%s:%d", f.path, f.set.Position(n.Pos()).Line)
}

// files are the paths of all files that belong to the project: not those that tools or a running node leave behind.
func files(t *testing.T) []string {
	t.Helper()
	all, err := listed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var listed = sync.OnceValues(func() ([]string, error) {
	var all []string
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		p = filepath.ToSlash(p)
		if slices.Contains([]string{".git", ".tools", "node_modules", "data", "bench/results"}, p) || d.Name() == "node_modules" {
			if d.IsDir() {
				return filepath.SkipDir
			}
			return nil // in a git worktree .git is a file
		}
		if d.Type().IsRegular() && p != "pleio-node" && path.Ext(p) != ".test" {
			all = append(all, p)
		}
		return nil
	})
	return all, err
})

// goFiles are the Go files of the tree; testdata is not code of ours.
func goFiles(t *testing.T) []goFile {
	t.Helper()
	all, err := parsed()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var parsed = sync.OnceValues(func() ([]goFile, error) {
	paths, err := listed()
	if err != nil {
		return nil, err
	}
	var all []goFile
	for _, p := range paths {
		if path.Ext(p) != ".go" || strings.Contains("/"+p, "/testdata/") {
			continue
		}
		set := token.NewFileSet()
		f, err := parser.ParseFile(set, p, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		all = append(all, goFile{path: p, pkg: path.Dir(p), test: strings.HasSuffix(p, "_test.go"), ast: f, set: set})
	}
	return all, nil
})

// hasSources reports whether a package has more than tests.
func hasSources(t *testing.T, pkg string) bool {
	t.Helper()
	return slices.ContainsFunc(goFiles(t), func(f goFile) bool { return f.pkg == pkg && !f.test })
}

func read(t *testing.T, p string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(p))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// modulePath is the first line of go.mod.
func modulePath(t *testing.T) string {
	t.Helper()
	line, _, _ := strings.Cut(read(t, "go.mod"), "\n")
	return strings.TrimPrefix(line, "module ")
}
