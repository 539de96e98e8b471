package mariadb

import (
	"context"
	"fmt"
	"slices"
)

// view is a view of the supplier.
type view struct{ database, name string }

func (v view) String() string { return v.database + "." + v.name }

// views lists the views in the given databases.
func (s *Server) views(ctx context.Context, databases []string) ([]view, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*queryTimeout)
	defer cancel()
	var all []view
	err := each(ctx, s.db, "SELECT TABLE_SCHEMA AS s, TABLE_NAME AS n FROM information_schema.TABLES"+
		" WHERE TABLE_TYPE = 'VIEW' ORDER BY TABLE_SCHEMA, TABLE_NAME", func(m map[string]string) error {
		if slices.Contains(databases, m["s"]) {
			all = append(all, view{m["s"], m["n"]})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list views: %w", err)
	}
	return all, nil
}

// copyViews makes the views, those first that others are made of, and returns which of them are broken.
func (l *loader) copyViews(ctx context.Context, supplier *Server, views []view) (broken []string, err error) {
	conn, err := supplier.db.Conn(ctx)
	if err != nil {
		return nil, classify(err)
	}
	defer conn.Close()
	from := &definitions{conn}
	for progress := true; progress; {
		progress = false
		var later []view
		for _, v := range views {
			def, err := from.read(ctx, "VIEW", v.database, v.name)
			if isGone(err) {
				continue
			}
			if err == nil {
				err = l.define(ctx, def)
			}
			if refersToNothing(err) {
				later = append(later, v)
				continue
			}
			if err != nil {
				return nil, err
			}
			progress = true
		}
		views = later
	}
	for _, v := range views {
		if err := l.standIn(ctx, v); err != nil {
			return nil, err
		}
		broken = append(broken, v.String())
	}
	return broken, nil
}

// refersToNothing tells whether a view could not be made because of what it refers to.
func refersToNothing(err error) bool {
	const noDatabase, noColumn, noTable, noRoutine, invalidView = errNoSuchDB, 1054, errNoSuchTable, 1305, 1356
	return slices.ContainsFunc([]uint16{noDatabase, noColumn, noTable, noRoutine, invalidView}, func(n uint16) bool {
		return isServerError(err, n)
	})
}

// standIn makes a view in the place of one that is broken at the supplier too.
func (l *loader) standIn(ctx context.Context, v view) error {
	if err := l.base(ctx); err != nil {
		return err
	}
	return l.run(ctx, "view "+v.String(), "CREATE SQL SECURITY INVOKER VIEW "+quoteName(v.database)+"."+quoteName(v.name)+
		" AS SELECT 'this view is broken at the supplier' AS error")
}
