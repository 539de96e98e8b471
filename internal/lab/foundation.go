package lab

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

const binlogUser = "wcde_replica"

func (l *Lab) foundationServer() mariadbd.Options {
	return mariadbd.Options{Dir: l.path("foundation/mariadb"), DataDir: l.path("foundation/pool/mysql"), ServerID: 201,
		Port: l.state.Ports.FoundationDB, Replica: true, Settings: l.state.FoundationSettings, User: l.state.Account,
		Detach: l.state.Detach, Env: []string{marker(l.dir)}}
}

func (l *Lab) startFoundationPool(ctx context.Context, size int64) error {
	p := l.foundationPool(size)
	if err := l.makePool(ctx, p); err != nil {
		return err
	}
	return l.makeSubvolume(ctx, p, "mysql")
}

func (l *Lab) controlSocket() string { return l.path("foundation/run/operators.sock") }
func (l *Lab) configFile() string    { return l.path("foundation/wcded.yaml") }
func (l *Lab) archiveDir() string    { return l.path("foundation/archive", portalDB) }

// configure writes wcded's configuration, the secrets that it names and the supplier's certificate authority.
func (l *Lab) configure() error {
	if _, err := makeSecret(l.path("foundation/secrets/binlog-server")); err != nil {
		return err
	}
	ca, err := os.ReadFile(l.path("supplier/tls/ca.pem"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.path("foundation/tls/supplier-ca.pem"), ca, 0o644); err != nil {
		return err
	}
	return os.WriteFile(l.configFile(), []byte(l.config()), 0o644)
}

func (l *Lab) config() string {
	p := l.state.Ports
	return fmt.Sprintf(`# The lab's wcded. Every key is explained in configs/wcded.yaml.
foundation:
  name: Stichting WCDE (lab)
  site: {name: lab-1, country: NL}
  allowed_countries: [NL]
state_dir: %q
metrics: {listen: %q}
control: {socket: %q}
databases:
  - name: %s
    supplier:
      address: %q
      user: %s
      password_file: %q
      tls: {ca_file: %q}
      semi_sync: true
    archive:
      dir: %q
      reserve: 256MiB
    serve:
      listen: %q
      user: %s
      password_file: %q
    replica:
      socket: %q
      parallel_threads: 4
      datadir_volume: %q
`, l.path("foundation/state"), loopback(p.Metrics), l.controlSocket(),
		portalDB, loopback(p.LinkDB), replUser, l.path("foundation/secrets/supplier-db"),
		l.path("foundation/tls/supplier-ca.pem"), l.archiveDir(),
		loopback(p.Binlog), binlogUser, l.path("foundation/secrets/binlog-server"),
		l.Foundation.Socket(), l.path("foundation/pool/mysql"))
}

func (l *Lab) wcded() *service {
	s := l.service(Wcded, l.path("foundation/wcded"), l.state.Wcded, "--config", l.configFile())
	s.env = append(s.env, l.state.WcdedEnv...)
	s.pidFile = l.path("foundation/wcded.pid")
	s.ready = func(ctx context.Context) error {
		var d net.Dialer
		c, err := d.DialContext(ctx, "unix", l.controlSocket())
		if err != nil {
			return err
		}
		return c.Close()
	}
	return s
}

// seed fills the foundation's MariaDB.
func (l *Lab) seed(ctx context.Context) error {
	_, err := l.Wcdectl(ctx, "database", "seed", portalDB, "--yes")
	return err
}

// WaitFollowing returns once the foundation's MariaDB has applied everything that the supplier's binary log held
// when it was called.
func (l *Lab) WaitFollowing(ctx context.Context) error {
	want, err := l.Supplier.QueryString(ctx, "SELECT @@GLOBAL.gtid_binlog_pos")
	if err != nil {
		return err
	}
	applied := ""
	err = poll(ctx, 2*time.Minute, func() (bool, error) {
		var err error
		applied, err = l.Foundation.QueryString(ctx, "SELECT @@GLOBAL.gtid_slave_pos")
		return err == nil && covers(applied, want), err
	})
	if err != nil {
		return fmt.Errorf("wait for the foundation's MariaDB to follow: %w: it has applied %q of %q", err, applied, want)
	}
	return nil
}

// waitReplicating returns once the foundation's MariaDB replicates: the position alone is there as soon as a dump
// was loaded.
func (l *Lab) waitReplicating(ctx context.Context) error {
	var row map[string]string
	err := poll(ctx, time.Minute, func() (bool, error) {
		var err error
		row, err = l.Foundation.QueryRow(ctx, "SHOW SLAVE STATUS")
		if errors.Is(err, sql.ErrNoRows) {
			return false, nil
		}
		return row["Slave_IO_Running"] == "Yes" && row["Slave_SQL_Running"] == "Yes", err
	})
	if err != nil {
		return fmt.Errorf("wait for the foundation's MariaDB to replicate: %w: %s %s", err, row["Last_IO_Error"],
			row["Last_SQL_Error"])
	}
	return l.WaitFollowing(ctx)
}

// waitWell gives wcded a moment to find that all is well. If it does not, that is for its status to explain and no
// reason to take the lab away.
func (l *Lab) waitWell(ctx context.Context) error {
	err := poll(ctx, 10*time.Second, func() (bool, error) {
		_, err := l.Wcdectl(ctx, "status")
		return err == nil, nil
	})
	if errors.Is(err, errPollTimeout) {
		return nil
	}
	return err
}

// waitSemiSync returns once the supplier waits for acknowledgements.
func (l *Lab) waitSemiSync(ctx context.Context) error {
	err := poll(ctx, time.Minute, func() (bool, error) {
		row, err := l.Supplier.QueryRow(ctx, "SHOW GLOBAL STATUS LIKE 'Rpl_semi_sync_master_clients'")
		return err == nil && row["Value"] != "0", err
	})
	if err != nil {
		return fmt.Errorf("wait for wcded to acknowledge to the supplier: %w", err)
	}
	return nil
}

// covers tells whether a position has, in every domain of want, the same server and at least its number. Positions
// are lists of domain-server-number.
func covers(have, want string) bool {
	got := strings.Split(have, ",")
	for w := range strings.SplitSeq(want, ",") {
		if w == "" {
			continue
		}
		if !slices.ContainsFunc(got, func(g string) bool { return reaches(g, w) }) {
			return false
		}
	}
	return true
}

func reaches(have, want string) bool {
	var hd, hs, wd, ws uint32
	var hn, wn uint64
	_, herr := fmt.Sscanf(have, "%d-%d-%d", &hd, &hs, &hn)
	_, werr := fmt.Sscanf(want, "%d-%d-%d", &wd, &ws, &wn)
	return herr == nil && werr == nil && hd == wd && hn >= wn
}

func (l *Lab) info() (Info, error) {
	p := l.state.Ports
	password, err := readSecret(l.path("foundation/secrets/binlog-server"))
	if err != nil {
		return Info{}, err
	}
	return Info{
		Supplier: SupplierInfo{MySQLSocket: l.Supplier.Socket(), MySQLPort: p.SupplierDB, MySQLAdminUser: "root",
			BinlogDir: l.Supplier.BinlogDir(), SSHPort: p.SupplierSSH, VolumesDir: l.supplierPool().mount,
			PortalURL: "http://" + loopback(p.Portal) + "/", MySQLLink: loopback(p.LinkDB), SSHLink: loopback(p.LinkSSH)},
		Foundation: FoundationInfo{MySQLSocket: l.Foundation.Socket(), MySQLPort: p.FoundationDB,
			BinlogServer: loopback(p.Binlog), ReplicationUser: binlogUser, ReplicationPassword: password,
			ArchiveDir: l.archiveDir(), ControlSocket: l.controlSocket(),
			MetricsURL: "http://" + loopback(p.Metrics) + "/metrics",
			Config:     l.configFile(), WcdedPIDFile: l.path("foundation/wcded.pid"), WcdedLog: l.wcded().log()},
		BinDir: filepath.Clean(l.state.BinDir),
	}, nil
}
