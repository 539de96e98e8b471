// Command wcde-bench measures wcded against MariaDB's own tools and replication, side by side.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/bench"
)

const long = `wcde-bench measures wcded against MariaDB's own tools and replication, side by side, prints a table and
writes a report. A target that is missed is a result: it changes nothing in the exit status.

It starts servers of its own, needs mariadbd, mariadb-binlog and sysbench (make deps), and removes everything it made.

Exit status:
  0  measured
  1  something could not be measured
  2  wrong usage`

func main() { os.Exit(run()) }

func run() int {
	// A second signal ends the process at once: servers and children end with it.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	err := command(os.Stdin, os.Stdout, os.Stderr).ExecuteContext(ctx)
	var usage *usageError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "wcde-bench: %v\nTry: wcde-bench --help\n", err)
		return 2
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	fmt.Fprintf(os.Stderr, "wcde-bench: %v\n", err)
	return 1
}

// usageError is returned for arguments that make no sense.
type usageError struct{ cause error }

func (e *usageError) Error() string { return e.cause.Error() }
func (e *usageError) Unwrap() error { return e.cause }

func command(stdin io.Reader, stdout, stderr io.Writer) *cobra.Command {
	o := bench.Options{Table: stdout, Progress: stderr}
	root := &cobra.Command{
		Use: "wcde-bench", Short: "Measure wcded against its peers", Long: long,
		SilenceErrors: true, SilenceUsage: true, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			self, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find own program: %w", err)
			}
			o.Self = []string{self}
			if o.Rounds < 1 {
				return &usageError{errors.New("--rounds must be at least 1")}
			}
			if err := bench.CheckNames(o.Only); err != nil {
				return &usageError{err}
			}
			return bench.Run(cmd.Context(), o)
		},
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.CompletionOptions.DisableDefaultCmd = true
	f := root.Flags()
	f.StringVar(&o.Out, "out", "docs/benchmarks.md", "write the report to `FILE`; empty: write none")
	f.StringVar(&o.Dir, "dir", "/var/tmp", "measure on the file system of `DIR`, in a new folder removed at the end")
	f.IntVar(&o.Rounds, "rounds", 5, "measure each comparison `N` times")
	f.StringSliceVar(&o.Only, "only", nil, "measure `NAME` only, may be repeated: "+strings.Join(bench.Names(), ", "))
	f.BoolVar(&o.Quick, "quick", false, "small amounts: shows that everything works, the figures mean little")
	f.StringVar(&o.Profiles, "profiles", "", "write processor profiles of our side into the existing folder `DIR`")
	log := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	root.AddCommand(
		child(bench.RoleFollow, func(ctx context.Context) error { return bench.Follow(ctx, stdin, stdout, log) }),
		child(bench.RoleOpen, func(context.Context) error { return bench.Open(stdin, stdout, log) }),
	)
	return root
}

// child is a role in which the program runs itself.
func child(role string, do func(context.Context) error) *cobra.Command {
	return &cobra.Command{
		Use: role, Hidden: true, Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return do(cmd.Context()) },
	}
}

func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return &usageError{fmt.Errorf("what is %q for?", args[0])}
	}
	return nil
}
