package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newHeld(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "held NAME",
		Short: "Event groups that wait for your decision, with their statements",
		Long: "Event groups that were not given to the foundation's MariaDB, because they would do more than change " +
			"data.\nThe archive has them and goes on; nothing behind them is applied until you release or skip them.",
		Args: names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			held, err := control.Get[[]api.Held](cmd.Context(), c.daemon(), api.HeldPath.With(args[0]))
			if err != nil {
				return err
			}
			if err := c.show(held, func() { printHeld(c.out, args[0], held) }); err != nil {
				return err
			}
			if len(held) > 0 {
				return errDegraded
			}
			return nil
		},
	}
}

func printHeld(w *screen, name string, held []api.Held) {
	if len(held) == 0 {
		fmt.Fprintln(w, "nothing is held")
	}
	for i, h := range held {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s  %s  since %s\n", w.bold(h.GTID), w.warn(h.Category), h.Since.Local().Format(time.DateTime))
		fmt.Fprintf(w, "  %s\n", oneLine(h.Reason, 0))
		if h.Database != "" {
			fmt.Fprintf(w, "  in database %s:\n", oneLine(h.Database, 0))
		}
		fmt.Fprintf(w, "    %s\n", oneLine(h.Statement, 0))
		fmt.Fprintf(w, "  %s wcdectl database release %s %s   apply it after all\n", w.faint("→"), name, h.GTID)
		fmt.Fprintf(w, "  %s wcdectl database skip %s %s      never apply it; the copy differs from there on\n",
			w.faint("→"), name, h.GTID)
	}
}
