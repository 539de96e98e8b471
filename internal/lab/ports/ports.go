// Package ports finds free TCP ports on the loopback interface that are still free later.
//
// Servers of the lab stop and come back on the same port. A port from the kernel's ephemeral range could by then
// be the source port of any outgoing connection on the machine, so ports are taken from below that range.
package ports

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
)

const (
	lowest   = 12000
	attempts = 200
)

// ErrNone is returned when no free port was found.
var ErrNone = errors.New("no free port on 127.0.0.1")

// Free returns a port of 127.0.0.1 on which nothing listens. Nothing reserves it: two callers that are quick may
// get the same, so whoever binds must be ready to ask again.
func Free() (int, error) {
	top := ephemeral()
	for range attempts {
		port := lowest + rand.IntN(top-lowest)
		l, err := net.Listen("tcp4", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		if err := l.Close(); err != nil {
			return 0, fmt.Errorf("close probe of port %d: %w", port, err)
		}
		return port, nil
	}
	return 0, ErrNone
}

// ephemeral returns the first port of the kernel's ephemeral range, or Linux's default when that is unusable.
func ephemeral() int {
	const usual = 32768
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	var first, last int
	if _, err := fmt.Sscan(string(b), &first, &last); err != nil || first < lowest+1000 {
		return usual
	}
	return first
}
