package main

import (
	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/lab"
)

func newUp(dir *string) *cobra.Command {
	o := lab.Options{Detach: true}
	cmd := &cobra.Command{
		Use:   "up --dir DIR",
		Short: "Bring a lab up in DIR, which must not exist or be empty",
		Long: "Starts everything, fills the foundation's MariaDB from the supplier's and writes DIR/lab.json.\n" +
			"When it fails or is interrupted it takes down what it made.",
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if o.Dir, err = needDir(*dir); err != nil {
				return err
			}
			o.Progress = cmd.ErrOrStderr()
			_, err = lab.Up(cmd.Context(), o)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.BinDir, "bin-dir", "", "folder of wcded, wcdectl and wcde-lab (default: that of this program)")
	f.StringSliceVar(&o.Without, "without", nil, "parts that are not started: wcded, supplier-portal, supplier-sshd")
	f.BoolVar(&o.NoSeed, "no-seed", false, "leave the foundation's MariaDB empty")
	f.StringToStringVar(&o.SupplierSettings, "supplier-set", nil, "further settings of the supplier's MariaDB")
	f.StringToStringVar(&o.FoundationSettings, "foundation-set", nil, "further settings of the foundation's MariaDB")
	return cmd
}

func newDown(dir *string) *cobra.Command {
	return &cobra.Command{
		Use:   "down --dir DIR",
		Short: "End the lab in DIR and remove everything that it made, also after a crash",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d, err := needDir(*dir)
			if err != nil {
				return err
			}
			return lab.Down(cmd.Context(), d, cmd.ErrOrStderr())
		},
	}
}
