package mariadbd

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"log"

	"github.com/go-sql-driver/mysql"
)

// config is root's over the socket. Several statements in one text are allowed; packets have the server's limit.
func (s *Server) config(db string) *mysql.Config {
	c := mysql.NewConfig()
	c.User, c.Net, c.Addr, c.DBName = "root", "unix", s.Socket(), db
	c.MultiStatements, c.InterpolateParams = true, true
	c.MaxAllowedPacket = 0
	// The driver would write about every connection that a killed server takes along to standard error.
	c.Logger = log.New(io.Discard, "", 0)
	return c
}

// DSN is root's data source name for github.com/go-sql-driver/mysql; db may be "".
func (s *Server) DSN(db string) string { return s.config(db).FormatDSN() }

// Open opens a pool of root's connections over the socket; db may be "". The caller closes it.
func (s *Server) Open(db string) (*sql.DB, error) {
	c, err := mysql.NewConnector(s.config(db))
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", s.Socket(), err)
	}
	return sql.OpenDB(c), nil
}

// admin is the pool behind Exec and the queries; it goes with the server's process.
func (s *Server) admin() (*sql.DB, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.db == nil {
		db, err := s.Open("")
		if err != nil {
			return nil, err
		}
		s.db = db
	}
	return s.db, nil
}

func (s *Server) closeDBLocked() {
	if s.db != nil {
		_ = s.db.Close() // connections of a server that is about to end
		s.db = nil
	}
}

// Exec runs one or more statements as root.
func (s *Server) Exec(ctx context.Context, q string, args ...any) error {
	db, err := s.admin()
	if err != nil {
		return err
	}
	if _, err := db.ExecContext(ctx, q, args...); err != nil {
		return fmt.Errorf("execute %.200q: %w", q, err)
	}
	return nil
}

// QueryString returns the first column of the first row, "" for NULL. No row is sql.ErrNoRows.
func (s *Server) QueryString(ctx context.Context, q string) (string, error) {
	_, vals, err := s.firstRow(ctx, q)
	if err != nil {
		return "", err
	}
	return vals[0].String, nil
}

// QueryRow returns the first row by column name, "" for NULL, as for SHOW ALL SLAVES STATUS. No row is
// sql.ErrNoRows.
func (s *Server) QueryRow(ctx context.Context, q string) (map[string]string, error) {
	cols, vals, err := s.firstRow(ctx, q)
	if err != nil {
		return nil, err
	}
	m := make(map[string]string, len(cols))
	for i, c := range cols {
		m[c] = vals[i].String
	}
	return m, nil
}

func (s *Server) firstRow(ctx context.Context, q string) ([]string, []sql.NullString, error) {
	wrap := func(err error) error { return fmt.Errorf("query %.200q: %w", q, err) }
	db, err := s.admin()
	if err != nil {
		return nil, nil, err
	}
	rows, err := db.QueryContext(ctx, q)
	if err != nil {
		return nil, nil, wrap(err)
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		return nil, nil, wrap(err)
	}
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, nil, wrap(err)
		}
		return nil, nil, wrap(sql.ErrNoRows)
	}
	vals := make([]sql.NullString, len(cols))
	ptrs := make([]any, len(cols))
	for i := range vals {
		ptrs[i] = &vals[i]
	}
	if err := rows.Scan(ptrs...); err != nil {
		return nil, nil, wrap(err)
	}
	return cols, vals, nil
}
