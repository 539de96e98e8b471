package lab

import (
	"context"
	"strconv"

	"github.com/wcde-foundation/wcded/internal/lab/relay"
)

// PartStatus is how a part is.
type PartStatus struct {
	Part    string `json:"part"`
	PID     int    `json:"pid"`     // 0: it does not run
	Address string `json:"address"` // host:port, a URL or a socket
	Link    string `json:"link"`    // what is wrong with its link; "": nothing, or it has none
}

// Status says how every part is.
func (l *Lab) Status(ctx context.Context) []PartStatus {
	p := l.state.Ports
	address := map[string]string{SupplierMariaDB: loopback(p.SupplierDB), SupplierSSHD: loopback(p.SupplierSSH),
		SupplierPortal: "http://" + loopback(p.Portal) + "/", Links: l.relaySocket(),
		FoundationMariaDB: loopback(p.FoundationDB), Wcded: l.controlSocket()}
	c := relay.Dial(l.relaySocket())
	defer c.Close()
	faults, err := c.Faults(ctx)
	if err != nil {
		faults = map[string]relay.Faults{}
		for _, name := range []string{SupplierMariaDB, SupplierSSHD} {
			faults[name] = relay.Faults{Mode: "down"} // the relays are not running
		}
	}
	var all []PartStatus
	for _, name := range Parts() {
		s := PartStatus{Part: name, Address: address[name], Link: describe(faults[name])}
		if pid, err := l.PID(name); err == nil {
			s.PID = pid
		}
		all = append(all, s)
	}
	return all
}

// describe says in a few words what is wrong with a link.
func describe(f relay.Faults) string {
	text := ""
	if f.Mode != relay.Open {
		text = f.Mode
	}
	add := func(s string) {
		if text != "" {
			text += ", "
		}
		text += s
	}
	if f.Rate > 0 {
		add(strconv.FormatInt(f.Rate, 10) + " bytes/s")
	}
	if f.Corrupt > 0 {
		add("a bit flipped every " + strconv.FormatInt(f.Corrupt, 10) + " bytes")
	}
	return text
}
