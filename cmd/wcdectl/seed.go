package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newSeed(c *cli) *cobra.Command {
	var yes bool
	var in api.SeedRequest
	cmd := &cobra.Command{
		Use:   "seed NAME",
		Short: "Fill the foundation's MariaDB with a consistent copy of the supplier's",
		Long: "Reads a consistent copy from the supplier, without locking its writers, loads it into the foundation's " +
			"MariaDB and lets replication go on from there.\nA server that is not empty is refused unless --replace " +
			"is given and --confirm repeats the name: everything in it is destroyed.\nInterrupting leaves a server " +
			"that is visibly not seeded.",
		Example: "  wcdectl database seed ez2xs --dry-run\n  wcdectl database seed ez2xs\n" +
			"  wcdectl database seed ez2xs --replace --confirm ez2xs",
		Args: names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			if in.Replace && !in.DryRun {
				if in.Confirm != name {
					return control.Errorf(control.Usage, "say --confirm "+name+" if you mean it",
						"--replace destroys everything in the foundation's MariaDB of %s", name)
				}
				if !yes {
					if err := c.confirm(cmd.Context(), "Everything in the foundation's MariaDB of "+name+
						" is destroyed first. Seed it anew?"); err != nil {
						return err
					}
				}
			}
			bar := newProgress(c)
			report, err := control.Follow[api.SeedReport](cmd.Context(), c.daemon(), api.SeedPath.With(name), in,
				func(p api.SeedProgress) { bar.update(p.Phase, p.Done, p.Total) })
			bar.finish(err)
			if err != nil {
				return err
			}
			return c.show(report, func() { printSeedReport(c.out, name, report) })
		},
	}
	cmd.Flags().BoolVar(&in.DryRun, "dry-run", false, "compare the servers and say what would be done")
	cmd.Flags().BoolVar(&in.Replace, "replace", false, "destroy what is in the foundation's MariaDB first")
	cmd.Flags().StringVar(&in.Confirm, "confirm", "", "repeat the database's name, with --replace")
	cmd.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return cmd
}

func printSeedReport(w *screen, name string, r api.SeedReport) {
	if r.DryRun {
		fmt.Fprintf(w, "%s would be seeded with %s of %s, about %s\n", name, count(r.Tables, "table"),
			count(len(r.Databases), "database"), bytes(r.Bytes))
	} else {
		fmt.Fprintf(w, "%s %s is seeded: %s of %s, %s in %s, at %s\n", w.good("✓"), name, count(r.Tables, "table"),
			count(len(r.Databases), "database"), bytes(r.Bytes), span(time.Duration(r.Seconds*float64(time.Second))),
			orDash(r.GTID))
	}
	for _, refusal := range r.Refusals {
		fmt.Fprintf(w, "%s refused: %s\n", w.bad("✗"), oneLine(refusal, 0))
	}
	if len(r.Existing) > 0 {
		fmt.Fprintf(w, "%s there are databases already, which --replace destroys: %s\n", w.warn("!"),
			oneLine(strings.Join(r.Existing, ", "), 0))
	}
	for _, warning := range r.Warnings {
		fmt.Fprintf(w, "%s %s\n", w.warn("!"), oneLine(warning, 0))
	}
	if len(r.Accounts) == 0 {
		return
	}
	fmt.Fprintln(w, "Accounts at the supplier that were not copied; review them for the day of the switch "+
		"(--json has their grants):")
	for _, a := range r.Accounts {
		account := "'" + a.User + "'@'" + a.Host + "'"
		if a.Role {
			account = "role " + a.User
		}
		fmt.Fprintln(w, " ", oneLine(account, 0))
	}
}
