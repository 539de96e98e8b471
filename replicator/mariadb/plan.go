package mariadb

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Plan is what a seed would do.
type Plan struct {
	Findings  []Finding
	Databases []string // of the supplier, to be copied
	Tables    int
	Bytes     int64   // estimate of the tables' data
	Others    []Table // not in InnoDB: copied as they are when their turn comes, and not safe in a crash
	// Existing are the databases on the foundation's server. They are destroyed by a seed that may replace them.
	Existing []string
	Seed     SeedRecord // of the foundation's server

	supplier, foundation Facts
	tables               map[string]Table // by key
}

// Table is a table of the supplier or of our own server.
type Table struct {
	Database string
	Name     string
	Engine   string
	Bytes    int64 // estimate of its data

	created string // when it got its definition, in the server's words
}

func (t Table) String() string { return t.Database + "." + t.Name }

func tableKey(database, name string) string { return quoteName(database) + "." + quoteName(name) }

// systemSchema tells whether a database belongs to the server or to wcded.
func systemSchema(name string) bool {
	switch strings.ToLower(name) {
	case "mysql", "sys", "information_schema", "performance_schema", Schema:
		return true
	}
	return false
}

// Plan looks at both servers and changes nothing.
func (o SeedOptions) Plan(ctx context.Context) (Plan, error) {
	p, err := o.plan(ctx)
	if err != nil {
		return Plan{}, fmt.Errorf("plan seed: %w", err)
	}
	return p, nil
}

func (o SeedOptions) plan(ctx context.Context) (p Plan, err error) {
	if p.supplier, err = o.Supplier.Facts(ctx); err != nil {
		return p, err
	}
	if p.foundation, err = o.Foundation.Facts(ctx); err != nil {
		return p, err
	}
	p.Findings = Compare(p.supplier, p.foundation)
	if err := o.Supplier.checkGrants(ctx); err != nil {
		return p, err
	}
	all, err := o.Supplier.databases(ctx)
	if err != nil {
		return p, err
	}
	for _, name := range all {
		switch {
		case strings.EqualFold(name, Schema):
			p.Findings = append(p.Findings, Finding{Refuse, "database", "the supplier has a database " + name,
				"the name is reserved for this program: the supplier has to rename it"})
		case strings.HasPrefix(name, mysql50):
			p.Findings = append(p.Findings, Finding{Warn, "database", fmt.Sprintf("%q is not copied", name),
				"it is a folder in the supplier's data directory, and no database"})
		case !systemSchema(name):
			p.Databases = append(p.Databases, name)
		}
	}
	if p.tables, err = o.Supplier.tables(ctx, p.Databases); err != nil {
		return p, err
	}
	for _, t := range p.tables {
		p.Tables++
		p.Bytes += t.Bytes
	}
	p.Others = notInnoDB(p.tables)
	history, err := o.Supplier.transactionHistory(ctx)
	if err != nil {
		return p, err
	}
	p.Findings = append(p.Findings, history...)
	if p.Existing, err = o.Foundation.userDatabases(ctx); err != nil {
		return p, err
	}
	p.Seed, err = o.Foundation.SeedState(ctx)
	return p, err
}

// mysql50 begins the names under which MariaDB shows folders whose names are no databases' names.
const mysql50 = "#mysql50#"

// databases lists all schemas in the server's order.
func (s *Server) databases(ctx context.Context) ([]string, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	var names []string
	err := each(ctx, s.db, "SELECT SCHEMA_NAME AS name FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME",
		func(m map[string]string) error {
			names = append(names, m["name"])
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("list databases: %w", err)
	}
	return names, nil
}

// userDatabases lists the databases of applications.
func (s *Server) userDatabases(ctx context.Context) ([]string, error) {
	all, err := s.databases(ctx)
	return slices.DeleteFunc(all, func(n string) bool { return systemSchema(n) || strings.HasPrefix(n, mysql50) }), err
}

// tables lists the tables, without views and sequences, in the given databases.
func (s *Server) tables(ctx context.Context, databases []string) (map[string]Table, error) {
	// A server with very many tables opens each to answer this.
	ctx, cancel := context.WithTimeout(ctx, 10*queryTimeout)
	defer cancel()
	found := map[string]Table{}
	err := each(ctx, s.db, "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n, ENGINE AS e, DATA_LENGTH AS b, CREATE_TIME AS c"+
		" FROM information_schema.TABLES WHERE TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED')"+
		" AND TABLE_SCHEMA NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')",
		func(m map[string]string) error {
			if slices.Contains(databases, m["s"]) {
				found[tableKey(m["s"], m["n"])] = Table{m["s"], m["n"], m["e"], number(m["b"]), m["c"]}
			}
			return nil
		})
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	return found, nil
}

// notInnoDB returns the tables that no consistent read and no crash recovery covers, sorted.
func notInnoDB(all map[string]Table) []Table {
	var others []Table
	for _, t := range all {
		if !strings.EqualFold(t.Engine, "InnoDB") {
			others = append(others, t)
		}
	}
	slices.SortFunc(others, func(a, b Table) int {
		if c := strings.Compare(a.Database, b.Database); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return others
}

// transactionHistory finds tables with transaction-precise history: it refers to mysql.transaction_registry by
// transaction numbers, which mean nothing on another server, and mariadb-dump refuses them.
func (s *Server) transactionHistory(ctx context.Context) ([]Finding, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	var all []Finding
	err := each(ctx, s.db, "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n FROM information_schema.COLUMNS"+
		" WHERE GENERATION_EXPRESSION = 'ROW START' AND DATA_TYPE = 'bigint'", func(m map[string]string) error {
		all = append(all, Finding{Refuse, "system versioning", "table " + m["s"] + "." + m["n"] +
			" has transaction-precise history", "the supplier has to change its ROW START and ROW END to TIMESTAMP(6)"})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for transaction-precise history: %w", err)
	}
	return all, nil
}

// checkGrants demands the privileges without which a copy would be incomplete and nobody would notice.
func (s *Server) checkGrants(ctx context.Context) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	have := map[string]bool{}
	err := each(ctx, s.db, "SHOW GRANTS", func(m map[string]string) error {
		for _, line := range m {
			for _, p := range globalPrivileges(line) {
				have[p] = true
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("read own privileges at the supplier: %w", err)
	}
	var missing []string
	for _, p := range []string{"SELECT", "SHOW VIEW", "TRIGGER", "EVENT", "PROCESS"} {
		if !have[p] && !have["ALL PRIVILEGES"] {
			missing = append(missing, p)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("%w: the supplier has to run: GRANT %s ON *.* TO our user there", ErrAccessDenied,
			strings.Join(missing, ", "))
	}
	return nil
}

// globalPrivileges reads GRANT a, b ON *.* TO …; nil for lines about anything less.
func globalPrivileges(line string) []string {
	list, ok := strings.CutPrefix(line, "GRANT ")
	if !ok {
		return nil
	}
	list, _, ok = strings.Cut(list, " ON *.* TO ")
	if !ok {
		return nil
	}
	return strings.Split(list, ", ")
}

// waitArchived waits until the archive holds what follows p.
func (o SeedOptions) waitArchived(ctx context.Context, p binlog.Position) error {
	ctx, cancel := context.WithTimeoutCause(ctx, o.ArchiveWait, errArchiveLate)
	defer cancel()
	err := until(ctx, archivePoll, func() bool { return o.Archive.Holds(p) })
	if err != nil && errors.Is(context.Cause(ctx), errArchiveLate) {
		return fmt.Errorf("%w: position %s, after %v; archiving has to run before and while seeding",
			ErrNotArchived, p, o.ArchiveWait)
	}
	return err
}
