package upstream

import (
	"context"
	"fmt"
	"io"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Fetch writes the first size bytes of the supplier's file name to w, on a connection of its own and without touching the
// archive: it is how a segment that was damaged on our disk is mended.
func (f *Follower) Fetch(ctx context.Context, name string, size int64, w io.Writer) error {
	c, err := f.opts.Supplier.dial(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	p, err := f.openDump(c, name, binlog.MagicSize, false, "")
	if err != nil {
		return err
	}
	if _, err := w.Write(binlog.Magic()); err != nil {
		return fmt.Errorf("fetch %s: %w", name, err)
	}
	for got := int64(binlog.MagicSize); got < size; {
		ev, _, err := p.next()
		if err != nil {
			return fmt.Errorf("fetch %s: %w", name, dumpError(err))
		}
		h, err := binlog.ParseHeader(ev)
		if err != nil {
			return fmt.Errorf("fetch %s: %w", name, err)
		}
		if h.Type == replication.HEARTBEAT_EVENT {
			continue
		}
		if h.Type == replication.ROTATE_EVENT && (h.Artificial() || h.Timestamp == 0) {
			if next, _, err := parseFakeRotate(ev); err != nil || next != name {
				return fmt.Errorf("fetch %s: the supplier's file ends at %d, %d bytes are wanted", name, got, size)
			}
			continue
		}
		if _, err := w.Write(ev); err != nil {
			return fmt.Errorf("fetch %s: %w", name, err)
		}
		got += int64(len(ev))
	}
	return nil
}
