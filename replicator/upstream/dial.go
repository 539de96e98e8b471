package upstream

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/client"
)

const (
	dialTimeout    = 10 * time.Second
	commandTimeout = 15 * time.Second
	// commandBudget bounds the bytes that a supplier may send before the dump begins, all answers together.
	// A list of 100,000 binary logs is about 5 MB.
	commandBudget = 16 << 20
)

var errBudget = errors.New("supplier answers with more bytes than any answer needs")

// Dialer opens a connection to the supplier's address.
type Dialer func(ctx context.Context, network, address string) (net.Conn, error)

// Supplier says how to reach the server that is followed.
type Supplier struct {
	Network  string // "tcp" or "unix"
	Address  string // host:port, or the socket's path
	User     string
	Password func() (string, error) // read for each connection, so that it can be changed on disk
	TLS      *tls.Config            // nil: no TLS
	Dial     Dialer                 // nil: a net.Dialer
}

// boundedConn limits what the other side can make us read, until the dump's own limits take over.
type boundedConn struct {
	net.Conn
	left atomic.Int64
}

func (c *boundedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.left.Add(-int64(n)) < 0 {
		return 0, errBudget
	}
	return n, err
}

func (c *boundedConn) unbound() { c.left.Store(1 << 62) }

// conn is a connection that still speaks commands.
type conn struct {
	*client.Conn
	raw  *boundedConn
	stop func() bool
}

// dial connects and authenticates. The connection is closed when ctx ends.
func (s Supplier) dial(ctx context.Context) (*conn, error) {
	password, err := s.Password()
	if err != nil {
		return nil, failf(AccessDenied, "read supplier's password: %w", err)
	}
	dial := s.Dial
	if dial == nil {
		dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: 10 * time.Second}).DialContext
	}
	dialCtx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	c := &conn{}
	c.Conn, err = client.ConnectWithDialer(dialCtx, s.Network, s.Address, s.User, password, "",
		func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := dial(ctx, network, address)
			if err != nil {
				return nil, err
			}
			c.raw = &boundedConn{Conn: nc}
			c.raw.left.Store(commandBudget)
			// Until commands set their own: a handshake that stalls must end too.
			return c.raw, nc.SetDeadline(time.Now().Add(dialTimeout))
		},
		func(cc *client.Conn) error {
			if s.TLS != nil {
				cc.SetTLSConfig(s.TLS.Clone())
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("connect to supplier %s: %w", s.Address, err)
	}
	c.stop = context.AfterFunc(ctx, func() { _ = c.raw.Close() })
	return c, nil
}

// exec runs one statement with a deadline.
func (c *conn) exec(query string) error {
	_, err := c.rows(query)
	return err
}

// rows runs one statement and returns its result as text.
func (c *conn) rows(query string) ([][]string, error) {
	if err := c.raw.SetDeadline(time.Now().Add(commandTimeout)); err != nil {
		return nil, err
	}
	res, err := c.Execute(query)
	if err != nil {
		return nil, fmt.Errorf("ask supplier %.60q: %w", query, err)
	}
	// Not closed: Close puts the result into a pool of the whole process with its column types still set, and our binlog
	// server would answer a replica with them ("row types aren't consistent", which stops the replica).
	if res.Resultset == nil {
		return nil, nil
	}
	out := make([][]string, res.RowNumber())
	for i := range out {
		out[i] = make([]string, res.ColumnNumber())
		for j := range out[i] {
			if out[i][j], err = res.GetString(i, j); err != nil {
				return nil, fmt.Errorf("ask supplier %.60q: %w", query, err)
			}
		}
	}
	return out, nil
}

func (c *conn) close() {
	c.stop()
	_ = c.raw.Close() // nothing that matters is unsent
}
