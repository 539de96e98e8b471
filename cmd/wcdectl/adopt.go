package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newAdopt(c *cli) *cobra.Command {
	var yes bool
	var in api.AdoptRequest
	cmd := &cobra.Command{
		Use:   "adopt NAME",
		Short: "Follow the supplier's new history after a gap or a divergence",
		Long: "After a gap (the supplier purged what we had not read) or a divergence (it rewrote what we hold), " +
			"begins a new stream in the archive with what the supplier has now.\nWhat the archive holds stays beside " +
			"it. Says what follows before it does anything.",
		Args: names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			path := api.AdoptPath.With(args[0])
			plan := in
			plan.DryRun = true
			report, err := control.Post[api.AdoptReport](cmd.Context(), c.daemon(), path, plan)
			if err != nil {
				return err
			}
			if in.DryRun {
				return c.show(report, func() { printConsequences(c.out, report) })
			}
			if !yes {
				printConsequences(c.err, report)
				if in.Reason == "" && c.inTTY && !c.json {
					if in.Reason, err = c.ask(cmd.Context(), "Why? "); err != nil {
						return err
					}
				}
				if err := c.confirm(cmd.Context(), "Adopt the supplier's history?"); err != nil {
					return err
				}
			}
			report, err = control.Post[api.AdoptReport](cmd.Context(), c.daemon(), path, in)
			if err != nil {
				return err
			}
			return c.show(report, func() { printConsequences(c.out, report) })
		},
	}
	cmd.Flags().BoolVar(&in.DryRun, "dry-run", false, "only say what would follow")
	cmd.Flags().StringVar(&in.Reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}

func printConsequences(w *screen, r api.AdoptReport) {
	for _, line := range r.Consequences {
		fmt.Fprintln(w, "-", oneLine(line, 0))
	}
}
