package binlog_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func position(t *testing.T, s string) binlog.Position {
	t.Helper()
	p, err := binlog.ParsePosition(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func gtid(t *testing.T, s string) binlog.GTID {
	t.Helper()
	g, err := binlog.ParseGTID(s)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestParseGTID(t *testing.T) {
	want := binlog.GTID{Domain: 4294967295, Server: 4294967295, Seq: 18446744073709551615}
	if got := gtid(t, "4294967295-4294967295-18446744073709551615"); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, s := range []string{
		"", "-", "--", "0-1", "0-1-2-3", "a-1-2", "0-b-2", "0-1-c", " 0-1-2", "0-1-2 ", "+0-1-2", "0-+1-2",
		"0-1-0x2", "0-1-1_0",
		"4294967296-1-2", "0-4294967296-2", "0-1-18446744073709551616", "0--1-2", "0-1-2,0-1-3",
	} {
		if g, err := binlog.ParseGTID(s); err == nil {
			t.Errorf("%q gives %v, want an error", s, g)
		}
	}
}

func TestPositionText(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "  ": "", "0-1-2": "0-1-2", "7-1-3, 0-1-2": "0-1-2,7-1-3", "10-1-1,9-1-1": "9-1-1,10-1-1",
	} {
		if got := position(t, in).String(); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	for _, s := range []string{",", "0-1-2,", "0-1-2,0-2-3", "0-1-2;1-1-1", strings.Repeat("0-1-2,", 3)} {
		if p, err := binlog.ParsePosition(s); err == nil {
			t.Errorf("%q gives %v, want an error", s, p)
		}
	}
	if got := binlog.Position(nil).Clone(); got == nil {
		t.Error("the clone of no position cannot be written to")
	}
}

func TestPositionOrder(t *testing.T) {
	for _, c := range []struct {
		p, q string
		want bool // p has reached q
	}{
		{"", "", true}, {"0-1-5", "", true}, {"", "0-1-5", false}, {"0-1-5", "0-1-5", true}, {"0-1-4", "0-1-5", false},
		{"0-2-6", "0-1-5", true}, {"0-1-9", "1-1-1", false}, {"0-1-9,1-1-1", "0-1-9,1-1-2", false},
		{"0-1-9,1-1-2", "1-1-2", true},
	} {
		if got := position(t, c.p).Reached(position(t, c.q)); got != c.want {
			t.Errorf("%q reached %q: %v, want %v", c.p, c.q, got, c.want)
		}
	}
	p := position(t, "0-1-5")
	for s, want := range map[string]bool{"0-1-5": true, "0-2-5": true, "0-1-6": false, "1-1-1": false} {
		if got := p.Covers(gtid(t, s)); got != want {
			t.Errorf("%v covers %s: %v, want %v", p, s, got, want)
		}
	}
	clone := p.Clone()
	clone.Advance(gtid(t, "0-1-6"))
	if p.Equal(clone) || p.String() != "0-1-5" {
		t.Errorf("a change of the clone changed %v", p)
	}
}

func TestState(t *testing.T) {
	s := &binlog.State{}
	if s.String() != "" || len(s.Position()) != 0 || s.Contains(gtid(t, "0-1-1")) || !s.Equal(&binlog.State{}) {
		t.Errorf("zero state %v", s)
	}
	for _, g := range []string{"1-1-1", "0-3-1", "0-1-2", "0-2-3", "0-1-4"} {
		s.Update(gtid(t, g))
	}
	if got, want := s.String(), "0-2-3,0-3-1,0-1-4,1-1-1"; got != want {
		t.Errorf("state %s, want %s: within a domain the last writer comes last", got, want)
	}
	if got, want := s.Position().String(), "0-1-4,1-1-1"; got != want {
		t.Errorf("position %s, want %s", got, want)
	}
	for g, want := range map[string]bool{
		"0-2-3": true, "0-2-2": true, "0-2-4": false, "0-1-4": true, "0-9-1": false, "2-1-1": false,
	} {
		if got := s.Contains(gtid(t, g)); got != want {
			t.Errorf("contains %s: %v, want %v", g, got, want)
		}
	}
	clone := s.Clone()
	if diff := cmp.Diff(s.List(), clone.List()); diff != "" || !s.Equal(clone) || s.Len() != 4 || clone.Len() != 4 {
		t.Error(s.Len(), clone.Len(), diff)
	}
	clone.Update(gtid(t, "0-2-5"))
	if s.Equal(clone) || s.String() == clone.String() {
		t.Error("a change of the clone changed the original")
	}
	other := binlog.NewState([]binlog.GTID{gtid(t, "0-1-4"), gtid(t, "0-3-1"), gtid(t, "0-2-3"), gtid(t, "1-1-1")})
	if s.Equal(other) {
		t.Error("states with other last writers are equal")
	}
}

func FuzzParseGTID(f *testing.F) {
	for _, s := range []string{"0-1-2", "", "0-1", "1-2-18446744073709551615", "-1-2-3", "0-1-2-3"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		g, err := binlog.ParseGTID(s)
		if err != nil {
			return
		}
		if again, err := binlog.ParseGTID(g.String()); err != nil || again != g {
			t.Errorf("%q gives %v, whose text gives %v, %v", s, g, again, err)
		}
	})
}

func FuzzPosition(f *testing.F) {
	for _, s := range []string{"", "0-1-2", "0-1-2,1-1-1", " 7-1-1 , 0-1-1", "0-1-2,0-1-3", ","} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := binlog.ParsePosition(s)
		if err != nil {
			return
		}
		again, err := binlog.ParsePosition(p.String())
		if err != nil || !again.Equal(p) {
			t.Fatalf("%q gives %v, whose text gives %v, %v", s, p, again, err)
		}
		for _, g := range p {
			if !p.Covers(g) {
				t.Errorf("%v does not cover its own %v", p, g)
			}
		}
		if !p.Reached(p) || !p.Reached(nil) {
			t.Errorf("%v has not reached itself", p)
		}
	})
}
