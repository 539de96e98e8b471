package configs

import (
	"cmp"
	"encoding"
	"fmt"
	"reflect"
	"regexp"
	"slices"
)

// Change is one setting that differs between two configurations.
type Change struct {
	Field    string // a database is named instead of counted: databases[ez2xs].archive.keep
	Old, New string // as the file would say it; for a whole database "absent" or "present"
	Live     bool   // a running wcded can take it over; otherwise it needs a restart
}

// String returns "FIELD: OLD → NEW", with a remark when it needs a restart.
func (c Change) String() string {
	s := fmt.Sprintf("%s: %s → %s", c.Field, cmp.Or(c.Old, "(none)"), cmp.Or(c.New, "(none)"))
	if !c.Live {
		s += " (needs a restart)"
	}
	return s
}

// liveFields returns the settings that a running wcded takes over. All others need a restart.
func liveFields() []string {
	return []string{
		"log.level",
		"databases[].archive.keep",
		"databases[].archive.max_size",
		"databases[].guard.hold",
	}
}

// Diff returns what changes from old to new, in the order of new's fields, and then what is gone. Databases are
// matched by name; their order means nothing. Both configurations must be valid.
func Diff(old, new *Config) []Change {
	var changes []Change
	compare := func(a, b any, path string) {
		was, is := settings(a, path), settings(b, path)
		for i := range was { // equal types have equal settings
			if was[i].value != is[i].value {
				changes = append(changes, Change{was[i].field, was[i].value, is[i].value, live(was[i].field)})
			}
		}
	}
	topOld, topNew := *old, *new
	topOld.Databases, topNew.Databases = nil, nil
	compare(&topOld, &topNew, "")
	find := func(in []Database, name string) int {
		return slices.IndexFunc(in, func(d Database) bool { return d.Name == name })
	}
	for i, d := range new.Databases {
		path := fmt.Sprintf("databases[%s]", d.Name)
		if was := find(old.Databases, d.Name); was >= 0 {
			compare(&old.Databases[was], &new.Databases[i], path)
		} else {
			changes = append(changes, Change{path, "absent", "present", false})
		}
	}
	for _, d := range old.Databases {
		if find(new.Databases, d.Name) < 0 {
			changes = append(changes, Change{fmt.Sprintf("databases[%s]", d.Name), "present", "absent", false})
		}
	}
	return changes
}

var anyIndex = regexp.MustCompile(`\[[^]]*\]`)

func live(field string) bool {
	anyName := anyIndex.ReplaceAllString(field, "[]")
	return slices.Contains(liveFields(), anyName)
}

// settings returns every setting below the struct that config points to, with its value as text. A list is one setting.
func settings(config any, path string) []place {
	v := reflect.ValueOf(config).Elem()
	_, text := v.Addr().Interface().(encoding.TextUnmarshaler)
	if text || v.Kind() != reflect.Struct {
		return []place{{path, fmt.Sprint(v.Interface())}}
	}
	var all []place
	for i, key := range keysOf(v.Type()) {
		all = append(all, settings(v.Field(i).Addr().Interface(), join(path, key))...)
	}
	return all
}
