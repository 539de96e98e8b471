package arch_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const module = "github.com/wcde-foundation/wcded"

// file is one Go file of the module. Build tags are not looked at: every file counts.
type file struct {
	*ast.File
	set  *token.FileSet
	path string // relative to the module
	dir  string // of the package, relative to the module, "." for its root
	test bool
}

// at returns where a node stands, for a complaint.
func (f file) at(n ast.Node) string {
	p := f.set.Position(n.Pos())
	return f.path + ":" + strconv.Itoa(p.Line)
}

// imported calls do for each package of this module that f imports, as a folder relative to the module's root, and
// for every other one with its whole path.
func (f file) imported(do func(spec *ast.ImportSpec, ours bool, path string)) {
	for _, spec := range f.Imports {
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has refused it
		}
		if rel, ours := strings.CutPrefix(path, module+"/"); ours {
			do(spec, true, rel)
		} else {
			do(spec, false, path)
		}
	}
}

// sources returns every Go file of the module.
func sources(t *testing.T) []file {
	t.Helper()
	files, err := parseAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 50 {
		t.Fatalf("found %d Go files: this is not the module", len(files))
	}
	return files
}

// parseAll parses every Go file of the module, once for all tests: nobody changes what it returns.
var parseAll = sync.OnceValues(func() ([]file, error) {
	root := filepath.Join("..", "..")
	set := token.NewFileSet()
	var files []file
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && path != root && (strings.HasPrefix(name, ".") || name == "testdata" || name == "bin") {
			return fs.SkipDir
		}
		if d.IsDir() || filepath.Ext(name) != ".go" {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			return err
		}
		files = append(files, file{File: parsed, set: set, path: rel, dir: filepath.ToSlash(filepath.Dir(rel)),
			test: strings.HasSuffix(name, "_test.go")})
		return nil
	})
	return files, err
})
