// Command wcdectl is how operators look at wcded and tell it what to do, through its unix socket.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := newCLI(os.Stdin, os.Stdout, os.Stderr)
	root := newRoot(c)
	root.SetArgs(os.Args[1:])
	return c.exit(root.ExecuteContext(ctx))
}
