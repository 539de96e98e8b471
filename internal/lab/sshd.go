package lab

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// makeSSH makes the supplier's host key and configuration, and the foundation's key and known hosts.
func (l *Lab) makeSSH(ctx context.Context) error {
	dir, secrets := l.path("supplier/ssh"), l.path("foundation/secrets")
	host, client := filepath.Join(dir, "host_key"), filepath.Join(secrets, "supplier-ssh")
	for _, key := range []string{host, client} {
		if err := l.run(ctx, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "wcde-lab", "-f", key); err != nil {
			return err
		}
	}
	public, err := os.ReadFile(client + ".pub")
	if err != nil {
		return err
	}
	// No terminal, no forwarding of any kind.
	keys := append([]byte("restrict "), public...)
	if err := os.WriteFile(filepath.Join(dir, "authorized_keys"), keys, 0o600); err != nil {
		return err
	}
	hostPublic, err := os.ReadFile(host + ".pub")
	if err != nil {
		return err
	}
	var known strings.Builder
	for _, port := range []int{l.state.Ports.LinkSSH, l.state.Ports.SupplierSSH} {
		fmt.Fprintf(&known, "[127.0.0.1]:%d %s", port, hostPublic)
	}
	if err := os.WriteFile(filepath.Join(secrets, "supplier-known-hosts"), []byte(known.String()), 0o600); err != nil {
		return err
	}
	config := strings.Join([]string{
		"ListenAddress 127.0.0.1", fmt.Sprint("Port ", l.state.Ports.SupplierSSH), "HostKey " + host,
		"AuthorizedKeysFile " + filepath.Join(dir, "authorized_keys"),
		"AuthenticationMethods publickey", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
		"PermitRootLogin prohibit-password", "AllowUsers root", "UsePAM no", "PidFile none", "LogLevel VERBOSE",
		// The lab may lie below a folder like /tmp that everybody can write to, which sshd would take amiss.
		"StrictModes no",
		"Subsystem sftp internal-sftp", ""}, "\n")
	return os.WriteFile(filepath.Join(dir, "sshd_config"), []byte(config), 0o600)
}

func (l *Lab) sshd() *service {
	dir := l.path("supplier/ssh")
	path, err := program("sshd") // sshd insists on being called by an absolute path
	if err != nil {
		path = "/usr/sbin/sshd" // starting it says what is wrong
	}
	s := l.service(SupplierSSHD, dir, path, "-D", "-e", "-f", filepath.Join(dir, "sshd_config"))
	s.ready = func(ctx context.Context) error { return sshAnswers(ctx, loopback(l.state.Ports.SupplierSSH)) }
	return s
}

// startSSHD also makes the folder that Debian's sshd wants for privilege separation and finds only after a start by
// systemd.
func (l *Lab) startSSHD(ctx context.Context) error {
	if err := l.makeSSH(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll("/run/sshd", 0o755); err != nil {
		return err
	}
	return l.sshd().start(ctx)
}

func sshAnswers(ctx context.Context, address string) error {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	defer c.Close()
	if deadline, ok := ctx.Deadline(); ok {
		if err := c.SetDeadline(deadline); err != nil {
			return err
		}
	}
	line, err := bufio.NewReader(io.LimitReader(c, 255)).ReadString('\n') // RFC 4253, 4.2
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "SSH-2.0-") {
		return fmt.Errorf("%s speaks no SSH: %.40q", address, line)
	}
	return nil
}
