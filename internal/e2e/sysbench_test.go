package e2e_test

import (
	"os/exec"
)

// sysbench runs one command of oltp_write_only on the supplier.
func (w *world) sysbench(command string, args ...string) {
	w.t.Helper()
	w.exec(w.Supplier, "CREATE DATABASE IF NOT EXISTS sbtest")
	args = append([]string{
		"oltp_write_only", "--db-driver=mysql", "--mysql-socket=" + w.Supplier.Socket(), "--mysql-user=root", "--mysql-db=sbtest",
		"--tables=4", "--table-size=5000", "--mysql-ignore-errors=all",
	}, args...)
	out, err := exec.CommandContext(w.t.Context(), "sysbench", append(args, command)...).CombinedOutput()
	if err != nil {
		w.t.Fatalf("sysbench %s: %v\n%s", command, err, out)
	}
}
