package mariadb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"sync"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/mariadb/sqldump"
)

// copyTables runs mariadb-dump at the supplier and its reviewed statements here, and returns the position of the
// supplier of which the tables are a copy. It ends the dump when the supplier waits, when the dump stands still, and
// when a statement is refused or fails.
func (s *seeding) copyTables(ctx context.Context) (binlog.Position, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel(nil)
	watching.Go(func() {
		w := &watchdog{server: s.Supplier, limit: s.BlockLimit}
		if err := w.run(ctx); ctx.Err() == nil {
			cancel(err)
		}
	})
	d, err := startDump(ctx, s.Supplier.opts, s.Binary, s.plan.Databases, s.views)
	if err != nil {
		return nil, err
	}
	in := stallReader{d.stdout, s.StallTimeout, func() {
		cancel(fmt.Errorf("%w: nothing for %v", ErrStalled, s.StallTimeout))
	}}
	p, err := s.load(ctx, in)
	if err != nil {
		cause := context.Cause(ctx) // before ours
		cancel(err)
		ended := d.wait()
		switch {
		case cause != nil:
			return nil, cause
		case errors.Is(err, sqldump.ErrUnfinished), errors.Is(err, errNoPosition):
			// Then it is for mariadb-dump to say why it stopped.
			return nil, errors.Join(ended, err)
		}
		return nil, err
	}
	if err := d.wait(); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			return nil, cause
		}
		return nil, err
	}
	return p, nil
}

// load runs the statements of a dump to its end.
func (s *seeding) load(ctx context.Context, in io.Reader) (binlog.Position, error) {
	scanner := sqldump.NewScanner(in, maxPacket)
	reviewer := sqldump.NewReviewer(s.plan.Databases, s.plan.foundation.VersionNumber)
	at := position{supplier: s.Supplier}
	for {
		it, err := scanner.Next()
		if err == io.EOF {
			return at.end()
		}
		if err != nil {
			return nil, err
		}
		s.report.Bytes = it.Offset + int64(len(it.Text))
		if it.Kind == sqldump.Comment {
			if err := at.comment(ctx, it.Text); err != nil {
				return nil, err
			}
			continue
		}
		st, err := reviewer.Review(it)
		if err != nil {
			return nil, refused("", err)
		}
		if err := s.loader.statement(ctx, it, st); err != nil {
			return nil, err
		}
		s.meter.statement(len(it.Text), st)
		if st.Verb == sqldump.CreateTable {
			s.report.Tables++
		}
	}
}

var (
	filePosition = regexp.MustCompile(`^-- CHANGE MASTER TO MASTER_LOG_FILE='([^']*)', MASTER_LOG_POS=([0-9]+);$`)
	gtidPosition = regexp.MustCompile(`^-- SET GLOBAL gtid_slave_pos='([^']*)';$`)
)

var errNoPosition = errors.New("mariadb-dump did not tell the position of its snapshot")

// position learns from the dump's comments of which position it is a copy: by file and offset at the head, by GTID
// at the end. That the end is there also shows that the dump is whole.
type position struct {
	supplier *Server
	head     binlog.Position // nil: not seen
	tail     binlog.Position // nil: not seen
}

func (p *position) comment(ctx context.Context, text []byte) error {
	if m := filePosition.FindSubmatch(text); m != nil && p.head == nil {
		offset, err := strconv.ParseUint(string(m[2]), 10, 64)
		if err != nil {
			return fmt.Errorf("read position of the dump: %w", err)
		}
		gtid, err := p.supplier.text(ctx, "SELECT BINLOG_GTID_POS(?, ?)", string(m[1]), offset)
		if err == nil {
			p.head, err = binlog.ParsePosition(gtid)
		}
		if err != nil {
			return fmt.Errorf("ask for the GTID of %s:%d: %w", m[1], offset, err)
		}
	}
	if m := gtidPosition.FindSubmatch(text); m != nil {
		gtid, err := binlog.ParsePosition(string(m[1]))
		if err != nil {
			return fmt.Errorf("read position of the dump: %w", err)
		}
		if p.tail != nil && !p.tail.Equal(gtid) {
			return fmt.Errorf("read position of the dump: both %s and %s", p.tail, gtid)
		}
		p.tail = gtid
	}
	return nil
}

func (p *position) end() (binlog.Position, error) {
	if p.head == nil || p.tail == nil {
		return nil, errNoPosition
	}
	if !p.head.Equal(p.tail) {
		return nil, fmt.Errorf("read position of the dump: %s by file and offset, but %s by GTID", p.head, p.tail)
	}
	return p.tail, nil
}
