package main

import (
	"errors"

	"github.com/spf13/cobra"
)

func newWrite(dir *string) *cobra.Command {
	var rate float64
	var count int
	cmd := &cobra.Command{
		Use:   "write --dir DIR",
		Short: "Keep writing at the supplier until Ctrl-C, to see the copy follow",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if rate < 0 || count < 0 {
				return usageError{errors.New("--rate and --count are not negative")}
			}
			l, err := open(*dir)
			if err != nil {
				return err
			}
			return l.Write(cmd.Context(), rate, count, cmd.OutOrStdout())
		},
	}
	cmd.Flags().Float64Var(&rate, "rate", 10, "certificates per second; 0: as fast as they are acknowledged")
	cmd.Flags().IntVar(&count, "count", 0, "how many; 0: until Ctrl-C")
	return cmd
}
