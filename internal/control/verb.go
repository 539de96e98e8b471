package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
)

// Path is where a verb lies, such as "/v1/databases/{name}/seed". A part in braces stands for any one segment.
type Path string

// With returns the path with its braces filled, in order, by values. It panics when their numbers differ: the
// paths and their values are in the program, not in its input.
func (p Path) With(values ...string) string {
	var out []byte
	rest := []byte(p)
	for _, v := range values {
		from, to := bytes.IndexByte(rest, '{'), bytes.IndexByte(rest, '}')
		if from < 0 || to < from {
			panic("control: more values than places in " + string(p))
		}
		out = append(append(out, rest[:from]...), url.PathEscape(v)...)
		rest = rest[to+1:]
	}
	if bytes.IndexByte(rest, '{') >= 0 {
		panic("control: fewer values than places in " + string(p))
	}
	return string(append(out, rest...))
}

// Call is what a verb knows about its request besides its body.
type Call struct {
	Peer    Peer
	request *http.Request
}

// Value returns what stood in the path in place of {name}.
func (c Call) Value(name string) string { return c.request.PathValue(name) }

// Verb is one thing that a client may ask for. Make one with Read, Change or Long.
type Verb struct {
	path    Path
	method  string
	long    bool
	perform func(ctx context.Context, c Call, body []byte, progress func(any)) (any, error)
}

// Read makes a verb that changes nothing.
func Read[Out any](path Path, do func(ctx context.Context, c Call) (Out, error)) Verb {
	return Verb{path: path, method: http.MethodGet,
		perform: func(ctx context.Context, c Call, _ []byte, _ func(any)) (any, error) { return do(ctx, c) }}
}

// Change makes a verb that changes something: it is logged with its peer.
func Change[In, Out any](path Path, do func(ctx context.Context, c Call, in In) (Out, error)) Verb {
	return Verb{path: path, method: http.MethodPost,
		perform: func(ctx context.Context, c Call, body []byte, _ func(any)) (any, error) {
			in, err := decode[In](body)
			if err != nil {
				return nil, err
			}
			return do(ctx, c, in)
		}}
}

// Long makes a verb that changes something and may take hours. What it gives to progress reaches the client as soon
// as that reads it; a newer value replaces one that was not sent yet, so progress never blocks.
func Long[In, Progress, Out any](path Path,
	do func(ctx context.Context, c Call, in In, progress func(Progress)) (Out, error)) Verb {
	return Verb{path: path, method: http.MethodPost, long: true,
		perform: func(ctx context.Context, c Call, body []byte, progress func(any)) (any, error) {
			in, err := decode[In](body)
			if err != nil {
				return nil, err
			}
			return do(ctx, c, in, func(p Progress) { progress(p) })
		}}
}

// decode reads one JSON object that has no members that In doesn't know.
func decode[In any](body []byte) (In, error) {
	var in In
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&in); err != nil {
		if errors.Is(err, io.EOF) {
			return in, Errorf(Usage, "", "read request: there is no body")
		}
		return in, Errorf(Usage, "are wcdectl and wcded of the same version?", "read request: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return in, Errorf(Usage, "", "read request: there is something after the JSON value")
	}
	return in, nil
}
