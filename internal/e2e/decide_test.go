package e2e_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/control/api"
)

func exposures(w *world) []api.Exposure {
	w.t.Helper()
	out, err := w.Wcdectl(w.t.Context(), "--json", "database", "exposure", name)
	w.must(err)
	var list []api.Exposure
	w.must(json.Unmarshal(out, &list))
	return list
}

// A statement that would do more than change data is archived, acknowledged, and waits for a person.
func TestHeldStatement(t *testing.T) {
	w := up(t, nil)
	w.protected()
	l := w.write(1)
	w.growing(l, 10)
	w.exec(w.Supplier, "CREATE USER intruder@'%%' IDENTIFIED BY 'x'")
	w.exec(w.Supplier, "GRANT ALL ON *.* TO intruder@'%%' WITH GRANT OPTION")
	w.growing(l, 50)
	l.end()
	for i := range 2 {
		var held api.Held
		w.until("the statement is held", func(d api.Database) bool {
			if len(d.Held) != 1 {
				return false
			}
			held = d.Held[0]
			return true
		})
		if held.Category != "account" || !strings.Contains(held.Statement, "intruder") {
			t.Fatalf("held %+v", held)
		}
		w.until("the archive goes on", func(d api.Database) bool {
			return d.SemiSync && d.ArchivedGTID == d.ReceivedGTID && d.ArchivedGTID != d.AppliedGTID
		})
		if _, status := w.wcdectl("status"); status != 3 {
			t.Errorf("status exits with %d while a group is held, want 3", status)
		}
		if out, status := w.wcdectl("database", "skip", name, "0-1-999999", "--reason", "no such group"); status == 0 {
			t.Errorf("a group that is not held was skipped: %s", out)
		}
		_, err := w.Wcdectl(t.Context(), "database", "skip", name, held.GTID, "--reason", "not ours to run", "--yes")
		w.must(err)
		_ = i
	}
	w.complete(l)
	if n := w.ask(w.Foundation, "SELECT COUNT(*) FROM mysql.user WHERE user='intruder'"); n != "0" {
		t.Error("the supplier made an account on the foundation's server")
	}
}

// After RESET MASTER the supplier's history is another one: nothing is overwritten, and a person adopts it.
func TestAdoptAfterResetMaster(t *testing.T) {
	w := up(t, nil)
	w.protected()
	l := w.write(1)
	w.growing(l, 20)
	l.end()
	w.applied()
	before, _ := w.status()
	w.exec(w.Supplier, "RESET MASTER")
	w.exec(w.Supplier, "INSERT INTO ledger.rows (k) VALUES ('after reset')")
	w.until("divergence is seen", func(d api.Database) bool { return d.State == "diverged" })
	out, _ := w.wcdectl("database", "adopt", name, "--dry-run")
	if !strings.Contains(out, "seeded again") {
		t.Errorf("the consequences are not said: %s", out)
	}
	if now, _ := w.status(); now.ArchivedGTID != before.ArchivedGTID {
		t.Errorf("the archive moved from %s to %s while diverged", before.ArchivedGTID, now.ArchivedGTID)
	}
	_, err := w.Wcdectl(t.Context(), "database", "adopt", name, "--reason", "the supplier has told us", "--yes")
	w.must(err)
	w.until("the new history is followed, on an unseeded server", func(d api.Database) bool {
		return d.State == "streaming" && !d.Seeded
	})
	_, err = w.Wcdectl(t.Context(), "database", "seed", name, "--replace", "--confirm", name, "--yes")
	w.must(err)
	w.until("it is seeded", func(d api.Database) bool { return d.Seeded })
	w.exec(w.Supplier, "INSERT INTO ledger.rows (k) VALUES ('after adoption')")
	w.same()
}
