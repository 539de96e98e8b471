package app

import (
	"fmt"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/supervise"
)

func (d *daemon) inForce() *configs.Config {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.config
}

// status is how everything is now.
func (d *daemon) status() api.Status {
	config := d.inForce()
	s := api.Status{
		State: api.Standby, Foundation: config.Foundation.Name, Site: config.Foundation.Site.Name,
		Version: api.Version(), Started: d.started, Now: time.Now(),
		Problems: d.problems(), Components: []api.Component{}, Databases: []api.Database{},
		Volumes: []struct{}{}, Backups: []struct{}{}, Drills: []struct{}{}, Motions: []struct{}{},
	}
	for _, c := range d.supervisor.Status() {
		s.Components = append(s.Components, component(c))
	}
	for _, db := range d.databases {
		s.Databases = append(s.Databases, database(db.Status()))
	}
	return s
}

func component(s supervise.Status) api.Component {
	c := api.Component{Name: s.Name, State: string(s.State), Since: s.Since, Restarts: s.Restarts, Panics: s.Panics}
	if s.LastError != nil {
		c.LastError = s.LastError.Error()
	}
	if s.State == supervise.BackingOff {
		c.NextStart = &s.NextStart
	}
	return c
}

// problems are those of the daemon itself.
func (d *daemon) problems() []api.Problem {
	problems := []api.Problem{}
	for _, s := range d.supervisor.Status() {
		if s.State == supervise.BackingOff {
			problems = append(problems, api.Problem{
				Message: fmt.Sprintf("%s failed and is restarted at %s: %v", s.Name, s.NextStart.Format(time.TimeOnly),
					s.LastError),
				Hint: "see the log: journalctl -u wcded"})
		}
	}
	for _, l := range d.supervisor.Late() {
		problems = append(problems, api.Problem{
			Message: fmt.Sprintf("the loop %s of %s is silent since %s", l.Loop, l.Component, l.Last.Format(time.TimeOnly)),
			Hint:    "systemd restarts wcded if this lasts; a disk or a network file system may hang"})
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.badFile != nil {
		problems = append(problems, api.Problem{
			Message: "the configuration on disk was not taken over: " + d.badFile.Error(),
			Hint:    "mend it, see wcded --check-config " + d.options.ConfigPath + ", and reload"})
	}
	for _, change := range d.onDisk {
		problems = append(problems, api.Problem{
			Message: "the configuration on disk is not in force: " + change,
			Hint:    "systemctl restart wcded, or undo the change and reload"})
	}
	return problems
}

// summary is one line for `systemctl status`.
func (d *daemon) summary() string {
	s := d.status()
	parts := []string{string(s.State)}
	for _, db := range s.Databases {
		part := db.Name + " " + db.State
		if n := len(db.Problems); n > 0 {
			part += fmt.Sprintf(" (wcdectl status: %d wrong)", n)
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}
