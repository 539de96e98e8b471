package binlog

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// GTID names one event group: in MariaDB's text form domain-server-sequence.
type GTID struct {
	Domain uint32
	Server uint32
	Seq    uint64
}

// String returns MariaDB's text form, such as "0-1-42".
func (g GTID) String() string {
	return strconv.FormatUint(uint64(g.Domain), 10) + "-" + strconv.FormatUint(uint64(g.Server), 10) + "-" +
		strconv.FormatUint(g.Seq, 10)
}

// ParseGTID reads MariaDB's text form of one GTID, such as "0-1-42".
func ParseGTID(s string) (GTID, error) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 {
		return GTID{}, fmt.Errorf("parse GTID %q: want domain-server-sequence, such as 0-1-42", s)
	}
	domain, err := strconv.ParseUint(parts[0], 10, 32)
	if err != nil {
		return GTID{}, fmt.Errorf("parse GTID %q: domain: %w", s, err)
	}
	server, err := strconv.ParseUint(parts[1], 10, 32)
	if err != nil {
		return GTID{}, fmt.Errorf("parse GTID %q: server: %w", s, err)
	}
	seq, err := strconv.ParseUint(parts[2], 10, 64)
	if err != nil {
		return GTID{}, fmt.Errorf("parse GTID %q: sequence: %w", s, err)
	}
	return GTID{Domain: uint32(domain), Server: uint32(server), Seq: seq}, nil
}

// Position holds the last GTID of each domain: what a replica has applied or an archive has stored.
// The zero value is usable for reading; make one with Position{} or ParsePosition to write to it.
type Position map[uint32]GTID

// MaxGTIDs bounds what ParsePosition and ParseGTIDList accept and what a State should be allowed to grow to, so that
// a hostile supplier cannot ask for memory without limit. MariaDB sets no limit itself; real servers have a handful.
const MaxGTIDs = 1 << 14

// ParsePosition reads MariaDB's text form, GTIDs of different domains with commas between; "" is the empty
// position. A domain named twice is an error, as it is for MariaDB (ER_DUPLICATE_GTID_DOMAIN).
func ParsePosition(s string) (Position, error) {
	p := Position{}
	if strings.TrimSpace(s) == "" {
		return p, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		g, err := ParseGTID(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		if _, twice := p[g.Domain]; twice {
			return nil, fmt.Errorf("parse position %q: domain %d is named twice", s, g.Domain)
		}
		if len(p) == MaxGTIDs {
			return nil, fmt.Errorf("parse position: more than %d domains", MaxGTIDs)
		}
		p[g.Domain] = g
	}
	return p, nil
}

// String returns MariaDB's text form, domains in rising order.
func (p Position) String() string {
	parts := make([]string, 0, len(p))
	for _, domain := range slices.Sorted(maps.Keys(p)) {
		parts = append(parts, p[domain].String())
	}
	return strings.Join(parts, ",")
}

// Clone returns a copy that shares nothing with p.
func (p Position) Clone() Position {
	if p == nil {
		return Position{}
	}
	return maps.Clone(p)
}

// Equal tells whether both hold the same GTID in every domain.
func (p Position) Equal(q Position) bool { return maps.Equal(p, q) }

// Advance notes that g was the last event group of its domain.
func (p Position) Advance(g GTID) { p[g.Domain] = g }

// Reached tells whether p is at or past q in every domain of q. It compares sequence numbers only, as MariaDB
// does when it waits for a position: within a domain, sequence numbers rise in commit order.
func (p Position) Reached(q Position) bool {
	for domain, want := range q {
		if have, ok := p[domain]; !ok || have.Seq < want.Seq {
			return false
		}
	}
	return true
}

// Covers tells whether the group g lies at or before p, so that a reader at p need not see it again.
func (p Position) Covers(g GTID) bool {
	have, ok := p[g.Domain]
	return ok && have.Seq >= g.Seq
}

// State is MariaDB's gtid_binlog_state: per domain, the last sequence number of every server that wrote to it,
// and which of them wrote last. The zero value is empty and ready for use.
type State struct {
	domains map[uint32]*domainState
	count   int // of servers in all domains
}

type domainState struct {
	seqs map[uint32]uint64 // by server
	last uint32            // the server that wrote last
}

// NewState builds a state from GTIDs in the order of a GTID_LIST event: within a domain, the last one is the
// group that was written last.
func NewState(list []GTID) *State {
	s := &State{}
	for _, g := range list {
		s.Update(g)
	}
	return s
}

// Update notes that g was written.
func (s *State) Update(g GTID) {
	if s.domains == nil {
		s.domains = map[uint32]*domainState{}
	}
	d := s.domains[g.Domain]
	if d == nil {
		d = &domainState{seqs: map[uint32]uint64{}}
		s.domains[g.Domain] = d
	}
	if _, known := d.seqs[g.Server]; !known {
		s.count++
	}
	d.seqs[g.Server] = g.Seq
	d.last = g.Server
}

// Len returns how many GTIDs the state holds: the length of List.
func (s *State) Len() int { return s.count }

// Position returns the last GTID of each domain.
func (s *State) Position() Position {
	p := Position{}
	for domain, d := range s.domains {
		p[domain] = GTID{Domain: domain, Server: d.last, Seq: d.seqs[d.last]}
	}
	return p
}

// Contains tells whether the group g itself, by this very server, lies at or before the state.
func (s *State) Contains(g GTID) bool {
	d := s.domains[g.Domain]
	if d == nil {
		return false
	}
	seq, ok := d.seqs[g.Server]
	return ok && seq >= g.Seq
}

// Clone returns a copy that shares nothing with s.
func (s *State) Clone() *State { return NewState(s.List()) }

// Equal tells whether both hold the same sequence number for every server and the same last writer.
func (s *State) Equal(o *State) bool {
	return maps.EqualFunc(s.domains, o.domains, func(a, b *domainState) bool {
		return a.last == b.last && maps.Equal(a.seqs, b.seqs)
	})
}

// List returns all GTIDs in the order of a GTID_LIST event: by domain, then server, the last writer last.
func (s *State) List() []GTID {
	var list []GTID
	for _, domain := range slices.Sorted(maps.Keys(s.domains)) {
		d := s.domains[domain]
		servers := slices.SortedFunc(maps.Keys(d.seqs), func(a, b uint32) int {
			if (a == d.last) != (b == d.last) {
				if a == d.last {
					return 1
				}
				return -1
			}
			return cmp.Compare(a, b)
		})
		for _, server := range servers {
			list = append(list, GTID{Domain: domain, Server: server, Seq: d.seqs[server]})
		}
	}
	return list
}

// String returns the list with commas between, as @@gtid_binlog_state shows it.
func (s *State) String() string {
	list := s.List()
	parts := make([]string, len(list))
	for i, g := range list {
		parts[i] = g.String()
	}
	return strings.Join(parts, ",")
}
