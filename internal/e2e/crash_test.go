package e2e_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/internal/control/api"
	"github.com/wcde-foundation/wcded/internal/lab"
	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

// gone waits until the daemon is no longer there.
func (w *world) gone() {
	w.t.Helper()
	w.eventually("the daemon has ended", func() (bool, string) {
		pid, err := w.PID(lab.Wcded)
		return err != nil || pid == 0, strconv.Itoa(pid)
	})
}

// Every named crash point, in the daemon, under load.
func TestCrashPoints(t *testing.T) {
	w := up(t, func(o *lab.Options) { o.SupplierSettings = map[string]string{"max_binlog_size": "1M"} })
	w.protected()
	l := w.write(4)
	for _, point := range []string{
		"before-write:40", "after-write:40", "before-fsync:40", "after-fsync:40", "after-ack:40", "before-seal", "after-seal",
	} {
		w.must(w.Stop(t.Context(), lab.Wcded))
		w.must(w.StartWcded(t.Context(), "WCDED_CRASHPOINT="+point))
		w.gone()
		w.must(w.Start(t.Context(), lab.Wcded))
		w.protected()
		w.growing(l, 20)
	}
	l.end()
	w.complete(l)
	w.exec(w.Supplier, "FLUSH BINARY LOGS")
	w.same()
	w.sealedAreExact()
	w.exposed("wcded was not running")
}

// exposed checks that the time in which we were not there is recorded.
func (w *world) exposed(reason string) {
	w.t.Helper()
	list := exposures(w)
	for _, e := range list {
		if e.Reason == reason && e.To != nil && e.To.After(e.From) {
			return
		}
	}
	w.t.Errorf("no exposure because %q in %+v", reason, list)
}

// TestTorture kills the daemon, either MariaDB server or the link at random moments under load.
func TestTorture(t *testing.T) {
	w := up(t, func(o *lab.Options) { o.SupplierSettings = map[string]string{"max_binlog_size": "1M"} })
	seed := uint64(time.Now().UnixNano())
	t.Logf("random seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	w.protected()
	l := w.write(4)
	for round := range *rounds {
		w.growing(l, random.IntN(200))
		switch part := random.IntN(4); part {
		case 0, 1:
			w.must(w.Kill(lab.Wcded))
			w.growing(l, random.IntN(50))
			w.must(w.Start(t.Context(), lab.Wcded))
		case 2:
			w.must(w.Kill(lab.FoundationMariaDB))
			w.growing(l, random.IntN(50))
			w.must(w.Start(t.Context(), lab.FoundationMariaDB))
		case 3:
			how := []string{relay.Refuse, relay.Blackhole}[random.IntN(2)]
			w.must(w.Cut(t.Context(), lab.SupplierMariaDB, how))
			w.growing(l, random.IntN(50))
			w.must(w.Heal(t.Context(), lab.SupplierMariaDB))
		}
		w.protected()
		if round%20 == 19 {
			t.Logf("round %d: %d rows", round+1, l.count())
		}
	}
	l.end()
	w.complete(l)
	w.same()
}

func TestSupplierKilled(t *testing.T) {
	w := up(t, nil)
	w.protected()
	l := w.write(4)
	w.growing(l, 200)
	w.must(w.Kill(lab.SupplierMariaDB))
	l.end()
	acked := l.count()
	w.until("the supplier is seen to be gone", func(d api.Database) bool { return d.State == "supplier_gone" })
	// Everything that it acknowledged is here although it is dead.
	w.eventually("the replica has all acknowledged rows", func() (bool, string) {
		n := w.ask(w.Foundation, "SELECT COUNT(*) FROM ledger.rows")
		rows, err := strconv.Atoi(n)
		return err == nil && rows >= acked, n
	})
	w.must(w.Start(t.Context(), lab.SupplierMariaDB))
	w.protected()
	l2 := w.write(2)
	w.growing(l2, 50)
	l2.end()
	w.complete(l2)
	w.same()
}

// A daemon that is told to stop lets the supplier's commits wait for nobody.
func TestOrderlyStop(t *testing.T) {
	w := up(t, nil)
	w.protected()
	l := w.write(2)
	w.growing(l, 50)
	w.must(w.Stop(t.Context(), lab.Wcded))
	w.growing(l, 50)
	w.must(w.Start(t.Context(), lab.Wcded))
	w.protected()
	l.end()
	w.complete(l)
}

// wcdectl runs a command that may fail and returns its output and exit status.
func (w *world) wcdectl(args ...string) (string, int) {
	w.t.Helper()
	out, err := w.Wcdectl(context.Background(), args...)
	if err == nil {
		return string(out), 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	return string(out) + string(exit.Stderr), exit.ExitCode()
}
