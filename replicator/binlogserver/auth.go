package binlogserver

import (
	"context"
	"crypto/rand"
	"errors"
	"sync/atomic"
	"time"

	"github.com/go-mysql-org/go-mysql/mysql"
	"github.com/go-mysql-org/go-mysql/server"
)

const (
	// maxUnauthenticated is how many clients may be in the handshake at a time, and failureDelay how long a failed
	// one stays there: together they bound how many passwords can be tried.
	maxUnauthenticated = 8
	failureDelay       = time.Second
	handshakeTimeout   = 10 * time.Second
)

// credentials knows the one account that there is. mysql_native_password is what every MariaDB replica speaks; go-mysql
// compares in constant time.
type credentials struct {
	user     string
	password string
	decoy    string // what an unknown user's password is compared with, so that it fails like a wrong one
	failures atomic.Uint64
}

func newCredentials(user, password string) *credentials {
	return &credentials{user: user, password: password, decoy: rand.Text()}
}

// authHandler is the authentication of one connection.
type authHandler struct {
	*credentials
	ctx context.Context
	srv *Server
}

// GetCredential implements server.AuthenticationHandler.
func (h *authHandler) GetCredential(user string) (server.Credential, bool, error) {
	password := h.decoy
	if user == h.user {
		password = h.password
	}
	return server.Credential{Passwords: []string{password}, AuthPluginName: mysql.AUTH_NATIVE_PASSWORD}, true, nil
}

// OnAuthSuccess implements server.AuthenticationHandler.
func (h *authHandler) OnAuthSuccess(*server.Conn) error { return nil }

// OnAuthFailure implements server.AuthenticationHandler. It is called before the client learns of its failure.
func (h *authHandler) OnAuthFailure(c *server.Conn, err error) {
	var told *mysql.MyError
	if !errors.As(err, &told) || told.Code != mysql.ER_ACCESS_DENIED_ERROR {
		return
	}
	// Ever more rarely, so that somebody who tries all night does not fill the log.
	if n := h.failures.Add(1); n&(n-1) == 0 {
		h.srv.log.Warn("client refused", "user", shorten(c.GetUser()), "address", c.RemoteAddr().String(),
			"failures", n)
	}
	select {
	case <-time.After(failureDelay):
	case <-h.ctx.Done():
	}
}
