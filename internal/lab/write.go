package lab

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/portal"
)

// Write keeps issuing certificates at the supplier, see portal.Write, and says once a second how far it and the
// foundation are.
func (l *Lab) Write(ctx context.Context, rate float64, count int, out io.Writer) error {
	store, err := portal.OpenStore(portal.Database{Network: "unix", Address: l.Supplier.Socket(), User: "root",
		Name: portalDB})
	if err != nil {
		return err
	}
	defer store.Close()
	told := time.Now()
	ask := context.WithoutCancel(ctx) // the last line comes after Ctrl-C
	tell := func(n int) {
		told = time.Now()
		at, err := l.Supplier.QueryString(ask, "SELECT @@GLOBAL.gtid_binlog_pos")
		if err != nil {
			at = "?"
		}
		applied, err := l.Foundation.QueryString(ask, "SELECT @@GLOBAL.gtid_slave_pos")
		if err != nil {
			applied = "? (does not answer)"
		}
		fmt.Fprintf(out, "%8d acknowledged, supplier at %s, foundation at %s\n", n, at, applied)
	}
	last := 0
	err = portal.Write(ctx, store, rate, count, func(n int) {
		if last = n; time.Since(told) >= time.Second {
			tell(n)
		}
	})
	if last > 0 {
		tell(last)
	}
	return err
}
