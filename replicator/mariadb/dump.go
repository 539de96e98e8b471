package mariadb

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

// dumpBinary is looked for in PATH.
const dumpBinary = "mariadb-dump"

// dumpArgs are the options of mariadb-dump besides the connection and the databases.
//
// --single-transaction with --master-data reads the position out of its own consistent snapshot, without FLUSH
// TABLES WITH READ LOCK. Value 2 writes it as comments, the file's name and offset at the head and the GTID at the
// end. --dump-history keeps the old rows of system-versioned tables with their times.
//
// Views, routines, triggers and events are not asked for: they are read by SHOW CREATE, one by one. mariadb-dump
// (10.11.19) gives up at a view that refers to something that is gone, or to a function that we may not execute; it
// looks for a delimiter that does not occur in an event and runs for ever if there is none (SELECT ';;;'); and a
// trigger that exists before the last row is in could run. Locks and DISABLE KEYS are for a server with other
// users; ENABLE KEYS would make the supplier wait for us, longer than its net_write_timeout for a large table.
func dumpArgs() []string {
	return []string{
		"--single-transaction", "--master-data=2", "--gtid", "--quick", "--dump-history", "--hex-blob",
		"--default-character-set=utf8mb4", "--skip-triggers", "--skip-routines", "--skip-events", "--skip-lock-tables",
		"--skip-add-locks", "--skip-disable-keys", "--skip-comments", "--no-tablespaces", "--tz-utc",
		"--max-allowed-packet=1G", "--net-buffer-length=1M",
	}
}

// maxStderr bounds what is kept of mariadb-dump's messages.
const maxStderr = 4 << 10

// dump is a running mariadb-dump. It ends with its context.
type dump struct {
	cmd    *exec.Cmd
	stdout io.ReadCloser
	stderr *tail
}

// startDump dumps the tables of the given databases, without the given views of them.
func startDump(ctx context.Context, o Options, binary string, databases []string, views []view) (*dump, error) {
	file, err := o.optionFile(views)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	// The first of ExtraFiles is descriptor 3; opening it there begins at its head.
	args := append([]string{"--defaults-file=/proc/self/fd/3"}, dumpArgs()...)
	args = append(append(args, "--databases", "--"), databases...)
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = []string{"LC_ALL=C"} // nothing of ours, such as MYSQL_HOST, gets in the way
	cmd.Dir = "/"
	cmd.ExtraFiles = []*os.File{file}
	d := &dump{cmd: cmd, stderr: &tail{limit: maxStderr}}
	cmd.Stderr = d.stderr
	if d.stdout, err = cmd.StdoutPipe(); err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start mariadb-dump: %w", err)
	}
	return d, nil
}

// wait returns when the process has ended. All of its output has to be read before, or its context ended.
func (d *dump) wait() error {
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("run mariadb-dump: %w: %s", err, d.stderr)
	}
	return nil
}

// tail keeps the last bytes that were written to it.
type tail struct {
	limit int
	mu    sync.Mutex
	buf   []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.buf = append(t.buf, p...)
	if cut := len(t.buf) - t.limit; cut > 0 {
		t.buf = append(t.buf[:0], t.buf[cut:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.ToValidUTF8(string(bytes.TrimSpace(t.buf)), "\uFFFD")
}

// stallReader calls stalled when one Read takes longer than limit. Time between the calls does not count: then it is
// our own server that takes its time.
type stallReader struct {
	r       io.Reader
	limit   time.Duration
	stalled func()
}

func (s stallReader) Read(p []byte) (int, error) {
	t := time.AfterFunc(s.limit, s.stalled)
	defer t.Stop()
	return s.r.Read(p)
}
