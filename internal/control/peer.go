package control

import (
	"context"
	"fmt"
	"net"
	"os/user"
	"strconv"

	"golang.org/x/sys/unix"
)

// Peer is the process at the other end of the socket, as the kernel knew it when it connected.
type Peer struct {
	UID uint32
	GID uint32
	PID int32
}

// String returns the peer for a log or a journal, such as "jan (uid 1000, pid 4242)".
func (p Peer) String() string {
	name := "?"
	if u, err := user.LookupId(strconv.FormatUint(uint64(p.UID), 10)); err == nil {
		name = u.Username
	}
	return fmt.Sprintf("%s (uid %d, pid %d)", name, p.UID, p.PID)
}

// peerOf asks the kernel who is connected.
func peerOf(conn net.Conn) (Peer, error) {
	c, ok := conn.(interface{ UnixConn() *net.UnixConn })
	if !ok {
		return Peer{}, fmt.Errorf("read peer's credentials: %T is no unix connection", conn)
	}
	raw, err := c.UnixConn().SyscallConn()
	if err != nil {
		return Peer{}, fmt.Errorf("read peer's credentials: %w", err)
	}
	var cred *unix.Ucred
	var credErr error
	err = raw.Control(func(fd uintptr) {
		cred, credErr = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	if err == nil {
		err = credErr
	}
	if err != nil {
		return Peer{}, fmt.Errorf("read peer's credentials: %w", err)
	}
	return Peer{UID: cred.Uid, GID: cred.Gid, PID: cred.Pid}, nil
}

type peerKey struct{}

func withPeer(ctx context.Context, p Peer) context.Context {
	return context.WithValue(ctx, peerKey{}, p)
}

// PeerFrom returns the peer that a request came from; ok is false outside a request of a Server.
func PeerFrom(ctx context.Context) (p Peer, ok bool) {
	p, ok = ctx.Value(peerKey{}).(Peer)
	return p, ok
}
