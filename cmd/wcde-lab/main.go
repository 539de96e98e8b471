// Command wcde-lab brings the supplier, the foundation and the datacentre to life on one machine, and breaks them.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/lab"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	root := newRoot(stdout, stderr)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if errors.Is(err, context.Canceled) {
		err = fmt.Errorf("interrupted: %w", err)
	}
	if err != nil {
		fmt.Fprintln(stderr, "wcde-lab:", err)
	}
	return exitCode(err)
}

const (
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 4
)

// usageError is a mistake in how the command was called.
type usageError struct{ error }

// exitCode is the only place that decides on one.
func exitCode(err error) int {
	var usage usageError
	var part *lab.PartError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage), errors.As(err, &part):
		return exitUsage
	case errors.Is(err, lab.ErrRefused):
		return exitRefused
	}
	return exitFailed
}

func newRoot(stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "wcde-lab",
		Short: "The supplier, the foundation and the datacentre on one machine, to try and to break",
		Long: `wcde-lab runs real servers in a directory: the supplier's MariaDB, files, sshd and portal,
the foundation's MariaDB and wcded. Several labs can run side by side.

PART is one of ` + strings.Join(lab.Parts(), ", ") + `.

EXIT STATUS
  0  fine
  1  failed
  2  wrong usage, or a part that is not there
  4  refused: not like this, and nothing was changed`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	var dir string
	root.PersistentFlags().StringVar(&dir, "dir", "", "the lab's directory")
	root.AddCommand(newUp(&dir), newDown(&dir), newStatus(&dir), newWrite(&dir), newRelay(), newPortal())
	root.AddCommand(partCommands(&dir)...)
	return root
}

// usageArgs makes what a check of arguments complains about an error of usage.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usageError{fmt.Errorf("%w; see %s --help", err, cmd.CommandPath())}
		}
		return nil
	}
}

// needDir is the --dir that was given.
func needDir(dir string) (string, error) {
	if dir == "" {
		return "", usageError{errors.New("--dir DIR says which lab")}
	}
	return dir, nil
}

// open returns the lab in --dir.
func open(dir string) (*lab.Lab, error) {
	dir, err := needDir(dir)
	if err != nil {
		return nil, err
	}
	return lab.Open(dir)
}
