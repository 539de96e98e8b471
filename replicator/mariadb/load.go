package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"

	"github.com/wcde-foundation/wcded/replicator/mariadb/sqldump"
)

// StatementText is a statement from the supplier that defines something, and how the server will read it.
type StatementText struct {
	SQL      []byte // valid during the call
	Database string // default database, "" if none is chosen
	SQLMode  string // comma-separated, as @@sql_mode
	Charset  string // character_set_client, one in which every ASCII byte is what it seems
}

// StatementChecker decides whether a statement may run on the foundation's server: nil if so.
type StatementChecker func(StatementText) error

// tableMode is the sql_mode in which tables are made and filled: that of mariadb-dump, and no files outside of the
// data directory, and no other engine than the one that is asked for.
const tableMode = "NO_AUTO_VALUE_ON_ZERO,NO_DIR_IN_CREATE,NO_ENGINE_SUBSTITUTION"

// maxPacket is MariaDB's upper bound for max_allowed_packet and so for a statement.
const maxPacket = 1 << 30

// loader runs reviewed statements on the foundation's server, on one connection of its own.
type loader struct {
	server  *Server
	pool    *sql.DB // of one connection
	conn    *sql.Conn
	version int
	check   StatementChecker
	packet  int64 // max_allowed_packet as it was

	events   []Event
	definers map[string]bool
}

const seedLock = "wcde.seed"

// newLoader opens the connection and takes a lock so that there is only one; close releases both.
func newLoader(ctx context.Context, s *Server, version int, check StatementChecker) (_ *loader, err error) {
	l := &loader{server: s, version: version, check: check, definers: map[string]bool{}}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("connect for loading: %w", err), l.close())
		}
	}()
	// Statements may be as long as the supplier's longest row in hexadecimal. A session's limit is the global one
	// at its beginning.
	packet, err := s.text(ctx, "SELECT @@GLOBAL.max_allowed_packet")
	if err != nil {
		return nil, err
	}
	if n := number(packet); n < maxPacket {
		if err := s.exec(ctx, fmt.Sprintf("SET GLOBAL max_allowed_packet = %d", maxPacket)); err != nil {
			return nil, err
		}
		l.packet = n
	}
	c := config(s.opts)
	c.MaxAllowedPacket = maxPacket
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, err
	}
	l.pool = sql.OpenDB(connector)
	if l.conn, err = l.pool.Conn(ctx); err != nil {
		return nil, classify(err)
	}
	var got sql.NullInt64
	// A seed that was just cancelled may take a moment to go.
	if err := l.conn.QueryRowContext(ctx, "SELECT GET_LOCK(?, 10)", seedLock).Scan(&got); err != nil {
		return nil, classify(err)
	}
	if got.Int64 != 1 {
		return nil, ErrSeedRunning
	}
	for _, text := range []string{
		"SET SESSION sql_log_bin = 0, foreign_key_checks = 0, unique_checks = 0, autocommit = 1, sql_notes = 0",
		"SET SESSION wait_timeout = 28800, net_read_timeout = 3600, net_write_timeout = 3600, max_statement_time = 0",
	} {
		if _, err := l.conn.ExecContext(ctx, text); err != nil {
			return nil, classify(err)
		}
	}
	if version >= 101100 {
		// History comes as rows with their times.
		if _, err := l.conn.ExecContext(ctx, "SET SESSION system_versioning_insert_history = 1"); err != nil {
			return nil, classify(err)
		}
	}
	return l, l.base(ctx)
}

// base sets what objects may have changed.
func (l *loader) base(ctx context.Context) error {
	for _, text := range []string{
		"SET NAMES utf8mb4",
		"SET SESSION sql_mode = '" + tableMode + "', time_zone = '+00:00'",
	} {
		if _, err := l.conn.ExecContext(ctx, text); err != nil {
			return classify(err)
		}
	}
	return nil
}

// close ends the connection, and with it the lock.
func (l *loader) close() error {
	var errs []error
	if l.conn != nil {
		errs = append(errs, l.conn.Close())
	}
	if l.pool != nil {
		errs = append(errs, l.pool.Close())
	}
	if l.packet != 0 {
		ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
		defer cancel()
		if err := l.server.exec(ctx, fmt.Sprintf("SET GLOBAL max_allowed_packet = %d", l.packet)); err != nil {
			errs = append(errs, fmt.Errorf("restore max_allowed_packet=%d: %w", l.packet, err))
		}
	}
	return errors.Join(errs...)
}

// run runs one statement, however long it takes.
func (l *loader) run(ctx context.Context, object, text string) error {
	_, err := l.conn.ExecContext(ctx, text)
	if err == nil || ctx.Err() != nil {
		return err
	}
	return &StatementError{Object: object, Statement: sqldump.Shorten([]byte(text)), Cause: classify(err)}
}

// statement runs one statement of the dump.
func (l *loader) statement(ctx context.Context, it sqldump.Item, st sqldump.Reviewed) error {
	object := describe(st)
	switch st.Verb {
	case sqldump.CreateDatabase, sqldump.CreateTable, sqldump.CreateSequence, sqldump.CreateView:
		// Rows, USE, DROP IF EXISTS and SET were let pass by their whole shape; these have more to them.
		err := l.check(StatementText{SQL: it.Text, Database: st.Database, SQLMode: tableMode, Charset: "utf8mb4"})
		if err != nil {
			return refused(object, err)
		}
	}
	if st.Definer != "" {
		l.definer(st.Definer)
	}
	if st.Skip {
		return nil
	}
	return l.run(ctx, object, string(it.Text))
}

func describe(st sqldump.Reviewed) string {
	kind := ""
	switch st.Verb {
	case sqldump.CreateDatabase, sqldump.Use:
		return "database " + st.Name
	case sqldump.CreateTable, sqldump.Insert:
		kind = "table "
	case sqldump.CreateSequence, sqldump.SetVal:
		kind = "sequence "
	case sqldump.CreateView:
		kind = "view "
	}
	if st.Name == "" {
		return ""
	}
	return kind + st.Database + "." + st.Name
}

func (l *loader) definer(d string) {
	if d != "" {
		l.definers[d] = true
	}
}

// collation returns the collation of a database on our server.
func (l *loader) collation(ctx context.Context, database string) (string, error) {
	var c string
	err := l.conn.QueryRowContext(ctx, "SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"+
		" WHERE SCHEMA_NAME = ?", database).Scan(&c)
	if err != nil {
		return "", fmt.Errorf("read collation of database %s: %w", database, classify(err))
	}
	return c, nil
}

func (l *loader) alterCollation(ctx context.Context, database, collation string) error {
	return l.run(ctx, "database "+database, "ALTER DATABASE "+quoteName(database)+" COLLATE "+collation)
}

// refused wraps a reason from a review or a StatementChecker.
func refused(object string, reason error) error {
	return &StatementError{Object: object, Cause: fmt.Errorf("%w: %w", ErrRefused, reason)}
}

// empty drops all databases that are not the server's own, after replication was stopped and forgotten.
func (l *loader) empty(ctx context.Context, databases []string) error {
	for _, name := range databases {
		if _, err := l.conn.ExecContext(ctx, "DROP DATABASE "+quoteName(name)); err != nil {
			return fmt.Errorf("drop database %s: %w", name, classify(err))
		}
	}
	return nil
}

// forgetSource stops replication and forgets from where.
func (l *loader) forgetSource(ctx context.Context) error {
	for _, text := range []string{"STOP SLAVE", "RESET SLAVE ALL"} {
		if _, err := l.conn.ExecContext(ctx, text); err != nil {
			return fmt.Errorf("forget replication: %w", classify(err))
		}
	}
	return nil
}

// finish makes the server a whole copy as of gtid.
func (l *loader) finish(ctx context.Context, r SeedRecord) error {
	_, err := l.conn.ExecContext(ctx, "SET GLOBAL gtid_slave_pos = '"+strings.ReplaceAll(r.GTID.String(), "'", "")+"'")
	if err != nil {
		return fmt.Errorf("set gtid_slave_pos: %w", classify(err))
	}
	r.State, r.Finished = Seeded, time.Now()
	return recordSeed(ctx, l.conn, r)
}
