package mariadb

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
)

// TLSFiles says how a server is to be recognised, and how we prove who we are, by PEM files: mariadb-dump is a
// program of its own and cannot be given a tls.Config. The zero value means no TLS.
type TLSFiles struct {
	CAFile     string // required
	CertFile   string // optional, with KeyFile
	KeyFile    string
	ServerName string // what the certificate must be for; "": the host that is dialled. See Seed for a limit
}

// Config reads the files. It returns nil for the zero value.
func (f TLSFiles) Config() (*tls.Config, error) {
	if f == (TLSFiles{}) {
		return nil, nil
	}
	pem, err := os.ReadFile(f.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read CA certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("read CA certificate %s: no certificate in it", f.CAFile)
	}
	c := &tls.Config{RootCAs: roots, ServerName: f.ServerName, MinVersion: tls.VersionTLS12}
	if (f.CertFile == "") != (f.KeyFile == "") {
		return nil, errors.New("read client certificate: certificate and key are needed together")
	}
	if f.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(f.CertFile, f.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read client certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
