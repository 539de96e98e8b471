package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/lab/portal"
)

// newPortal is the supplier's sample software.
func newPortal() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:    "portal --config FILE",
		Short:  "Serve the sample portal",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := portal.LoadConfig(config)
			if err != nil {
				return err
			}
			return portal.Run(cmd.Context(), c, slog.New(slog.NewJSONHandler(cmd.ErrOrStderr(), nil)))
		},
	}
	cmd.Flags().StringVar(&config, "config", "", "configuration, as JSON")
	return cmd
}
