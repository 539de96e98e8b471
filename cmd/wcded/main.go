// Command wcded keeps the foundation's live copy of a supplier's databases.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/coreos/go-systemd/v22/daemon"
	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/app"
	"github.com/wcde-foundation/wcded/internal/control/api"
)

const usage = `wcded keeps the foundation's live copy of a supplier's databases.

Usage:
  wcded [--config FILE]
  wcded --check-config FILE
  wcded --version

Flags:
  --config FILE        the configuration (default /etc/wcde/wcded.yaml)
  --check-config FILE  build everything that FILE describes, start nothing, and say what is wrong
  --version            print the version

SIGHUP reads the configuration again, SIGTERM and SIGINT stop; a second one of these ends at once.

Exit status:
  0  fine
  1  failed
  2  wrong usage, or a configuration with mistakes
`

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

func run(args []string, stdout, stderr *os.File) int {
	flags := flag.NewFlagSet("wcded", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	config := flags.String("config", "/etc/wcde/wcded.yaml", "")
	check := flags.String("check-config", "", "")
	version := flags.Bool("version", false, "")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprint(stdout, usage)
		return 0
	case err == nil && flags.NArg() > 0:
		err = fmt.Errorf("what is %q for?", flags.Arg(0))
		fallthrough
	case err != nil:
		fmt.Fprintf(stderr, "wcded: %v\n\n%s", err, usage)
		return 2
	case *version:
		fmt.Fprintln(stdout, "wcded", api.Version())
		return 0
	case *check != "":
		return checkConfig(*check, stdout, stderr)
	}
	return serve(*config, stderr)
}

// checkConfig prints what is wrong with the configuration in file, one mistake a line, or that it is ok.
func checkConfig(file string, stdout, stderr io.Writer) int {
	if err := app.Check(file, slog.New(slog.DiscardHandler)); err != nil {
		fmt.Fprintln(stderr, err)
		return 2
	}
	fmt.Fprintf(stdout, "%s: ok\n", file)
	return 0
}

func serve(config string, stderr *os.File) int {
	level := new(slog.LevelVar)
	log := newLogger(stderr, level)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	defer signal.Stop(signals)
	go func() {
		log.Info("stopping", "signal", (<-signals).String())
		stop()
		log.Warn("ending at once", "signal", (<-signals).String())
		os.Exit(1)
	}()
	watchdog, err := daemon.SdWatchdogEnabled(false)
	if err != nil {
		log.Warn("watchdog not used", "err", err)
	}
	err = app.Run(ctx, app.Options{
		ConfigPath: config, Logger: log, Level: level, Watchdog: watchdog, Reload: hangups(ctx),
		Notify: func(state string) error {
			_, err := daemon.SdNotify(false, state)
			return err
		},
	})
	if err == nil {
		return 0
	}
	var mistakes configs.Errors
	if errors.As(err, &mistakes) {
		for _, m := range mistakes {
			log.Error("configuration", "err", m)
		}
		return 2
	}
	log.Error("wcded failed", "err", err)
	return 1
}

// hangups turns SIGHUPs into values; several that come at once may become one.
func hangups(ctx context.Context) <-chan struct{} {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	reload := make(chan struct{})
	go func() {
		defer signal.Stop(signals)
		for {
			select {
			case <-signals:
			case <-ctx.Done():
				return
			}
			select {
			case reload <- struct{}{}:
			case <-ctx.Done():
				return
			}
		}
	}()
	return reload
}

// newLogger writes lines for people to a terminal and JSON for the journal anywhere else.
func newLogger(f *os.File, level slog.Leveler) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if _, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS); err == nil {
		return slog.New(slog.NewTextHandler(f, options))
	}
	return slog.New(slog.NewJSONHandler(f, options))
}
