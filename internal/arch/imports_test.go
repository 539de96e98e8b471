package arch_test

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// components are the parts of the product that don't know each other; only internal/app imports them all.
func components() []string {
	return []string{"replicator", "snapshot", "rsyncer", "failover", "drill"}
}

// tools are packages for developers: they may use anything, and the product may not use them.
func tools() []string {
	return []string{"internal/lab", "internal/bench", "internal/e2e", "internal/arch"}
}

// isTool tells whether a package is for developers. One whose name ends in test helps the tests of the package beside
// it, as net/http/httptest does.
func isTool(dir string) bool {
	_, tool := within(dir, tools())
	return tool || strings.HasSuffix(dir, "test")
}

// isPure tells whether a package has to be pure.
func isPure(dir string) bool {
	_, p := within(dir, pure())
	return p && !isTool(dir)
}

// pure packages take what they need as arguments: no files, no network, no clock.
func pure() []string { return []string{"replicator/binlog", "replicator/guard"} }

func within(dir string, roots []string) (root string, ok bool) {
	for _, r := range roots {
		if dir == r || strings.HasPrefix(dir, r+"/") {
			return r, true
		}
	}
	return "", false
}

// mayImport tells whether a package in the folder from may import the one in the folder to, and if not, why.
func mayImport(from, to string) (why string) {
	fromTool, toTool := isTool(from), isTool(to)
	isCmd := strings.HasPrefix(from, "cmd/")
	switch {
	case strings.HasPrefix(to, "cmd/"):
		return "nobody imports a command"
	case toTool && !fromTool && from != "cmd/wcde-lab" && from != "cmd/wcde-bench":
		return "the product does not use developers' tools"
	case fromTool || isCmd:
		return ""
	case to == "internal/app":
		return "only commands import internal/app"
	case from == "internal/app":
		return ""
	case from == "configs":
		return "configs imports nothing of ours"
	}
	fromComponent, inComponent := within(from, components())
	toComponent, ofComponent := within(to, components())
	switch {
	case ofComponent && !inComponent:
		return "only internal/app and commands import components"
	case ofComponent && fromComponent != toComponent:
		return "components do not import each other"
	case ofComponent && to == toComponent:
		return "a part does not import its component"
	case to == "configs" && from != fromComponent:
		return "parts and leaves take what they need as arguments, not the configuration"
	}
	return ""
}

func TestImportDirections(t *testing.T) {
	for _, f := range sources(t) {
		if f.test {
			continue // a test may start real servers and look at its package from outside
		}
		f.imported(func(spec *ast.ImportSpec, ours bool, path string) {
			if !ours {
				return
			}
			if why := mayImport(f.dir, path); why != "" {
				t.Errorf("%s: %s imports %s: %s", f.at(spec), f.dir, path, why)
			}
		})
	}
}

// Tests may import more, but not let the product's rooms grow together through the back door.
func TestImportDirectionsOfTests(t *testing.T) {
	for _, f := range sources(t) {
		if !f.test {
			continue
		}
		fromComponent, inComponent := within(f.dir, components())
		f.imported(func(spec *ast.ImportSpec, ours bool, path string) {
			toComponent, ofComponent := within(path, components())
			if ours && inComponent && ofComponent && fromComponent != toComponent {
				t.Errorf("%s: a test of %s imports %s: components do not import each other", f.at(spec), f.dir, path)
			}
		})
	}
}

func TestPurePackages(t *testing.T) {
	forbidden := []string{"os", "net", "io/fs", "path/filepath", "database/sql", "log/slog", "syscall", "os/exec"}
	clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	for _, f := range sources(t) {
		if !isPure(f.dir) || f.test {
			continue
		}
		f.imported(func(spec *ast.ImportSpec, ours bool, path string) {
			if ours && !isPure(path) {
				t.Errorf("%s: the pure package %s imports %s, which is not pure", f.at(spec), f.dir, path)
			}
			if !ours && (slices.Contains(forbidden, path) || strings.HasPrefix(path, "net/")) {
				t.Errorf("%s: the pure package %s imports %s", f.at(spec), f.dir, path)
			}
		})
		ast.Inspect(f.File, func(n ast.Node) bool {
			if name, ok := selected(n, "time"); ok && slices.Contains(clock, name) {
				t.Errorf("%s: the pure package %s calls time.%s: take the moment as an argument", f.at(n), f.dir, name)
			}
			return true
		})
	}
}

// The archive is the store: it has no business with SQL or the network.
func TestArchiveHasNoNetwork(t *testing.T) {
	for _, f := range sources(t) {
		if f.dir != "replicator/archive" || f.test {
			continue
		}
		f.imported(func(spec *ast.ImportSpec, _ bool, path string) {
			if path == "net" || strings.HasPrefix(path, "net/") || path == "database/sql" ||
				strings.HasPrefix(path, "github.com/go-sql-driver/") {
				t.Errorf("%s: replicator/archive imports %s", f.at(spec), path)
			}
		})
	}
}

// The rules themselves, so that a mistake in them doesn't let everything pass.
func TestMayImport(t *testing.T) {
	for _, tt := range []struct {
		from, to string
		ok       bool
	}{
		{"cmd/wcded", "internal/app", true},
		{"cmd/wcdectl", "internal/control/api", true},
		{"cmd/wcded", "internal/lab", false},
		{"cmd/wcde-lab", "internal/lab/mariadbd", true},
		{"internal/app", "replicator", true},
		{"internal/app", "failover/board", true},
		{"internal/app", "internal/lab", false},
		{"internal/control", "internal/app", false},
		{"internal/control", "internal/supervise", true},
		{"internal/control", "replicator", false},
		{"internal/control", "configs", false},
		{"replicator", "replicator/archive", true},
		{"replicator", "configs", true},
		{"replicator", "failover", false},
		{"replicator/archive", "snapshot/btrfs", false},
		{"replicator/archive", "replicator", false},
		{"replicator/archive", "configs", false},
		{"replicator/archive", "internal/durable", true},
		{"replicator/upstream", "replicator/binlog", true},
		{"replicator/mariadb", "internal/lab/mariadbd", false},
		{"configs", "internal/durable", false},
		{"internal/lab", "replicator", true},
		{"replicator/binlog/binlogtest", "internal/lab/mariadbd", true},
		{"replicator/binlog", "replicator/binlog/binlogtest", false},
		{"internal/e2e", "cmd/wcded", false},
	} {
		if why := mayImport(tt.from, tt.to); (why == "") != tt.ok {
			t.Errorf("mayImport(%s, %s) = %q, want allowed %v", tt.from, tt.to, why, tt.ok)
		}
	}
}

// selected returns the name that n selects from the package or variable called from, such as Now from time.
func selected(n ast.Node, from string) (name string, ok bool) {
	sel, ok := n.(*ast.SelectorExpr)
	if !ok {
		return "", false
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok || x.Name != from {
		return "", false
	}
	return sel.Sel.Name, true
}
