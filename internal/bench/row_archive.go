package bench

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"
)

func archiveExperiment() experiment {
	return experiment{
		name: "archive", usesHistory: true, run: measureArchiving,
		rows: []row{{
			key: "archive", what: "archive 500 MB, CRC checked, fsynced", against: "mariadb-binlog --raw -R",
			aim: atLeast(1), unit: "MB/s",
			method: "One binary log file of sysbench oltp_write_only row events, from an idle supplier over loopback TCP. " +
				"Ours: a new process with an empty archive, from its start until everything is synced and visible to " +
				"readers. The peer: from start to exit, in the same file system; it checks and syncs nothing.",
		}},
	}
}

func measureArchiving(ctx context.Context, e *env, rec *recorder) error {
	var cpu []float64
	return e.contest(ctx, []contestant{
		{"archive", "MB/s", func(ctx context.Context) (float64, error) {
			took, answer, err := e.archiveHistory(ctx, e.profile("archive"))
			cpu = append(cpu, answer.CPU)
			return float64(e.past.size) / 1e6 / took.Seconds(), err
		}},
		{"mariadb-binlog", "MB/s", func(ctx context.Context) (float64, error) {
			took, err := e.rawCopy(ctx)
			return float64(e.past.size) / 1e6 / took.Seconds(), err
		}},
	}, func(f []float64) {
		rec.pair("archive", f[0], f[1])
		rec.note("archive", "%.0f MB; ours took %.2f s of processor time", float64(e.past.size)/1e6, median(cpu))
	})
}

// archiveHistory follows the history's supplier into an empty archive with a new process.
func (e *env) archiveHistory(ctx context.Context, profile string) (time.Duration, followAnswer, error) {
	dir := e.path("a")
	if err := e.settle(); err != nil {
		return 0, followAnswer{}, err
	}
	begin := time.Now()
	c, err := e.follow(ctx, followConfig{Archive: dir, State: e.path("as"), Profile: profile})
	if err != nil {
		return 0, followAnswer{}, err
	}
	var answer followAnswer
	err = c.ask(followRequest{Reach: e.past.to.String(), Limit: 5 * time.Minute}, &answer, 6*time.Minute)
	took := time.Since(begin)
	if closeErr := c.close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = wholeFile(answer.Bytes, e.past.size)
	}
	if removeErr := os.RemoveAll(dir); err == nil {
		err = removeErr
	}
	return took, answer, err
}

// wholeFile checks that the archive holds a file of size bytes. Behind the last group the supplier adds events that
// say which of its files recovery needs, of some 40 bytes each, when it gets round to it.
func wholeFile(archived, size int64) error {
	const slack = 1 << 10
	if archived < size-slack || archived > size+slack {
		return fmt.Errorf("archived %d bytes, the supplier's file has %d", archived, size)
	}
	return nil
}

// follow starts a child that follows the history's supplier, or c.Supplier if that is set.
func (e *env) follow(ctx context.Context, c followConfig) (*child, error) {
	if c.Supplier == "" {
		c.Supplier = "127.0.0.1:" + strconv.Itoa(e.past.supplier.Port())
	}
	c.User, c.Password = account, e.password
	f, err := e.startChild(ctx, RoleFollow, c)
	if err != nil {
		return nil, err
	}
	return f, f.ask(nil, nil, patience)
}

// rawCopy has mariadb-binlog copy the history's file.
func (e *env) rawCopy(ctx context.Context) (time.Duration, error) {
	dir := e.path("raw")
	if err := os.Mkdir(dir, 0o700); err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	cnf := e.path("client.cnf")
	if err := os.WriteFile(cnf, []byte("[client]\nuser="+account+"\npassword=\""+e.password+"\"\n"), 0o600); err != nil {
		return 0, err
	}
	if err := e.settle(); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "mariadb-binlog", "--defaults-file="+cnf, "--raw", "-R", "--protocol=tcp",
		"--host=127.0.0.1", "--port="+strconv.Itoa(e.past.supplier.Port()), "--result-file="+dir+"/", e.past.file)
	begin := time.Now()
	out, err := cmd.CombinedOutput()
	took := time.Since(begin)
	if err != nil {
		return 0, fmt.Errorf("run mariadb-binlog: %w: %s", err, out)
	}
	info, err := os.Stat(filepath.Join(dir, e.past.file))
	if err != nil {
		return 0, err
	}
	// It asks for events without checksums, of four bytes each, and leaves them out.
	if info.Size() < e.past.size*9/10 {
		return 0, fmt.Errorf("mariadb-binlog copied %d bytes of %d", info.Size(), e.past.size)
	}
	return took, nil
}
