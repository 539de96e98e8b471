package main

import (
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

func newSegments(c *cli) *cobra.Command {
	return &cobra.Command{
		Use:   "segments NAME",
		Short: "The files of the archive, oldest first",
		Args:  names("NAME"),
		RunE: func(cmd *cobra.Command, args []string) error {
			segments, err := control.Get[[]api.Segment](cmd.Context(), c.daemon(), api.SegmentsPath.With(args[0]))
			if err != nil {
				return err
			}
			return c.show(segments, func() { printSegments(c.out, segments) })
		},
	}
}

func printSegments(w *screen, segments []api.Segment) {
	rows := [][]string{{"STREAM", "SEGMENT", "SIZE", "STATUS", "SHA-256", "BEGINS AFTER"}}
	var notes []string
	var total int64
	for _, s := range segments {
		sum := s.SHA256
		if len(sum) > 16 {
			sum = sum[:16] + "…"
		}
		rows = append(rows, []string{strconv.Itoa(s.Stream), s.Name, bytes(s.Size), s.Status, orDash(sum),
			oneLine(orDash(s.Start), 48)})
		if s.Reason != "" {
			notes = append(notes, fmt.Sprintf("%s is %s: %s", s.Name, s.Status, oneLine(s.Reason, 0)))
		}
		total += s.Size
	}
	w.table(rows)
	fmt.Fprintf(w, "\n%s, %s\n", count(len(segments), "segment"), bytes(total))
	for _, note := range notes {
		fmt.Fprintln(w, w.warn(note))
	}
}
