package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/control"
)

const defaultSocket = "/run/wcded/operators.sock"

const exitStatus = `
Exit status:
  0  fine
  1  failed
  2  wrong usage
  3  working but degraded
  4  refused by a rule
`

func newRoot(c *cli) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "wcdectl",
		Short: "Look at wcded and tell it what to do",
		Long: "wcdectl is how operators look at wcded, the foundation's live copy of a supplier's databases, " +
			"and tell it what to do.\nIt talks to the running daemon through its unix socket.",
		Example: "  wcdectl status\n  wcdectl status --watch\n  wcdectl database seed ez2xs\n  wcdectl doctor",
	})
	root.Version = version()
	root.SilenceUsage, root.SilenceErrors = true, true
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.PersistentFlags().StringVar(&c.socket, "socket", defaultSocket, "wcded's socket for operators")
	root.PersistentFlags().BoolVar(&c.json, "json", false, "print JSON")
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usage(cmd.CommandPath(), "%v", err)
	})
	root.SetUsageTemplate(root.UsageTemplate() + exitStatus)
	root.AddCommand(newStatus(c), newDatabase(c), newDoctor(c), newVersion(c), newMan())
	return root
}

// group makes a command that only holds others: alone or with an unknown word it is wrong usage.
func group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
			return control.Errorf(control.Usage, "did you mean "+strings.Join(similar, " or ")+"?",
				"unknown command %q of %s", args[0], cmd.CommandPath())
		}
		return usage(cmd.CommandPath(), "unknown command %q of %s", args[0], cmd.CommandPath())
	}
	cmd.SuggestionsMinimumDistance = 2
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		_ = cmd.Help()
		return usage(cmd.CommandPath(), "which command?")
	}
	return cmd
}

// names makes a validator of positional arguments, which are all required.
func names(want ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == len(want) {
			return nil
		}
		if len(want) == 0 {
			return usage(cmd.CommandPath(), "%s takes no arguments", cmd.CommandPath())
		}
		return usage(cmd.CommandPath(), "%s needs %s", cmd.CommandPath(), strings.Join(want, " and "))
	}
}
