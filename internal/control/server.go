package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/wcde-foundation/wcded/internal/supervise"
)

// Bounds of what a client can do to us.
const (
	maxBody         = 1 << 20          // bytes of a request's body
	maxHeader       = 16 << 10         // bytes of a request's head
	requestWithin   = 10 * time.Second // for a whole request to arrive
	answerWithin    = time.Minute      // for a short verb to be performed and its answer to be read
	lastLineWithin  = 10 * time.Second // for the last line of a long verb to be read
	idleFor         = 2 * time.Minute  // a connection without a request is closed after
	stopWithin      = 5 * time.Second  // for verbs to end after Serve's context did
	loggedRequest   = 512              // bytes of a change's body that the log shows
	progressSpacing = 100 * time.Millisecond
)

// errStopping is why the context of a verb that is under way ends when the server stops.
var errStopping = Errorf(Failed, "ask again when wcded is up", "wcded is stopping")

// Server answers verbs.
type Server struct {
	log *slog.Logger
	mux *http.ServeMux
}

// NewServer makes a server that answers verbs. Two verbs of the same method and path are an error.
func NewServer(log *slog.Logger, verbs []Verb) (s *Server, err error) {
	defer func() { // ServeMux panics on a pattern that conflicts
		if v := recover(); v != nil {
			s, err = nil, fmt.Errorf("register verb: %v", v)
		}
	}()
	s = &Server{log: log, mux: http.NewServeMux()}
	for _, v := range verbs {
		s.mux.HandleFunc(v.method+" "+string(v.path), func(w http.ResponseWriter, r *http.Request) { s.serve(v, w, r) })
	}
	s.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, Errorf(Usage, "are wcdectl and wcded of the same version?",
			"wcded does not know %s %s", r.Method, r.URL.Path))
	})
	return s, nil
}

// Serve answers on l until ctx ends; then verbs that are under way are told so through their contexts, and Serve
// returns nil once they are done. Any other return is an error: the socket is gone. It closes l.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	base, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	server := &http.Server{
		Handler:        s.mux,
		ReadTimeout:    requestWithin,
		IdleTimeout:    idleFor,
		MaxHeaderBytes: maxHeader,
		ErrorLog:       slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
		BaseContext:    func(net.Listener) context.Context { return base },
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			peer, err := peerOf(c)
			if err != nil {
				s.log.Warn("control connection without credentials", "err", err)
				return ctx // serve refuses it
			}
			return withPeer(ctx, peer)
		},
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("serve control socket: %w", err)
	case <-ctx.Done():
	}
	cancel(errStopping)
	bound, done := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer done()
	if err := server.Shutdown(bound); err != nil {
		s.log.Warn("control clients cut off", "err", err) // one that has sent half a request, say
		return server.Close()
	}
	return nil
}

func (s *Server) serve(v Verb, w http.ResponseWriter, r *http.Request) {
	peer, ok := PeerFrom(r.Context())
	if !ok {
		writeError(w, http.StatusForbidden, Errorf(Refused, "", "the kernel did not say who you are"))
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		writeError(w, http.StatusBadRequest, Errorf(Usage, "", "read request: %v", err))
		return
	}
	rc := http.NewResponseController(w)
	// The read deadline was for the request. Left in place it would end the context of a long verb.
	if err := rc.SetReadDeadline(time.Time{}); err != nil {
		writeError(w, http.StatusInternalServerError, AsError(err))
		return
	}
	log := s.log.With("verb", r.URL.Path, "uid", peer.UID, "gid", peer.GID, "pid", peer.PID)
	perform := func(ctx context.Context, progress func(any)) (out any, err error) {
		if v.method != http.MethodGet {
			log.Info("change asked for", "request", string(body[:min(len(body), loggedRequest)]))
		}
		err = supervise.Protect(func() error {
			out, err = v.perform(ctx, Call{Peer: peer, request: r}, body, progress)
			return err
		})
		if err != nil && errors.Is(context.Cause(ctx), errStopping) {
			err = fmt.Errorf("%w: %w", errStopping, err)
		}
		s.logOutcome(log, v, err)
		return out, err
	}
	if v.long {
		stream(r.Context(), w, rc, perform)
		return
	}
	if err := rc.SetWriteDeadline(time.Now().Add(answerWithin)); err != nil {
		log.Warn("bound answer", "err", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), answerWithin*9/10) // so that there is time to say so
	defer cancel()
	out, err := perform(ctx, nil)
	if err != nil {
		told := AsError(err)
		writeError(w, told.Code.httpStatus(), told)
		return
	}
	writeJSON(w, http.StatusOK, out)
}

func (s *Server) logOutcome(log *slog.Logger, v Verb, err error) {
	var panicked *supervise.PanicError
	switch {
	case errors.As(err, &panicked):
		log.Error("verb panicked", "err", err, "stack", string(panicked.Stack))
	case v.method == http.MethodGet:
		// Readers are many and harmless; their errors are theirs.
	case err != nil:
		log.Warn("change not made", "err", err)
	default:
		log.Info("change made")
	}
}

func writeError(w http.ResponseWriter, status int, e *Error) { writeJSON(w, status, e) }

func writeJSON(w http.ResponseWriter, status int, v any) {
	data, err := json.Marshal(v)
	if err != nil { // a NaN, say: a bug of ours, told like any other failure
		status = http.StatusInternalServerError
		data, _ = json.Marshal(Errorf(Failed, "", "write answer: %v", err))
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n')) // a client that is gone has nothing to be told
}
