package main

import (
	"context"
	"fmt"
	"math"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/lab"
	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

// partCommand is a verb on one part. do gets the lab and the part's name.
func partCommand(dir *string, verb, short string, do func(context.Context, *lab.Lab, string) error) *cobra.Command {
	return &cobra.Command{
		Use:       verb + " PART --dir DIR",
		Short:     short,
		Args:      usageArgs(cobra.ExactArgs(1)),
		ValidArgs: lab.Parts(),
		RunE: func(cmd *cobra.Command, args []string) error {
			l, err := open(*dir)
			if err != nil {
				return err
			}
			return do(cmd.Context(), l, args[0])
		},
	}
}

func partCommands(dir *string) []*cobra.Command {
	type ctx = context.Context
	start := partCommand(dir, "start", "Start a part again and wait until it answers",
		func(c ctx, l *lab.Lab, part string) error { return l.Start(c, part) })
	stop := partCommand(dir, "stop", "Ask a part to end and wait until it has",
		func(c ctx, l *lab.Lab, part string) error { return l.Stop(c, part) })
	kill := partCommand(dir, "kill", "End a part with SIGKILL",
		func(_ ctx, l *lab.Lab, part string) error { return l.Kill(part) })
	heal := partCommand(dir, "heal", "Repair the links of a part",
		func(c ctx, l *lab.Lab, part string) error { return l.Heal(c, part) })

	var how string
	cut := partCommand(dir, "cut", "Cut the links of a part", func(c ctx, l *lab.Lab, part string) error {
		if how != relay.Refuse && how != relay.Blackhole {
			return usageError{fmt.Errorf("--how is %s or %s, not %.40q", relay.Refuse, relay.Blackhole, how)}
		}
		return l.Cut(c, part, how)
	})
	cut.Flags().StringVar(&how, "how", relay.Refuse,
		"refuse: connections are reset and refused; blackhole: they stay and nothing passes")

	var rate string
	slow := partCommand(dir, "slow", "Slow the links of a part down", func(c ctx, l *lab.Lab, part string) error {
		n, err := humanize.ParseBytes(rate)
		if err != nil || n == 0 || n > math.MaxInt32 {
			return usageError{fmt.Errorf("--rate is bytes per second such as 100KB, not %.40q", rate)}
		}
		return l.Slow(c, part, int64(n))
	})
	slow.Flags().StringVar(&rate, "rate", "100KB", "bytes per second and direction")

	var every int64
	corrupt := partCommand(dir, "corrupt", "Flip bits in what a part sends", func(c ctx, l *lab.Lab, part string) error {
		if every < 1 {
			return usageError{fmt.Errorf("--every is a number of bytes from 1 on, not %d", every)}
		}
		return l.Corrupt(c, part, every)
	})
	corrupt.Flags().Int64Var(&every, "every", 100_000, "one bit in so many bytes")
	return []*cobra.Command{start, stop, kill, cut, slow, corrupt, heal}
}
