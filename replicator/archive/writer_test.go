package archive

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"

	"github.com/wcde-foundation/wcded/replicator/binlog"
)

// TestRefused covers what a hostile or broken supplier may send: an error of the right kind, no panic, and the archive
// stays as it was.
func TestRefused(t *testing.T) {
	sent := ""
	made := func(change func(m *maker)) func(*Writer) error {
		return func(w *Writer) error {
			m := makeFile(t, 1, "0-1-2").group(3)
			sent = "group 3"
			n := len(m.events)
			change(m)
			if len(m.events) == n && !bytes.Equal(m.bytes(), makeFile(t, 1, "0-1-2").group(3).bytes()) {
				sent = "" // group 3 itself was changed
			}
			if err := w.Begin("x.000002", Continue, ""); err != nil {
				return err
			}
			return errors.Join(send(w, m.events, 0), w.Seal(""))
		}
	}
	raw := func(change func(ev []byte) []byte) func(*Writer) error {
		return made(func(m *maker) { m.events[len(m.events)-1] = change(m.events[len(m.events)-1]) })
	}
	begin := func(name string, kind StreamKind) func(*Writer) error {
		return func(w *Writer) error { return w.Begin(name, kind, "") }
	}
	head := func(kind StreamKind, start string) func(*Writer) error {
		return func(w *Writer) error {
			return errors.Join(w.Begin("x.000002", kind, ""), send(w, makeFile(t, 1, start).events, 0))
		}
	}
	for name, c := range map[string]struct {
		do   func(*Writer) error
		want error
	}{
		"a group again":            {made(func(m *maker) { m.group(3) }), ErrContradiction},
		"an older group":           {made(func(m *maker) { m.group(1) }), ErrContradiction},
		"other state before":       {head(Continue, "0-1-3"), ErrContradiction},
		"less state before":        {head(Continue, ""), ErrContradiction},
		"another domain before":    {head(Continue, "0-1-2,1-1-1"), ErrContradiction},
		"switch that leaves a gap": {head(Switch, "0-1-3"), ErrContradiction},
		"switch with a new domain": {head(Switch, "0-1-2,1-1-1"), ErrContradiction},
		"same name":                {begin("x.000001", Continue), ErrContradiction},
		"older name":               {begin("x.000000", Continue), ErrContradiction},
		"another base name":        {begin("y.000002", Continue), ErrContradiction},
		"group in a group":         {made(func(m *maker) { m.begin(0, 4).begin(0, 5) }), binlog.ErrCorrupt},
		"end within a group":       {made(func(m *maker) { m.begin(0, 4).rotate("x.000003") }), binlog.ErrCorrupt},
		"sealed without an end":    {made(func(*maker) {}), binlog.ErrCorrupt},
		"more behind the end":      {made(func(m *maker) { m.rotate("x.000003").group(4) }), binlog.ErrCorrupt},
		"a second head":            {made(func(m *maker) { m.format() }), binlog.ErrCorrupt},
		"a second GTID list":       {made(func(m *maker) { m.list(t, "") }), binlog.ErrCorrupt},
		"encryption begins late": {made(func(m *maker) {
			m.add(replication.MARIADB_START_ENCRYPTION_EVENT, 0, make([]byte, 17))
		}), binlog.ErrCorrupt},
		"an artificial event": {made(func(m *maker) {
			m.add(replication.ROTATE_EVENT, binlog.FlagArtificial, make([]byte, 20))
		}), binlog.ErrCorrupt},
		"an artificial GTID list": {func(w *Writer) error {
			ev := makeFile(t, 1, "0-1-2").events
			ev[1][binlog.FlagsOffset] |= byte(binlog.FlagArtificial)
			binlog.SetChecksum(ev[1])
			return errors.Join(w.Begin("x.000002", Continue, ""), send(w, ev, 0))
		}, binlog.ErrCorrupt},
		"a heartbeat":     {made(func(m *maker) { m.add(replication.HEARTBEAT_EVENT, 0, nil) }), binlog.ErrCorrupt},
		"no group around": {made(func(m *maker) { m.rows(50) }), binlog.ErrCorrupt},
		"wrong checksum":  {raw(func(ev []byte) []byte { ev[20] ^= 1; return ev }), binlog.ErrCorrupt},
		"wrong size":      {raw(func(ev []byte) []byte { return append(ev, 0) }), binlog.ErrCorrupt},
		"no header":       {raw(func(ev []byte) []byte { return ev[:18] }), binlog.ErrCorrupt},
		"empty":           {raw(func([]byte) []byte { return nil }), binlog.ErrCorrupt},
		"wrong next position": {raw(func(ev []byte) []byte {
			ev[13]++
			binlog.SetChecksum(ev)
			return ev
		}), binlog.ErrCorrupt},
		"larger than the limit": {made(func(m *maker) { m.begin(0, 4).rows(100_001) }), ErrEventTooLarge},
		"path in the name":      {begin("../x.000002", Continue), binlog.ErrCorrupt},
		"name of ours":          {begin("x.000002.seal", Continue), binlog.ErrCorrupt},
		"name without a number": {begin("x", Fork), binlog.ErrCorrupt},
		"hidden name":           {begin(".x.000002", Fork), binlog.ErrCorrupt},
		"long name":             {begin(string(bytes.Repeat([]byte("x"), 300))+".000002", Fork), binlog.ErrCorrupt},
		"no format description": {func(w *Writer) error {
			return errors.Join(w.Begin("x.000002", Continue, ""), send(w, makeFile(t, 1, "0-1-2").events[1:], 0))
		}, binlog.ErrCorrupt},
		"no GTID list": {func(w *Writer) error {
			events := makeFile(t, 1, "0-1-2").group(3).events
			return errors.Join(w.Begin("x.000002", Continue, ""), send(w, append(events[:1], events[2:]...), 0))
		}, binlog.ErrCorrupt},
		"too many domains":         {made(manyDomains), binlog.ErrCorrupt},
		"a head that does not end": {endlessHead, binlog.ErrCorrupt},
		"event before a file":      {func(w *Writer) error { return send(w, makeFile(t, 1, "").events, 0) }, nil},
		"file in the head of a file": {func(w *Writer) error {
			return errors.Join(w.Begin("x.000002", Continue, ""), w.Begin("x.000003", Continue, ""))
		}, nil},
		"seal of nothing": {func(w *Writer) error { return w.Seal("") }, nil},
		"file in an open file": {func(w *Writer) error {
			return errors.Join(head(Continue, "0-1-2")(w), w.Begin("x.000003", Continue, ""))
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir := memDir(t)
			sent = ""
			a := open(t, Options{Dir: dir, MaxEvent: 100_000})
			w := writer(t, a)
			put(t, w, "x.000001", Continue, makeFile(t, 1, "").group(1).group(2).rotate("x.000002"))
			mustSeal(t, w, "")
			err := c.do(w)
			if err == nil || c.want != nil && !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if _, again := w.Append(makeFile(t, 1, "").events[0]); again == nil {
				t.Error("the writer goes on after an error")
			}
			if err := w.Close(); err == nil {
				t.Error("Close does not tell the error")
			}
			published := a.Published()
			closed(t, a)
			a = open(t, Options{Dir: dir, Logger: testLog(t)})
			if !a.Published().Equal(published) || !published.Reached(pos(t, "0-1-2")) || a.Segments()[0].Status != StatusSealed {
				t.Errorf("published %s, before %s, %+v", a.Published(), published, a.Segments())
			}
			if sent == "group 3" && !published.Reached(pos(t, "0-1-3")) {
				t.Errorf("published %s: the group before the refused event is lost", published)
			}
			if tail, _ := a.Tail(); tail.Name == "x.000002" && tail.State.Len() < 3 && !tail.Complete {
				w := writer(t, a)
				events := makeFile(t, 1, "0-1-2").group(3).rotate("x.000003")
				if err := send(w, events.events, tail.Offset); err != nil {
					t.Fatal(err)
				}
				mustSeal(t, w, "")
			}
		})
	}
}

// manyDomains adds a group in each of more domains than are accepted.
func manyDomains(m *maker) {
	for domain := range uint32(binlog.MaxGTIDs + 1) {
		m.begin(domain+1, 1).commit()
	}
}

// endlessHead sends START_ENCRYPTION events where the GTID list should come.
func endlessHead(w *Writer) error {
	m := &maker{size: binlog.MagicSize, server: 1, checksum: true}
	m.format()
	if err := w.Begin("x.000002", Continue, ""); err != nil {
		return err
	}
	for range 100 {
		m.add(replication.MARIADB_START_ENCRYPTION_EVENT, 0, make([]byte, 90_000))
		if err := send(w, m.take(), 0); err != nil {
			return err
		}
	}
	return nil
}

func TestCloseCutsTheOpenGroup(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	w := writer(t, a)
	m := makeFile(t, 1, "").group(1)
	whole := m.bytes()
	put(t, w, "x.000001", Continue, m.begin(0, 2).rows(5000))
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if s := a.Segments()[0]; s.Size != int64(len(whole)) || s.Status != StatusOpen {
		t.Errorf("readers see %+v, whole are %d bytes", s, len(whole))
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(a.Segments()[0].Path); err != nil || !bytes.Equal(got, whole) {
		t.Errorf("%d bytes are left, want %d: %v", len(got), len(whole), err)
	}
	for name, err := range map[string]error{
		"Append": func() error { _, err := w.Append(m.events[0]); return err }(), "Flush": w.Flush(), "Seal": w.Seal(""),
		"Begin": w.Begin("x.000002", Continue, ""),
	} {
		if !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	if err := w.Close(); err != nil {
		t.Errorf("closed twice: %v", err)
	}
	w = writer(t, a)
	events := makeFile(t, 1, "").group(1).begin(0, 2).rows(5000).commit().rotate("x.000002")
	if err := send(w, events.events, int64(len(whole))); err != nil {
		t.Fatal(err)
	}
	mustSeal(t, w, "")
	if err := a.Verify(t.Context(), a.Segments()[0]); err != nil || a.Published().String() != "0-1-2" {
		t.Errorf("published %s, %v", a.Published(), err)
	}
}

func TestTornSeal(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	w := writer(t, a)
	m := makeFile(t, 1, "").group(1)
	whole := m.bytes()
	put(t, w, "x.000001", Continue, m.begin(0, 2).rows(500_000))
	mustSeal(t, w, "the supplier was killed")
	put(t, w, "x.000002", Continue, makeFile(t, 1, "0-1-1").group(2).rotate("x.000003"))
	mustSeal(t, w, "")
	for range 2 {
		s := a.Segments()[0]
		if s.Status != StatusTorn || s.Reason != "the supplier was killed" || s.Size != int64(len(whole)) {
			t.Errorf("got %+v", s)
		}
		if got, err := os.ReadFile(s.Path); err != nil || !bytes.Equal(got, whole) {
			t.Errorf("%d bytes, want %d: %v", len(got), len(whole), err)
		}
		if err := a.Verify(t.Context(), s); err != nil {
			t.Error(err)
		}
		if read, err := readAll(a, nil); err != nil || len(read) != 2 {
			t.Error(err)
		}
		closed(t, a)
		a = open(t, Options{Dir: dir})
	}
}

// TestOneWriter has a second writer refused, and one of an archive that was closed.
func TestOneWriter(t *testing.T) {
	a := open(t, Options{Dir: t.TempDir()})
	w := writer(t, a)
	if _, err := a.Writer(nil); err == nil {
		t.Error("two writers at a time")
	}
	put(t, w, "x.000001", Continue, makeFile(t, 1, "").group(1))
	closed(t, a)
	if _, err := a.Writer(nil); !errors.Is(err, ErrClosed) {
		t.Errorf("writer of a closed archive: %v", err)
	}
	if err := w.Flush(); !errors.Is(err, ErrClosed) {
		t.Errorf("flush after the archive was closed: %v", err)
	}
}

// TestMarksRise checks that what is confirmed is on disk: a second look at the directory finds it.
func TestMarksRise(t *testing.T) {
	dir := t.TempDir()
	a := open(t, Options{Dir: dir})
	marks := make(chan uint64, 1000)
	w, err := a.Writer(func(mark uint64) { marks <- mark })
	if err != nil {
		t.Fatal(err)
	}
	m := makeFile(t, 1, "")
	if err := w.Begin("x.000001", Continue, ""); err != nil {
		t.Fatal(err)
	}
	var confirmed uint64
	for seq := range uint64(100) {
		m.group(seq + 1)
		var last uint64
		for _, ev := range m.take() {
			if last, err = w.Append(ev); err != nil {
				t.Fatal(err)
			}
		}
		for confirmed < last {
			next := <-marks
			if next <= confirmed || next > last {
				t.Fatalf("mark %d after %d, appended were %d", next, confirmed, last)
			}
			confirmed = next
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if got := a.Published().String(); got != "0-1-100" {
		t.Errorf("published %s", got)
	}
}

// TestPositionWraps covers files over 4 GiB, whose positions in events wrap, and servers that leave them at 0.
func TestPositionWraps(t *testing.T) {
	p := progress{state: &binlog.State{}, listed: true, offset: 1<<32 - 20, checksum: true}
	feed := func(next uint32, typ binlog.Type, body []byte) error {
		ev := make([]byte, binlog.HeaderSize)
		ev[4] = byte(typ)
		ev = append(append(ev, body...), 0, 0, 0, 0)
		binary.LittleEndian.PutUint32(ev[9:], uint32(len(ev)))
		binary.LittleEndian.PutUint32(ev[13:], next)
		binlog.SetChecksum(ev)
		h, err := binlog.ParseHeader(ev)
		if err != nil {
			t.Fatal(err)
		}
		_, err = p.feed(h, ev)
		return err
	}
	if err := feed(19+19+4-20, replication.MARIADB_GTID_EVENT, make([]byte, 19)); err != nil {
		t.Error(err)
	}
	if err := feed(0, replication.WRITE_ROWS_EVENTv1, make([]byte, 10)); err != nil {
		t.Error(err)
	}
	if err := feed(1, replication.WRITE_ROWS_EVENTv1, make([]byte, 10)); !errors.Is(err, binlog.ErrCorrupt) {
		t.Errorf("wrong position: %v", err)
	}
}
