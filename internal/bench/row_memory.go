package bench

import (
	"context"
	"errors"
	"os"
	"strconv"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

func memoryExperiment() experiment {
	return experiment{
		name: "memory", usesHistory: true, run: measureMemory,
		rows: []row{{
			key: "memory", what: "memory while archiving sysbench", aim: atMost(64), unit: "MiB",
			method: "The largest resident set (VmHWM) of a process of ours: while it archives the 500 MB as fast as it " +
				"can, and while it archives, under semi-sync, what sysbench oltp_write_only commits with 8 threads at that " +
				"moment; the larger of the two.",
		}},
	}
}

func measureMemory(ctx context.Context, e *env, rec *recorder) error {
	s, err := e.startSupplier(ctx, "s", true)
	if err != nil {
		return err
	}
	if err := e.sysbenchTables(ctx, s); err != nil {
		return err
	}
	const mib = 1 << 20
	var backlog, live []float64
	return e.contest(ctx, []contestant{
		{"backlog", "MiB", func(ctx context.Context) (float64, error) {
			_, answer, err := e.archiveHistory(ctx, "")
			return float64(answer.Peak) / mib, err
		}},
		{"live", "MiB", func(ctx context.Context) (float64, error) {
			peak, err := e.archiveLive(ctx, s)
			return float64(peak) / mib, err
		}},
	}, func(f []float64) {
		backlog, live = append(backlog, f[0]), append(live, f[1])
		rec.single("memory", max(f[0], f[1]))
		rec.note("memory", "backlog %s MiB, live %s MiB", number(median(backlog)), number(median(live)))
	})
}

// archiveLive follows a supplier while sysbench writes and returns the process's largest resident set.
func (e *env) archiveLive(ctx context.Context, s *mariadbd.Server) (peak int64, err error) {
	if err := s.Exec(ctx, "FLUSH BINARY LOGS"); err != nil {
		return 0, err
	}
	dir := e.path("ma")
	c, err := e.follow(ctx, followConfig{
		Archive: dir, State: e.path("ms"), Supplier: "127.0.0.1:" + strconv.Itoa(s.Port()), SemiSync: true,
		Profile: e.profile("memory"),
	})
	if err != nil {
		return 0, err
	}
	var used followAnswer
	err = e.semiSyncClients(ctx, s, 1)
	if err == nil {
		err = e.sysbenchFor(ctx, s, e.scale.load)
	}
	if err == nil {
		used, err = e.archived(ctx, s, c)
	}
	return used.Peak, removeAfter(errors.Join(err, c.close()), dir)
}

// archived waits until everything that the supplier has committed is in the archive of the child.
func (e *env) archived(ctx context.Context, s *mariadbd.Server, c *child) (followAnswer, error) {
	var used followAnswer
	to, err := position(ctx, s, "gtid_binlog_pos")
	if err != nil {
		return used, err
	}
	err = c.ask(followRequest{Reach: to.String(), Limit: time.Minute}, &used, 2*time.Minute)
	_, size, sizeErr := currentFile(ctx, s)
	if err = errors.Join(err, sizeErr); err == nil {
		err = wholeFile(used.Bytes, size)
	}
	return used, err
}

// removeAfter removes folders and returns err, or what went wrong with them.
func removeAfter(err error, dirs ...string) error {
	for _, d := range dirs {
		err = errors.Join(err, os.RemoveAll(d))
	}
	return err
}
