package main

import (
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

// newRelay is the process that a lab runs between wcded and the supplier.
func newRelay() *cobra.Command {
	var control string
	var specs []string
	cmd := &cobra.Command{
		Use:    "relay --control SOCKET --link NAME=LISTEN=TARGET ...",
		Short:  "Relay TCP connections and break them on demand",
		Hidden: true,
		Args:   usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			links := map[string]*relay.Link{}
			for _, spec := range specs {
				f := strings.Split(spec, "=")
				if len(f) != 3 {
					return usageError{fmt.Errorf("--link is NAME=LISTEN=TARGET, not %.100q", spec)}
				}
				l, err := relay.NewLink(f[1], f[2])
				if err != nil {
					return err
				}
				defer l.Close()
				links[f[0]] = l
			}
			// The folder is this lab's alone; what is there is from a relay that was killed.
			if err := os.RemoveAll(control); err != nil {
				return err
			}
			ln, err := (&net.ListenConfig{}).Listen(cmd.Context(), "unix", control)
			if err != nil {
				return fmt.Errorf("listen on control socket: %w", err)
			}
			return relay.Serve(cmd.Context(), ln, links)
		},
	}
	cmd.Flags().StringVar(&control, "control", "", "unix socket")
	cmd.Flags().StringArrayVar(&specs, "link", nil, "NAME=LISTEN=TARGET")
	return cmd
}
