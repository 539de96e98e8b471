package mariadb

import (
	"context"
	"fmt"
	"time"
)

// checksumTimeout bounds one table.
const checksumTimeout = time.Hour

// Checksums asks for CHECKSUM TABLE of every table in the given databases, or in all of an application when none are
// given, by schema.table. Two servers of one version that hold the same rows say the same, whatever the order of the
// rows. It reads everything. Only the current rows of system-versioned tables count.
func (s *Server) Checksums(ctx context.Context, databases ...string) (map[string]uint64, error) {
	if len(databases) == 0 {
		var err error
		if databases, err = s.userDatabases(ctx); err != nil {
			return nil, err
		}
	}
	tables, err := s.tables(ctx, databases)
	if err != nil {
		return nil, err
	}
	sums := make(map[string]uint64, len(tables))
	for key, t := range tables {
		if err := s.checksum(ctx, key, t, sums); err != nil {
			return nil, fmt.Errorf("read checksum of %s: %w", t, err)
		}
	}
	return sums, nil
}

func (s *Server) checksum(ctx context.Context, key string, t Table, sums map[string]uint64) error {
	ctx, cancel := context.WithTimeout(ctx, checksumTimeout)
	defer cancel()
	m, err := one(ctx, s.db, "CHECKSUM TABLE "+key)
	if err != nil {
		return err
	}
	sum, ok := m["Checksum"]
	if !ok {
		return fmt.Errorf("the server gave none")
	}
	sums[t.String()] = uint64(number(sum))
	return nil
}
