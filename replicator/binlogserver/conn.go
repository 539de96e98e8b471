package binlogserver

import (
	"context"
	"encoding/binary"
	"net"
	"runtime/debug"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"
)

// serve handles one connection until it ends.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer func() {
		// go-mysql indexes into handshake packets without looking at their length. A client, authenticated or
		// not, must not be able to end the process.
		if p := recover(); p != nil {
			s.log.Error("client made the server panic", "address", conn.RemoteAddr().String(), "panic", p,
				"stack", string(debug.Stack()))
		}
	}()
	select {
	case s.connections <- struct{}{}:
		defer func() { <-s.connections }()
	default:
		s.refuse(conn)
		return
	}
	// A client that says nothing is waiting in a read: the past as its deadline ends that.
	defer context.AfterFunc(ctx, func() { _ = conn.SetReadDeadline(time.Unix(1, 0)) })()
	sess, err := s.handshake(ctx, conn)
	if err != nil {
		return
	}
	s.clients.add(sess.client)
	defer s.clients.remove(sess.client)
	for !sess.streamed {
		now := time.Now()
		if conn.SetReadDeadline(now.Add(s.opts.IdleTimeout)) != nil ||
			conn.SetWriteDeadline(now.Add(s.opts.WriteTimeout)) != nil || ctx.Err() != nil {
			return
		}
		if err := sess.conn.HandleCommand(); err != nil || sess.conn.Conn == nil {
			return
		}
	}
}

// refuse tells a client that there are too many already.
func (s *Server) refuse(conn net.Conn) {
	e := mysql.NewDefaultError(mysql.ER_CON_COUNT_ERROR)
	payload := binary.LittleEndian.AppendUint16([]byte{mysql.ERR_HEADER}, e.Code)
	payload = append(payload, e.Message...)
	// Whether it arrives or not: the client is refused.
	_, _ = writeWithin(conn, time.Second, append(appendHead(nil, len(payload), 0), payload...))
}

// handshake greets and authenticates a client.
func (s *Server) handshake(ctx context.Context, conn net.Conn) (*session, error) {
	select {
	case s.handshakes <- struct{}{}:
		defer func() { <-s.handshakes }()
	default:
		s.refuse(conn)
		return nil, mysql.NewDefaultError(mysql.ER_CON_COUNT_ERROR)
	}
	if err := conn.SetDeadline(time.Now().Add(handshakeTimeout)); err != nil {
		return nil, err
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	framed := newFramedConn(conn)
	sess := &session{srv: s, ctx: ctx, raw: conn, client: &client{}}
	greeter := server.NewServer(greeting(s.serverVersion()), mysql.DEFAULT_COLLATION_ID, mysql.AUTH_NATIVE_PASSWORD,
		nil, nil)
	c, err := greeter.NewCustomizedConn(framed, &authHandler{credentials: s.credentials, ctx: ctx, srv: s}, sess)
	if err != nil {
		return nil, err
	}
	framed.authenticated()
	sess.conn = c
	sess.client.status = ClientStatus{
		ID: c.ConnectionID(), User: c.GetUser(), Address: conn.RemoteAddr().String(), Kind: KindReader,
		State: StateConnected, Since: time.Now(),
	}
	return sess, nil
}
