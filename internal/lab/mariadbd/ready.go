package mariadbd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/wcde-foundation/wcded/internal/lab/proc"
)

var errPortTaken = errors.New("its port is taken")

// waitReady returns nil once the server answers. logged is how long the log was before this start.
func (s *Server) waitReady(ctx context.Context, p *proc.Process, logged int64) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	db, err := s.Open("")
	if err != nil {
		return err
	}
	defer db.Close()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		// The pid file's content tells our server from one that somebody else runs on the same socket; the
		// server itself locks its datadir, so a second one on it ends soon and is noticed below.
		if db.PingContext(ctx) == nil {
			return nil
		}
		select {
		case <-p.Done():
			said := readFrom(s.opts.path("error.log"), logged)
			err := fmt.Errorf("it ended at once (%v), its log says:\n%s", p.Err(), tail(said))
			if bytes.Contains(said, []byte("Address already in use")) {
				err = fmt.Errorf("%w: %w", errPortTaken, err)
			}
			return err
		case <-ctx.Done():
			said := readFrom(s.opts.path("error.log"), logged)
			return fmt.Errorf("it did not answer: %w; its log says:\n%s", ctx.Err(), tail(said))
		case <-tick.C:
		}
	}
}

// readFrom reads the end of a log from an offset, at most 64 KiB of it.
func readFrom(path string, offset int64) []byte {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	const most = 64 << 10
	if st, err := f.Stat(); err == nil {
		offset = max(offset, st.Size()-most)
	}
	if _, err := f.Seek(offset, io.SeekStart); err != nil {
		return nil
	}
	b, _ := io.ReadAll(io.LimitReader(f, most)) // what could be read is all that an error message needs
	return b
}
