package upstream_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/relay"
	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// linked puts a link that can be broken between the supplier and us.
func linked(w *world) *relay.Link {
	w.t.Helper()
	link, err := relay.NewLink("127.0.0.1:0", w.address)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(link.Close)
	w.address = link.Addr()
	return link
}

func (w *world) impair(link *relay.Link, f relay.Faults) {
	w.t.Helper()
	if err := link.Set(f); err != nil {
		w.t.Fatal(err)
	}
}

// load writes single rows from several connections until stop, and returns how many were committed.
func (w *world) load(writers int) (stop func() int) {
	w.t.Helper()
	w.exec(w.supplier, "CREATE DATABASE IF NOT EXISTS app")
	w.exec(w.supplier, "CREATE TABLE IF NOT EXISTS app.load (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(100))")
	ctx, cancel := context.WithCancel(context.Background())
	db, err := w.supplier.Open("app")
	if err != nil {
		w.t.Fatal(err)
	}
	counts := make([]int, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for ctx.Err() == nil {
				if _, err := db.ExecContext(ctx, "INSERT INTO app.load (v) VALUES (REPEAT('x', 80))"); err == nil {
					counts[i]++
				}
			}
		})
	}
	return func() int {
		cancel()
		wg.Wait()
		_ = db.Close()
		n := 0
		for _, c := range counts {
			n += c
		}
		return n
	}
}

func (w *world) growing(what string) {
	w.t.Helper()
	before := w.archive.Published()
	w.eventually("the archive grows "+what, func() bool { return !w.archive.Published().Equal(before) })
}

func (w *world) protected() {
	w.t.Helper()
	w.eventually("semi-sync holds", func() bool { return w.follower.Status().SemiSync })
}

func TestLinkFaultsUnderLoad(t *testing.T) {
	w := newWorld(t, nil)
	link := linked(w)
	w.follow()
	w.protected()
	stop := w.load(4)
	w.growing("at first")
	for _, f := range []relay.Faults{
		{Mode: relay.Refuse}, {Mode: relay.Blackhole}, {Corrupt: 50_000}, {Rate: 20_000},
	} {
		w.impair(link, f)
		if f.Mode != "" || f.Corrupt > 0 {
			w.eventually(fmt.Sprintf("%+v is noticed", f), func() bool {
				s := w.follower.Status().State
				return s == upstream.SupplierGone || s == upstream.CorruptStream
			})
		} else {
			w.growing("over a slow link")
		}
		w.impair(link, relay.Faults{})
		w.protected()
		w.growing(fmt.Sprintf("after %+v", f))
	}
	if stop() == 0 {
		t.Fatal("nothing was committed")
	}
	w.exec(w.supplier, "FLUSH BINARY LOGS")
	w.caughtUp(w.supplier)
	w.sameBytes(w.supplier, "mysql-bin.000001")
	var reasons []string
	for _, e := range w.follower.Exposure() {
		reasons = append(reasons, e.Reason)
	}
	if len(reasons) < 2 {
		t.Errorf("the cut links left no exposure: %q", reasons)
	}
}

func TestKilledInsideOfAHugeTransaction(t *testing.T) {
	w := newWorld(t, map[string]string{"binlog_format": "ROW", "max_allowed_packet": "64M"})
	w.options = func(o *upstream.Options) { o.MaxEvent = 64 << 20 }
	w.follow()
	w.fill(w.supplier, "t", 3)
	w.exec(w.supplier, "CREATE TABLE app.huge (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB)")
	w.caughtUp(w.supplier)
	seg := w.archive.Segments()[0]
	path := filepath.Join(w.supplier.BinlogDir(), seg.Name)

	// Kill the supplier while it copies 250 MB from its transaction cache into the binary log.
	db, err := w.supplier.Open("app")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tx, err := db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 25 {
		if _, err := tx.ExecContext(t.Context(), "INSERT INTO huge (b) VALUES (REPEAT('h', 10000000))"); err != nil {
			t.Fatal(err)
		}
	}
	before := size(t, path)
	done := make(chan struct{})
	go func() { defer close(done); _ = tx.Commit() }()
	w.eventually("the supplier writes the transaction", func() bool { return size(t, path) > before+20_000_000 })
	if err := w.supplier.Kill(); err != nil {
		t.Fatal(err)
	}
	<-done
	if torn := size(t, path); torn > before+250_000_000 {
		t.Fatalf("the supplier had finished: %d bytes", torn)
	}
	if err := w.supplier.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fill(w.supplier, "t", 3)
	w.caughtUp(w.supplier)
	if s := w.sealed(seg.Name); s.Status != archive.StatusTorn || s.Size != before {
		t.Errorf("got %s of %d bytes, want torn at %d", s.Status, s.Size, before)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func TestDamagedSegmentIsFetchedAgain(t *testing.T) {
	w := newWorld(t, nil)
	w.follow()
	w.state(upstream.Streaming)
	w.fill(w.supplier, "t", 20)
	w.exec(w.supplier, "FLUSH BINARY LOGS")
	w.caughtUp(w.supplier)
	seg := w.sealed("mysql-bin.000001")
	data, err := os.ReadFile(seg.Path)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/2] ^= 0x10
	if err := os.WriteFile(seg.Path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.archive.Verify(t.Context(), seg); err == nil {
		t.Fatal("the damage was not found")
	}
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if err := w.follower.Fetch(t.Context(), seg.Name, seg.Size, file); err != nil {
		t.Fatal(err)
	}
	if _, err := file.Seek(0, 0); err != nil {
		t.Fatal(err)
	}
	if err := w.archive.Replace(seg, file); err != nil {
		t.Fatal(err)
	}
	w.sameBytes(w.supplier, "mysql-bin.000001")
}

func TestSemiSyncSwitchedOnLater(t *testing.T) {
	w := newWorld(t, nil)
	w.exec(w.supplier, "SET GLOBAL rpl_semi_sync_master_enabled=0")
	w.follow()
	w.fill(w.supplier, "t", 1)
	w.caughtUp(w.supplier)
	w.eventually("exposure is recorded", func() bool { return len(w.follower.Exposure()) > 0 })
	w.exec(w.supplier, "SET GLOBAL rpl_semi_sync_master_enabled=1")
	w.eventually("semi-sync holds", func() bool { return w.follower.Status().SemiSync })
	w.follower.ReleaseSemiSync(true)
	w.eventually("semi-sync is given up", func() bool {
		return !w.follower.Status().SemiSync && w.query(w.supplier, "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS "+
			"WHERE VARIABLE_NAME='Rpl_semi_sync_master_clients'") == "0"
	})
}

// certify makes a certificate authority and a server certificate, PEM files in dir, and returns what trusts them.
func certify(t *testing.T, dir string) *tls.Config {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "db1.supplier.example"},
		DNSNames: []string{"db1.supplier.example"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der}, "key.pem": {Type: "PRIVATE KEY", Bytes: keyDER},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool, ServerName: "db1.supplier.example"}
}

func TestTLSWithSemiSync(t *testing.T) {
	dir := t.TempDir()
	trust := certify(t, dir)
	w := newWorld(t, map[string]string{
		"ssl_cert": filepath.Join(dir, "cert.pem"), "ssl_key": filepath.Join(dir, "key.pem"),
		"ssl_ca": filepath.Join(dir, "cert.pem"),
	})
	w.exec(w.supplier, "ALTER USER wcde_repl@'127.0.0.1' REQUIRE SSL")
	w.options = func(o *upstream.Options) { o.Supplier.TLS = trust }
	w.follow()
	w.protected()
	w.fill(w.supplier, "t", 20)
	w.exec(w.supplier, "FLUSH BINARY LOGS")
	w.sameBytes(w.supplier, "mysql-bin.000001")
	if w.follower.Status().Acks == 0 {
		t.Error("nothing was acknowledged inside of TLS")
	}
	w.stop()

	for name, change := range map[string]func(*upstream.Options){
		"without TLS":  func(o *upstream.Options) { o.Supplier.TLS = nil },
		"another name": func(o *upstream.Options) { o.Supplier.TLS = trust.Clone(); o.Supplier.TLS.ServerName = "other.example" },
		"not its CA": func(o *upstream.Options) {
			o.Supplier.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool(), ServerName: "db1.supplier.example"}
		},
	} {
		w.options = change
		w.follow()
		w.eventually("no connection "+name, func() bool {
			s := w.follower.Status().State
			return s == upstream.SupplierGone || s == upstream.AccessDenied
		})
		if got := w.follower.Status().Bytes; got != 0 {
			t.Errorf("%s: %d bytes were received", name, got)
		}
		w.stop()
	}
}

// A server that is no MariaDB can send anything: the answer is a state, not a panic, and not memory without bound.
func TestHostileServer(t *testing.T) {
	w := newWorld(t, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		endless := make([]byte, 1<<20)
		for i := range endless {
			endless[i] = 0xff // packets of the largest size, each of which goes on in the next one
		}
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for {
					if _, err := c.Write(endless); err != nil {
						return
					}
				}
			}()
		}
	}()
	w.address = ln.Addr().String()
	w.follow()
	w.state(upstream.SupplierGone)
}
