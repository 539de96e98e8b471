package upstream

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// logFile is one of the supplier's binary log files.
type logFile struct {
	name string
	size int64
}

// facts is what the supplier says of itself.
type facts struct {
	serverID uint32
	version  string
	logs     []logFile
	state    *binlog.State // gtid_binlog_state
}

// ask collects the facts.
func (c *conn) ask() (facts, error) {
	rows, err := c.rows("SELECT @@global.server_id, VERSION(), @@global.log_bin, @@global.gtid_binlog_state")
	if err != nil {
		return facts{}, err
	}
	if len(rows) != 1 || len(rows[0]) != 4 {
		return facts{}, failf(Unsuitable, "ask supplier who it is: %d rows", len(rows))
	}
	f := facts{version: rows[0][1]}
	id, err := strconv.ParseUint(rows[0][0], 10, 32)
	if err != nil {
		return facts{}, failf(Unsuitable, "ask supplier for its server id: %w", err)
	}
	f.serverID = uint32(id)
	if !strings.Contains(f.version, "MariaDB") {
		return facts{}, failf(Unsuitable, "supplier is %.60q, not MariaDB", f.version)
	}
	if rows[0][2] != "1" {
		return facts{}, failf(Unsuitable, "supplier's binary log is off")
	}
	if f.state, err = parseState(rows[0][3]); err != nil {
		return facts{}, fmt.Errorf("ask supplier for its GTID state: %w", err)
	}
	if rows, err = c.rows("SHOW BINARY LOGS"); err != nil {
		return facts{}, err
	}
	for _, r := range rows {
		if len(r) < 2 {
			return facts{}, failf(Unsuitable, "list supplier's binary logs: %d columns", len(r))
		}
		size, err := strconv.ParseInt(r[1], 10, 64)
		if err != nil {
			return facts{}, fmt.Errorf("list supplier's binary logs: %w", err)
		}
		f.logs = append(f.logs, logFile{name: r[0], size: size})
	}
	if len(f.logs) == 0 {
		return facts{}, failf(Unsuitable, "supplier lists no binary logs")
	}
	return f, nil
}

func parseState(s string) (*binlog.State, error) {
	var list []binlog.GTID
	for part := range strings.SplitSeq(s, ",") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		g, err := binlog.ParseGTID(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		list = append(list, g)
	}
	return binlog.NewState(list), nil
}
