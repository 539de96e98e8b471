package binlog_test

import (
	"bytes"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/google/go-cmp/cmp"

	"github.com/wcde-foundation/wcded/replicator/binlog"
	"github.com/wcde-foundation/wcded/replicator/binlog/binlogtest"
)

// group is where one event group lies in a file.
type group struct {
	GTID       string
	Begin, End int64
}

// read is what our code makes of a file.
type read struct {
	groups   []group
	start    *binlog.State
	end      *binlog.State
	types    map[binlog.Type]int
	checksum bool
}

func readFile(t *testing.T, path string) read {
	t.Helper()
	r := read{types: map[binlog.Type]int{}}
	var tracker binlog.Tracker
	at, begin := int64(binlog.MagicSize), int64(0)
	for _, ev := range binlogtest.Split(t, binlogtest.Read(t, path)) {
		h, err := binlog.ParseHeader(ev)
		if err != nil {
			t.Fatal(err)
		}
		if h.Type == replication.FORMAT_DESCRIPTION_EVENT {
			f, err := binlog.ParseFormat(ev)
			if err != nil || !strings.Contains(f.ServerVersion, "MariaDB") {
				t.Fatalf("format %+v, %v", f, err)
			}
			r.checksum = f.Checksum
			// A format description ends with its checksum whatever the file's algorithm is.
			if err := binlog.VerifyChecksum(ev); err != nil {
				t.Errorf("%s: format description: %v", path, err)
			}
		}
		if r.checksum {
			if err := binlog.VerifyChecksum(ev); err != nil {
				t.Errorf("%s at %d: %v", path, at, err)
			}
		}
		if h.Type == replication.MARIADB_GTID_LIST_EVENT {
			if r.start, err = binlog.ParseGTIDList(ev, r.checksum); err != nil {
				t.Fatal(err)
			}
			r.end = r.start.Clone()
		}
		step, err := tracker.Feed(h, ev, r.checksum)
		if err != nil {
			t.Fatalf("%s at %d: %v", path, at, err)
		}
		g, _ := tracker.Group()
		end := at + int64(len(ev))
		if h.NextPos != 0 && int64(h.NextPos) != end {
			t.Errorf("%s at %d: next position %d, want %d", path, at, h.NextPos, end)
		}
		switch step {
		case binlog.Begins:
			begin = at
		case binlog.Ends:
			r.groups = append(r.groups, group{GTID: g.GTID.String(), Begin: begin, End: end})
			r.end.Update(g.GTID)
		}
		r.types[h.Type]++
		at = end
	}
	if _, open := tracker.Group(); open {
		t.Errorf("%s ends inside of a group", path)
	}
	return r
}

var gtidInfo = regexp.MustCompile(`GTID (\d+-\d+-\d+)`)

// groupsByServer derives the groups from SHOW BINLOG EVENTS alone: one reaches from a GTID event to the last event
// before the next one, or before an event that belongs to no group.
func groupsByServer(events []binlogtest.Logged) []group {
	var groups []group
	for _, e := range events {
		switch e.Type {
		case "Gtid":
			groups = append(groups, group{GTID: gtidInfo.FindStringSubmatch(e.Info)[1], Begin: e.At, End: e.End})
		case "Format_desc", "Gtid_list", "Binlog_checkpoint", "Rotate", "Stop":
		default:
			groups[len(groups)-1].End = e.End
		}
	}
	return groups
}

func TestGroupsOfRealFiles(t *testing.T) {
	s := binlogtest.Start(t, nil)
	binlogtest.Everything(t, s)
	state, err := s.QueryString(t.Context(), "SELECT @@gtid_binlog_state")
	if err != nil {
		t.Fatal(err)
	}
	pos, err := s.QueryString(t.Context(), "SELECT @@gtid_binlog_pos")
	if err != nil {
		t.Fatal(err)
	}
	end := &binlog.State{}
	seen := map[binlog.Type]int{}
	checksums := map[bool]int{}
	for _, file := range binlogtest.Files(t, s) {
		r := readFile(t, file)
		if !r.start.Equal(end) {
			t.Errorf("%s begins after %s, the file before it ended at %s", file, r.start, end)
		}
		end = r.end
		if diff := cmp.Diff(groupsByServer(binlogtest.Events(t, s, file)), r.groups); diff != "" {
			t.Errorf("%s: groups, server's (-) and ours (+):\n%s", file, diff)
		}
		if diff := cmp.Diff(gtidsByTool(t, file), gtids(r.groups)); diff != "" {
			t.Errorf("%s: GTIDs, mariadb-binlog's (-) and ours (+):\n%s", file, diff)
		}
		for typ, n := range r.types {
			seen[typ] += n
		}
		checksums[r.checksum]++
	}
	if got := sorted(end.String()); got != sorted(state) {
		t.Errorf("state %s, the server says %s", got, sorted(state))
	}
	if got := end.Position().String(); sorted(got) != sorted(pos) {
		t.Errorf("position %s, the server says %s", got, pos)
	}
	for _, typ := range []binlog.Type{
		replication.QUERY_EVENT, replication.XID_EVENT, replication.XA_PREPARE_LOG_EVENT, replication.INTVAR_EVENT,
		replication.RAND_EVENT, replication.USER_VAR_EVENT, replication.TABLE_MAP_EVENT, replication.BEGIN_LOAD_QUERY_EVENT,
		replication.APPEND_BLOCK_EVENT, replication.EXECUTE_LOAD_QUERY_EVENT, replication.MARIADB_ANNOTATE_ROWS_EVENT,
		replication.MARIADB_BINLOG_CHECKPOINT_EVENT, replication.MARIADB_QUERY_COMPRESSED_EVENT,
		replication.WRITE_ROWS_EVENTv1,
		replication.MARIADB_WRITE_ROWS_COMPRESSED_EVENT_V1, replication.MARIADB_UPDATE_ROWS_COMPRESSED_EVENT_V1,
		replication.MARIADB_DELETE_ROWS_COMPRESSED_EVENT_V1, replication.ROTATE_EVENT,
	} {
		if seen[typ] == 0 {
			t.Errorf("the files hold no %s: the test proves less than it should", typ)
		}
	}
	if checksums[true] == 0 || checksums[false] == 0 {
		t.Errorf("files with and without checksums: %v", checksums)
	}
}

// sorted puts the GTIDs of a state into one order: the server prints its hash table's.
func sorted(state string) string {
	parts := strings.Split(state, ",")
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func gtids(groups []group) []string {
	var list []string
	for _, g := range groups {
		list = append(list, g.GTID)
	}
	return list
}

var toolGTID = regexp.MustCompile(`(?m)^#\d+ .*\tGTID (\d+-\d+-\d+)`)

func gtidsByTool(t *testing.T, file string) []string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "mariadb-binlog",
		"--base64-output=decode-rows", "--skip-gtid-strict-mode", file).Output()
	if err != nil {
		t.Fatalf("mariadb-binlog %s: %v", filepath.Base(file), err)
	}
	var list []string
	for _, m := range toolGTID.FindAllSubmatch(out, -1) {
		list = append(list, string(bytes.Clone(m[1])))
	}
	return list
}
