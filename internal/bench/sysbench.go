package bench

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

// sysbenchDB is the schema that sysbench works in.
const sysbenchDB = "sbtest"

// sysbench runs oltp_write_only with 8 threads against a server. verb is prepare or run.
func (e *env) sysbench(ctx context.Context, s *mariadbd.Server, verb string, more ...string) error {
	args := append([]string{
		"oltp_write_only", "--db-driver=mysql", "--mysql-socket=" + s.Socket(), "--mysql-user=root",
		"--mysql-db=" + sysbenchDB,
		"--tables=" + strconv.Itoa(e.scale.tables), "--table-size=" + strconv.Itoa(e.scale.tableRows), "--threads=8",
		"--rand-seed=1",
	}, more...)
	cmd := exec.CommandContext(ctx, "sysbench", append(args, verb)...)
	cmd.WaitDelay = time.Second
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("run sysbench %s: %w: %s", verb, err, out[max(0, len(out)-1000):])
	}
	return nil
}

// sysbenchTables makes sysbench's schema and tables.
func (e *env) sysbenchTables(ctx context.Context, s *mariadbd.Server) error {
	if err := s.Exec(ctx, "CREATE DATABASE "+sysbenchDB); err != nil {
		return err
	}
	return e.sysbench(ctx, s, "prepare")
}

// sysbenchTransactions runs n transactions.
func (e *env) sysbenchTransactions(ctx context.Context, s *mariadbd.Server, n int) error {
	return e.sysbench(ctx, s, "run", "--time=0", "--events="+strconv.Itoa(n))
}

// sysbenchFor runs transactions for a time.
func (e *env) sysbenchFor(ctx context.Context, s *mariadbd.Server, d time.Duration) error {
	return e.sysbench(ctx, s, "run", "--events=0", "--time="+strconv.Itoa(max(1, int(d.Seconds()))))
}
