package archive

import (
	"strings"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// gtidList is a binlog.State as a list, in the order of State.List. It takes a fraction of the memory, and there are
// two for every segment.
type gtidList []binlog.GTID

func listOf(s *binlog.State) gtidList { return s.List() }

func (l gtidList) state() *binlog.State { return binlog.NewState(l) }

// last calls visit with the last GTID of each domain until visit returns false.
func (l gtidList) last(visit func(binlog.GTID) bool) {
	for i, g := range l {
		if i+1 < len(l) && l[i+1].Domain == g.Domain {
			continue
		}
		if !visit(g) {
			return
		}
	}
}

// missing returns the first GTID that p has not reached, and false if it has reached all.
func (l gtidList) missing(p binlog.Position) (g binlog.GTID, found bool) {
	l.last(func(want binlog.GTID) bool {
		if have, ok := p[want.Domain]; ok && have.Seq >= want.Seq {
			return true
		}
		g, found = want, true
		return false
	})
	return g, found
}

// advance moves p forward to l where l is further.
func (l gtidList) advance(p binlog.Position) {
	l.last(func(g binlog.GTID) bool {
		advance(p, g)
		return true
	})
}

// advance moves p to g unless it is further already: streams of one history overlap.
func advance(p binlog.Position, g binlog.GTID) {
	if !p.Covers(g) {
		p.Advance(g)
	}
}

func (l gtidList) String() string {
	var b strings.Builder
	for i, g := range l {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(g.String())
	}
	return b.String()
}

// parseList reads the text form of a State.
func parseList(s string) (gtidList, error) {
	var list gtidList
	if s == "" {
		return list, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		g, err := binlog.ParseGTID(part)
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return list, nil
}
