package main

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newRelease(c *cli) *cobra.Command {
	return newDecision(c, decision{
		verb: "release", path: api.ReleasePath, done: "released",
		short:    "Apply a held event group after all",
		question: "MariaDB will apply this statement with all privileges. Release it?",
	})
}

func newSkip(c *cli) *cobra.Command {
	return newDecision(c, decision{
		verb: "skip", path: api.SkipPath, done: "skipped",
		short:    "Never apply a held event group",
		question: "This group will be missing from the copy, and what depends on it may fail. Skip it?",
	})
}

type decision struct {
	verb, short, question, done string
	path                        control.Path
}

func newDecision(c *cli, d decision) *cobra.Command {
	var reason string
	var yes bool
	cmd := &cobra.Command{
		Use:   d.verb + " NAME GTID",
		Short: d.short,
		Long:  d.short + ". Decisions are recorded with your name and the reason.",
		Args:  names("NAME", "GTID"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if c.inTTY && !c.json && !yes {
				held, err := control.Get[[]api.Held](cmd.Context(), c.daemon(), api.HeldPath.With(args[0]))
				if err != nil {
					return err
				}
				if i := slices.IndexFunc(held, func(h api.Held) bool { return h.GTID == args[1] }); i >= 0 {
					fmt.Fprintf(c.err, "%s  %s: %s\n  %s\n", held[i].GTID, held[i].Category,
						oneLine(held[i].Reason, 0), oneLine(held[i].Statement, 0))
				}
				if reason == "" {
					if reason, err = c.ask(cmd.Context(), "Why? "); err != nil {
						return err
					}
				}
				if err := c.confirm(cmd.Context(), d.question); err != nil {
					return err
				}
			}
			h, err := control.Post[api.Held](cmd.Context(), c.daemon(), d.path.With(args[0]),
				api.Decision{GTID: args[1], Reason: reason})
			if err != nil {
				return err
			}
			return c.show(h, func() { fmt.Fprintf(c.out, "%s %s\n", h.GTID, d.done) })
		},
	}
	cmd.Flags().StringVar(&reason, "reason", "", "why, for the record")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}
