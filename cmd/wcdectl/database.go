package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newDatabase(c *cli) *cobra.Command {
	cmd := group(&cobra.Command{
		Use:     "database",
		Aliases: []string{"db"},
		Short:   "Look at and steer the copy of one database",
	})
	cmd.AddCommand(newDatabaseStatus(c), newSeed(c), newSegments(c), newHeld(c), newRelease(c), newSkip(c),
		newExposure(c), newAdopt(c), newVerify(c))
	for _, sub := range cmd.Commands() {
		sub.ValidArgsFunction = completeDatabase(c)
	}
	return cmd
}

func newDatabaseStatus(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "status NAME",
		Short: "How the copy of a database is",
		Args:  names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := control.Get[api.Status](cmd.Context(), c.daemon(), string(api.StatusPath))
			if err != nil {
				return err
			}
			d, err := control.Get[api.Database](cmd.Context(), c.daemon(), api.DatabasePath.With(args[0]))
			if err != nil {
				return err
			}
			err = c.show(d, func() {
				for _, p := range d.Problems {
					printProblem(c.out, d.Name, p)
				}
				printDatabase(c.out, d, s.Now)
			})
			if err == nil && d.Degraded() {
				err = errDegraded
			}
			return err
		},
	}
}

// completeDatabase offers the names of the databases that the running daemon has.
func completeDatabase(c *cli) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx := cmd.Context()
		if ctx == nil {
			ctx = context.Background()
		}
		s, err := control.Get[api.Status](ctx, c.daemon(), string(api.StatusPath))
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var all []string
		for _, d := range s.Databases {
			all = append(all, d.Name)
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
}
