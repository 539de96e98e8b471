package main

import (
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newDoctor(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Check everything that can be checked, and say what to do",
		Args:  names(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			checks, err := control.Get[[]api.Check](cmd.Context(), c.daemon(), string(api.DoctorPath))
			if err != nil {
				return err
			}
			s, err := control.Get[api.Status](cmd.Context(), c.daemon(), string(api.StatusPath))
			if err != nil {
				return err
			}
			checks = append([]api.Check{
				{Name: "socket", OK: true, Detail: "wcded answers on " + c.socket},
				checkVersion(version(), s.Version), checkClock(),
			}, checks...)
			if err := c.show(checks, func() { printChecks(c.out, checks) }); err != nil {
				return err
			}
			for _, check := range checks {
				if !check.OK {
					return errDegraded
				}
			}
			return nil
		},
	}
}

func checkVersion(ours, theirs string) api.Check {
	if ours == theirs {
		return api.Check{Name: "version", OK: true, Detail: "wcdectl and wcded are both " + ours}
	}
	return api.Check{Name: "version", Detail: "wcdectl is " + ours + ", wcded is " + theirs,
		Hint: "restart wcded after an upgrade: systemctl restart wcded"}
}

// checkClock asks the kernel whether something keeps its clock right: moments in journals and retention depend on it.
func checkClock() api.Check {
	var t unix.Timex
	state, err := unix.Adjtimex(&t)
	switch {
	case err != nil:
		return api.Check{Name: "clock", Detail: "the kernel does not tell: " + err.Error()}
	case state == unix.TIME_ERROR || t.Status&unix.STA_UNSYNC != 0:
		return api.Check{Name: "clock", Detail: "nothing keeps this machine's clock right",
			Hint: "install and start chrony or systemd-timesyncd"}
	}
	return api.Check{Name: "clock", OK: true, Detail: "synchronised"}
}

func printChecks(w *screen, checks []api.Check) {
	for _, check := range checks {
		mark := w.good("✓")
		switch {
		case !check.OK:
			mark = w.bad("✗")
		case check.Notice:
			mark = w.warn("!")
		}
		fmt.Fprintf(w, "%s %-16s %s\n", mark, check.Name, oneLine(check.Detail, 0))
		if check.Hint != "" {
			fmt.Fprintf(w, "  %-16s %s %s\n", "", w.faint("→"), oneLine(check.Hint, 0))
		}
	}
}
