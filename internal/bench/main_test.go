package bench

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"
)

// TestMain lets this test program play the child roles, which it starts itself in.
func TestMain(m *testing.M) {
	role := ""
	if len(os.Args) == 2 {
		role = os.Args[1]
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	var err error
	switch role {
	case RoleFollow:
		err = Follow(context.Background(), os.Stdin, os.Stdout, log)
	case RoleOpen:
		err = Open(os.Stdin, os.Stdout, log)
	default:
		os.Exit(m.Run())
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
