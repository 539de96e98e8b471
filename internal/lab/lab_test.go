package lab_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wcde-foundation/wcded/configs"
	"github.com/wcde-foundation/wcded/internal/lab"
	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(attachedDir); dir != "" {
		upAndDie(dir)
	}
	code, err := buildAndRun(m)
	if err != nil {
		log.Fatal(err)
	}
	os.Exit(code)
}

// binVariable tells tests, and what they start, where the programs are.
const binVariable = "WCDE_LAB_TEST_BIN"

func buildAndRun(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "wcdebin")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o755); err != nil {
		return 0, err
	}
	for _, name := range []string{"wcde-lab", "wcded", "wcdectl"} {
		out, err := exec.Command("go", "build", "-o", dir+"/", "../../cmd/"+name).CombinedOutput()
		if err != nil {
			return 0, fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	if err := os.Setenv(binVariable, dir); err != nil {
		return 0, err
	}
	return m.Run(), nil
}

func bin() string { return os.Getenv(binVariable) }

// labDir is a path for a lab, below a folder that everybody may enter.
func labDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "wlab")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "l")
	t.Cleanup(func() {
		if err := lab.Down(context.WithoutCancel(t.Context()), path, nil); err != nil {
			t.Error(err)
		}
		nothingLeft(t, path)
		if err := os.Remove(dir); err != nil {
			t.Error(err)
		}
	})
	return path
}

func up(t *testing.T, o lab.Options) *lab.Lab {
	t.Helper()
	var said bytes.Buffer
	o.BinDir, o.Progress = bin(), &said
	l, err := lab.Up(t.Context(), o)
	if err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	return l
}

// nothingLeft looks for everything that a lab could leave on the machine.
func nothingLeft(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there (%v)", dir, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil || bytes.Contains(mounts, []byte(dir)) {
		t.Errorf("still mounted (%v):\n%s", err, mounts)
	}
	loops, err := filepath.Glob("/sys/block/loop*/loop/backing_file")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range loops {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(dir)) {
			t.Errorf("loop device left: %s is on %s", f, b)
		}
	}
	processes, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range processes {
		if b, err := os.ReadFile(f); err == nil && bytes.Contains(b, []byte(dir+"/")) {
			t.Errorf("process left: %s is %q", f, b)
		}
	}
}

func query(t *testing.T, s interface {
	QueryString(context.Context, string) (string, error)
}, q string) string {
	t.Helper()
	v, err := s.QueryString(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestUpDownTwice(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	for range 2 {
		l := up(t, lab.Options{Dir: dir})
		if err := l.Write(t.Context(), 0, 20, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
		if err := l.WaitFollowing(t.Context()); err != nil {
			t.Fatal(err)
		}
		const q = "SELECT CONCAT(COUNT(*), ' ', MAX(serial)) FROM portal.certificate"
		if s, f := query(t, l.Supplier, q), query(t, l.Foundation, q); s != f || !strings.HasPrefix(s, "120 ") {
			t.Errorf("supplier has %q, foundation %q", s, f)
		}
		for _, p := range l.Status(t.Context()) {
			if p.PID == 0 || p.Link != "" {
				t.Errorf("after up: %+v", p)
			}
		}
		if err := lab.Down(t.Context(), dir, nil); err != nil {
			t.Fatal(err)
		}
		nothingLeft(t, dir)
	}
	if err := lab.Down(t.Context(), dir, nil); err != nil {
		t.Errorf("down of what is down: %v", err)
	}
}

func TestInfoIsTheContract(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	l := up(t, lab.Options{Dir: dir, Without: []string{lab.Wcded}})
	b, err := os.ReadFile(filepath.Join(dir, "lab.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for host, fields := range map[string]string{
		"supplier": "mysql_socket mysql_port mysql_admin_user binlog_dir ssh_port volumes_dir portal_url",
		"foundation": "mysql_socket mysql_port binlog_server replication_user replication_password archive_dir volumes_dir " +
			"control_socket board_fingerprint metrics_url board_url gateway_url config wcded_pid_file",
		"datacentre": "ssh_port vault_dir",
	} {
		var has map[string]any
		if err := json.Unmarshal(got[host], &has); err != nil {
			t.Fatal(err)
		}
		for f := range strings.FieldsSeq(fields) {
			if _, ok := has[f]; !ok {
				t.Errorf("%s.%s is missing", host, f)
			}
		}
	}
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	c, err := configs.Load(info.Foundation.Config)
	if err != nil {
		t.Fatal(err)
	}
	if d := c.Databases[0]; d.Name != "portal" || d.Supplier.Address != info.Supplier.MySQLLink ||
		d.Archive.Dir != info.Foundation.ArchiveDir || d.Serve.Listen != info.Foundation.BinlogServer {
		t.Errorf("configuration and lab.json disagree: %+v", d)
	}
	if _, err := d(c).Supplier.PasswordFile.Read(); err != nil {
		t.Error(err)
	}
	if p, err := d(c).Serve.PasswordFile.Read(); err != nil || p != info.Foundation.ReplicationPassword {
		t.Errorf("binlog server's password: %v", err)
	}

	// The servers are not root where they need not be, and everything is where it is said to be.
	for _, part := range []string{lab.SupplierMariaDB, lab.FoundationMariaDB, lab.SupplierPortal} {
		pid, err := l.PID(part)
		if err != nil {
			t.Fatal(err)
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if err != nil || bytes.Contains(status, []byte("\nUid:\t0\t")) {
			t.Errorf("%s runs as root (%v)", part, err)
		}
	}
	if _, err := os.Stat(filepath.Join(info.Supplier.BinlogDir, "mysql-bin.000001")); err != nil {
		t.Error(err)
	}
	resp, err := http.Get(info.Supplier.PortalURL)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("portal answers %s", resp.Status)
	}
	ssh := exec.CommandContext(t.Context(), "ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
		"-o", "UserKnownHostsFile="+filepath.Join(dir, "foundation/secrets/supplier-known-hosts"),
		"-i", filepath.Join(dir, "foundation/secrets/supplier-ssh"), "-p", port(t, info.Supplier.SSHLink), "root@127.0.0.1",
		"ls", filepath.Join(info.Supplier.VolumesDir, "portal"))
	if out, err := ssh.CombinedOutput(); err != nil || !bytes.Contains(out, []byte("b-1005")) {
		t.Errorf("ssh through the link: %v: %s", err, out)
	}
}

func d(c *configs.Config) configs.Database { return c.Databases[0] }

func port(t *testing.T, address string) string {
	t.Helper()
	_, p, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The account that a supplier gives us reads everything and ends nobody's connection, and only over TLS.
func TestReplicationAccount(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	l := up(t, lab.Options{Dir: dir, Without: []string{lab.Wcded, lab.SupplierSSHD, lab.SupplierPortal}})
	grants := query(t, l.Supplier, "SELECT GROUP_CONCAT(PRIVILEGE_TYPE ORDER BY PRIVILEGE_TYPE) "+
		"FROM information_schema.USER_PRIVILEGES WHERE GRANTEE LIKE '%wcde_repl%'")
	const want = "BINLOG MONITOR,EVENT,PROCESS,REPLICATION SLAVE,SELECT,SHOW VIEW,TRIGGER"
	if grants != want {
		t.Errorf("privileges %q, want %q", grants, want)
	}
	password, err := os.ReadFile(filepath.Join(dir, "foundation/secrets/supplier-db"))
	if err != nil {
		t.Fatal(err)
	}
	info, err := l.Info()
	if err != nil {
		t.Fatal(err)
	}
	client := func(tls string) string {
		path := filepath.Join(t.TempDir(), "cnf")
		text := fmt.Sprintf("[client]\nuser=wcde_repl\npassword=%s\nhost=127.0.0.1\nport=%s\n%s\n",
			bytes.TrimSpace(password), port(t, info.Supplier.MySQLLink), tls)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	secure := client("ssl-verify-server-cert\nssl-ca=" + filepath.Join(dir, "foundation/tls/supplier-ca.pem"))
	dump, err := exec.CommandContext(t.Context(), "mariadb-dump", "--defaults-file="+secure, "--single-transaction",
		"--master-data=1", "--gtid", "--routines", "--events", "--triggers", "--databases", "portal").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"gtid_slave_pos='0-101-", "TRIGGER note_revocation", "PROCEDURE `revoke_all`",
		"EVENT `make_report`", "b-1005"} {
		if !bytes.Contains(dump, []byte(part)) {
			t.Errorf("the dump has no %s", part)
		}
	}
	out, err := exec.CommandContext(t.Context(), "mariadb", "--defaults-file="+client("skip-ssl"), "-e", "SELECT 1").
		CombinedOutput()
	if err == nil || !bytes.Contains(out, []byte("1045")) {
		t.Errorf("without TLS: %v %s", err, out)
	}
}

func TestSideBySide(t *testing.T) {
	t.Parallel()
	dirs := []string{labDir(t), labDir(t)}
	labs := make([]*lab.Lab, len(dirs))
	errs := make([]error, len(dirs))
	var wg sync.WaitGroup
	for i, dir := range dirs {
		wg.Go(func() { labs[i], errs[i] = lab.Up(t.Context(), lab.Options{Dir: dir, BinDir: bin()}) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if err := lab.Down(t.Context(), dirs[0], nil); err != nil {
		t.Fatal(err)
	}
	nothingLeft(t, dirs[0])
	if err := labs[1].Write(t.Context(), 0, 5, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if err := labs[1].WaitFollowing(t.Context()); err != nil {
		t.Errorf("the other lab suffered: %v", err)
	}
}

func TestBreakAndBringBack(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := up(t, lab.Options{Dir: labDir(t)})
	write := func() {
		t.Helper()
		if err := l.Write(ctx, 0, 3, &bytes.Buffer{}); err != nil {
			t.Fatal(err)
		}
	}
	follows := func(after string) {
		t.Helper()
		if err := l.WaitFollowing(ctx); err != nil {
			t.Fatalf("after %s: %v", after, err)
		}
	}
	for _, how := range []string{relay.Refuse, relay.Blackhole} {
		if err := l.Cut(ctx, lab.SupplierMariaDB, how); err != nil {
			t.Fatal(err)
		}
		write() // costs the supplier its semi-sync timeout at most
		if s := l.Status(ctx)[0]; s.Link != how {
			t.Errorf("cut with %s: %+v", how, s)
		}
		if err := l.Heal(ctx, lab.SupplierMariaDB); err != nil {
			t.Fatal(err)
		}
		follows(how)
	}
	for _, part := range lab.Parts() {
		before, err := l.PID(part)
		if err != nil {
			t.Fatal(err)
		}
		for verb, end := range map[string]func() error{
			"kill": func() error { return l.Kill(part) },
			"stop": func() error { return l.Stop(ctx, part) },
		} {
			for range 2 { // the second time there is nothing to do
				if err := end(); err != nil {
					t.Fatalf("%s %s: %v", verb, part, err)
				}
			}
			if pid, _ := l.PID(part); pid != 0 {
				t.Errorf("%s runs after %s", part, verb)
			}
			for range 2 {
				if err := l.Start(ctx, part); err != nil {
					t.Fatalf("start %s after %s: %v", part, verb, err)
				}
			}
			if pid, _ := l.PID(part); pid == 0 || pid == before {
				t.Errorf("%s after %s and start has pid %d, had %d", part, verb, pid, before)
			}
		}
	}
	write()
	follows("ending every part")
}

func TestDownAfterEverythingWasKilled(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	l := up(t, lab.Options{Dir: dir})
	for _, part := range lab.Parts() {
		if err := l.Kill(part); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "state.json"), []byte("{garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := lab.Down(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	// Without its state nobody knows who made the folder.
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
}

// Somebody removed the folder of a lab that is up.
func TestDownWithoutTheFolder(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	up(t, lab.Options{Dir: dir, Without: []string{lab.Wcded, lab.SupplierPortal}})
	if err := os.RemoveAll(dir); err == nil {
		t.Error("mounted file systems were removed")
	}
	if err := lab.Down(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

func TestDownKeepsWhatIsNotTheLabs(t *testing.T) {
	t.Parallel()
	dir := labDir(t)
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	up(t, lab.Options{Dir: dir, Without: []string{lab.Wcded, lab.SupplierPortal, lab.SupplierSSHD}})
	mine := filepath.Join(dir, "notes")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := lab.Down(t.Context(), dir, nil); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "notes" {
		t.Errorf("left %v, %v; want notes alone", left, err)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ctx, dir := t.Context(), labDir(t)
	o := lab.Options{Dir: dir, BinDir: bin(), Without: []string{lab.Wcded, lab.SupplierPortal, lab.SupplierSSHD}}
	l := up(t, o)
	if _, err := lab.Up(ctx, o); !errors.Is(err, lab.ErrRefused) || !strings.Contains(err.Error(), "up in") {
		t.Errorf("up of what is up: %v", err)
	}
	var part *lab.PartError
	for _, name := range []string{"vault-sshd", "wcde-board", "moon"} {
		if err := l.Kill(name); !errors.As(err, &part) {
			t.Errorf("kill %s: %v", name, err)
		}
	}
	if err := l.Cut(ctx, lab.FoundationMariaDB, relay.Refuse); !errors.As(err, &part) {
		t.Errorf("cut what has no link: %v", err)
	}
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "thesis"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := lab.Up(ctx, lab.Options{Dir: full, BinDir: bin()}); !errors.Is(err, lab.ErrRefused) {
		t.Errorf("up in a folder that is used: %v", err)
	}
	if err := lab.Down(ctx, full, nil); err != nil {
		t.Errorf("down where no lab is: %v", err)
	}
	if _, err := os.Stat(filepath.Join(full, "thesis")); err != nil {
		t.Error(err)
	}
	if _, err := lab.Open(full); !errors.Is(err, lab.ErrNoLab) {
		t.Errorf("open where no lab is: %v", err)
	}
	long := filepath.Join(t.TempDir(), strings.Repeat("x", 90))
	if _, err := lab.Up(ctx, lab.Options{Dir: long, BinDir: bin()}); !errors.Is(err, lab.ErrRefused) {
		t.Errorf("up in a path too long for sockets: %v", err)
	}
	if _, err := lab.Up(ctx, lab.Options{Dir: t.TempDir(), BinDir: t.TempDir()}); err == nil ||
		!strings.Contains(err.Error(), "make build") {
		t.Errorf("up without programs: %v", err)
	}
}

// until asks until done or, after a minute, fails.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	deadline := time.After(time.Minute)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-deadline:
			t.Fatalf("waited a minute in vain until %s", what)
		case <-tick.C:
		}
	}
}
