package bench

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Options say what to measure and how.
type Options struct {
	Dir      string   // an existing folder on the file system to measure on; "": /var/tmp
	Out      string   // the report is written to this file; "": to none
	Rounds   int      // at least 1
	Only     []string // names of experiments; none: all
	Quick    bool     // small amounts: shows that everything works, its figures mean little
	Profiles string   // folder for processor profiles of our side; "": none
	// Self is the command that runs this program's child roles: a role is appended to it.
	Self     []string
	Table    io.Writer // gets the table at the end
	Progress io.Writer // gets a line for each step
}

// Free space that is asked for before anything begins; about twice what is used.
const (
	spaceFull  = 8 << 30
	spaceQuick = 2 << 30
)

// Run measures, prints the table and writes the report. Missed targets are no error.
func Run(ctx context.Context, o Options) error {
	chosen, err := choose(o.Only)
	if err != nil {
		return err
	}
	sc := fullScale()
	if o.Quick {
		sc = quickScale()
	}
	return run(ctx, o, sc, chosen)
}

func run(ctx context.Context, o Options, sc scale, chosen []experiment) (err error) {
	if o.Rounds < 1 {
		return fmt.Errorf("measure: %d rounds, want at least 1", o.Rounds)
	}
	e, err := newEnv(o, sc)
	if err != nil {
		return fmt.Errorf("measure: %w", err)
	}
	defer func() {
		if ctx.Err() != nil {
			err = ctx.Err() // what broke because of that is no news
		}
		err = errors.Join(err, e.close())
	}()
	m, err := examine(ctx, e.dir)
	if err != nil {
		return err
	}
	began := time.Now()
	var results []result
	for _, x := range chosen {
		rec := newRecorder()
		if err := e.experiment(ctx, x, rec); err != nil {
			return fmt.Errorf("measure %s: %w", x.name, err)
		}
		for _, r := range x.rows {
			results = append(results, evaluate(r, rec.samples[r.key], rec.notes[r.key]))
		}
	}
	if err := printTable(o.Table, results); err != nil {
		return fmt.Errorf("print table: %w", err)
	}
	if o.Out == "" {
		return nil
	}
	return writeReport(o.Out, report{
		Machine: m, Results: results, Rounds: o.Rounds, Quick: o.Quick, Began: began, Took: time.Since(began),
		Partial: len(chosen) < len(experiments()),
	})
}

// newEnv makes the scratch folder.
func newEnv(o Options, sc scale) (*env, error) {
	dir := o.Dir
	if dir == "" {
		dir = "/var/tmp"
	}
	free, err := freeBytes(dir)
	if err != nil {
		return nil, err
	}
	if free < sc.space {
		return nil, fmt.Errorf("%s has %d MiB free, %d are needed: choose another with --dir", dir, free>>20, sc.space>>20)
	}
	if dir, err = os.MkdirTemp(dir, "wcde-bench-"); err != nil {
		return nil, err
	}
	e := &env{dir: dir, scale: sc, rounds: o.Rounds, self: o.Self, profiles: o.Profiles, progress: o.Progress,
		password: rand.Text()}
	if e.dir, err = filepath.Abs(dir); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	e.later(func() error { return os.RemoveAll(e.dir) })
	return e, nil
}

func freeBytes(dir string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, fmt.Errorf("look at free space of %s: %w", dir, err)
	}
	return int64(st.Bavail) * st.Bsize, nil
}
