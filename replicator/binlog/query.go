package binlog

import (
	"encoding/binary"
	"fmt"
)

// Query is the part of a QUERY event that is needed to judge it. Its slices share memory with the event.
type Query struct {
	ThreadID   uint32
	ErrorCode  uint16
	StatusVars []byte
	Database   []byte
	SQL        []byte
}

// queryPostHeader is thread id(4) execution time(4) database length(1) error code(2) status variables length(2).
const queryPostHeader = 13

// ParseQuery reads a QUERY event (not a compressed one).
func ParseQuery(ev []byte, checksum bool) (Query, error) {
	b, err := Body(ev, checksum)
	if err != nil {
		return Query{}, err
	}
	if len(b) < queryPostHeader {
		return Query{}, fmt.Errorf("%w: query event of %d bytes", ErrCorrupt, len(ev))
	}
	q := Query{ThreadID: binary.LittleEndian.Uint32(b), ErrorCode: binary.LittleEndian.Uint16(b[9:])}
	dbLen, varsLen := int(b[8]), int(binary.LittleEndian.Uint16(b[11:]))
	b = b[queryPostHeader:]
	if len(b) < varsLen+dbLen+1 {
		return Query{}, fmt.Errorf("%w: query event with %d status and %d database bytes in %d",
			ErrCorrupt, varsLen, dbLen, len(b))
	}
	q.StatusVars, b = b[:varsLen], b[varsLen:]
	q.Database, q.SQL = b[:dbLen], b[dbLen+1:]
	return q, nil
}

// EndsGroup tells whether the statement is the COMMIT or ROLLBACK that ends a group of a non-transactional
// engine, spelled exactly as MariaDB writes it (sql/log_event.cc, Query_log_event::peek_is_commit_rollback).
func (q Query) EndsGroup() bool {
	return string(q.SQL) == "COMMIT" || string(q.SQL) == "ROLLBACK"
}
