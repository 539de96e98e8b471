package binlogserver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/wcde-foundation/wcded/replicator/archive"
	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/guard"
)

// Source is the archive as far as it is needed here; *archive.Archive is one.
type Source interface {
	Published() binlog.Position
	Segments() []archive.Segment
	ReadFromGTID(from binlog.Position) (*archive.Reader, error)
	ReadFromFile(stream int, name string, offset int64) (*archive.Reader, error)
}

// Inspector judges the events of a group before any of them is sent; *guard.Guard is one. It is called by several
// goroutines.
type Inspector interface {
	Event(h binlog.Header, raw []byte, checksum bool) guard.Verdict
}

// Options configures a server. All fields up to ServerID must be set.
type Options struct {
	Archive   Source
	Guard     Inspector
	Decisions Decider
	User      string
	Password  string // never empty
	ServerID  uint32 // must differ from every replica's

	// Version is the server version that clients see; by default that of the supplier, as the archive tells it.
	Version string
	// MaxClients is how many clients may be connected; 0: 16.
	MaxClients int
	// IdleTimeout ends the connection of a client that sends no command; 0: 5 minutes.
	IdleTimeout time.Duration
	// WriteTimeout ends the connection of a client that does not read; 0: 1 minute.
	WriteTimeout time.Duration
	// StopTimeout is how long streams may take to finish their group when the server stops; 0: 5 seconds.
	StopTimeout time.Duration
	Logger      *slog.Logger // nil: none
}

// Server serves an archive. Its methods may be called concurrently.
type Server struct {
	opts        Options
	log         *slog.Logger
	credentials *credentials
	clients     *registry
	handshakes  chan struct{} // one for each client that is not authenticated yet
	connections chan struct{} // one for each connection
	version     versionCache
	unknown     onceEach // statements that were refused
}

// New returns a server that serves nobody yet.
func New(o Options) (*Server, error) {
	switch {
	case o.Archive == nil || o.Guard == nil || o.Decisions == nil:
		return nil, errors.New("binlog server: archive, guard and decisions must be given")
	case o.User == "" || o.Password == "":
		return nil, errors.New("binlog server: user and password must not be empty")
	case o.ServerID == 0:
		return nil, errors.New("binlog server: server id must not be 0")
	}
	setDefault(&o.MaxClients, 16)
	setDefault(&o.IdleTimeout, 5*time.Minute)
	setDefault(&o.WriteTimeout, time.Minute)
	setDefault(&o.StopTimeout, 5*time.Second)
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Server{
		opts: o, log: o.Logger, credentials: newCredentials(o.User, o.Password), clients: newRegistry(),
		handshakes: make(chan struct{}, maxUnauthenticated), connections: make(chan struct{}, o.MaxClients),
	}, nil
}

func setDefault[T int | time.Duration](v *T, d T) {
	if *v == 0 {
		*v = d
	}
}

// Status lists the connected clients and those whose stream ended for a reason worth knowing.
func (s *Server) Status() []ClientStatus { return s.clients.list() }

// acceptPause is how long to wait after an Accept that failed, for want of file descriptors say.
const acceptPause = 100 * time.Millisecond

// Serve accepts clients from ln, which it closes, until ctx ends. Then streams finish the group that they are
// sending, and all connections are closed before Serve returns nil. Any other error is the listener's.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(ctx, func() { _ = ln.Close() })()
	hard, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	var wg sync.WaitGroup
	err := s.accept(ctx, ln, func(conn net.Conn) {
		wg.Go(func() {
			defer context.AfterFunc(hard, func() { _ = conn.Close() })()
			s.serve(ctx, conn)
		})
	})
	stop()
	defer time.AfterFunc(s.opts.StopTimeout, cut).Stop()
	wg.Wait()
	return err
}

func (s *Server) accept(ctx context.Context, ln net.Listener, serve func(net.Conn)) error {
	for {
		conn, err := ln.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("accept client: %w", err)
		case err != nil:
			s.log.Warn("accept client", "err", err)
			select {
			case <-time.After(acceptPause):
			case <-ctx.Done():
			}
		default:
			serve(conn)
		}
	}
}
