package configs

import (
	"fmt"
	"slices"
	"time"
)

func (d *Database) validate(r *report, field string) {
	checkName(r, join(field, "name"), d.Name)
	d.Supplier.validate(r, join(field, "supplier"))
	d.Archive.validate(r, join(field, "archive"))
	d.Serve.validate(r, join(field, "serve"))
	d.Replica.validate(r, join(field, "replica"))
	d.Guard.validate(r, join(field, "guard"))
}

func (s *Supplier) validate(r *report, field string) {
	address := join(field, "address")
	if required(r, address, s.Address, "write where the supplier's MariaDB listens, such as db1.supplier.example:3306") {
		checkAddress(r, address, s.Address)
	}
	checkUser(r, join(field, "user"), s.User, "write the supplier's account for us, such as wcde_repl")
	checkSecret(r, join(field, "password_file"), s.PasswordFile, true)
	s.TLS.validate(r, join(field, "tls"), s.Address)
	if s.ServerID == 0 {
		r.about(join(field, "server_id"), "is 0",
			"write a number that no other server in this replication has, or remove the line")
	}
	inRange(r, join(field, "heartbeat"), s.Heartbeat, 100*time.Millisecond, time.Minute)
	timeout := join(field, "read_timeout")
	inRange(r, timeout, s.ReadTimeout, 200*time.Millisecond, 10*time.Minute)
	if s.ReadTimeout.Duration < 2*s.Heartbeat.Duration {
		r.about(timeout, fmt.Sprintf("%v is less than twice the heartbeat (%v)", s.ReadTimeout, s.Heartbeat),
			"one late heartbeat would cut a healthy connection; write a longer one")
	}
	const largest = 4*GiB - 1 // the size of an event is a uint32
	if s.MaxEventSize < MiB || s.MaxEventSize > largest {
		r.about(join(field, "max_event_size"), fmt.Sprintf("%v is out of range", s.MaxEventSize),
			fmt.Sprintf("write 1MiB to %v (one byte less than 4GiB)", largest))
	}
}

func (t *TLS) validate(r *report, field, address string) {
	mode := join(field, "mode")
	recheck(r, mode, new(TLSMode), string(t.Mode))
	network, host := split(address)
	unclear := r.bad[join(parent(field), "address")] // then its message is enough
	if t.Mode == TLSOff {
		if network == "tcp" && !isLoopback(host) && !unclear {
			r.about(mode, fmt.Sprintf("the connection to %.60q leaves this machine and must be encrypted", host),
				"remove the line; off is for 127.0.0.1, ::1, localhost and unix sockets")
		}
		for _, p := range []place{{"ca_file", t.CAFile}, {"cert_file", t.CertFile}, {"key_file", string(t.KeyFile)},
			{"server_name", t.ServerName}} {
			if p.value != "" {
				r.about(join(field, p.field), "has no effect while mode is off", "remove one of the two")
			}
		}
		return
	}
	if network == "unix" {
		r.about(mode, "a unix socket is not encrypted", "write mode: off")
	}
	for _, p := range []place{{"ca_file", t.CAFile}, {"cert_file", t.CertFile}} {
		if p.value != "" {
			checkPath(r, join(field, p.field), p.value, "")
		}
	}
	checkSecret(r, join(field, "key_file"), t.KeyFile, false)
	if t.CertFile == "" && t.KeyFile != "" {
		r.about(join(field, "cert_file"), "is missing", "write the certificate that belongs to key_file")
	}
	if t.KeyFile == "" && t.CertFile != "" {
		r.about(join(field, "key_file"), "is missing", "write the private key that belongs to cert_file")
	}
	if network == "tcp" && !isHost(t.ServerName) && !unclear {
		r.about(join(field, "server_name"), fmt.Sprintf("%.60q is not a host name", t.ServerName),
			"write the name in the supplier's certificate")
	}
}

func (a *Archive) validate(r *report, field string) {
	checkPath(r, join(field, "dir"), a.Dir,
		"a directory on the volume that holds the archive, such as /srv/wcde/archive/NAME")
	inRange(r, join(field, "keep"), a.Keep, time.Second, 3660*day)
	if a.MaxSize != 0 && a.MaxSize < MiB {
		r.about(join(field, "max_size"), fmt.Sprintf("%v is out of range", a.MaxSize),
			"write 1MiB or more, or 0 for unlimited")
	}
	if a.Reserve < MiB {
		r.about(join(field, "reserve"), fmt.Sprintf("%v is out of range", a.Reserve),
			"write 1MiB or more; a file system without free space can't be repaired")
	}
}

func (s *Serve) validate(r *report, field string) {
	checkListen(r, field, s.Listen, s.AllowRemote)
	checkUser(r, join(field, "user"), s.User, "write the account that the foundation's MariaDB uses, such as wcde_replica")
	checkSecret(r, join(field, "password_file"), s.PasswordFile, true)
}

func (p *Replica) validate(r *report, field string) {
	checkSocket(r, join(field, "socket"), p.Socket, "the foundation's MariaDB, such as /run/mysqld/mysqld.sock")
	checkUser(r, join(field, "user"), p.User, "write the account that may administer it, such as root")
	checkSecret(r, join(field, "password_file"), p.PasswordFile, false)
	if p.ParallelThreads < 1 || p.ParallelThreads > 64 {
		r.about(join(field, "parallel_threads"), fmt.Sprintf("%d is out of range", p.ParallelThreads), "write 1 to 64")
	}
	if p.DatadirVolume != "" {
		checkPath(r, join(field, "datadir_volume"), p.DatadirVolume, "")
	}
}

func (g *Guard) validate(r *report, field string) {
	for i, h := range g.Hold {
		item := fmt.Sprintf("%s.hold[%d]", field, i)
		recheck(r, item, new(Hold), string(h))
		if slices.Contains(g.Hold[:i], h) {
			r.about(item, fmt.Sprintf("%s is in the list twice", h), "remove one of the two")
		}
	}
}
