package bench

import (
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

const groupsPerSegment = 20

// makeSegments writes n binary log files of small groups, as one supplier would have written them, into the first
// stream of an archive in dir, and returns the last group's GTID. Only what an archive looks at is filled in.
func makeSegments(ctx context.Context, dir string, n int) (last binlog.GTID, err error) {
	stream := filepath.Join(dir, "stream-000001")
	if err := os.MkdirAll(stream, 0o750); err != nil {
		return last, err
	}
	last = binlog.GTID{Server: supplierID}
	for i := 1; i <= n; i++ {
		if err := ctx.Err(); err != nil {
			return last, err
		}
		f := fileWriter{bytes: binlog.Magic()}
		f.format()
		f.gtidList(last)
		for range groupsPerSegment {
			last.Seq++
			f.group(last)
		}
		f.rotate(segmentName(i + 1))
		if err := os.WriteFile(filepath.Join(stream, segmentName(i)), f.bytes, 0o640); err != nil {
			return last, err
		}
	}
	return last, nil
}

func segmentName(i int) string { return fmt.Sprintf("mysql-bin.%06d", i) }

// fileWriter appends events with checksums. Formats: https://mariadb.com/kb/en/2-binlog-event-header/ and the pages
// of the single events.
type fileWriter struct{ bytes []byte }

func (f *fileWriter) event(t binlog.Type, body []byte) {
	size := binlog.HeaderSize + len(body) + binlog.ChecksumSize
	ev := make([]byte, 0, size)
	ev = binary.LittleEndian.AppendUint32(ev, uint32(time.Now().Unix()))
	ev = append(ev, byte(t))
	ev = binary.LittleEndian.AppendUint32(ev, supplierID)
	ev = binary.LittleEndian.AppendUint32(ev, uint32(size))
	ev = binary.LittleEndian.AppendUint32(ev, uint32(len(f.bytes)+size))
	ev = append(ev, 0, 0) // flags
	ev = append(ev, body...)
	ev = append(ev, 0, 0, 0, 0)
	binlog.SetChecksum(ev)
	f.bytes = append(f.bytes, ev...)
}

func (f *fileWriter) format() {
	version := make([]byte, 50)
	copy(version, "10.11.0-MariaDB-log")
	body := append([]byte{4, 0}, version...)
	body = binary.LittleEndian.AppendUint32(body, uint32(time.Now().Unix()))
	body = append(body, binlog.HeaderSize)
	body = append(body, make([]byte, 160)...) // lengths of the types' heads: nothing here reads them
	f.event(replication.FORMAT_DESCRIPTION_EVENT, append(body, 1 /* CRC-32 */))
}

func (f *fileWriter) gtidList(before binlog.GTID) {
	if before.Seq == 0 {
		f.event(replication.MARIADB_GTID_LIST_EVENT, []byte{0, 0, 0, 0})
		return
	}
	body := binary.LittleEndian.AppendUint32(nil, 1)
	body = binary.LittleEndian.AppendUint32(body, before.Domain)
	body = binary.LittleEndian.AppendUint32(body, before.Server)
	f.event(replication.MARIADB_GTID_LIST_EVENT, binary.LittleEndian.AppendUint64(body, before.Seq))
}

// group writes a group of one statement that stands alone.
func (f *fileWriter) group(g binlog.GTID) {
	body := binary.LittleEndian.AppendUint64(nil, g.Seq)
	body = binary.LittleEndian.AppendUint32(body, g.Domain)
	body = append(body, binlog.GTIDStandalone)
	f.event(replication.MARIADB_GTID_EVENT, append(body, make([]byte, 6)...))
	const head = 13 // thread, time, length of the database's name, error, length of the status variables
	body = append(make([]byte, head), 0)
	f.event(replication.QUERY_EVENT, append(body, "CREATE TABLE IF NOT EXISTS t (a INT)"...))
}

func (f *fileWriter) rotate(next string) {
	f.event(replication.ROTATE_EVENT, append(binary.LittleEndian.AppendUint64(nil, binlog.MagicSize), next...))
}
