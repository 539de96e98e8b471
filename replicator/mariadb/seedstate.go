package mariadb

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// Schema is the database on the foundation's server that belongs to wcded. A supplier must not have one of that
// name, and nothing from the supplier may change it.
const Schema = "wcde"

// SeedState says how far the server's contents are to be trusted.
type SeedState string

const (
	// NotSeeded is a server that was never filled.
	NotSeeded SeedState = "none"
	// Seeding is a server on which a seed is under way, or broke off.
	Seeding SeedState = "seeding"
	// Seeded is a server that holds a whole copy, to which replication may be added.
	Seeded SeedState = "seeded"
)

// SeedRecord is the one row of table wcde.seed.
type SeedRecord struct {
	State            SeedState
	GTID             binlog.Position // of the copy; valid when Seeded
	Started          time.Time
	Finished         time.Time // zero unless Seeded
	SupplierServerID uint32
	Note             string // why a seed broke off, if that is known
}

const (
	seedSchema = "CREATE DATABASE IF NOT EXISTS `wcde` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
	seedTable  = "CREATE TABLE IF NOT EXISTS `wcde`.`seed` (" +
		"id TINYINT NOT NULL PRIMARY KEY CHECK (id = 1)," +
		"state VARCHAR(16) NOT NULL," +
		"gtid LONGTEXT NOT NULL," +
		"started DATETIME(6) NOT NULL COMMENT 'UTC'," +
		"finished DATETIME(6) NULL COMMENT 'UTC'," +
		"supplier_server_id INT UNSIGNED NOT NULL," +
		"note TEXT NOT NULL" +
		") ENGINE=InnoDB COMMENT 'wcded: whether this server holds a whole copy'"
	datetime = "2006-01-02 15:04:05.000000"
)

// SeedState reads what this server says about its own contents.
func (s *Server) SeedState(ctx context.Context) (SeedRecord, error) {
	ctx, cancel := limit(ctx)
	defer cancel()
	var state, gtid, started, note string
	var finished sql.NullString
	r := SeedRecord{State: NotSeeded}
	err := s.db.QueryRowContext(ctx, "SELECT state, gtid, CAST(started AS CHAR), CAST(finished AS CHAR),"+
		" supplier_server_id, note FROM `wcde`.`seed` WHERE id = 1").
		Scan(&state, &gtid, &started, &finished, &r.SupplierServerID, &note)
	switch {
	case err == sql.ErrNoRows, isServerError(err, errNoSuchTable), isServerError(err, errNoSuchDB):
		return r, nil
	case err != nil:
		return SeedRecord{}, fmt.Errorf("read seed state: %w", classify(err))
	}
	r.State, r.Note = SeedState(state), note
	if r.State != Seeding && r.State != Seeded {
		return SeedRecord{}, fmt.Errorf("read seed state: unknown state %.20q", state)
	}
	if r.GTID, err = binlog.ParsePosition(gtid); err != nil {
		return SeedRecord{}, fmt.Errorf("read seed state: %w", err)
	}
	if r.Started, err = time.Parse(datetime, started); err != nil {
		return SeedRecord{}, fmt.Errorf("read seed state: %w", err)
	}
	if finished.Valid {
		if r.Finished, err = time.Parse(datetime, finished.String); err != nil {
			return SeedRecord{}, fmt.Errorf("read seed state: %w", err)
		}
	}
	return r, nil
}

// RecordSeed writes the row, on disk when it returns. It is for a server that was filled by other means, such as a
// snapshot of another one's data directory; Seed does it by itself.
func (s *Server) RecordSeed(ctx context.Context, r SeedRecord) error {
	conn, err := s.db.Conn(ctx)
	if err != nil {
		return fmt.Errorf("record seed: %w", classify(err))
	}
	defer conn.Close()
	if err := recordSeed(ctx, conn, r); err != nil {
		return err
	}
	// The connection goes back to the pool.
	if _, err := conn.ExecContext(ctx, "SET SESSION sql_log_bin=1"); err != nil {
		return fmt.Errorf("record seed: %w", classify(err))
	}
	return nil
}

func recordSeed(ctx context.Context, conn *sql.Conn, r SeedRecord) error {
	ctx, cancel := limit(ctx)
	defer cancel()
	var finished any
	if !r.Finished.IsZero() {
		finished = r.Finished.UTC().Format(datetime)
	}
	for _, st := range []struct {
		text string
		args []any
	}{
		{"SET SESSION sql_log_bin=0", nil},
		{seedSchema, nil},
		{seedTable, nil},
		{"REPLACE INTO `wcde`.`seed` (id, state, gtid, started, finished, supplier_server_id, note)" +
			" VALUES (1, ?, ?, ?, ?, ?, ?)", []any{string(r.State), r.GTID.String(),
			r.Started.UTC().Format(datetime), finished, r.SupplierServerID, r.Note}},
	} {
		if _, err := conn.ExecContext(ctx, st.text, st.args...); err != nil {
			return fmt.Errorf("record seed: %w", classify(err))
		}
	}
	return nil
}
