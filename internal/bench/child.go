package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// Child roles, the arguments that Options.Self understands.
const (
	RoleFollow = "follow" // runs Follow
	RoleOpen   = "open"   // runs Open
)

// child is this program in one of its roles. It is used by one goroutine.
type child struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	to   *json.Encoder
	from *json.Decoder
	log  string
	stop context.CancelFunc
}

// failure is in every answer of a child: what went wrong, "" if nothing.
type failure struct {
	Error string `json:"error,omitempty"`
}

// startChild starts a role with its configuration. It returns at once: the first answer comes when the child is
// ready.
func (e *env) startChild(ctx context.Context, role string, config any) (*child, error) {
	if len(e.self) == 0 {
		return nil, errors.New("start child: no command for it was given")
	}
	ctx, stop := context.WithCancel(ctx)
	c := &child{log: e.path(role + ".log"), stop: stop}
	c.cmd = exec.CommandContext(ctx, e.self[0], append(e.self[1:len(e.self):len(e.self)], role)...)
	// Only its standard input tells a child to end: a Ctrl-C in the terminal is for its parent.
	c.cmd.SysProcAttr = &unix.SysProcAttr{Setpgid: true}
	c.cmd.WaitDelay = 10 * time.Second
	log, err := os.Create(c.log)
	if err != nil {
		stop()
		return nil, fmt.Errorf("start child: %w", err)
	}
	defer log.Close()
	c.cmd.Stderr = log
	in, err1 := c.cmd.StdinPipe()
	out, err2 := c.cmd.StdoutPipe()
	if err := errors.Join(err1, err2); err != nil {
		stop()
		return nil, fmt.Errorf("start child: %w", err)
	}
	c.in, c.to, c.from = in, json.NewEncoder(in), json.NewDecoder(out)
	if err := c.cmd.Start(); err != nil {
		stop()
		return nil, fmt.Errorf("start child: %w", err)
	}
	if err := c.to.Encode(config); err != nil {
		return nil, errors.Join(fmt.Errorf("configure child: %w", err), c.close())
	}
	return c, nil
}

// ask sends a request, none if it is nil, and reads the answer. A child that does not answer within the limit is
// killed.
func (c *child) ask(request, answer any, limit time.Duration) error {
	late := time.AfterFunc(limit, c.stop)
	defer late.Stop()
	if request != nil {
		if err := c.to.Encode(request); err != nil {
			return c.gone("ask child", err)
		}
	}
	var raw json.RawMessage
	if err := c.from.Decode(&raw); err != nil {
		return c.gone("hear from child", err)
	}
	var f failure
	if err := json.Unmarshal(raw, &f); err != nil {
		return fmt.Errorf("hear from child: %w", err)
	}
	if f.Error != "" {
		return fmt.Errorf("child %s: %s", c.cmd.Args[len(c.cmd.Args)-1], f.Error)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(raw, answer)
}

// gone adds what the child said last.
func (c *child) gone(what string, err error) error {
	said, readErr := os.ReadFile(c.log)
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	return fmt.Errorf("%s: %w; it says: %s", what, err, said[max(0, len(said)-2000):])
}

// close ends the child and waits for it.
func (c *child) close() error {
	defer c.stop()
	late := time.AfterFunc(patience, c.stop)
	defer late.Stop()
	if err := errors.Join(c.in.Close(), c.cmd.Wait()); err != nil {
		return c.gone("end child", err)
	}
	return nil
}

// profile returns where the next child of a name writes its profile, "" for nowhere.
func (e *env) profile(name string) string {
	if e.profiles == "" {
		return ""
	}
	return filepath.Join(e.profiles, name+".pprof")
}
