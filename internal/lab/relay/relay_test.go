package relay_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

// echo is a server that sends back what it gets.
func echo(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			}()
		}
	}()
	return ln.Addr().String()
}

func link(t *testing.T) *relay.Link {
	t.Helper()
	l, err := relay.NewLink("127.0.0.1:0", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

func dial(t *testing.T, l *relay.Link) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	if err := c.SetDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return c
}

func set(t *testing.T, l *relay.Link, f relay.Faults) {
	t.Helper()
	if err := l.Set(f); err != nil {
		t.Fatal(err)
	}
}

func ping(t *testing.T, c net.Conn, s string) string {
	t.Helper()
	if _, err := io.WriteString(c, s); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, len(s))
	if _, err := io.ReadFull(c, b); err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestPassesAndEnds(t *testing.T) {
	c := dial(t, link(t))
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go func() {
		_, _ = c.Write(want)
		_ = c.(*net.TCPConn).CloseWrite()
	}()
	got, err := io.ReadAll(c)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("got %d bytes, %v; want %d", len(got), err, len(want))
	}
}

func TestRefuse(t *testing.T) {
	l := link(t)
	c := dial(t, l)
	ping(t, c, "before")
	set(t, l, relay.Faults{Mode: relay.Refuse})
	if _, err := io.ReadAll(c); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("open connection: %v, want a reset", err)
	}
	if _, err := net.Dial("tcp", l.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("new connection: %v, want it refused", err)
	}
	set(t, l, relay.Faults{})
	if got := ping(t, dial(t, l), "after"); got != "after" {
		t.Errorf("healed: %q", got)
	}
}

func TestBlackhole(t *testing.T) {
	l := link(t)
	old := dial(t, l)
	ping(t, old, "before")
	set(t, l, relay.Faults{Mode: relay.Blackhole})
	fresh := dial(t, l)
	for name, c := range map[string]net.Conn{"old": old, "new": fresh} {
		if _, err := io.WriteString(c, name); err != nil {
			t.Fatal(err)
		}
		if err := c.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		var timeout net.Error
		if n, err := c.Read(make([]byte, 9)); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("%s connection: read %d, %v; want silence", name, n, err)
		}
	}
	set(t, l, relay.Faults{})
	for name, c := range map[string]net.Conn{"old": old, "new": fresh} {
		if err := c.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
			t.Fatal(err)
		}
		b := make([]byte, 3)
		if _, err := io.ReadFull(c, b); err != nil || string(b) != name {
			t.Errorf("%s connection after healing: %q, %v", name, b, err)
		}
	}
}

func TestCorruptHitsAnswersOnly(t *testing.T) {
	l := link(t)
	set(t, l, relay.Faults{Corrupt: 4})
	if got := ping(t, dial(t, l), "aaaaaaaaaa"); got != "aaa`aaa`aa" {
		t.Errorf("got %q", got)
	}
}

func TestSlowGetsThere(t *testing.T) {
	l := link(t)
	set(t, l, relay.Faults{Rate: 20000})
	c := dial(t, l)
	want := string(bytes.Repeat([]byte("x"), 5000))
	if got := ping(t, c, want); got != want {
		t.Error("bytes changed")
	}
}

func TestCloseEndsBlackholedConnections(t *testing.T) {
	l, err := relay.NewLink("127.0.0.1:0", echo(t))
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, l)
	ping(t, c, "x")
	set(t, l, relay.Faults{Mode: relay.Blackhole})
	if _, err := io.WriteString(c, "swallowed"); err != nil {
		t.Fatal(err)
	}
	l.Close()
	if _, err := io.ReadAll(c); err == nil {
		t.Error("connection ended cleanly")
	}
}

func TestControl(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	ln, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	l := link(t)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() { done <- relay.Serve(ctx, ln, map[string]*relay.Link{"db": l}) }()
	c := relay.Dial(socket)
	defer c.Close()
	want := relay.Faults{Mode: relay.Blackhole, Rate: 7, Corrupt: 8}
	if err := c.Set(t.Context(), "db", want); err != nil {
		t.Fatal(err)
	}
	all, err := c.Faults(t.Context())
	if err != nil || all["db"] != want || l.Faults() != want {
		t.Errorf("faults %v, %v; want %v", all, err, want)
	}
	if err := c.Set(t.Context(), "other", want); !errors.Is(err, relay.ErrNoLink) {
		t.Errorf("unknown link: %v", err)
	}
	if err := c.Set(t.Context(), "db", relay.Faults{Mode: "odd"}); err == nil {
		t.Error("an unknown mode is accepted")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
