package portal

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strings"
	"time"
)

//go:embed schema.sql
var schema string

// Sample is how much Seed writes.
type Sample struct {
	Certificates int // of each beneficiary
	Attachments  int // of each beneficiary
}

// IDs are those of the sample's beneficiaries.
func IDs() []string { return []string{"b-1001", "b-1002", "b-1003", "b-1004", "b-1005"} }

// Seed makes the portal's tables in an empty database and fills them and the files with a sample that is the same
// every time but for the dates.
func Seed(ctx context.Context, db *sql.DB, files *Files, sample Sample) error {
	// Blank lines separate the statements: a trigger's body may hold semicolons.
	for stmt := range strings.SplitSeq(schema, "\n\n") {
		if _, err := db.ExecContext(ctx, strings.TrimSuffix(strings.TrimSpace(stmt), ";")); err != nil {
			return fmt.Errorf("make portal's tables: %w", err)
		}
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // it was committed, or the error is told already
	names := []string{"Bakkerij De Molen", "Gemeente Vlietstad", "Ziekenhuis Sint Lucas", "Veerdienst Noord",
		"Notariaat Smit"}
	for i, id := range IDs() {
		if err := seedOne(ctx, tx, files, sample, i, id, names[i]); err != nil {
			return fmt.Errorf("fill portal for %s: %w", id, err)
		}
	}
	return tx.Commit()
}

func seedOne(ctx context.Context, tx *sql.Tx, files *Files, sample Sample, n int, id, name string) error {
	now := time.Now().UTC().Truncate(time.Second)
	_, err := tx.ExecContext(ctx, `INSERT INTO beneficiary (id, name, contact, created_at) VALUES (?, ?, ?, ?)`,
		id, name, "beheer@"+id+".example", now)
	if err != nil {
		return err
	}
	for i := range sample.Certificates {
		var revoked any
		if i%7 == 6 {
			revoked = now
		}
		res, err := tx.ExecContext(ctx, `INSERT INTO certificate
			(beneficiary_id, serial, subject, issued_at, expires_at, revoked_at) VALUES (?, ?, ?, ?, ?, ?)`,
			id, fmt.Sprintf("%032x", (n+1)*1_000_000+i), fmt.Sprintf("CN=host%d.%s.example", i+1, id),
			now, now.AddDate(2, 0, 0), revoked)
		if err != nil {
			return err
		}
		if i >= sample.Attachments {
			continue
		}
		cert, err := res.LastInsertId()
		if err != nil {
			return err
		}
		text := strings.Repeat(fmt.Sprintf("Request %d of %s (%s)\n", i+1, name, id), 200*(i+1))
		size, sum, err := files.Put(id, strings.NewReader(text), int64(len(text)))
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO attachment (certificate_id, name, size, sha256) VALUES (?, ?, ?, ?)`,
			cert, fmt.Sprintf("request-%d.txt", i+1), size, sum)
		if err != nil {
			return err
		}
	}
	return nil
}
