package lab

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/internal/lab/portal"
)

const (
	portalDB = "portal" // the supplier's database, and the name that wcded's configuration gives to the copy
	replUser = "wcde_repl"
)

func (l *Lab) supplierServer() mariadbd.Options {
	tls := func(name string) string { return l.path("supplier/tls", name) }
	settings := map[string]string{
		"gtid_domain_id": "0",
		"ssl_ca":         tls("ca.pem"), "ssl_cert": tls("server.pem"), "ssl_key": tls("server.key"),
		// A commit is on our disk before anybody at the supplier can see it.
		"rpl_semi_sync_master_wait_point": "AFTER_SYNC",
		"event_scheduler":                 "ON",
	}
	for k, v := range l.state.SupplierSettings {
		settings[k] = v
	}
	return mariadbd.Options{Dir: l.path("supplier/mariadb"), ServerID: 101, Port: l.state.Ports.SupplierDB,
		Binlog: true, SemiSync: true, Settings: settings, User: l.state.Account, Detach: l.state.Detach,
		Env: []string{marker(l.dir)}}
}

// startSupplierDB makes the supplier's MariaDB with its certificate, its accounts and an empty database.
func (l *Lab) startSupplierDB(ctx context.Context) error {
	if err := l.makeCertificates(l.path("supplier/tls")); err != nil {
		return err
	}
	if err := l.Supplier.Restart(ctx); err != nil {
		return err
	}
	password, err := makeSecret(l.path("foundation/secrets/supplier-db"))
	if err != nil {
		return err
	}
	if err := l.Supplier.Exec(ctx, replicationAccount(replUser, password)); err != nil {
		return err
	}
	password, err = makeSecret(l.path("supplier/portal/password"))
	if err != nil {
		return err
	}
	return l.Supplier.Exec(ctx, "CREATE DATABASE "+portalDB+"; SET sql_log_bin=0;"+
		"CREATE USER 'portal'@'127.0.0.1' IDENTIFIED BY '"+password+"';"+
		"GRANT SELECT, INSERT, UPDATE, DELETE, EXECUTE ON "+portalDB+".* TO 'portal'@'127.0.0.1'; SET sql_log_bin=1")
}

// replicationAccount is what a supplier runs once to let the foundation read. It is kept out of the binary log, so
// that the lab's archive can be replayed from its beginning.
//
// SUPER and CONNECTION ADMIN are missing on purpose: nobody can end another's connection with this account.
func replicationAccount(user, password string) string {
	account := "'" + user + "'@'%'"
	return "SET sql_log_bin=0; CREATE USER " + account + " IDENTIFIED BY '" + password + "' REQUIRE SSL; GRANT " +
		"REPLICATION SLAVE, " + // read the binary log
		"BINLOG MONITOR, " + // SHOW MASTER STATUS, SHOW BINARY LOGS: where a copy begins
		"SELECT, SHOW VIEW, TRIGGER, EVENT, " + // seeding: rows and definitions; SELECT on mysql.proc shows routines
		"PROCESS " + // see whether somebody waits for the dump's table locks, and give way
		"ON *.* TO " + account + "; SET sql_log_bin=1"
}

// startFiles makes the supplier's volume.
func (l *Lab) startFiles(ctx context.Context) error {
	p := l.supplierPool()
	if err := l.makePool(ctx, p); err != nil {
		return err
	}
	return l.makeSubvolume(ctx, p, "portal")
}

// sample is what the portal starts with: 100 certificates, 20 attachments.
func sample() portal.Sample { return portal.Sample{Certificates: 20, Attachments: 4} }

// seedPortal fills the portal's database and volume and writes its configuration.
func (l *Lab) seedPortal(ctx context.Context) error {
	dir := filepath.Join(l.supplierPool().mount, "portal")
	files, err := portal.OpenFiles(dir)
	if err != nil {
		return err
	}
	defer files.Close()
	db, err := l.Supplier.Open(portalDB)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := portal.Seed(ctx, db, files, sample()); err != nil {
		return err
	}
	for _, id := range portal.IDs() {
		if err := l.user.Own(filepath.Join(dir, id)); err != nil {
			return err
		}
	}
	c, err := l.portalConfig()
	if err != nil {
		return err
	}
	path := l.path("supplier/portal/config.json")
	if err := writeJSON(path, c); err != nil {
		return err
	}
	return l.user.Own(path)
}

// portalConfig connects over TCP: the socket's folder is closed to everybody but the server.
func (l *Lab) portalConfig() (portal.Config, error) {
	password, err := readSecret(l.path("supplier/portal/password"))
	return portal.Config{Listen: loopback(l.state.Ports.Portal), Files: l.path("supplier/pool/portal"),
		Database: portal.Database{Network: "tcp", Address: loopback(l.state.Ports.SupplierDB), User: "portal",
			Password: password, Name: portalDB}}, err
}

func (l *Lab) portal() *service {
	dir := l.path("supplier/portal")
	s := l.service(SupplierPortal, dir, filepath.Join(l.state.BinDir, "wcde-lab"), "portal", "--config",
		filepath.Join(dir, "config.json"))
	s.user = l.user
	s.ready = func(ctx context.Context) error {
		return getOK(ctx, "http://"+loopback(l.state.Ports.Portal)+"/healthz")
	}
	return s
}

// getOK is nil if the URL answers 200.
func getOK(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return nil
}

// makeFolders makes what the parts' folders are in.
func (l *Lab) makeFolders() error {
	for _, f := range []struct {
		name string
		mode os.FileMode
	}{
		{"supplier", 0o711}, {"supplier/tls", 0o711}, {"supplier/ssh", 0o700}, {"supplier/portal", 0o711},
		{"supplier/relay", 0o700}, {"foundation", 0o711}, {"foundation/archive", 0o700}, {"foundation/secrets", 0o700},
		{"foundation/tls", 0o700}, {"foundation/state", 0o700}, {"foundation/run", 0o700}, {"foundation/wcded", 0o700},
		{"datacentre", 0o700},
	} {
		path := l.path(f.name)
		if err := os.Mkdir(path, f.mode); err != nil {
			return err
		}
		if err := os.Chmod(path, f.mode); err != nil { // whatever the umask says
			return err
		}
	}
	return nil
}
