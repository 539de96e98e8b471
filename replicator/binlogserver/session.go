package binlogserver

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"net"
	"strconv"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// minCapability is MariaDB's MARIA_SLAVE_CAPABILITY_GTID: the client understands GTID events and holes.
const minCapability = 4

// session is one authenticated connection. It implements server.Handler.
type session struct {
	srv    *Server
	ctx    context.Context
	raw    net.Conn
	conn   *server.Conn
	client *client

	vars     variables
	replica  uint32 // server id that the client registered with, valid if its kind is KindReplica
	streamed bool   // a stream was sent: the connection is over, as with a primary
}

// variables are what a client set before it asks for events.
type variables struct {
	heartbeat  time.Duration
	checksum   string // "" as long as the client has not said what it expects, then "NONE" or "CRC32"
	capability uint64
	from       binlog.Position // nil without @slave_connect_state
	to         binlog.Position // nil without @slave_until_gtid
	strict     bool
}

// HandleOtherCommand implements server.Handler.
func (s *session) HandleOtherCommand(cmd byte, data []byte) error {
	switch cmd {
	case mysql.COM_REGISTER_SLAVE:
		return s.register(data)
	case mysql.COM_BINLOG_DUMP:
		return s.dump(data)
	}
	return mysql.NewError(mysql.ER_UNKNOWN_COM_ERROR, "Unknown command")
}

// register takes a replica's server id(4); the rest is for SHOW SLAVE HOSTS.
func (s *session) register(data []byte) error {
	if len(data) < 4 {
		return mysql.NewError(mysql.ER_MALFORMED_PACKET, "Malformed communication packet")
	}
	s.replica = binary.LittleEndian.Uint32(data)
	s.client.mu.Lock()
	defer s.client.mu.Unlock()
	s.client.status.Kind, s.client.status.ServerID = KindReplica, s.replica
	return nil
}

// dump streams until the client goes away or the stream ends. What it returns reaches no client any more unless
// the stream has not begun.
func (s *session) dump(data []byte) error {
	req, err := parseDump(data)
	if err != nil {
		return err
	}
	if s.vars.capability < minCapability {
		return fatal("the client does not understand MariaDB's GTID events")
	}
	v := &s.vars
	req.from, req.strict, req.heartbeat = v.from, v.strict, v.heartbeat
	req.checksumAware, req.checksum = v.checksum != "", v.checksum == "CRC32"
	if v.from != nil {
		req.to = v.to
	}
	s.streamed = true
	s.stream(req)
	return errEnd
}

// stream sends events and closes the connection.
func (s *session) stream(req dumpRequest) {
	ctx, cancel := context.WithCancelCause(s.ctx)
	defer cancel(nil)
	watched := make(chan struct{})
	if s.raw.SetReadDeadline(time.Time{}) != nil || ctx.Err() != nil {
		return
	}
	go func() {
		defer close(watched)
		cancel(s.watch())
	}()
	defer func() {
		_ = s.raw.Close()
		<-watched
	}()
	kind := s.client.get().Kind
	again := s.srv.clients.begin(s.client, identity{kind, req.serverID}, req.from, cancel)
	st := &stream{
		srv: s.srv, client: s.client, ctx: ctx, req: req, checksum: req.checksum,
		out:  newPacketWriter(s.raw, s.srv.opts.WriteTimeout, s.conn.Sequence),
		make: builder{serverID: s.srv.opts.ServerID},
		pos:  req.from.Clone(),
	}
	defer st.out.close()
	log := s.srv.log.With("client", s.client.get().Address, "kind", kind, "server_id", req.serverID)
	level := slog.LevelInfo
	if again {
		level = slog.LevelDebug // it dials every second until what it met is mended
	}
	log.Log(ctx, level, "stream begins", "gtid", req.from.String(), "file", shorten(req.file), "offset", req.offset)
	err := st.run()
	if st.reader != nil {
		_ = st.reader.Close() // only read from
	}
	s.finish(st, err)
	state, message := outcome(err, s.client.get().State)
	news := s.srv.clients.end(s.client, state, message)
	switch {
	case news:
		log.Warn("stream failed", "gtid", st.pos.String(), "bytes", st.out.written, "err", err)
	case state != StateFailed:
		log.Info("stream ended", "gtid", st.pos.String(), "bytes", st.out.written, "state", state)
	}
}

// outcome returns the state in which a client is left whose stream ended by cause in state last, and what to show.
func outcome(cause error, last State) (State, string) {
	switch told := clientError(cause); {
	case told != nil && told != errReplaced:
		return StateFailed, cause.Error()
	case told == nil && last == StateUntilReached:
		return StateUntilReached, ""
	}
	return stateGone, ""
}

// watch reads what the client sends during a stream, which is nothing, until it goes away.
func (s *session) watch() error {
	var scratch [64]byte
	for {
		if _, err := s.raw.Read(scratch[:]); err != nil {
			return errGone
		}
	}
}

// lingerTime is how long a client may take to read the last packet and close.
const lingerTime = time.Second

// finish tells the client how its stream ended.
func (s *session) finish(st *stream, cause error) {
	st.out.rollback()
	switch told := clientError(cause); {
	case told != nil:
		st.out.packet(errorPayload(told))
	case errors.Is(cause, errEnd):
		st.out.packet([]byte{mysql.EOF_HEADER, 0, 0, 0, 0})
	default:
		if st.ctx.Err() != nil {
			_ = st.out.flush() // whole groups; what does not arrive is sent again
		}
		return
	}
	if errors.Join(st.out.commit(), st.out.flush()) != nil {
		return
	}
	s.client.setBytes(st.out.written)
	// Closing while something unread has arrived would reset the connection and take the last packet along.
	if tcp, ok := s.raw.(interface{ CloseWrite() error }); ok && tcp.CloseWrite() == nil {
		select {
		case <-st.ctx.Done():
		case <-time.After(lingerTime):
		}
	}
}

func errorPayload(e *mysql.MyError) []byte {
	b := binary.LittleEndian.AppendUint16([]byte{mysql.ERR_HEADER}, e.Code)
	b = append(b, '#')
	b = append(b, e.State...)
	return append(b, e.Message...)
}

// UseDB implements server.Handler.
func (s *session) UseDB(name string) error {
	return mysql.NewError(mysql.ER_BAD_DB_ERROR, "Unknown database "+strconv.Quote(shorten(name)))
}

// HandleFieldList implements server.Handler.
func (s *session) HandleFieldList(string, string) ([]*mysql.Field, error) {
	return nil, mysql.NewError(mysql.ER_UNKNOWN_COM_ERROR, "Unknown command")
}

// HandleStmtPrepare implements server.Handler. Without a prepared statement the other two are never called.
func (s *session) HandleStmtPrepare(string) (int, int, any, error) {
	return 0, 0, nil, mysql.NewError(mysql.ER_UNSUPPORTED_PS,
		"This command is not supported in the prepared statement protocol yet")
}

// HandleStmtExecute implements server.Handler.
func (s *session) HandleStmtExecute(any, string, []any) (*mysql.Result, error) {
	return nil, mysql.NewError(mysql.ER_UNKNOWN_COM_ERROR, "Unknown command")
}

// HandleStmtClose implements server.Handler.
func (s *session) HandleStmtClose(any) error { return nil }
