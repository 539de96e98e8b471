package mariadb

import (
	"context"
	"crypto/tls"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// dialTimeout bounds a connection's handshake, queryTimeout what asks for facts: a busy server answers these late,
// a hanging one not at all.
const (
	dialTimeout  = 10 * time.Second
	queryTimeout = 60 * time.Second
)

// Options say how to reach a server.
type Options struct {
	Socket   string // unix socket, or
	Address  string // host:port
	User     string
	Password string
	// TLS encrypts and authenticates; nil means what TLSFiles says. It has no meaning for a unix socket.
	TLS *tls.Config
	// TLSFiles is what mariadb-dump is given. A supplier that is reached with TLS needs it for seeding.
	TLSFiles TLSFiles
	Logger   *slog.Logger
}

// Server is one MariaDB server. Its methods may be called from several goroutines.
type Server struct {
	opts Options
	db   *sql.DB
	log  *slog.Logger
}

// Open makes a pool of connections and tries one. Errors are ErrAccessDenied, ErrUnreachable, ErrNotMariaDB or about
// the options.
func Open(ctx context.Context, o Options) (*Server, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.where(), err)
	}
	if err := s.Ping(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// OpenLater makes a pool of connections without trying one, for a server that may not be up yet.
func OpenLater(o Options) (*Server, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", o.where(), err)
	}
	return s, nil
}

func newServer(o Options) (*Server, error) {
	if o.Logger == nil {
		return nil, errors.New("no logger")
	}
	if (o.Socket == "") == (o.Address == "") {
		return nil, errors.New("give either a socket or an address")
	}
	if o.Address != "" {
		if _, _, err := net.SplitHostPort(o.Address); err != nil {
			return nil, fmt.Errorf("address: %w", err)
		}
		if o.TLS == nil {
			c, err := o.TLSFiles.Config()
			if err != nil {
				return nil, err
			}
			o.TLS = c
		}
	}
	c, err := mysql.NewConnector(config(o))
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, db: sql.OpenDB(c), log: o.Logger}
	s.db.SetMaxIdleConns(2)
	s.db.SetConnMaxIdleTime(5 * time.Minute)
	return s, nil
}

// config turns o into the driver's. The driver refuses LOAD DATA LOCAL requests of a server unless it is told
// otherwise, and with multiStatements off the server takes one statement for one text.
func config(o Options) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Passwd = o.User, o.Password
	c.Net, c.Addr = "unix", o.Socket
	if o.Address != "" {
		c.Net, c.Addr = "tcp", o.Address
		c.TLS = o.TLS.Clone()
		if c.TLS != nil && c.TLS.ServerName == "" {
			c.TLS.ServerName, _, _ = net.SplitHostPort(o.Address)
		}
	}
	c.Timeout = dialTimeout
	c.Logger = driverLog{o.Logger}
	// Quoting as in quoteString holds in this mode only.
	c.Params = map[string]string{"sql_mode": "'NO_DIR_IN_CREATE,NO_ENGINE_SUBSTITUTION'"}
	return c
}

// driverLog takes what the driver would write to standard error.
type driverLog struct{ log *slog.Logger }

func (l driverLog) Print(v ...any) { l.log.Debug("MariaDB driver", "message", fmt.Sprint(v...)) }

// Close closes all connections.
func (s *Server) Close() error { return s.db.Close() }

// Ping asks the server for its version.
func (s *Server) Ping(ctx context.Context) error {
	version, err := s.text(ctx, "SELECT VERSION()")
	if err != nil {
		return fmt.Errorf("ask %s: %w", s.opts.where(), err)
	}
	if !strings.Contains(strings.ToLower(version), "mariadb") {
		return fmt.Errorf("ask %s: %w: it calls itself %.60q", s.opts.where(), ErrNotMariaDB, version)
	}
	return nil
}

func (o Options) where() string {
	if o.Socket != "" {
		return "MariaDB at " + o.Socket
	}
	return "MariaDB at " + o.Address
}

// limit bounds a question for facts.
func limit(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, queryTimeout)
}

// text asks for one value; NULL is "".
func (s *Server) text(ctx context.Context, query string, args ...any) (string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	var v sql.NullString
	if err := s.db.QueryRowContext(ctx, query, args...).Scan(&v); err != nil {
		return "", classify(err)
	}
	return v.String, nil
}

// exec runs one statement.
func (s *Server) exec(ctx context.Context, statement string, args ...any) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	_, err := s.db.ExecContext(ctx, statement, args...)
	return classify(err)
}

// querier is what a pool and a single connection have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// each calls row for every row of the answer, with the columns' text by name; NULL is absent. The map is new every
// time. It is for statements like SHOW, whose columns differ from version to version.
func each(ctx context.Context, q querier, query string, row func(map[string]string) error) error {
	rows, err := q.QueryContext(ctx, query)
	if err != nil {
		return classify(err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return classify(err)
	}
	values := make([]sql.NullString, len(names))
	into := make([]any, len(names))
	for i := range values {
		into[i] = &values[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return classify(err)
		}
		m := make(map[string]string, len(names))
		for i, v := range values {
			if v.Valid {
				m[names[i]] = v.String
			}
		}
		if err := row(m); err != nil {
			return err
		}
	}
	return classify(rows.Err())
}

// one is each for an answer of at most one row; nil if there is none.
func one(ctx context.Context, q querier, query string) (map[string]string, error) {
	var found map[string]string
	err := each(ctx, q, query, func(m map[string]string) error {
		if found == nil {
			found = m
		}
		return nil
	})
	return found, err
}

// quoteName returns an identifier in backquotes.
func quoteName(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// quoteString returns a literal for statements that take no parameters. It holds only while NO_BACKSLASH_ESCAPES is
// not in sql_mode, which config sees to.
func quoteString(s string) string {
	escape := strings.NewReplacer(`\`, `\\`, "'", `\'`, "\x00", `\0`, "\n", `\n`, "\r", `\r`, "\x1a", `\Z`)
	return "'" + escape.Replace(s) + "'"
}

// number reads a decimal number out of a text of the server, 0 if there is none.
func number(s string) int64 {
	n, _ := strconv.ParseInt(s, 10, 64)
	return n
}
