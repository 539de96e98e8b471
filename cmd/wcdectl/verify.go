package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newVerify(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "verify NAME",
		Short: "Read the whole archive again and compare it with its checksums",
		Args:  names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			bar := newProgress(c)
			report, err := control.Follow[api.VerifyReport](cmd.Context(), c.daemon(), api.VerifyPath.With(args[0]),
				struct{}{}, func(p api.VerifyProgress) { bar.update("verifying", p.Done, p.Total) })
			bar.finish(err)
			if err != nil {
				return err
			}
			err = c.show(report, func() {
				for _, d := range report.Damaged {
					fmt.Fprintf(c.out, "%s %s\n", c.out.bad("✗"), oneLine(d, 0))
				}
				fmt.Fprintf(c.out, "%s, %s, %d damaged\n", count(report.Segments, "segment"), bytes(report.Bytes),
					len(report.Damaged))
			})
			if err == nil && len(report.Damaged) > 0 {
				err = errDegraded
			}
			return err
		},
	}
}
