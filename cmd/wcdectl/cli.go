package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/control"
)

// cli is what every subcommand works with: where to read and write, and the flags of all of them.
type cli struct {
	in    io.Reader
	inTTY bool // somebody can answer a question
	out   *screen
	err   *screen

	socket string
	json   bool
	client *control.Client
}

func newCLI(in, out, err *os.File) *cli {
	return &cli{in: in, inTTY: isTTY(in) && isTTY(err), out: newScreen(out), err: newScreen(err)}
}

func isTTY(f *os.File) bool {
	_, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	return err == nil
}

// daemon returns the client of the socket that the flags name.
func (c *cli) daemon() *control.Client {
	if c.client == nil {
		c.client = control.NewClient(c.socket)
	}
	return c.client
}

// show prints a result: as JSON with --json, else by text.
func (c *cli) show(v any, text func()) error {
	if !c.json {
		text()
		return nil
	}
	enc := json.NewEncoder(c.out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// errDegraded is returned by commands that printed already what is not as it should be.
var errDegraded = &control.Error{Code: control.Degraded}

// errDeclined is returned when somebody answered no.
var errDeclined = errors.New("nothing was changed")

// exit prints err, if there is anything to say, and returns the exit code. It is the only place that decides on one.
func (c *cli) exit(err error) int {
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errDegraded):
		return control.Degraded.ExitCode()
	case errors.Is(err, context.Canceled):
		err = errors.New("interrupted")
	}
	told := control.AsError(err)
	if c.json {
		_ = json.NewEncoder(c.err).Encode(told)
		return told.Code.ExitCode()
	}
	fmt.Fprintf(c.err, "%s %s\n", c.err.bad("wcdectl:"), told.Message)
	if told.Advice != "" {
		fmt.Fprintf(c.err, "  %s %s\n", c.err.faint("→"), told.Advice)
	}
	return told.Code.ExitCode()
}

// usage makes an error of wrong usage, with the command whose help tells more.
func usage(command, format string, args ...any) error {
	return control.Errorf(control.Usage, "see "+command+" --help", format, args...)
}

// confirm asks a question whose answer is no unless it is yes. Without anybody to answer it is an error of usage that
// names the flag which answers instead.
func (c *cli) confirm(ctx context.Context, question string) error {
	if !c.inTTY || c.json {
		return control.Errorf(control.Usage, "say --yes if you are sure", "%s Nobody is there to answer.", question)
	}
	answer, err := c.ask(ctx, question+" [y/N] ")
	if err != nil {
		return err
	}
	if a := strings.ToLower(answer); a != "y" && a != "yes" {
		return errDeclined
	}
	return nil
}

// ask prints a prompt and returns the line that was typed.
func (c *cli) ask(ctx context.Context, prompt string) (string, error) {
	fmt.Fprint(c.err, prompt)
	line := make(chan string, 1)
	go func() { // reading a terminal cannot be cancelled; the process ends soon after
		text, _ := bufio.NewReader(c.in).ReadString('\n')
		line <- strings.TrimSpace(text)
	}()
	select {
	case text := <-line:
		return text, nil
	case <-ctx.Done():
		fmt.Fprintln(c.err)
		return "", ctx.Err()
	}
}
