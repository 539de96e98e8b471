package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

func newStatus(dir *string) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status --dir DIR",
		Short: "Show the lab's parts",
		Args:  usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := open(*dir)
			if err != nil {
				return err
			}
			parts := l.Status(cmd.Context())
			out := cmd.OutOrStdout()
			if asJSON {
				e := json.NewEncoder(out)
				e.SetIndent("", "  ")
				return e.Encode(parts)
			}
			w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(w, "PART\tSTATE\tPID\tADDRESS\tLINK")
			for _, p := range parts {
				state, pid := "running", fmt.Sprint(p.PID)
				if p.PID == 0 {
					state, pid = "not running", ""
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", p.Part, state, pid, p.Address, p.Link)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}
