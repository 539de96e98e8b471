package durable_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/internal/durable"
)

func TestWriteFileReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state")
	for _, want := range []string{"first, and longer", "second"} {
		if err := durable.WriteFile(path, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			t.Fatalf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := os.Stat(path + durable.TempSuffix); !os.IsNotExist(err) {
		t.Errorf("the temporary file is left: %v", err)
	}
}

func TestWriteFileKeepsOldOnFailure(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "state")
	if err := os.Mkdir(path, 0o700); err != nil { // a rename over a directory fails
		t.Fatal(err)
	}
	if err := durable.WriteFile(path, []byte("x"), 0o600); err == nil {
		t.Fatal("no error when the rename cannot work")
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 || !entries[0].IsDir() {
		t.Errorf("left behind: %v", entries)
	}
}

func TestMkdirMakesParentsAndRefusesFiles(t *testing.T) {
	dir := t.TempDir()
	if err := durable.Mkdir(filepath.Join(dir, "a", "b", "c"), 0o750); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := durable.Mkdir(file, 0o750); err == nil || !strings.Contains(err.Error(), "there is a file") {
		t.Errorf("got %v", err)
	}
}

func TestLogSurvivesTornTail(t *testing.T) {
	type record struct{ N int }
	path := filepath.Join(t.TempDir(), "sub", "log")
	log, records, err := durable.OpenLog[record](path)
	if err != nil || len(records) != 0 {
		t.Fatal(records, err)
	}
	for n := range 3 {
		if err := log.Append(record{n}); err != nil {
			t.Fatal(err)
		}
	}
	if err := log.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString(`{"N":99`); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()

	log, records, err = durable.OpenLog[record](path)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Append(record{3}); err != nil {
		t.Fatal(err)
	}
	_ = log.Close()
	_, records, err = durable.OpenLog[record](path)
	if diff := cmp.Diff([]record{{0}, {1}, {2}, {3}}, records); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

func TestLogNamesDamagedLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(path, []byte("{\"N\":1}\n???\n{\"N\":2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, err := durable.OpenLog[struct{ N int }](path); err == nil || !strings.Contains(err.Error(), "line 2") {
		t.Errorf("got %v, want an error that names line 2", err)
	}
}
