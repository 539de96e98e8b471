package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newStatus(c *cli) *cobra.Command {
	var watch bool
	var every time.Duration
	var note string
	cmd := &cobra.Command{
		Use:   "status",
		Short: "How everything is, what is wrong first",
		Args:  names(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if watch {
				if every < 100*time.Millisecond {
					return usage(cmd.CommandPath(), "--interval %s is less than 100ms", every)
				}
				return watchStatus(cmd.Context(), c, every, note)
			}
			s, err := control.Get[api.Status](cmd.Context(), c.daemon(), string(api.StatusPath))
			if err != nil {
				return err
			}
			if err := c.show(s, func() { printStatus(c.out, s) }); err != nil {
				return err
			}
			if s.Degraded() {
				return errDegraded
			}
			return nil
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "go on showing it until interrupted")
	cmd.Flags().DurationVar(&every, "interval", time.Second, "how often --watch asks")
	cmd.Flags().StringVar(&note, "note", "", "with --watch: text to show below, such as what to try in a demonstration")
	_ = cmd.Flags().MarkHidden("note") // fails only for a flag that does not exist
	return cmd
}

// watchStatus shows the status again and again. A daemon that is not there is a state like any other.
func watchStatus(ctx context.Context, c *cli, every time.Duration, note string) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		s, err := control.Get[api.Status](ctx, c.daemon(), string(api.StatusPath))
		if ctx.Err() != nil {
			return nil
		}
		if c.out.tty && !c.json {
			fmt.Fprint(c.out, "\x1b[H\x1b[2J")
		}
		if err != nil {
			c.exit(err)
		} else if err := c.show(s, func() { printStatus(c.out, s) }); err != nil {
			return err
		}
		if note != "" && !c.json {
			fmt.Fprintf(c.out, "\n%s\n", note)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

func printStatus(w *screen, s api.Status) {
	state := w.good(string(s.State))
	if s.Degraded() {
		state = w.warn(string(s.State) + ", degraded")
	}
	fmt.Fprintf(w, "%s on %s: %s   %s\n\n", w.bold(s.Foundation), s.Site, state,
		w.faint(fmt.Sprintf("wcded %s, up %s", s.Version, span(s.Now.Sub(s.Started)))))
	wrong := 0
	for _, p := range s.Problems {
		printProblem(w, "wcded", p)
		wrong++
	}
	for _, d := range s.Databases {
		for _, p := range d.Problems {
			printProblem(w, d.Name, p)
			wrong++
		}
	}
	if wrong == 0 {
		fmt.Fprintln(w, w.good("✓"), "everything is as it should be")
	}
	for _, d := range s.Databases {
		fmt.Fprintln(w)
		printDatabase(w, d, s.Now)
	}
}

func printProblem(w *screen, who string, p api.Problem) {
	fmt.Fprintf(w, "%s %s: %s\n", w.bad("✗"), w.bold(who), oneLine(p.Message, 0))
	if p.Hint != "" {
		fmt.Fprintf(w, "  %s %s\n", w.faint("→"), oneLine(p.Hint, 0))
	}
}

func printDatabase(w *screen, d api.Database, now time.Time) {
	state := w.good(d.State)
	if d.Degraded() {
		state = w.warn(d.State)
	}
	fmt.Fprintf(w, "%s %s  %s\n", w.bold("database"), w.bold(d.Name), state)
	for _, row := range databaseRows(w, d, now) {
		fmt.Fprintf(w, "  %s %s\n", w.faint(fmt.Sprintf("%-10s", row[0])), row[1])
	}
	for _, h := range d.Held {
		fmt.Fprintf(w, "    %s %s: %s\n", h.GTID, w.warn(h.Category), oneLine(h.Statement, max(w.width()-30, 60)))
	}
}

func databaseRows(w *screen, d api.Database, now time.Time) [][2]string {
	supplier := "not connected"
	if d.Connected {
		supplier = "connected"
	}
	if d.SupplierLastSeen != nil {
		supplier += ", last heard " + moment(*d.SupplierLastSeen, now)
	} else {
		supplier += ", never heard"
	}
	protection := w.good("semi-sync: what the supplier has committed is here")
	if d.ExposureSince != nil {
		protection = w.warn("exposed since " + moment(*d.ExposureSince, now) + errorSuffix(d.Exposure))
	} else if !d.SemiSync {
		protection = w.warn("no semi-sync")
	}
	lag := "not known"
	if d.LagSeconds != nil {
		lag = span(time.Duration(*d.LagSeconds * float64(time.Second)))
	}
	applied := orDash(d.AppliedGTID) + "  lag " + lag
	if !d.Seeded {
		applied = w.warn("not seeded")
	}
	return [][2]string{
		{"supplier", supplier},
		{"protection", protection},
		{"received", orDash(d.ReceivedGTID)},
		{"archived", orDash(d.ArchivedGTID) + "  " + bytes(d.ArchiveBytes) + " in " + count(d.Segments, "segment")},
		{"applied", applied},
		{"replica", replicaLine(w, d.Replica)},
		{"held", heldLine(w, d)},
	}
}

func replicaLine(w *screen, r api.Replica) string {
	thread := func(name string, running bool) string {
		if running {
			return name + " running"
		}
		return w.warn(name + " stopped")
	}
	if !r.Reachable {
		return w.warn("not reachable") + errorSuffix(r.LastError)
	}
	line := "MariaDB " + r.Version + ", " + thread("IO", r.IORunning) + ", " + thread("SQL", r.SQLRunning)
	if !r.ReadOnly {
		line += ", " + w.warn("not read-only")
	}
	return line + errorSuffix(r.LastError)
}

func errorSuffix(text string) string {
	if text == "" {
		return ""
	}
	return ": " + oneLine(text, 0)
}

func heldLine(w *screen, d api.Database) string {
	if len(d.Held) == 0 {
		return "none"
	}
	return w.warn("waiting for a decision: "+count(len(d.Held), "group")) + ", wcdectl database held " + d.Name
}
