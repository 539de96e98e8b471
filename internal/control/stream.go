package control

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// progressLine and resultLine are lines of a long verb's answer; its last line may be an Error instead.
type progressLine struct {
	Progress any `json:"progress"`
}

type resultLine struct {
	Result any `json:"result"`
}

// stream performs a long verb and writes its progress, result or error as lines.
func stream(ctx context.Context, w http.ResponseWriter, rc *http.ResponseController,
	perform func(context.Context, func(any)) (any, error)) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	w.WriteHeader(http.StatusOK)
	if rc.Flush() != nil {
		return
	}
	newest := make(chan any, 1)
	finished := make(chan struct{})
	written := make(chan struct{})
	go func() {
		defer close(written)
		writeProgress(w, rc, newest, finished)
	}()
	out, err := perform(ctx, func(p any) {
		for {
			select {
			case newest <- p:
				return
			default:
			}
			select {
			case <-newest: // replaced by the newer one
			default:
			}
		}
	})
	close(finished)
	// Also frees writeProgress from a client that does not read.
	_ = rc.SetWriteDeadline(time.Now().Add(lastLineWithin))
	<-written
	last := any(resultLine{out})
	if err != nil {
		last = AsError(err)
	}
	_ = writeLine(w, rc, last) // a client that is gone has nothing to be told
}

// writeProgress writes the newest progress, not too often, until finished is closed or the client is gone.
func writeProgress(w http.ResponseWriter, rc *http.ResponseController, newest <-chan any, finished <-chan struct{}) {
	pause := time.NewTimer(0)
	defer pause.Stop()
	for {
		select {
		case <-pause.C:
		case <-finished:
			return
		}
		select {
		case p := <-newest:
			if writeLine(w, rc, progressLine{p}) != nil {
				return
			}
		case <-finished:
			return
		}
		pause.Reset(progressSpacing)
	}
}

func writeLine(w http.ResponseWriter, rc *http.ResponseController, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		data, _ = json.Marshal(Errorf(Failed, "", "write answer: %v", err))
	}
	if _, err := w.Write(append(data, '\n')); err != nil {
		return err
	}
	return rc.Flush()
}
