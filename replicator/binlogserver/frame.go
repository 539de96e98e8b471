package binlogserver

import (
	"fmt"
	"net"
)

const (
	// maxHandshake bounds a client's packets before it is authenticated, maxCommand those behind. The longest
	// command that makes sense carries a position with some thousand domains.
	maxHandshake = 4 << 10
	maxCommand   = 1 << 20
)

// framedConn looks at the packet heads in what a client sends and ends the connection at a packet that is too large,
// before anybody makes room for it. go-mysql by itself reads packets of any size, and trusts that a command is not
// empty.
type framedConn struct {
	net.Conn
	limit int  // bytes of a payload
	empty bool // whether a payload may be empty

	left int // bytes of the current payload still to come
	head []byte
}

func newFramedConn(conn net.Conn) *framedConn {
	return &framedConn{Conn: conn, limit: maxHandshake, empty: true, head: make([]byte, 0, packetHead)}
}

// authenticated sets the limits of the command phase.
func (c *framedConn) authenticated() { c.limit, c.empty = maxCommand, false }

func (c *framedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if bad := c.check(p[:n]); bad != nil {
		return 0, bad
	}
	return n, err
}

func (c *framedConn) check(p []byte) error {
	for len(p) > 0 {
		if c.left > 0 {
			n := min(c.left, len(p))
			c.left -= n
			p = p[n:]
			continue
		}
		n := min(packetHead-len(c.head), len(p))
		c.head = append(c.head, p[:n]...)
		p = p[n:]
		if len(c.head) < packetHead {
			return nil
		}
		c.left = int(c.head[0]) | int(c.head[1])<<8 | int(c.head[2])<<16
		c.head = c.head[:0]
		if c.left > c.limit || (c.left == 0 && !c.empty) {
			return fmt.Errorf("packet of %d bytes from client, the limit is %d", c.left, c.limit)
		}
	}
	return nil
}
