package mariadb

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// optionFile returns a file in memory with what mariadb-dump needs to reach the server, so that no password is in an
// argument list, an environment or on disk, and the list of views that it is to leave out, which may be too long for
// arguments. The caller closes it.
func (o Options) optionFile(views []view) (*os.File, error) {
	lines, err := o.clientLines()
	if err != nil {
		return nil, err
	}
	ignored, err := ignoreLines(views)
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("options", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("make option file: %w", err)
	}
	f := os.NewFile(uintptr(fd), "options")
	// It is born with mode 0777, and MariaDB's programs pass over files that anybody may write to.
	if err := f.Chmod(0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("write option file: %w", err), f.Close())
	}
	if _, err := f.WriteString(lines + ignored); err != nil {
		return nil, errors.Join(fmt.Errorf("write option file: %w", err), f.Close())
	}
	return f, nil
}

// clientLines is the content of the option file.
func (o Options) clientLines() (string, error) {
	pairs := [][2]string{{"user", o.User}, {"password", o.Password}}
	switch {
	case o.Socket != "":
		pairs = append(pairs, [2]string{"protocol", "socket"}, [2]string{"socket", o.Socket})
	default:
		host, port, err := net.SplitHostPort(o.Address)
		if err != nil {
			return "", err
		}
		pairs = append(pairs, [2]string{"protocol", "tcp"}, [2]string{"host", host}, [2]string{"port", port})
		if o.TLS != nil {
			if o.TLSFiles.CAFile == "" {
				return "", errors.New("mariadb-dump needs the certificates as files (TLSFiles)")
			}
			if n := o.TLSFiles.ServerName; n != "" && n != host {
				return "", fmt.Errorf("mariadb-dump verifies the certificate against the address %q and not against %q: "+
					"seed through an address that the certificate is for", host, n)
			}
			pairs = append(pairs, [2]string{"ssl-ca", o.TLSFiles.CAFile}, [2]string{"ssl-verify-server-cert", "1"})
			if o.TLSFiles.CertFile != "" {
				pairs = append(pairs, [2]string{"ssl-cert", o.TLSFiles.CertFile}, [2]string{"ssl-key", o.TLSFiles.KeyFile})
			}
		}
	}
	if o.Socket != "" || o.TLS == nil {
		pairs = append(pairs, [2]string{"ssl", "0"})
	}
	var b strings.Builder
	b.WriteString("[client]\n")
	for _, p := range pairs {
		v, err := optionValue(p[1])
		if err != nil {
			return "", fmt.Errorf("write option file: %s: %w", p[0], err)
		}
		b.WriteString(p[0] + "=" + v + "\n")
	}
	return b.String(), nil
}

func ignoreLines(views []view) (string, error) {
	var b strings.Builder
	b.WriteString("[mariadb-dump]\n")
	for _, w := range views {
		v, err := optionValue(w.database + "." + w.name)
		if err != nil {
			return "", err
		}
		b.WriteString("ignore-table=" + v + "\n")
	}
	return b.String(), nil
}

// optionValue quotes a value for an option file. Between quotes a '#' is no comment and blanks are kept; the reader
// takes only the outer quotes away and knows the escapes \b \t \n \r \\ \s.
// Source: mysys/my_default.c of MariaDB, https://mariadb.com/kb/en/configuring-mariadb-with-option-files/.
func optionValue(v string) (string, error) {
	if strings.ContainsRune(v, 0) {
		return "", errors.New("zero byte in the value")
	}
	return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`).Replace(v) + `"`, nil
}
