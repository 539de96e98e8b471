package main

import (
	"fmt"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control/api"
)

func version() string { return api.Version() }

func newVersion(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "The version of wcdectl",
		Args:  names(),
		RunE: func(*cobra.Command, []string) error {
			v := struct {
				Version string `json:"version"`
				Go      string `json:"go"`
			}{version(), runtime.Version()}
			return c.show(v, func() { fmt.Fprintf(c.out, "wcdectl %s (%s)\n", v.Version, v.Go) })
		},
	}
}
