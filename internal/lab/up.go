package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
)

// teardownTime is how long the end of a half-made lab may take, also when ctx is done already.
const teardownTime = 2 * time.Minute

// Up brings a lab up. When it fails, or ctx ends, it takes everything down again before it returns.
func Up(ctx context.Context, o Options) (*Lab, error) {
	o, err := o.check()
	if err != nil {
		return nil, err
	}
	if err := checkUnused(o.Dir); err != nil {
		return nil, err
	}
	if err := o.checkPrograms(); err != nil {
		return nil, err
	}
	began := time.Now()
	l, err := claim(o)
	if err != nil {
		return nil, err
	}
	err = l.bringUp(ctx, o, began)
	if err == nil {
		l.unlock()
		return l, nil
	}
	say(o.Progress, began, "that failed; taking down what was made")
	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), teardownTime)
	defer cancel()
	derr := tearDown(clean, l.dir, o.Progress)
	l.unlock()
	if derr != nil {
		derr = fmt.Errorf("take the lab down again: %w", derr)
	}
	return nil, errors.Join(err, derr)
}

// step is one thing that Up does.
type step struct {
	says string
	do   func(context.Context) error
}

func (l *Lab) bringUp(ctx context.Context, o Options, began time.Time) error {
	say(o.Progress, began, "lab in "+l.dir)
	for _, s := range l.steps(o) {
		// A step that does not look at ctx must not be the first of many more.
		if err := ctx.Err(); err != nil {
			return err
		}
		say(o.Progress, began, s.says)
		if err := s.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", s.says, err)
		}
	}
	info, err := l.info()
	if err != nil {
		return err
	}
	if err := writeJSON(l.path("lab.json"), info); err != nil {
		return err
	}
	say(o.Progress, began, "up: "+l.path("lab.json"))
	return nil
}

func (l *Lab) steps(o Options) []step {
	p := l.state.Ports
	with := func(part string) bool { return !slices.Contains(o.Without, part) }
	steps := []step{
		{"folders", func(context.Context) error { return l.makeFolders() }},
		{"supplier: volume (BTRFS)", l.startFiles},
		{fmt.Sprintf("supplier: MariaDB on port %d", p.SupplierDB), l.startSupplierDB},
		{"supplier: the portal's customers, certificates and files", l.seedPortal},
	}
	if with(SupplierSSHD) {
		steps = append(steps, step{fmt.Sprintf("supplier: sshd on port %d", p.SupplierSSH), l.startSSHD})
	} else {
		steps = append(steps, step{"supplier: keys for sshd", l.makeSSH})
	}
	if with(SupplierPortal) {
		steps = append(steps, step{fmt.Sprintf("supplier: portal on http://%s/", loopback(p.Portal)), l.portal().start})
	}
	steps = append(steps,
		step{"links between the foundation and the supplier", l.links().start},
		step{"foundation: volume (BTRFS)", func(ctx context.Context) error { return l.startFoundationPool(ctx, o.PoolSize) }},
		step{fmt.Sprintf("foundation: MariaDB on port %d", p.FoundationDB), l.Foundation.Restart},
		step{"foundation: configuration", func(context.Context) error { return l.configure() }},
	)
	if with(Wcded) {
		steps = append(steps, step{"foundation: wcded", l.wcded().start},
			step{"wcded acknowledges to the supplier", l.waitSemiSync})
		if !o.NoSeed {
			steps = append(steps, step{"foundation: seed MariaDB from the supplier", l.seed},
				step{"foundation: MariaDB follows the supplier", l.waitReplicating},
				step{"wcded finds all well", l.waitWell})
		}
	}
	return steps
}

// say tells one line of progress with the seconds since the beginning.
func say(w io.Writer, began time.Time, line string) {
	// Nobody may be listening; that is no reason to fail.
	_, _ = fmt.Fprintf(w, "%6.1fs  %s\n", time.Since(began).Seconds(), line)
}
