package guard

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	"github.com/go-mysql-org/go-mysql/replication"
	"github.com/wcde-foundation/wcded/replicator/binlog"
)

func TestExplore(t *testing.T) {
	for _, f := range bytes.Fields([]byte(os.Getenv("BINLOGS"))) {
		data, err := os.ReadFile(string(f))
		if err != nil {
			t.Fatal(err)
		}
		g := New(Policy{})
		sum := false
		n, held := 0, 0
		for p := 4; p+19 <= len(data); {
			h, err := binlog.ParseHeader(data[p:])
			if err != nil || p+int(h.Size) > len(data) {
				t.Log(string(f), p, err)
				break
			}
			ev := data[p : p+int(h.Size)]
			if h.Type == replication.FORMAT_DESCRIPTION_EVENT {
				fd, _ := binlog.ParseFormat(ev)
				sum = fd.Checksum
			}
			v := g.Event(h, ev, sum)
			n++
			if v.Hold {
				held++
				fmt.Printf("%s | %s | %s\n", v.Category, v.Reason, v.Statement)
			}
			p += int(binary.LittleEndian.Uint32(data[p+9:]))
		}
		fmt.Println(string(f), n, held)
	}
}
