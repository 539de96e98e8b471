package guard

import (
	"bytes"
	"encoding/binary"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// tableMapHeader is table id(6) flags(2).
const tableMapHeader = 8

// tableMap judges the table that the rows behind go into (MariaDB sql/log_event.cc, Table_map_log_event).
func tableMap(raw []byte, checksum bool) Verdict {
	b, err := binlog.Body(raw, checksum)
	if err != nil || len(b) < tableMapHeader {
		return Verdict{Hold: true, Category: CategoryUnparsed, Reason: "names a table and is too short"}
	}
	name, b, ok := tableMapName(b[tableMapHeader:])
	var table []byte
	if ok {
		table, _, ok = tableMapName(b)
	}
	if !ok {
		return Verdict{Hold: true, Category: CategoryUnparsed, Reason: "names a table in a way that cannot be read"}
	}
	if hasMySQL50(table) {
		return Verdict{Hold: true, Category: CategorySystemSchema,
			Reason: "names a table #mysql50#…, which may be a path into any schema"}
	}
	if s := schemaOf(name); s != schemaNone {
		return Verdict{Hold: true, Category: CategorySystemSchema,
			Reason: "changes rows of a table of the schema " + s.String()}
	}
	return Verdict{}
}

// tableMapName reads a length, a name and a zero byte. A name with a zero byte within is another name for those
// parts of MariaDB that stop there.
func tableMapName(b []byte) (name, rest []byte, ok bool) {
	if len(b) == 0 {
		return nil, nil, false
	}
	end := 1 + int(b[0])
	if len(b) <= end || b[end] != 0 || bytes.IndexByte(b[1:end], 0) >= 0 {
		return nil, nil, false
	}
	return b[1:end], b[end+1:], true
}

// Lengths of the parts behind the common header that this package reads, as every MariaDB writes them.
const (
	queryHeader = 13
	// lengthsOffset is where the lengths lie in a FORMAT_DESCRIPTION event, one byte for each type from 1 on.
	lengthsOffset = binlog.HeaderSize + 2 + 50 + 4 + 1
	// formatTail is the checksum algorithm and the checksum, which are always there.
	formatTail = 1 + binlog.ChecksumSize
)

// formatDescription judges the event that says how the others are to be read. A server believes the lengths in it:
// with others than the usual ones it would find another statement in a QUERY event than the guard does.
func formatDescription(raw []byte) Verdict {
	if _, err := binlog.ParseFormat(raw); err != nil {
		return Verdict{Hold: true, Category: CategoryUnparsed, Reason: err.Error()}
	}
	lengths := raw[lengthsOffset : len(raw)-formatTail]
	for _, want := range []struct {
		event  binlog.Type
		length byte
	}{
		{replication.QUERY_EVENT, queryHeader},
		{replication.TABLE_MAP_EVENT, tableMapHeader},
		{replication.MARIADB_QUERY_COMPRESSED_EVENT, queryHeader},
	} {
		if i := int(want.event) - 1; i >= len(lengths) || lengths[i] != want.length {
			return Verdict{Hold: true, Category: CategoryUnparsed,
				Reason: "says that events are laid out as in no MariaDB since 10.2"}
		}
	}
	return Verdict{}
}

// gtidListFlags are those of a GTID_LIST's count that a server sets for its own replica threads only: they stop
// the SQL thread (FLAG_UNTIL_REACHED), or move its position over groups that it never saw (FLAG_IGN_GTIDS). See
// MariaDB sql/log_event.h, Gtid_list_log_event.
const gtidListFlags = 0xf << 28

// gtidList judges the event at the head of every file.
func gtidList(raw []byte, checksum bool) Verdict {
	b, err := binlog.Body(raw, checksum)
	if err != nil || len(b) < 4 {
		return Verdict{Hold: true, Category: CategoryUnparsed, Reason: "lists GTIDs and is too short"}
	}
	if binary.LittleEndian.Uint32(b)&gtidListFlags != 0 {
		return Verdict{Hold: true, Category: CategoryReplication, Reason: "would move or stop the replica's position"}
	}
	return Verdict{}
}
