package main

import (
	"fmt"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// plainEvery is how often progress prints a line where there is no terminal for a bar.
const plainEvery = 10 * time.Second

// progress shows how far something long is: a bar on a terminal, lines elsewhere, nothing with --json. It writes to
// the standard error, so that the result stands alone on the standard output.
type progress struct {
	out     *screen
	quiet   bool
	phase   string
	printed time.Time

	container *mpb.Progress
	bar       *mpb.Bar
	last      time.Time
}

func newProgress(c *cli) *progress { return &progress{out: c.err, quiet: c.json} }

// update shows done of total bytes of a phase; a total of 0 is unknown.
func (p *progress) update(phase string, done, total int64) {
	switch {
	case p.quiet:
	case p.out.tty:
		p.drawBar(phase, done, total)
	case phase != p.phase || time.Since(p.printed) >= plainEvery:
		p.printed = time.Now()
		line := phase
		switch {
		case total > 0:
			line += fmt.Sprintf(": %s of about %s (%d %%)", bytes(done), bytes(total), min(100*done/total, 100))
		case done > 0:
			line += ": " + bytes(done)
		}
		fmt.Fprintln(p.out, line)
	}
	p.phase = phase
}

func (p *progress) drawBar(phase string, done, total int64) {
	if p.container == nil {
		p.container = mpb.New(mpb.WithOutput(p.out.File), mpb.WithWidth(40))
	}
	if phase != p.phase {
		if p.bar != nil {
			p.bar.SetTotal(-1, true)
		}
		p.last = time.Now()
		// The ETA and the rate are of the newest minute or so: a copy is slow and fast by turns.
		p.bar = p.container.New(max(total, 0), mpb.BarStyle(),
			mpb.PrependDecorators(decor.Name(fmt.Sprintf("%-12s", phase))),
			mpb.AppendDecorators(
				decor.CountersKibiByte("% .1f / % .1f"),
				decor.EwmaSpeed(decor.SizeB1024(0), "  % .1f", 60),
				decor.Name("  ETA "), decor.EwmaETA(decor.ET_STYLE_GO, 60),
			))
	}
	// An estimate may be too low: the bar must not end before the phase does.
	p.bar.SetTotal(max(total, done+1), false)
	p.bar.EwmaSetCurrent(done, time.Since(p.last))
	p.last = time.Now()
}

// finish leaves the bar as it is and ends it.
func (p *progress) finish(err error) {
	if p.bar == nil {
		return
	}
	if err != nil {
		p.bar.Abort(false)
	} else {
		p.bar.SetTotal(-1, true)
	}
	p.container.Wait()
}
