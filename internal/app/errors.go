package app

import (
	"errors"

	"github.com/wcde-foundation/wcded/internal/control"
	"github.com/wcde-foundation/wcded/replicator"
	"github.com/wcde-foundation/wcded/replicator/mariadb"
	"github.com/wcde-foundation/wcded/replicator/upstream"
)

// advice says, for an error that an operator can do something about, what, and how it is sorted.
type advice struct {
	is   error
	code control.Code
	hint string
}

func advices() []advice {
	return []advice{
		{replicator.ErrNotRunning, control.Failed, "wcdectl status shows why; see the log: journalctl -u wcded"},
		{replicator.ErrNotHeld, control.Refused, "wcdectl database held NAME lists what is held"},
		{upstream.ErrNothingToDecide, control.Refused,
			"there is something to adopt only in the states gap, diverged and wrong_server"},
		{mariadb.ErrNotEmpty, control.Refused, "--replace --confirm NAME destroys what is there and seeds it anew"},
		{mariadb.ErrIncomparable, control.Refused, "change the settings that are named, then seed again"},
		{mariadb.ErrSeedRunning, control.Refused, "wait for it, or interrupt the wcdectl that runs it"},
		{mariadb.ErrRefused, control.Refused, "an operator of the supplier has to explain that object"},
		{mariadb.ErrUnsafeStop, control.Refused, "wait until the replica has applied what it received"},
		{replicator.ErrRefused, control.Refused, ""},
		{mariadb.ErrBlockedSupplier, control.Failed, "seed at a quieter time; the server is marked as not seeded"},
		{mariadb.ErrNotArchived, control.Failed, "seed when the archive follows the supplier: wcdectl status"},
		{mariadb.ErrAccessDenied, control.Failed, "check the user, the password file and the grants that are named"},
		{mariadb.ErrUnreachable, control.Failed, "check that the server runs and the address or socket is right"},
	}
}

// told gives an error of a database the code and the hint with which an operator sees it; nil stays nil.
func told(err error) error {
	if err == nil {
		return nil
	}
	for _, a := range advices() {
		if errors.Is(err, a.is) {
			return control.Errorf(a.code, a.hint, "%v", err)
		}
	}
	return err
}
