package arch_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strings"
	"testing"
)

// Libraries neither end the process, nor log through a global, nor run code before main.
func TestLibrariesBehave(t *testing.T) {
	globalLog := []string{"Default", "SetDefault", "Debug", "Info", "Warn", "Error", "Log"}
	for _, f := range sources(t) {
		if strings.HasPrefix(f.dir, "cmd/") || f.test {
			continue
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s: func init: construct things where they are used", f.at(fn))
			}
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := selected(call.Fun, "os"); ok && name == "Exit" {
				t.Errorf("%s: os.Exit outside a command: return an error", f.at(call))
			}
			name, ok := selected(call.Fun, "log")
			if ok && importsAs(f, "log") && (strings.HasPrefix(name, "Fatal") || strings.HasPrefix(name, "Print")) {
				t.Errorf("%s: log.%s: return an error, or use the injected *slog.Logger", f.at(call), name)
			}
			if name, ok := selected(call.Fun, "slog"); ok && slices.Contains(globalLog, name) {
				t.Errorf("%s: slog.%s: use the injected *slog.Logger", f.at(call), name)
			}
			return true
		})
	}
}

func importsAs(f file, want string) bool {
	found := false
	f.imported(func(_ *ast.ImportSpec, _ bool, path string) { found = found || path == want })
	return found
}

// What is executed is an argument vector; no shell ever interprets text.
func TestNoShell(t *testing.T) {
	shells := []string{`"sh"`, `"bash"`, `"/bin/sh"`, `"/bin/bash"`, `"dash"`, `"/usr/bin/env"`}
	for _, f := range sources(t) {
		if f.test {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if name, ok := selected(call.Fun, "exec"); !ok || !strings.HasPrefix(name, "Command") {
				return true
			}
			for _, arg := range call.Args {
				if lit, ok := arg.(*ast.BasicLit); ok && lit.Kind == token.STRING && slices.Contains(shells, lit.Value) {
					t.Errorf("%s: runs %s: pass an argument vector", f.at(call), lit.Value)
				}
			}
			return true
		})
	}
}

// A test that is skipped proves nothing.
func TestNothingIsSkipped(t *testing.T) {
	for _, f := range sources(t) {
		if !f.test {
			continue
		}
		ast.Inspect(f.File, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if ok && (sel.Sel.Name == "Skip" || sel.Sel.Name == "Skipf" || sel.Sel.Name == "SkipNow") {
				if x, ok := sel.X.(*ast.Ident); ok && (x.Name == "t" || x.Name == "tb" || x.Name == "b") {
					t.Errorf("%s: %s: install what is missing (make deps) instead", f.at(sel), sel.Sel.Name)
				}
			}
			return true
		})
	}
}

// Every package says what it is for.
func TestPackagesHaveADoc(t *testing.T) {
	documented := map[string]bool{}
	for _, f := range sources(t) {
		if strings.HasSuffix(f.Name.Name, "_test") {
			continue
		}
		documented[f.dir] = documented[f.dir] || f.Doc != nil
	}
	for dir, ok := range documented {
		if !ok {
			t.Errorf("package %s has no package comment", dir)
		}
	}
}
