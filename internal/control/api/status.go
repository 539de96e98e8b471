package api

import (
	"slices"
	"time"
)

// State says what the foundation is doing for the beneficiaries.
type State string

// Standby is the state in which the copy is kept and nobody is served from it.
const Standby State = "standby"

// Status is how everything is.
type Status struct {
	State      State       `json:"state"`
	Foundation string      `json:"foundation"`
	Site       string      `json:"site"`
	Version    string      `json:"version"`
	Started    time.Time   `json:"started"`
	Now        time.Time   `json:"now"`      // when this was true
	Problems   []Problem   `json:"problems"` // of the daemon itself; each database has its own
	Components []Component `json:"components"`
	Databases  []Database  `json:"databases"`

	// These come with later components and are empty until then.
	Volumes []struct{} `json:"volumes"`
	Backups []struct{} `json:"backups"`
	Drills  []struct{} `json:"drills"`
	Motions []struct{} `json:"motions"`
	Term    Term       `json:"term"`
}

// Term is how long serving was granted.
type Term struct {
	Until *time.Time `json:"until"` // null: we are not serving
}

// Problem is something that is not as it should be, in words for an operator.
type Problem struct {
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do about it
}

// Component is one supervised part of the daemon.
type Component struct {
	Name      string     `json:"name"`
	State     string     `json:"state"` // idle, running, backing_off or stopped
	Since     time.Time  `json:"since"`
	Restarts  uint64     `json:"restarts"`
	Panics    uint64     `json:"panics"`
	LastError string     `json:"last_error,omitempty"`
	NextStart *time.Time `json:"next_start,omitempty"` // while backing_off
}

// Degraded tells whether anything needs an operator.
func (s Status) Degraded() bool {
	return len(s.Problems) > 0 || slices.ContainsFunc(s.Databases, Database.Degraded)
}

// Check is one thing that doctor looked at.
type Check struct {
	Name   string `json:"name"`
	OK     bool   `json:"ok"`
	Notice bool   `json:"notice"` // it is OK, and still worth a look
	Detail string `json:"detail"`
	Hint   string `json:"hint,omitempty"` // what to do about it
}
