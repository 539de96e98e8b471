package bench

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// row is one line of the result: what is measured, against what, and what is aimed at.
type row struct {
	key     string // names the row in missed and in rounds
	what    string
	against string // "" if the aim is absolute
	aim     aim
	unit    string // of the measured values, which are the better the larger they are unless the aim is atMost
	method  string // for the report, a sentence or more
}

// aim is the bound of a ratio ours/peer, or, in a row without a peer, of the value itself.
type aim struct {
	atMost bool // else at least
	value  float64
}

func atLeast(v float64) aim { return aim{value: v} }
func atMost(v float64) aim  { return aim{atMost: true, value: v} }

func (a aim) met(v float64) bool {
	if a.atMost {
		return v <= a.value
	}
	return v >= a.value
}

// experiment fills one or more rows.
type experiment struct {
	name        string
	rows        []row
	usesHistory bool
	run         func(ctx context.Context, e *env, rec *recorder) error
}

// experiments lists all there are, in the order in which they run. The one that empties the page cache is the last.
func experiments() []experiment {
	return []experiment{
		archiveExperiment(), semisyncExperiment(), serveExperiment(), lagExperiment(), catchupExperiment(),
		memoryExperiment(), segmentsExperiment(),
	}
}

// Names lists the experiments that Options.Only may name.
func Names() []string {
	var names []string
	for _, x := range experiments() {
		names = append(names, x.name)
	}
	return names
}

// CheckNames returns an error for a name that no experiment has.
func CheckNames(names []string) error {
	for _, n := range names {
		if !slices.Contains(Names(), n) {
			return fmt.Errorf("there is no measurement %q, only: %s", n, strings.Join(Names(), ", "))
		}
	}
	return nil
}

// choose returns the experiments with the given names, all if none is given.
func choose(names []string) ([]experiment, error) {
	if err := CheckNames(names); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(experiments(), func(x experiment) bool {
		return len(names) > 0 && !slices.Contains(names, x.name)
	}), nil
}

// sample is what one round gave for one row.
type sample struct{ ours, peer float64 }

// recorder collects samples and remarks.
type recorder struct {
	samples map[string][]sample // by row
	notes   map[string]string   // by row: what else is worth knowing, such as processor time
}

func newRecorder() *recorder {
	return &recorder{samples: map[string][]sample{}, notes: map[string]string{}}
}

func (r *recorder) pair(key string, ours, peer float64) {
	r.samples[key] = append(r.samples[key], sample{ours, peer})
}

func (r *recorder) single(key string, ours float64) { r.pair(key, ours, 0) }

// note replaces the remark of a row.
func (r *recorder) note(key, format string, args ...any) { r.notes[key] = fmt.Sprintf(format, args...) }
