// SPDX-FileCopyrightText: 2026 The pleio-node authors
// SPDX-License-Identifier: EUPL-1.2

package pleionode_test

import (
	"go/ast"
	"strings"
	"testing"
)

// lines are the storeys of the house, the lowest first. A package imports only what stands on a lower line, or what lies
// inside its own folder. A folder that is not named here belongs to the nearest one above it.
var lines = [][]string{
	{"fault", "locale"},
	{"federation", "db"},
	{"federation/vocab", "jobs"},
	{"actors", "media"},
	{"content"},
	{"timeline"},
	{"outbox", "auth"},
	{"moderation", "archive"},
	{"inbox"},
	{"api", "web"},
	{"node"},
	{"node/nodetest"},
	{"cmd", "scripts", "test"},
	{"bench"},
}

// owners says who alone may import a module: the rest of the house does not know it.
var owners = []struct{ module, owner string }{
	{"github.com/go-fed/activity", "federation/vocab"},
	{"github.com/go-fed/httpsig", "federation"},
	{"github.com/jackc/pgx/v5", "db"},
	{"modernc.org/sqlite", "db"},
}

// entry finds the folder of lines that a package belongs to, and its rank; rank -1 means that it has no place yet.
func entry(pkg string) (string, int) {
	best, rank := "", -1
	for i, line := range lines {
		for _, name := range line {
			if within(pkg, name) && len(name) > len(best) {
				best, rank = name, i
			}
		}
	}
	return best, rank
}

func within(pkg, folder string) bool {
	return pkg == folder || strings.HasPrefix(pkg, folder+"/")
}

func TestEveryPackageHasItsPlace(t *testing.T) {
	for _, f := range goFiles(t) {
		if _, rank := entry(f.pkg); rank < 0 && f.pkg != "." {
			t.Errorf("%s: package %s is on no line of arch_test.go; say where it stands", f.path, f.pkg)
		}
	}
}

// Test files may look up: a test of inbox runs whole nodes. The compiler refuses real circles.
func TestNobodyImportsUpward(t *testing.T) {
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		own, rank := entry(f.pkg)
		for _, imp := range f.imports() {
			pkg, ours := strings.CutPrefix(imp, modulePath(t)+"/")
			if !ours {
				continue
			}
			other, otherRank := entry(pkg)
			if other != own && otherRank >= rank {
				t.Errorf("%s: %s imports %s, which does not stand below it", f.path, f.pkg, pkg)
			}
		}
	}
}

func TestModulesWithOneOwner(t *testing.T) {
	for _, f := range goFiles(t) {
		own, _ := entry(f.pkg)
		for _, imp := range f.imports() {
			for _, o := range owners {
				if within(imp, o.module) && own != o.owner {
					t.Errorf("%s: only %s imports %s", f.path, o.owner, o.module)
				}
			}
		}
	}
}

// Every package says in one sentence what it is: "// Package x …" or, for a program, "// Command x …".
func TestEveryPackageHasItsSentence(t *testing.T) {
	type state struct{ sentences, sources int }
	packages := map[string]*state{}
	for _, f := range goFiles(t) {
		if f.test && packages[f.pkg] == nil && !hasSources(t, f.pkg) {
			packages[f.pkg] = &state{}
		}
		if f.test && hasSources(t, f.pkg) {
			continue
		}
		s := packages[f.pkg]
		if s == nil {
			s = &state{}
			packages[f.pkg] = s
		}
		s.sources++
		if f.ast.Doc == nil {
			continue
		}
		s.sentences++
		want := "Package " + f.ast.Name.Name + " "
		if f.ast.Name.Name == "main" {
			want = "Command "
		}
		text := f.ast.Doc.Text()
		first, _, _ := strings.Cut(text, "\n\n")
		if !strings.HasPrefix(text, want) || !strings.Contains(first, ".") {
			t.Errorf("%s: the package's comment must be a sentence that begins with %q", f.path, want)
		}
	}
	for pkg, s := range packages {
		if s.sentences != 1 && pkg != "." {
			t.Errorf("%s has %d package comments in its %d files, want one", pkg, s.sentences, s.sources)
		}
	}
}

// No state outside node.Node: hundreds of nodes live in one process.
func TestNoInitAndNoPackageState(t *testing.T) {
	names := map[string]map[string]bool{} // package → its variables
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, decl := range f.ast.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil && d.Name.Name == "init" {
					t.Errorf("%s: func init hides state; do it where the node is made", f.where(d))
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if !ok || d.Tok.String() != "var" {
						continue
					}
					if why := stateful(d, v); why != "" {
						t.Errorf("%s: package variable %s %s", f.where(v), v.Names[0].Name, why)
					}
					if names[f.pkg] == nil {
						names[f.pkg] = map[string]bool{}
					}
					for _, name := range v.Names {
						names[f.pkg][name.Name] = name.Name != "_"
					}
				}
			}
		}
	}
	for _, f := range goFiles(t) {
		if f.test {
			continue
		}
		for _, decl := range f.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Body != nil {
				for _, at := range assigned(fn, names[f.pkg]) {
					t.Errorf("%s: package variable %s is changed; only errors, compiled tables and templates live there", f.where(at), at.Name)
				}
			}
		}
	}
}

// stateful says why a variable can hold state; empty means it is fixed when the program starts: an error, a table, a
// pattern, a template, an embedded file, or a sync.OnceValue that computes one.
func stateful(d *ast.GenDecl, v *ast.ValueSpec) string {
	if len(v.Values) == 0 {
		for _, doc := range []*ast.CommentGroup{d.Doc, v.Doc} {
			if doc == nil {
				continue
			}
			for _, c := range doc.List {
				if strings.HasPrefix(c.Text, "//go:embed ") {
					return ""
				}
			}
		}
		return "has no value to begin with, so it is there to be changed"
	}
	why := ""
	for _, value := range v.Values {
		ast.Inspect(value, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.ChanType:
				why = "holds a channel"
			case *ast.CallExpr:
				if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "make" || id.Name == "new") {
					why = "is made empty, so it is there to be filled"
				}
			case *ast.SelectorExpr:
				if id, ok := n.X.(*ast.Ident); ok && (id.Name == "atomic" || id.Name == "sync" && !strings.HasPrefix(n.Sel.Name, "Once")) {
					why = "holds " + id.Name + "." + n.Sel.Name
				}
			}
			return true
		})
	}
	return why
}

// assigned finds where a function changes one of the package's variables. A local of the same name hides the variable
// in the whole function: good enough without types.
func assigned(fn *ast.FuncDecl, names map[string]bool) []*ast.Ident {
	local := map[string]bool{}
	hide := func(fields *ast.FieldList) {
		if fields == nil {
			return
		}
		for _, field := range fields.List {
			for _, name := range field.Names {
				local[name.Name] = true
			}
		}
	}
	hide(fn.Recv)
	var targets []ast.Expr
	ast.Inspect(fn, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncType:
			hide(n.Params)
			hide(n.Results)
		case *ast.AssignStmt:
			for _, left := range n.Lhs {
				if id, ok := left.(*ast.Ident); ok && n.Tok.String() == ":=" {
					local[id.Name] = true
				} else {
					targets = append(targets, left)
				}
			}
		case *ast.RangeStmt:
			for _, e := range []ast.Expr{n.Key, n.Value} {
				if id, ok := e.(*ast.Ident); ok && n.Tok.String() == ":=" {
					local[id.Name] = true
				} else if e != nil {
					targets = append(targets, e)
				}
			}
		case *ast.ValueSpec:
			for _, name := range n.Names {
				local[name.Name] = true
			}
		case *ast.IncDecStmt:
			targets = append(targets, n.X)
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
				targets = append(targets, n.Args[0])
			}
		}
		return true
	})
	var found []*ast.Ident
	for _, target := range targets {
		if id := root(target); id != nil && names[id.Name] && !local[id.Name] {
			found = append(found, id)
		}
	}
	return found
}

// root is the variable at the left of x.field[i].
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.SelectorExpr:
			e = x.X
		case *ast.IndexExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		default:
			return nil
		}
	}
}
