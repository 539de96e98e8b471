package app

import (
	"fmt"
	"log/slog"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/wcde-foundation/wcded/internal/supervise"
)

// notifier tells the service manager how the daemon is, in the words of sd_notify(3).
type notifier struct {
	send   func(state string) error // nil: there is no service manager
	log    *slog.Logger
	status string // last one sent
}

func (n *notifier) tell(lines ...string) {
	if n.send == nil {
		return
	}
	if err := n.send(strings.Join(lines, "\n")); err != nil {
		n.log.Warn("service manager not told", "err", err, "state", lines[0])
	}
}

func (n *notifier) ready()    { n.tell("READY=1") }
func (n *notifier) stopping() { n.tell("STOPPING=1", "STATUS=stopping") }

// reloading begins a reload, which ready ends. The moment is what newer service managers ask for.
func (n *notifier) reloading() {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &now); err != nil {
		n.tell("RELOADING=1")
		return
	}
	n.tell("RELOADING=1", fmt.Sprintf("MONOTONIC_USEC=%d", now.Nano()/int64(time.Microsecond)))
}

// say shows a line in `systemctl status`; the same line is not sent twice in a row.
func (n *notifier) say(status string) {
	if status = strings.ReplaceAll(status, "\n", " "); status != n.status {
		n.status = status
		n.tell("STATUS=" + status)
	}
}

// watchdog feeds the service manager's watchdog unless a loop is silent; then it says which, and starves it.
func (n *notifier) watchdog(late []supervise.Late) {
	if len(late) == 0 {
		n.tell("WATCHDOG=1")
		return
	}
	for _, l := range late {
		n.log.Error("loop is silent", "component", l.Component, "loop", l.Loop, "last", l.Last, "bound", l.Bound)
	}
	first := late[0]
	n.say(fmt.Sprintf("loop %s of %s is silent since %s", first.Loop, first.Component, first.Last.Format(time.TimeOnly)))
}
