package bench

import (
	"context"
	"fmt"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// history is a supplier that idles behind sysbench transactions. Its first binary log file holds the tables'
// creation, its second and last one the transactions and nothing else.
type history struct {
	supplier *mariadbd.Server
	file     string          // the second one
	size     int64           // its bytes
	from, to binlog.Position // before and behind the transactions
}

// makeHistory makes the history once for all experiments that use it.
func (e *env) makeHistory(ctx context.Context) error {
	if e.past != nil {
		return nil
	}
	e.say("preparing: sysbench oltp_write_only, %d transactions", e.scale.transactions)
	s, err := e.startSupplier(ctx, "h", false)
	if err != nil {
		return err
	}
	// What is prepared need not survive a crash.
	if err := s.Exec(ctx, "SET GLOBAL innodb_flush_log_at_trx_commit=2"); err != nil {
		return err
	}
	if err := e.sysbenchTables(ctx, s); err != nil {
		return err
	}
	h := &history{supplier: s}
	if h.from, err = position(ctx, s, "gtid_binlog_pos"); err != nil {
		return err
	}
	if err := s.Exec(ctx, "FLUSH BINARY LOGS"); err != nil {
		return err
	}
	if err := e.sysbenchTransactions(ctx, s, e.scale.transactions); err != nil {
		return err
	}
	if err := s.Exec(ctx, "SET GLOBAL innodb_flush_log_at_trx_commit=1"); err != nil {
		return err
	}
	if h.to, err = position(ctx, s, "gtid_binlog_pos"); err != nil {
		return err
	}
	if h.file, h.size, err = currentFile(ctx, s); err != nil {
		return err
	}
	if h.file != "mysql-bin.000002" || len(h.from) != 1 || len(h.to) != 1 {
		return fmt.Errorf("transactions ended in %s at %s, not in the second file in one domain", h.file, h.to)
	}
	if n := h.to[0].Seq - h.from[0].Seq; n < uint64(e.scale.transactions) {
		return fmt.Errorf("there are %d transactions, not %d", n, e.scale.transactions)
	}
	e.say("  %d transactions, %.0f MB in %s", h.to[0].Seq-h.from[0].Seq, float64(h.size)/1e6, h.file)
	e.past = h
	return nil
}
