package portal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/go-sql-driver/mysql"
)

// ErrNotFound is returned for a beneficiary, certificate or attachment that is not there.
var ErrNotFound = errors.New("not found")

// Beneficiary is a customer.
type Beneficiary struct {
	ID, Name, Contact string
	Active            int // certificates that are neither revoked nor expired
}

// Certificate is what a beneficiary bought.
type Certificate struct {
	ID              int64
	Serial, Subject string
	Issued, Expires time.Time
	Revoked         sql.NullTime
	Attachments     []Attachment
}

// Attachment is a file that belongs to a certificate.
type Attachment struct {
	ID     int64
	Name   string
	Size   int64
	SHA256 []byte
}

// Store holds the rows. It may be used by several goroutines.
type Store struct{ db *sql.DB }

// OpenStore opens a pool of connections to the portal's database; it does not connect yet. Close it.
func OpenStore(c Database) (*Store, error) {
	m := mysql.NewConfig()
	m.Net, m.Addr, m.User, m.Passwd, m.DBName = c.Network, c.Address, c.User, c.Password, c.Name
	m.ParseTime, m.InterpolateParams = true, true
	m.Timeout, m.ReadTimeout, m.WriteTimeout = 5*time.Second, 30*time.Second, 30*time.Second
	connector, err := mysql.NewConnector(m)
	if err != nil {
		return nil, fmt.Errorf("open portal's database: %w", err)
	}
	return &Store{sql.OpenDB(connector)}, nil
}

// Close closes every connection.
func (s *Store) Close() error { return s.db.Close() }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.PingContext(ctx) }

// Beneficiaries lists all of them.
func (s *Store) Beneficiaries(ctx context.Context) ([]Beneficiary, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT b.id, b.name, b.contact, COUNT(a.id)
		FROM beneficiary b LEFT JOIN active_certificate a ON a.beneficiary_id = b.id GROUP BY b.id ORDER BY b.id`)
	if err != nil {
		return nil, fmt.Errorf("list beneficiaries: %w", err)
	}
	defer rows.Close()
	var all []Beneficiary
	for rows.Next() {
		var b Beneficiary
		if err := rows.Scan(&b.ID, &b.Name, &b.Contact, &b.Active); err != nil {
			return nil, fmt.Errorf("list beneficiaries: %w", err)
		}
		all = append(all, b)
	}
	return all, rows.Err()
}

// Beneficiary returns one, with the newest of its certificates.
func (s *Store) Beneficiary(ctx context.Context, id string) (Beneficiary, []Certificate, error) {
	var b Beneficiary
	err := s.db.QueryRowContext(ctx, `SELECT b.id, b.name, b.contact,
		(SELECT COUNT(*) FROM active_certificate a WHERE a.beneficiary_id = b.id)
		FROM beneficiary b WHERE b.id = ?`, id).Scan(&b.ID, &b.Name, &b.Contact, &b.Active)
	if errors.Is(err, sql.ErrNoRows) {
		return b, nil, fmt.Errorf("beneficiary %.20q: %w", id, ErrNotFound)
	}
	if err != nil {
		return b, nil, fmt.Errorf("read beneficiary: %w", err)
	}
	certs, err := s.certificates(ctx, id)
	return b, certs, err
}

// shown is how many certificates a page lists.
const shown = 50

func (s *Store) certificates(ctx context.Context, beneficiary string) ([]Certificate, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT c.id, c.serial, c.subject, c.issued_at, c.expires_at, c.revoked_at,
			a.id, a.name, a.size
		FROM (SELECT * FROM certificate WHERE beneficiary_id = ? ORDER BY id DESC LIMIT ?) c
		LEFT JOIN attachment a ON a.certificate_id = c.id ORDER BY c.id DESC, a.id`, beneficiary, shown)
	if err != nil {
		return nil, fmt.Errorf("list certificates: %w", err)
	}
	defer rows.Close()
	var all []Certificate
	for rows.Next() {
		var c Certificate
		var id, size sql.NullInt64
		var name sql.NullString
		if err := rows.Scan(&c.ID, &c.Serial, &c.Subject, &c.Issued, &c.Expires, &c.Revoked, &id, &name, &size); err != nil {
			return nil, fmt.Errorf("list certificates: %w", err)
		}
		if n := len(all); n == 0 || all[n-1].ID != c.ID {
			all = append(all, c)
		}
		if last := &all[len(all)-1]; id.Valid {
			last.Attachments = append(last.Attachments, Attachment{ID: id.Int64, Name: name.String, Size: size.Int64})
		}
	}
	return all, rows.Err()
}

// Issue makes a certificate for a beneficiary, valid for two years, and returns its id.
func (s *Store) Issue(ctx context.Context, beneficiary, subject string) (int64, error) {
	res, err := s.db.ExecContext(ctx, `INSERT INTO certificate (beneficiary_id, serial, subject, expires_at)
		VALUES (?, REPLACE(UUID(), '-', ''), ?, CURRENT_TIMESTAMP + INTERVAL 2 YEAR)`, beneficiary, subject)
	var my *mysql.MySQLError
	const noParentRow = 1452
	if errors.As(err, &my) && my.Number == noParentRow {
		return 0, fmt.Errorf("beneficiary %.20q: %w", beneficiary, ErrNotFound)
	}
	if err != nil {
		return 0, fmt.Errorf("issue certificate: %w", err)
	}
	return res.LastInsertId()
}

// Revoke revokes a beneficiary's certificate; revoking it again changes nothing.
func (s *Store) Revoke(ctx context.Context, beneficiary string, certificate int64) error {
	if err := s.owns(ctx, beneficiary, certificate); err != nil {
		return err
	}
	_, err := s.db.ExecContext(ctx, `UPDATE certificate SET revoked_at = CURRENT_TIMESTAMP(6)
		WHERE id = ? AND revoked_at IS NULL`, certificate)
	if err != nil {
		return fmt.Errorf("revoke certificate %d: %w", certificate, err)
	}
	return nil
}

// Attach names a file that is already in the volume.
func (s *Store) Attach(ctx context.Context, certificate int64, a Attachment) error {
	_, err := s.db.ExecContext(ctx, `INSERT INTO attachment (certificate_id, name, size, sha256) VALUES (?, ?, ?, ?)`,
		certificate, a.Name, a.Size, a.SHA256)
	if err != nil {
		return fmt.Errorf("attach to certificate %d: %w", certificate, err)
	}
	return nil
}

// Attachment returns one of a beneficiary's attachments.
func (s *Store) Attachment(ctx context.Context, beneficiary string, id int64) (Attachment, error) {
	a := Attachment{ID: id}
	err := s.db.QueryRowContext(ctx, `SELECT a.name, a.size, a.sha256 FROM attachment a
		JOIN certificate c ON c.id = a.certificate_id WHERE a.id = ? AND c.beneficiary_id = ?`, id, beneficiary).
		Scan(&a.Name, &a.Size, &a.SHA256)
	if errors.Is(err, sql.ErrNoRows) {
		return a, fmt.Errorf("attachment %d: %w", id, ErrNotFound)
	}
	if err != nil {
		return a, fmt.Errorf("read attachment %d: %w", id, err)
	}
	return a, nil
}

// owns is nil if the certificate is the beneficiary's, ErrNotFound otherwise.
func (s *Store) owns(ctx context.Context, beneficiary string, certificate int64) error {
	var one int
	err := s.db.QueryRowContext(ctx, `SELECT 1 FROM certificate WHERE id = ? AND beneficiary_id = ?`,
		certificate, beneficiary).Scan(&one)
	if errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("certificate %d: %w", certificate, ErrNotFound)
	}
	if err != nil {
		return fmt.Errorf("look for certificate %d: %w", certificate, err)
	}
	return nil
}
