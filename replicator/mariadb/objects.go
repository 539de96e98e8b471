package mariadb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wcde-foundation/wcded/replicator/mariadb/sqldump"
)

// definition is one view, routine, trigger or event as SHOW CREATE tells it, with the session in which it was made.
type definition struct {
	kind, database, name string

	text      string // in charset
	sqlMode   string // "" for a view, which has none
	timeZone  string // of an event; "" for others
	charset   string // character_set_client
	collation string // collation_connection
	dbCollate string // the database's collation at that time; "" for a view
}

func (d definition) String() string { return strings.ToLower(d.kind) + " " + d.database + "." + d.name }

// definitions is a connection to the supplier that reads what is defined there.
type definitions struct{ conn *sql.Conn }

// list returns kinds and names.
func (d *definitions) list(ctx context.Context, query string, args ...any) ([][2]string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	rows, err := d.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, classify(err)
	}
	defer rows.Close()
	var all [][2]string
	for rows.Next() {
		var v [2]string
		if err := rows.Scan(&v[0], &v[1]); err != nil {
			return nil, classify(err)
		}
		all = append(all, v)
	}
	return all, classify(rows.Err())
}

// routines are procedures, functions and packages; packages come before their bodies.
func (d *definitions) routines(ctx context.Context, database string) ([][2]string, error) {
	return d.list(ctx, "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES"+
		" WHERE ROUTINE_SCHEMA = ? ORDER BY ROUTINE_TYPE = 'PACKAGE BODY', ROUTINE_NAME", database)
}

// triggers come in the order in which they act on one table, which is the order in which they have to be made.
func (d *definitions) triggers(ctx context.Context, database string) ([][2]string, error) {
	all, err := d.list(ctx, "SELECT 'TRIGGER', TRIGGER_NAME FROM information_schema.TRIGGERS"+
		" WHERE TRIGGER_SCHEMA = ? ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER", database)
	return slices.Compact(all), err
}

func (d *definitions) events(ctx context.Context, database string) ([][2]string, error) {
	return d.list(ctx, "SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS"+
		" WHERE EVENT_SCHEMA = ? ORDER BY EVENT_NAME", database)
}

// read asks for one definition. Without character_set_results the server sends the text as it is stored, in the
// character set of the client that made it.
func (d *definitions) read(ctx context.Context, kind, database, name string) (def definition, err error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	if _, err := d.conn.ExecContext(ctx, "SET SESSION character_set_results = NULL"); err != nil {
		return definition{}, classify(err)
	}
	defer func() {
		_, e := d.conn.ExecContext(ctx, "SET SESSION character_set_results = utf8mb4")
		err = errors.Join(err, classify(e))
	}()
	def = definition{kind: kind, database: database, name: name}
	if !slices.Contains([]string{"VIEW", "PROCEDURE", "FUNCTION", "PACKAGE", "PACKAGE BODY", "TRIGGER", "EVENT"}, kind) {
		return def, fmt.Errorf("read %s: unknown kind of object", def)
	}
	column := "Create " + strings.ToUpper(kind[:1]) + strings.ToLower(kind[1:])
	switch kind {
	case "TRIGGER":
		column = "SQL Original Statement"
	case "VIEW":
		// Its text names tables of the default database without the database.
		if _, err := d.conn.ExecContext(ctx, "USE "+quoteName(database)); err != nil {
			return def, classify(err)
		}
	case "PACKAGE BODY":
		column = "Create Package Body"
	}
	m, err := one(ctx, d.conn, "SHOW CREATE "+kind+" "+quoteName(database)+"."+quoteName(name))
	if err != nil {
		return def, fmt.Errorf("read %s: %w", def, err)
	}
	def.text, def.sqlMode, def.timeZone = m[column], m["sql_mode"], m["time_zone"]
	def.charset, def.collation = m["character_set_client"], m["collation_connection"]
	def.dbCollate = m["Database Collation"]
	if def.text == "" {
		return def, fmt.Errorf("read %s: %w: its text is hidden from us", def, ErrAccessDenied)
	}
	return def, nil
}

// Event is a scheduled event and whether the supplier runs it.
type Event struct {
	Database string
	Name     string
	Status   string // at the supplier: ENABLED, DISABLED or SLAVESIDE_DISABLED
}

// lister is one of the lists of definitions.
type lister func(*definitions, context.Context, string) ([][2]string, error)

// copyAll copies the objects that list names. It takes a connection for this time only: in the hours between the
// supplier may close it.
func (l *loader) copyAll(ctx context.Context, supplier *Server, database string, list lister) error {
	conn, err := supplier.db.Conn(ctx)
	if err != nil {
		return classify(err)
	}
	defer conn.Close()
	from := &definitions{conn}
	names, err := list(from, ctx, database)
	if err != nil {
		return fmt.Errorf("list objects of database %s: %w", database, err)
	}
	for _, n := range names {
		def, err := from.read(ctx, n[0], database, n[1])
		if isGone(err) {
			continue // and so is what replication will drop
		}
		if err != nil {
			return err
		}
		if err := l.define(ctx, def); err != nil {
			return err
		}
	}
	return nil
}

// isGone tells whether the server knows no object of that name any more.
func isGone(err error) bool {
	const noEvent, noTrigger, noRoutine, noTable, noView = 1539, 1360, 1305, errNoSuchTable, 4092
	return slices.ContainsFunc([]uint16{noEvent, noTrigger, noRoutine, noTable, noView}, func(n uint16) bool {
		return isServerError(err, n)
	})
}

// define makes a view, routine, trigger or event, in a session like the one in which it was made at the supplier.
func (l *loader) define(ctx context.Context, def definition) error {
	o, err := sqldump.ReviewObject(def.kind, def.database, def.name, def.text, l.version)
	if err != nil {
		return refused(def.String(), err)
	}
	session, err := def.session()
	if err != nil {
		return refused(def.String(), err)
	}
	err = l.check(StatementText{SQL: []byte(o.Text), Database: def.database, SQLMode: def.sqlMode, Charset: def.charset})
	if err != nil {
		return refused(def.String(), err)
	}
	here, err := l.collation(ctx, def.database)
	if err != nil {
		return err
	}
	// What an object knows of its database's collation is what that is when it is made.
	if def.dbCollate == "" {
		def.dbCollate = here
	}
	if def.dbCollate != here {
		if !plainName(def.dbCollate) {
			return refused(def.String(), fmt.Errorf("collation %q", def.dbCollate))
		}
		if err := l.alterCollation(ctx, def.database, def.dbCollate); err != nil {
			return err
		}
	}
	for _, text := range append(session, "USE "+quoteName(def.database)) {
		if err := l.run(ctx, def.String(), text); err != nil {
			return err
		}
	}
	if err := l.run(ctx, def.String(), o.Text); err != nil {
		return err
	}
	if def.dbCollate != here {
		if err := l.alterCollation(ctx, def.database, here); err != nil {
			return err
		}
	}
	l.definer(o.Definer)
	if def.kind == "EVENT" {
		l.events = append(l.events, Event{def.database, def.name, o.Status})
	}
	return l.base(ctx)
}

// session returns the statements that make a session like the one in which the object was made. Everything in
// them is a plain name or number: it comes from the supplier.
func (d definition) session() ([]string, error) {
	if !sqldump.SafeCharset(d.charset) || !sqldump.SafeCollation(d.collation) {
		return nil, fmt.Errorf("it was made with character set %q and collation %q, which cannot be reviewed here; "+
			"the supplier can make it again with utf8mb4", d.charset, d.collation)
	}
	if strings.Trim(d.sqlMode, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_,") != "" {
		return nil, fmt.Errorf("sql_mode %q", d.sqlMode)
	}
	all := []string{"SET SESSION character_set_client = " + d.charset + ", collation_connection = " + d.collation}
	if d.kind != "VIEW" {
		all = append(all, "SET SESSION sql_mode = '"+d.sqlMode+"'")
	}
	if d.kind == "EVENT" {
		if d.timeZone == "" || strings.Trim(d.timeZone,
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+:/-") != "" {
			return nil, fmt.Errorf("time zone %q", d.timeZone)
		}
		all = append(all, "SET SESSION time_zone = '"+d.timeZone+"'")
	}
	return all, nil
}

func plainName(s string) bool {
	return s != "" && strings.Trim(strings.ToLower(s), "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}
