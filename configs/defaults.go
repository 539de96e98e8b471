package configs

import (
	"hash/fnv"
	"slices"
	"time"
)

// setDefaults fills in what a file need not say. The decoder calls it before it reads the section.
func (c *Config) setDefaults() {
	c.StateDir = "/var/lib/wcded"
	c.Log.Level = LogInfo
	c.Metrics.Listen = "127.0.0.1:9187"
	c.Control.Socket = "/run/wcded/operators.sock"
}

// setDefaults fills in what a file need not say about a database.
func (d *Database) setDefaults() {
	d.Supplier.TLS.Mode = TLSRequired
	d.Supplier.SemiSync = true
	d.Supplier.Heartbeat = Duration{2 * time.Second}
	d.Supplier.ReadTimeout = Duration{10 * time.Second}
	d.Supplier.MaxEventSize = GiB
	d.Archive.Keep = Duration{35 * day}
	d.Archive.Reserve = 5 * GiB
	d.Serve.Listen = "127.0.0.1:3307"
	d.Serve.User = "wcde_replica"
	d.Replica.User = "root"
	d.Replica.ParallelThreads = 4
	// Dropping a whole database is never routine. Dropping and truncating tables is, in many applications, and the
	// archive has the rows anyway: whoever wants these held says so.
	d.Guard.Hold = []Hold{HoldDropDatabase}
}

// derive fills in the defaults that follow from other values; it is for a database that was read.
func (d *Database) derive() {
	if d.Supplier.ServerID == 0 {
		d.Supplier.ServerID = derivedServerID(d.Name)
	}
	if t := &d.Supplier.TLS; t.Mode == TLSRequired && t.ServerName == "" {
		_, t.ServerName = split(d.Supplier.Address)
	}
}

// normalize brings lists into the one form that a Config has; it is for a database that passed validation.
func (d *Database) normalize() {
	if !d.Guard.Holds(HoldAccount) {
		d.Guard.Hold = append(d.Guard.Hold, HoldAccount)
	}
	slices.SortStableFunc(d.Guard.Hold, func(a, b Hold) int {
		return slices.Index(Holds(), a) - slices.Index(Holds(), b)
	})
}

// derivedServerID returns a server id that is always the same for a name. It lies between 2^30 and 2^31, away from
// the small numbers that people give to servers, so that ours rarely meets another replica of the supplier's.
func derivedServerID(name string) uint32 {
	h := fnv.New32a()
	h.Write([]byte("wcded/" + name))
	return h.Sum32()&(1<<30-1) | 1<<30
}
