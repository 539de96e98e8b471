package configs

import (
	"fmt"
	"slices"
	"strings"
)

// maxErrors bounds a report; nobody reads more, and a garbage file could cause one for every few bytes.
const maxErrors = 100

// Error is one mistake in a configuration.
type Error struct {
	File  string // as given to Load; empty from Parse
	Line  int    // from 1; 0 when there is no file or the mistake is not at a line
	Field string // such as databases[0].archive.keep; empty when the mistake is about the whole file
	Msg   string // what is wrong
	Hint  string // what to write instead
}

// Error returns "FILE:LINE: FIELD: MSG; HINT" without the parts that are unknown.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.File != "" && e.Line > 0:
		fmt.Fprintf(&b, "%s:%d: ", e.File, e.Line)
	case e.File != "":
		b.WriteString(e.File + ": ")
	case e.Line > 0:
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Msg)
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Errors are all mistakes of a configuration in file order, never empty. Load, Parse and Validate return it.
type Errors []*Error

// Error returns one line for each mistake.
func (es Errors) Error() string {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}

// Unwrap lets errors.As find a single *Error.
func (es Errors) Unwrap() []error {
	errs := make([]error, len(es))
	for i, e := range es {
		errs[i] = e
	}
	return errs
}

// report collects mistakes. It knows where the fields of the document are and which of them need no second message.
type report struct {
	errs  Errors
	lines map[string]int  // of every field in the document
	bad   map[string]bool // fields with a message, and those for which another message stands
}

func newReport() *report {
	return &report{lines: map[string]int{}, bad: map[string]bool{}}
}

// at adds a mistake at a line. One about the whole file (an empty field) doesn't silence those about its fields.
func (r *report) at(line int, field, msg, hint string) {
	if field != "" {
		r.bad[field] = true
	}
	r.errs = append(r.errs, &Error{Line: line, Field: field, Msg: msg, Hint: hint})
}

// about adds a mistake about a field, at its line or that of the nearest section that is in the document.
// It stays silent when the field or a section around it was already complained about.
func (r *report) about(field, msg, hint string) {
	line := 0
	for f := field; ; f = parent(f) {
		if r.bad[f] {
			return
		}
		if line == 0 {
			line = r.lines[f]
		}
		if f == "" {
			break
		}
	}
	r.at(line, field, msg, hint)
}

// err returns what was collected, sorted by line, or nil.
func (r *report) err() error {
	if len(r.errs) == 0 {
		return nil
	}
	slices.SortStableFunc(r.errs, func(a, b *Error) int { return a.Line - b.Line })
	if more := len(r.errs) - maxErrors; more > 0 {
		r.errs = append(r.errs[:maxErrors:maxErrors], &Error{Msg: fmt.Sprintf("and %d more mistakes", more)})
	}
	return r.errs
}

// parent returns the field around f: "a[0].b" gives "a[0]", then "a", then "".
func parent(f string) string {
	return f[:max(0, strings.LastIndexAny(f, ".["))]
}

// join returns the path of a key within a section.
func join(section, key string) string {
	if section == "" {
		return key
	}
	return section + "." + key
}
