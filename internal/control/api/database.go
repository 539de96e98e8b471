package api

import "time"

// Database is how the copy of one supplier's database is.
type Database struct {
	Name             string     `json:"name"`
	Connected        bool       `json:"connected"` // to the supplier
	SemiSync         bool       `json:"semi_sync"` // the supplier waits for our acknowledgement, and only for ours
	ReceivedGTID     string     `json:"received_gtid"`
	ArchivedGTID     string     `json:"archived_gtid"`
	AppliedGTID      string     `json:"applied_gtid"`
	LagSeconds       *float64   `json:"lag_seconds"` // from a group's arrival to its application; null: not known
	SupplierLastSeen *time.Time `json:"supplier_last_seen"`
	Held             []Held     `json:"held"`

	State         string     `json:"state"` // such as streaming, supplier_gone, gap, diverged
	Detail        string     `json:"detail,omitempty"`
	Hint          string     `json:"hint,omitempty"`
	Seeded        bool       `json:"seeded"`
	ExposureSince *time.Time `json:"exposure_since"` // since when semi-sync does not protect us; null: it does
	Exposure      string     `json:"exposure,omitempty"`
	Segments      int        `json:"segments"`
	ArchiveBytes  int64      `json:"archive_bytes"`
	Serve         string     `json:"serve,omitempty"` // where our binlog server listens
	Replica       Replica    `json:"replica"`
	Clients       []Client   `json:"clients"` // of our binlog server
	Problems      []Problem  `json:"problems"`
}

// Degraded tells whether the database needs an operator: whatever is wrong with it is among its problems.
func (d Database) Degraded() bool {
	return len(d.Problems) > 0
}

// Replica is how the foundation's MariaDB is.
type Replica struct {
	Reachable  bool   `json:"reachable"`
	Version    string `json:"version,omitempty"`
	IORunning  bool   `json:"io_running"`
	SQLRunning bool   `json:"sql_running"`
	LastError  string `json:"last_error,omitempty"`
	ReadOnly   bool   `json:"read_only"`
}

// Client is one reader of our binlog server.
type Client struct {
	Address   string    `json:"address"`
	User      string    `json:"user,omitempty"`
	Kind      string    `json:"kind,omitempty"`
	ServerID  uint32    `json:"server_id"`
	State     string    `json:"state"`
	SentGTID  string    `json:"sent_gtid,omitempty"`
	SentBytes uint64    `json:"sent_bytes"`
	Since     time.Time `json:"since"`
	Error     string    `json:"error,omitempty"`
}

// Held is an event group that was not given to MariaDB.
type Held struct {
	GTID      string    `json:"gtid"`
	Category  string    `json:"category"` // such as account, file, drop_database
	Reason    string    `json:"reason"`
	Database  string    `json:"database,omitempty"` // the default database that the statement would run in
	Statement string    `json:"statement"`          // shortened and printable
	Since     time.Time `json:"since"`
}

// Segment is one file of the archive.
type Segment struct {
	Stream   int        `json:"stream"`
	Name     string     `json:"name"`
	Path     string     `json:"path"`
	Size     int64      `json:"size"`
	Status   string     `json:"status"` // open, sealed, torn or damaged
	Reason   string     `json:"reason,omitempty"`
	SHA256   string     `json:"sha256,omitempty"`
	Start    string     `json:"start"`
	End      string     `json:"end,omitempty"`
	Created  time.Time  `json:"created"` // by the supplier's clock
	SealedAt *time.Time `json:"sealed_at"`
}

// Exposure is an interval in which semi-sync did not protect us; To is null while it lasts.
type Exposure struct {
	From   time.Time  `json:"from"`
	To     *time.Time `json:"to"`
	Reason string     `json:"reason"`
}

// Decision says what to do with a held group.
type Decision struct {
	GTID   string `json:"gtid"`
	Reason string `json:"reason"` // why, for the record
}

// SeedRequest asks to fill the foundation's MariaDB from the supplier's.
type SeedRequest struct {
	DryRun  bool `json:"dry_run"` // only compare and say what would be done
	Replace bool `json:"replace"` // also when it is not empty: what is in it is destroyed
	// Confirm repeats the name of the database when Replace is set.
	Confirm string `json:"confirm,omitempty"`
}

// SeedProgress is how far seeding is.
type SeedProgress struct {
	Phase string `json:"phase"`
	Done  int64  `json:"done"`  // bytes
	Total int64  `json:"total"` // bytes, an estimate; 0: not known
}

// SeedReport is what seeding did, or, of a dry run, what it would do.
type SeedReport struct {
	DryRun    bool      `json:"dry_run"`
	GTID      string    `json:"gtid,omitempty"` // the position that the copy was taken at
	Databases []string  `json:"databases"`
	Tables    int       `json:"tables"`
	Bytes     int64     `json:"bytes"` // of a dry run: an estimate
	Seconds   float64   `json:"seconds"`
	Existing  []string  `json:"existing"` // of a dry run: databases on the foundation's server, which --replace destroys
	Refusals  []string  `json:"refusals"` // of a dry run: why it would be refused
	Warnings  []string  `json:"warnings"` // such as tables that are not InnoDB, settings that differ
	Accounts  []Account `json:"accounts"` // at the supplier, for review; none was copied
}

// Account is one of the supplier's accounts or roles. It has no password and no hash of one.
type Account struct {
	User   string   `json:"user"`
	Host   string   `json:"host,omitempty"` // "" for a role
	Role   bool     `json:"role"`
	Grants []string `json:"grants"`
}

// AdoptRequest asks to go on with the supplier's new timeline after a gap or a divergence.
type AdoptRequest struct {
	DryRun bool   `json:"dry_run"` // only say what would follow
	Reason string `json:"reason,omitempty"`
}

// AdoptReport says what adopting does.
type AdoptReport struct {
	DryRun       bool     `json:"dry_run"`
	Consequences []string `json:"consequences"`
}

// VerifyProgress is how far a verification of the archive is.
type VerifyProgress struct {
	Segment string `json:"segment"`
	Done    int64  `json:"done"` // bytes
	Total   int64  `json:"total"`
}

// VerifyReport is what a verification of the archive found.
type VerifyReport struct {
	Segments int      `json:"segments"`
	Bytes    int64    `json:"bytes"`
	Damaged  []string `json:"damaged"` // what is wrong, one sentence for each damaged segment
}
