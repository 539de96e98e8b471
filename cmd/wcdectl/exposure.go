package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newExposure(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "exposure NAME",
		Short: "When what the supplier committed was not certain to be here",
		Long: "The intervals in which the supplier did not wait for our acknowledgement, newest last. What it " +
			"committed within one may be lost if it vanished within it; outside of them nothing can be.",
		Args: names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			all, err := control.Get[[]api.Exposure](cmd.Context(), c.daemon(), api.ExposurePath.With(args[0]))
			if err != nil {
				return err
			}
			return c.show(all, func() { printExposure(c.out, all, time.Now()) })
		},
	}
}

func printExposure(w *screen, all []api.Exposure, now time.Time) {
	if len(all) == 0 {
		fmt.Fprintln(w, "never exposed since the archive began")
		return
	}
	rows := [][]string{{"FROM", "TO", "FOR", "WHY"}}
	var sum time.Duration
	for _, e := range all {
		to, end := "now", now
		if e.To != nil {
			to, end = e.To.Local().Format(time.DateTime), *e.To
		}
		length := max(end.Sub(e.From), 0)
		sum += length
		rows = append(rows, []string{e.From.Local().Format(time.DateTime), to, span(length), oneLine(e.Reason, 0)})
	}
	w.table(rows)
	fmt.Fprintf(w, "\n%s, %s together\n", count(len(all), "interval"), span(sum))
}
