package configs

// Config is a whole configuration file.
type Config struct {
	Foundation Foundation `yaml:"foundation"`
	StateDir   string     `yaml:"state_dir"` // absolute; what wcded itself remembers
	Log        Log        `yaml:"log"`
	Metrics    Metrics    `yaml:"metrics"`
	Control    Control    `yaml:"control"`
	Databases  []Database `yaml:"databases"`
}

// Foundation says who we are and in which countries data may lie.
type Foundation struct {
	Name             string    `yaml:"name"`
	Site             Site      `yaml:"site"`
	AllowedCountries []Country `yaml:"allowed_countries"`
}

// Site is a place that holds data.
type Site struct {
	Name    string  `yaml:"name"`
	Country Country `yaml:"country"`
}

// Log says what is written to the log.
type Log struct {
	Level LogLevel `yaml:"level"`
}

// Metrics says where the Prometheus metrics are served, over HTTP without a password.
type Metrics struct {
	Listen      string `yaml:"listen"` // IP:port; port 0 lets the kernel choose
	AllowRemote bool   `yaml:"allow_remote"`
}

// Control says where operators reach wcded.
type Control struct {
	Socket string `yaml:"socket"` // absolute, at most 107 bytes
}

// Database is one supplier's MariaDB server that is copied.
type Database struct {
	Name     string   `yaml:"name"` // unique
	Supplier Supplier `yaml:"supplier"`
	Archive  Archive  `yaml:"archive"`
	Serve    Serve    `yaml:"serve"`
	Replica  Replica  `yaml:"replica"`
	Guard    Guard    `yaml:"guard"`
}

// Supplier says how to reach the supplier's MariaDB and how to behave there.
type Supplier struct {
	Address      string    `yaml:"address"` // host:port, or the absolute path of a unix socket; see Endpoint
	User         string    `yaml:"user"`
	PasswordFile SecretRef `yaml:"password_file"`
	TLS          TLS       `yaml:"tls"`
	SemiSync     bool      `yaml:"semi_sync"`
	ServerID     uint32    `yaml:"server_id"`      // ours, as the supplier sees it; never 0 after Parse
	Heartbeat    Duration  `yaml:"heartbeat"`      // asked of the supplier when it has nothing to send
	ReadTimeout  Duration  `yaml:"read_timeout"`   // of silence, at least twice the heartbeat
	MaxEventSize Size      `yaml:"max_event_size"` // 1MiB to 4GiB-1
}

// TLS says how the connection to the supplier is protected.
type TLS struct {
	Mode       TLSMode   `yaml:"mode"`
	CAFile     string    `yaml:"ca_file,omitempty"`   // absolute; empty: the system's certificate authorities
	CertFile   string    `yaml:"cert_file,omitempty"` // absolute; our client certificate, with KeyFile
	KeyFile    SecretRef `yaml:"key_file,omitempty"`
	ServerName string    `yaml:"server_name,omitempty"` // what the certificate must name; empty only with mode off
}

// Archive says where the supplier's binary logs are kept and for how long.
type Archive struct {
	Dir     string   `yaml:"dir"`      // absolute
	Keep    Duration `yaml:"keep"`     // age from which on what nobody needs is deleted
	MaxSize Size     `yaml:"max_size"` // above, that is deleted before its time; 0: no limit
	Reserve Size     `yaml:"reserve"`  // free space on the file system that is never gone below
}

// Serve says where the archive is offered to the foundation's MariaDB.
type Serve struct {
	Listen       string    `yaml:"listen"` // IP:port; port 0 lets the kernel choose
	AllowRemote  bool      `yaml:"allow_remote"`
	User         string    `yaml:"user"`
	PasswordFile SecretRef `yaml:"password_file"`
}

// Replica is the foundation's own MariaDB server that applies the archive.
type Replica struct {
	Socket          string    `yaml:"socket"` // absolute, at most 107 bytes
	User            string    `yaml:"user"`
	PasswordFile    SecretRef `yaml:"password_file,omitempty"`  // empty: no password (unix_socket authentication)
	ParallelThreads int       `yaml:"parallel_threads"`         // 1 to 64
	DatadirVolume   string    `yaml:"datadir_volume,omitempty"` // absolute; empty: unknown
}

// Guard says which statements, besides those that are always held, wait for an operator's decision.
type Guard struct {
	Hold []Hold `yaml:"hold,flow"` // in the order of Holds, HoldAccount always included
}

// Holds says whether statements of the category h are held.
func (g Guard) Holds(h Hold) bool {
	for _, held := range g.Hold {
		if held == h {
			return true
		}
	}
	return false
}
