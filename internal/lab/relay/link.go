package relay

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// Link relays one TCP port to another address.
type Link struct {
	listen, target string

	mu       sync.Mutex
	faults   Faults
	changed  chan struct{} // closed and replaced whenever faults change
	listener net.Listener  // nil while refusing
	conns    map[*net.TCPConn]struct{}
	closed   bool
	wg       sync.WaitGroup
}

// NewLink listens on listen (host:port) and relays every connection to target. Close it.
func NewLink(listen, target string) (*Link, error) {
	l := &Link{listen: listen, target: target, changed: make(chan struct{}), conns: map[*net.TCPConn]struct{}{}}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.listenLocked(); err != nil {
		return nil, err
	}
	l.listen = l.listener.Addr().String() // the same port again after a refusal
	return l, nil
}

// Addr is where the link listens.
func (l *Link) Addr() string { return l.listen }

// Faults says what is wrong with the link now.
func (l *Link) Faults() Faults {
	f, _ := l.current()
	return f
}

// Set replaces the link's faults. They hold for connections that are open already.
func (l *Link) Set(f Faults) error {
	if err := f.Check(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return net.ErrClosed
	}
	l.faults = f
	close(l.changed)
	l.changed = make(chan struct{})
	if f.Mode == Refuse {
		l.refuseLocked()
		return nil
	}
	if l.listener == nil {
		return l.listenLocked()
	}
	return nil
}

// Close ends the link and every connection.
func (l *Link) Close() {
	l.mu.Lock()
	l.closed = true
	l.faults.Mode = Refuse // whoever waits out a blackhole sees this and leaves
	l.refuseLocked()
	close(l.changed)
	l.changed = make(chan struct{})
	l.mu.Unlock()
	l.wg.Wait()
}

func (l *Link) listenLocked() error {
	ln, err := net.Listen("tcp", l.listen)
	if err != nil {
		return fmt.Errorf("listen for link to %s: %w", l.target, err)
	}
	l.listener = ln
	l.wg.Go(func() { l.accept(ln) })
	return nil
}

// refuseLocked closes the door and resets whoever is inside.
func (l *Link) refuseLocked() {
	if l.listener != nil {
		_ = l.listener.Close()
		l.listener = nil
	}
	for c := range l.conns {
		_ = c.SetLinger(0) // RST instead of FIN
		_ = c.Close()
	}
}

func (l *Link) accept(ln net.Listener) {
	for {
		c, err := ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors, say: breathe and go on
			_ = sleep(context.Background(), 50*time.Millisecond)
			continue
		}
		l.wg.Go(func() { l.serve(c.(*net.TCPConn)) })
	}
}

// serve relays one connection until either side ends it.
func (l *Link) serve(caller *net.TCPConn) {
	defer caller.Close()
	if !l.add(caller) {
		return
	}
	defer l.remove(caller)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if !l.passable(ctx) { // a connection made during a blackhole reaches the target only when healed
		return
	}
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", l.target)
	if err != nil {
		_ = caller.SetLinger(0)
		return
	}
	target := c.(*net.TCPConn)
	defer target.Close()
	if !l.add(target) {
		return
	}
	defer l.remove(target)

	var wg sync.WaitGroup
	wg.Go(func() { l.pump(ctx, cancel, target, caller, false) })
	wg.Go(func() { l.pump(ctx, cancel, caller, target, true) })
	wg.Wait()
}

// pump moves bytes from src to dst. A clean end is passed on as one; anything else ends both directions.
func (l *Link) pump(ctx context.Context, cancel context.CancelFunc, dst, src *net.TCPConn, corruptible bool) {
	var bits corrupter
	buf := make([]byte, 32<<10)
	for {
		f, _ := l.current()
		n, err := src.Read(buf[:f.chunk()])
		if n > 0 {
			if !l.passable(ctx) {
				return
			}
			f, _ = l.current()
			if corruptible {
				bits.apply(buf[:n], f.Corrupt)
			}
			if sleep(ctx, f.pause(n)) != nil {
				return
			}
			if _, werr := dst.Write(buf[:n]); werr != nil {
				err = werr
			}
		}
		if err == nil {
			continue
		}
		if !l.passable(ctx) { // a half-open link hides the end, too
			return
		}
		if errors.Is(err, syscall.ECONNRESET) {
			_ = dst.SetLinger(0)
		}
		if !isEOF(err) || dst.CloseWrite() != nil {
			cancel()
			_ = src.Close()
			_ = dst.Close()
		}
		return
	}
}

// passable waits while the link swallows everything. False means that the connection is over.
func (l *Link) passable(ctx context.Context) bool {
	for {
		f, changed := l.current()
		switch f.Mode {
		case Refuse:
			return false
		case Blackhole:
		default:
			return ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

func (l *Link) current() (Faults, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.faults, l.changed
}

func (l *Link) add(c *net.TCPConn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.faults.Mode == Refuse {
		_ = c.SetLinger(0)
		return false
	}
	l.conns[c] = struct{}{}
	return true
}

func (l *Link) remove(c *net.TCPConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, c)
}
