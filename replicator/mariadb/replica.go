package mariadb

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Upstream is the binlog server that a replica replicates from.
type Upstream struct {
	Address  string // host:port
	User     string
	Password string
	Threads  int // that apply in parallel, optimistically; 0 for one after the other
	// Heartbeat is how often the binlog server shows that it is alive when there is nothing to send; 0 means 1 s.
	Heartbeat time.Duration
	// Archive is what Address serves. With it, replication from elsewhere may be stopped as soon as everything that
	// was received is archived; without it (nil), only when everything that was received is applied.
	Archive Archive
}

// connectRetry is how long, in seconds, a replica waits before it connects again. Our binlog server is on this host,
// and the server's default of a minute would be a minute of lag.
const connectRetry = 1

// defaultHeartbeat applies when Upstream doesn't say.
const defaultHeartbeat = time.Second

// stopWait bounds how long Point waits for received changes to be applied before it gives up with ErrUnsafeStop.
const stopWait = 10 * time.Second

// Point makes the server a replica of u from the position that it has applied on, read-only, and starts it. A server
// that already replicates from there is left alone, but for threads that don't run.
//
// Errors: ErrNotSeeded, ErrNotReadOnly, ErrUnsafeStop.
func (s *Server) Point(ctx context.Context, u Upstream) error {
	if err := s.point(ctx, u, false); err != nil {
		return fmt.Errorf("point replica at %s: %w", u.Address, err)
	}
	return nil
}

// Repair does what a Diagnosis proposes; nothing if that is Nothing.
func (s *Server) Repair(ctx context.Context, a Action, u Upstream) error {
	switch a {
	case Nothing:
		return nil
	case Restart:
		return s.StartReplica(ctx)
	case Repoint:
		return s.Point(ctx, u)
	case Renew:
		if err := s.point(ctx, u, true); err != nil {
			return fmt.Errorf("point replica at %s again: %w", u.Address, err)
		}
		return nil
	}
	return fmt.Errorf("repair replica: unknown action %q", a)
}

// point is Point; force points anew even if the server says that all is as it should be: it does not show its
// password, and a damaged relay log does not show either.
func (s *Server) point(ctx context.Context, u Upstream, force bool) error {
	host, port, err := net.SplitHostPort(u.Address)
	if err != nil {
		return err
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("port: %w", err)
	}
	if u.Threads < 0 || strings.ContainsRune(u.User+u.Password+host, 0) {
		return errors.New("thread count below zero, or a zero byte in a text")
	}
	if u.Heartbeat <= 0 {
		u.Heartbeat = defaultHeartbeat
	}
	st, err := s.ReplicaStatus(ctx)
	if err != nil {
		return err
	}
	if st.Seed.State != Seeded {
		return fmt.Errorf("%w (state %s)", ErrNotSeeded, st.Seed.State)
	}
	if err := s.makeReadOnly(ctx, st); err != nil {
		return err
	}
	if force || !st.pointsAt(u) {
		if err := s.stopSafely(ctx, st, u); err != nil {
			return err
		}
		if err := s.changeMaster(ctx, u, host, port); err != nil {
			return err
		}
	} else if st.SQLRunning && st.IOState != "No" {
		return nil
	}
	return s.StartReplica(ctx)
}

// pointsAt tells whether the settings are those that Point makes, as far as the server shows them.
func (st ReplicaStatus) pointsAt(u Upstream) bool {
	return st.Pointed && st.Primary == u.Address && st.User == u.User && st.UsingGTID == "Slave_Pos" &&
		st.ConnectRetry == connectRetry && st.Heartbeat == u.Heartbeat && st.Threads == u.Threads &&
		st.ParallelMode == "optimistic"
}

// makeReadOnly enforces what belongs into the server's configuration.
func (s *Server) makeReadOnly(ctx context.Context, st ReplicaStatus) error {
	if st.ReadOnly {
		return nil
	}
	s.log.Warn("MariaDB was writable and is made read-only; put read_only=1 into its configuration",
		"server", s.opts.where())
	if err := s.exec(ctx, "SET GLOBAL read_only=1"); err != nil {
		return fmt.Errorf("%w: %w", ErrNotReadOnly, err)
	}
	return nil
}

// stopSafely stops replication when nothing can be lost by it: MariaDB throws its relay log away. What was received
// has to be applied, or to come again: from the same primary, or from the archive that u serves.
func (s *Server) stopSafely(ctx context.Context, st ReplicaStatus, u Upstream) error {
	if !st.Pointed || st.IOState == "No" && !st.SQLRunning {
		return nil
	}
	if st.Primary == u.Address {
		return s.StopReplica(ctx)
	}
	received := st.Received
	var failed error
	wait, cancel := context.WithTimeoutCause(ctx, stopWait, ErrUnsafeStop)
	defer cancel()
	err := until(wait, archivePoll, func() bool {
		if u.Archive != nil && u.Archive.Holds(received) {
			return true
		}
		now, err := s.ReplicaStatus(wait)
		if err != nil {
			failed = err
			return true
		}
		received = now.Received
		return now.Applied.Reached(received)
	})
	switch {
	case failed != nil:
		return failed
	case errors.Is(err, ErrUnsafeStop):
		return fmt.Errorf("%w: received %s, applied %s", ErrUnsafeStop, received, st.Applied)
	case err != nil:
		return err
	}
	return s.StopReplica(ctx)
}

func (s *Server) changeMaster(ctx context.Context, u Upstream, host, port string) error {
	for _, text := range []string{
		fmt.Sprintf("SET GLOBAL slave_parallel_threads=%d", u.Threads),
		"SET GLOBAL slave_parallel_mode='optimistic'",
		"CHANGE MASTER TO MASTER_HOST=" + quoteString(host) + ", MASTER_PORT=" + port +
			", MASTER_USER=" + quoteString(u.User) + ", MASTER_PASSWORD=" + quoteString(u.Password) +
			", MASTER_USE_GTID=slave_pos, MASTER_SSL=0, MASTER_SSL_VERIFY_SERVER_CERT=0" +
			", MASTER_CONNECT_RETRY=" + strconv.Itoa(connectRetry) +
			", MASTER_HEARTBEAT_PERIOD=" + strconv.FormatFloat(u.Heartbeat.Seconds(), 'f', 3, 64),
	} {
		if err := s.exec(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// StartReplica starts both replication threads. Threads that run are left alone.
func (s *Server) StartReplica(ctx context.Context) error {
	if err := s.exec(ctx, "START SLAVE"); err != nil {
		return fmt.Errorf("start replication: %w", err)
	}
	return nil
}

// StopReplica stops both replication threads, after the groups that are being applied. MariaDB then forgets what
// was received and not applied; Point knows when that is safe.
func (s *Server) StopReplica(ctx context.Context) error {
	if err := s.exec(ctx, "STOP SLAVE"); err != nil {
		return fmt.Errorf("stop replication: %w", err)
	}
	return nil
}

// AppliedGTID asks for the position that is applied, and for nothing else: one round trip of well below a
// millisecond on a unix socket, so that lag can be measured by asking often.
func (s *Server) AppliedGTID(ctx context.Context) (binlog.Position, error) {
	text, err := s.text(ctx, "SELECT @@GLOBAL.gtid_slave_pos")
	if err != nil {
		return nil, fmt.Errorf("ask for the applied position: %w", err)
	}
	return binlog.ParsePosition(text)
}

// waitSlice is how long the server waits at most before we look at our context again.
const waitSlice = 1.0 // seconds

// Wait returns when the server has applied everything up to p; the server tells it at once. It waits also while
// replication stands, until ctx ends.
func (s *Server) Wait(ctx context.Context, p binlog.Position) error {
	for {
		// 0: reached; -1: not yet.
		got, err := s.text(ctx, "SELECT MASTER_GTID_WAIT(?, ?)", p.String(), waitSlice)
		if err != nil {
			return fmt.Errorf("wait for %s: %w", p, err)
		}
		if got == "0" {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("wait for %s: %w", p, err)
		}
	}
}

// Watch calls fn with the status now and at every interval until ctx ends, whose error it returns. The status is
// worth nothing when err is not nil.
func (s *Server) Watch(ctx context.Context, every time.Duration, fn func(st ReplicaStatus, err error)) error {
	return until(ctx, every, func() bool {
		st, err := s.ReplicaStatus(ctx)
		if ctx.Err() == nil {
			fn(st, err)
		}
		return false
	})
}
