package configs

import (
	"encoding"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxSocketPath is what fits into sockaddr_un with its terminating zero (unix(7)).
const maxSocketPath = 107

var (
	namePattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,31}$`)
	userPattern  = regexp.MustCompile(`^[A-Za-z0-9_.@-]{1,80}$`)
	labelPattern = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$`)
)

// required reports a value that is not there, and says whether it is.
func required(r *report, field, value, hint string) bool {
	if value == "" {
		r.about(field, "is missing", hint)
	}
	return value != ""
}

// recheck reports a value that its own type would not have accepted from a file.
func recheck(r *report, field string, into encoding.TextUnmarshaler, value string) {
	var e *Error
	if err := into.UnmarshalText([]byte(value)); errors.As(err, &e) {
		r.about(field, e.Msg, e.Hint)
	}
}

func checkName(r *report, field, name string) {
	if required(r, field, name, "write a short name") &&
		!namePattern.MatchString(name) {
		r.about(field, fmt.Sprintf("%.60q is not a name", name),
			"write at most 32 of a-z, 0-9, _ and -, beginning with a letter or a digit")
	}
}

// checkPath reports a path that is not absolute and clean. What it is for goes into the hint; it may be empty.
func checkPath(r *report, field, path, what string) bool {
	clean := filepath.Clean(path)
	switch {
	case path == "":
		r.about(field, "is missing", "write "+what)
	case !filepath.IsAbs(path):
		r.about(field, fmt.Sprintf("%.120q is not an absolute path", path), "begin it with /")
	case clean != path:
		r.about(field, fmt.Sprintf("%.120q is a roundabout path", path), "write "+clean)
	case path == "/":
		r.about(field, "is the root of the file system", "write a path below it")
	default:
		return true
	}
	return false
}

func checkSocket(r *report, field, path, what string) {
	if path == "" {
		r.about(field, "is missing", "write the unix socket of "+what)
		return
	}
	if checkPath(r, field, path, "") && len(path) > maxSocketPath {
		r.about(field, fmt.Sprintf("has %d bytes", len(path)), fmt.Sprintf("a socket's path has at most %d", maxSocketPath))
	}
}

// checkUser reports what is no account name as people give them; a quote or a space in one is a slip.
func checkUser(r *report, field, user, hint string) {
	if required(r, field, user, hint) && !userPattern.MatchString(user) {
		r.about(field, fmt.Sprintf("%.100q is not an account's name", user), "write at most 80 letters, digits and _ . @ -")
	}
}

func checkSecret(r *report, field string, s SecretRef, need bool) {
	if s == "" {
		if need {
			r.about(field, "is missing", "write the name of a systemd credential or the absolute path of a file")
		}
		return
	}
	recheck(r, field, new(SecretRef), string(s))
}

// checkListen checks the keys listen and allow_remote of a section.
func checkListen(r *report, section, listen string, remote bool) {
	field := join(section, "listen")
	if !required(r, field, listen, "write IP:port") {
		return
	}
	addr, err := netip.ParseAddrPort(listen)
	switch {
	case err != nil:
		r.about(field, fmt.Sprintf("%.60q is not an IP address with a port", listen),
			"write it as 127.0.0.1:3307 or [::1]:3307")
	case !addr.Addr().IsLoopback() && !remote:
		r.about(field, fmt.Sprintf("%s can be reached from other machines", listen),
			"write 127.0.0.1, or allow_remote: true beside it if a firewall guards the port")
	}
}

// checkAddress checks where a server is dialled.
func checkAddress(r *report, field, address string) {
	if strings.HasPrefix(address, "/") {
		checkSocket(r, field, address, "")
		return
	}
	host, port, err := net.SplitHostPort(address)
	n, errPort := strconv.ParseUint(port, 10, 16)
	switch {
	case err != nil && isHost(address):
		r.about(field, fmt.Sprintf("%.60q has no port", address), "write "+net.JoinHostPort(address, "3306"))
	case err != nil || !isHost(host):
		r.about(field, fmt.Sprintf("%.60q is not a host with a port", address),
			"write it as host:3306, [IPv6]:3306 or /path/of/a/socket")
	case errPort != nil || n == 0:
		r.about(field, fmt.Sprintf("%.20q is not a port", port), "write a number from 1 to 65535")
	}
}

func inRange(r *report, field string, d Duration, least, most time.Duration) {
	if d.Duration < least || d.Duration > most {
		r.about(field, fmt.Sprintf("%v is out of range", d), fmt.Sprintf("write %v to %v", Duration{least}, Duration{most}))
	}
}

// isHost says whether s is an IP address or looks like a host name (RFC 1123, with underscores).
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	for _, l := range strings.Split(strings.TrimSuffix(s, "."), ".") {
		if !labelPattern.MatchString(l) {
			return false
		}
	}
	return len(s) <= 253
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// split returns the network of an address, and for tcp its host.
func split(address string) (network, host string) {
	if strings.HasPrefix(address, "/") {
		return "unix", ""
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return "tcp", address
	}
	return "tcp", host
}

// Endpoint returns Address in the form that dialers take: the network ("tcp" or "unix") and the address in it.
func (s Supplier) Endpoint() (network, address string) {
	network, _ = split(s.Address)
	return network, s.Address
}
