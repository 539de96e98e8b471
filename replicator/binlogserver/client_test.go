package binlogserver_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/go-mysql-org/go-mysql/client"
	"github.com/go-mysql-org/go-mysql/mysql"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// rawClient speaks the protocol by hand, to see every event that a replica would.
type rawClient struct {
	t testing.TB
	*client.Conn
}

func dial(t testing.TB, port int) *rawClient {
	t.Helper()
	c, err := client.Connect(fmt.Sprintf("127.0.0.1:%d", port), user, password, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return &rawClient{t, c}
}

// prepare sends the statements of a replica that starts behind from ("none": by file).
func (c *rawClient) prepare(from string, more ...string) {
	c.t.Helper()
	list := []string{"SET @master_binlog_checksum= @@global.binlog_checksum", "SET @mariadb_slave_capability=4"}
	if from != "none" {
		list = append(list, "SET @slave_connect_state='"+from+"'")
	}
	for _, q := range append(list, more...) {
		if _, err := c.Execute(q); err != nil {
			c.t.Fatalf("%s: %v", q, err)
		}
	}
}

const nonBlock, annotate = 1, 2

// dump sends COM_BINLOG_DUMP.
func (c *rawClient) dump(file string, pos uint32, flags uint16, serverID uint32) {
	c.t.Helper()
	b := []byte{0, 0, 0, 0, mysql.COM_BINLOG_DUMP}
	b = binary.LittleEndian.AppendUint32(b, pos)
	b = binary.LittleEndian.AppendUint16(b, flags)
	b = binary.LittleEndian.AppendUint32(b, serverID)
	c.ResetSequence()
	if err := c.WritePacket(append(b, file...)); err != nil {
		c.t.Fatal(err)
	}
}

// sent is one event as a client got it.
type sent struct {
	binlog.Header
	raw []byte
}

// next returns the next event, or how the stream ended: io.EOF for an EOF packet, a *mysql.MyError, or what broke.
func (c *rawClient) next() (sent, error) {
	p, err := c.ReadPacket()
	switch {
	case err != nil:
		return sent{}, err
	case p[0] == mysql.EOF_HEADER:
		return sent{}, errEOF
	case p[0] == mysql.ERR_HEADER:
		code := binary.LittleEndian.Uint16(p[1:])
		return sent{}, &mysql.MyError{Code: code, State: string(p[4:9]), Message: string(p[9:])}
	}
	h, err := binlog.ParseHeader(p[1:])
	return sent{h, p[1:]}, err
}

var errEOF = fmt.Errorf("EOF packet")

// all returns every event up to the stream's end.
func (c *rawClient) all() ([]sent, error) {
	var list []sent
	for {
		ev, err := c.next()
		if err != nil {
			return list, err
		}
		list = append(list, ev)
	}
}

// groups returns the GTIDs among events.
func groups(list []sent) []string {
	var g []string
	for _, ev := range list {
		if e, err := binlog.ParseGTIDEvent(ev.raw); err == nil && ev.Type == 162 {
			g = append(g, e.GTID.String())
		}
	}
	return g
}

// cutter passes connections on to a port and cuts each one once it has passed limit bytes to the client.
func cutter(t testing.TB, port int, limits ...int64) (newPort int, cuts func() int) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan int, 1000)
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for i := 0; ; i++ {
			in, err := ln.Accept()
			if err != nil {
				return
			}
			limit := int64(1 << 60)
			if i < len(limits) {
				limit = limits[i]
			}
			go func() {
				pass(in, port, limit)
				done <- i
			}()
		}
	}()
	return ln.Addr().(*net.TCPAddr).Port, func() int { return len(done) }
}

func pass(in net.Conn, port int, limit int64) {
	defer in.Close()
	out, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return
	}
	defer out.Close()
	go func() {
		_, _ = io.CopyN(out, in, 1<<60)
		_ = out.Close()
	}()
	_, _ = io.CopyN(in, out, limit)
}
