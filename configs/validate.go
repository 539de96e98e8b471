package configs

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// Validate checks a configuration that was not read from a file, or was changed since. It expects a complete one
// and fills in nothing. The error is nil or Errors without lines.
func (c *Config) Validate() error {
	r := newReport()
	c.validate(r)
	return r.err()
}

func (c *Config) validate(r *report) {
	c.Foundation.validate(r)
	checkPath(r, "state_dir", c.StateDir, "the directory of wcded's own state, such as /var/lib/wcded")
	var level LogLevel
	recheck(r, "log.level", &level, string(c.Log.Level))
	checkListen(r, "metrics", c.Metrics.Listen, c.Metrics.AllowRemote)
	checkSocket(r, "control.socket", c.Control.Socket, "such as /run/wcded/operators.sock")
	if len(c.Databases) == 0 {
		r.about("databases", "is missing", "add at least one database with name, supplier, archive, serve and replica")
	}
	for i := range c.Databases {
		c.Databases[i].validate(r, fmt.Sprintf("databases[%d]", i))
	}
	c.validateTogether(r)
}

func (f *Foundation) validate(r *report) {
	required(r, "foundation.name", f.Name, "write the foundation's name")
	if len(f.AllowedCountries) == 0 {
		r.about("foundation.allowed_countries", "is missing", "list the countries in which data may lie, such as [NL]")
	}
	var country Country
	for i, code := range f.AllowedCountries {
		field := fmt.Sprintf("foundation.allowed_countries[%d]", i)
		recheck(r, field, &country, string(code))
		if slices.Contains(f.AllowedCountries[:i], code) {
			r.about(field, fmt.Sprintf("%s is in the list twice", code), "remove one of the two")
		}
	}
	if f.Site == (Site{}) {
		r.about("foundation.site", "is missing", "write where this server stands, such as {name: ams-1, country: NL}")
	}
	f.Site.validate(r, "foundation.site", f.AllowedCountries)
}

// validate checks a site against the countries that are allowed; every site of a configuration passes here.
func (s *Site) validate(r *report, field string, allowed []Country) {
	checkName(r, join(field, "name"), s.Name)
	country := join(field, "country")
	if !required(r, country, string(s.Country), "write the country's code, such as NL") {
		return
	}
	var known Country
	recheck(r, country, &known, string(s.Country))
	// An empty code stands for one that could not be read and has its own message.
	if len(allowed) > 0 && !slices.Contains(allowed, "") && !slices.Contains(allowed, s.Country) {
		r.about(country, fmt.Sprintf("%s is not in foundation.allowed_countries %v", s.Country, allowed),
			"data may lie in those countries only")
	}
}

// place is a value that must be in use once only, and the field that it comes from.
type place struct{ field, value string }

// validateTogether checks what different sections must not share.
func (c *Config) validateTogether(r *report) {
	dirs := []place{{"state_dir", c.StateDir}}
	listens := []place{{"metrics.listen", c.Metrics.Listen}}
	sockets := []place{{"control.socket", c.Control.Socket}}
	var names, ids []place
	same := func(a, b string) bool { return a == b }
	for i, d := range c.Databases {
		names = append(names, place{fmt.Sprintf("databases[%d].name", i), d.Name})
	}
	disjoint(r, names, same, "write another name")
	for i, d := range c.Databases {
		in := func(key string) string { return fmt.Sprintf("databases[%d].%s", i, key) }
		if !r.bad[in("name")] { // else an id derived from it is wrong for the same reason
			ids = append(ids, place{in("supplier.server_id"), fmt.Sprint(d.Supplier.ServerID)})
		}
		dirs = append(dirs, place{in("archive.dir"), d.Archive.Dir},
			place{in("replica.datadir_volume"), d.Replica.DatadirVolume})
		listens = append(listens, place{in("serve.listen"), d.Serve.Listen})
		sockets = append(sockets, place{in("replica.socket"), d.Replica.Socket})
	}
	disjoint(r, ids, same, "write another number")
	disjoint(r, dirs, nested, "write a directory that is neither inside nor around it")
	disjoint(r, listens, sameListener, "write another port")
	disjoint(r, sockets, same, "write another path")
}

// disjoint reports every place that clashes with an earlier one.
func disjoint(r *report, places []place, clash func(a, b string) bool, hint string) {
	for i, b := range places {
		for _, a := range places[:i] {
			if a.value != "" && b.value != "" && clash(a.value, b.value) {
				r.about(b.field, fmt.Sprintf("%s clashes with %s (%s)", b.value, a.field, a.value), hint)
			}
		}
	}
}

// nested says whether two clean paths are the same or one lies in the other. Symbolic links are not followed: the
// check is for slips of the pen, the archive's lock is for the rest.
func nested(a, b string) bool {
	return strings.HasPrefix(a+"/", b+"/") || strings.HasPrefix(b+"/", a+"/")
}

// sameListener says whether two listeners can't both exist.
func sameListener(a, b string) bool {
	x, errX := netip.ParseAddrPort(a)
	y, errY := netip.ParseAddrPort(b)
	if errX != nil || errY != nil || x.Port() != y.Port() || x.Port() == 0 {
		return false
	}
	return x.Addr() == y.Addr() || x.Addr().IsUnspecified() || y.Addr().IsUnspecified()
}
