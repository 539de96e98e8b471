package control

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Bounds of what a client accepts from the daemon.
const (
	maxAnswer = 64 << 20 // bytes of an answer
	maxLine   = 4 << 20  // bytes of one line of a long verb's answer
	dialsFor  = 5 * time.Second
)

// UnreachableError says that nothing answers on the socket.
type UnreachableError struct {
	Socket string
	Cause  error
}

// Error names the socket and the cause.
func (e *UnreachableError) Error() string {
	return fmt.Sprintf("connect to wcded on %s: %v", e.Socket, e.Cause)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// Hint says what is probably the matter.
func (e *UnreachableError) Hint() string {
	switch {
	case errors.Is(e.Cause, fs.ErrPermission):
		return "you need to be root or in the socket's group: ls -l " + e.Socket
	default:
		return "is wcded running? systemctl status wcded"
	}
}

// Client asks a Server. It may be used by several goroutines.
type Client struct {
	http *http.Client
}

// NewClient returns a client of the socket at path. It does not connect yet.
func NewClient(path string) *Client {
	dialer := net.Dialer{Timeout: dialsFor}
	return &Client{http: &http.Client{Transport: &http.Transport{
		DisableCompression: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, err := dialer.DialContext(ctx, "unix", path)
			if err != nil {
				cause := err
				var errno syscall.Errno
				if errors.As(err, &errno) {
					cause = errno // "connect: no such file or directory" says the path twice
				}
				return nil, &UnreachableError{Socket: path, Cause: cause}
			}
			return c, nil
		},
	}}}
}

// Close closes idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Get performs a verb that only reads.
func Get[Out any](ctx context.Context, c *Client, path string) (out Out, err error) {
	body, err := c.do(ctx, http.MethodGet, path, nil)
	if err != nil {
		return out, err
	}
	return decodeAnswer[Out](body)
}

// Post performs a verb that changes something.
func Post[Out any](ctx context.Context, c *Client, path string, in any) (out Out, err error) {
	body, err := c.do(ctx, http.MethodPost, path, in)
	if err != nil {
		return out, err
	}
	return decodeAnswer[Out](body)
}

// Follow performs a long verb and calls progress, from this goroutine, for what it says meanwhile. When ctx ends the
// verb is cancelled.
func Follow[Out, Progress any](ctx context.Context, c *Client, path string, in any,
	progress func(Progress)) (out Out, err error) {
	body, err := c.do(ctx, http.MethodPost, path, in)
	if err != nil {
		return out, err
	}
	defer body.Close()
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var line struct {
			Progress json.RawMessage `json:"progress"`
			Result   json.RawMessage `json:"result"`
			Error
		}
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			return out, fmt.Errorf("read answer: %w", err)
		}
		switch {
		case line.Code != "":
			return out, &line.Error
		case line.Result != nil:
			if err := json.Unmarshal(line.Result, &out); err != nil {
				return out, fmt.Errorf("read answer: %w", err)
			}
			return out, nil
		case line.Progress != nil:
			var p Progress
			if err := json.Unmarshal(line.Progress, &p); err != nil {
				return out, fmt.Errorf("read answer: %w", err)
			}
			progress(p)
		}
	}
	cause := lines.Err()
	if cause == nil {
		cause = io.ErrUnexpectedEOF
	}
	if ctx.Err() != nil {
		return out, ctx.Err()
	}
	return out, Errorf(Failed, "whether it was done is not known: systemctl status wcded; journalctl -u wcded",
		"wcded went away before it answered: %v", cause)
}

// do sends a request and returns the body of a good answer, which the caller closes.
func (c *Client) do(ctx context.Context, method, path string, in any) (io.ReadCloser, error) {
	var body io.Reader
	if method == http.MethodPost {
		data, err := json.Marshal(in)
		if err != nil {
			return nil, fmt.Errorf("write request: %w", err)
		}
		body = bytes.NewReader(data)
	}
	req, err := http.NewRequestWithContext(ctx, method, "http://wcded"+path, body)
	if err != nil {
		return nil, fmt.Errorf("write request: %w", err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		var unreachable *UnreachableError
		if errors.As(err, &unreachable) {
			return nil, unreachable
		}
		return nil, fmt.Errorf("ask wcded: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return resp.Body, nil
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxLine))
	told := &Error{}
	if err == nil && json.Unmarshal(data, told) == nil && told.Code != "" {
		return nil, told
	}
	return nil, fmt.Errorf("ask wcded: it answered %s: %.200q", resp.Status, data)
}

func decodeAnswer[Out any](body io.ReadCloser) (out Out, err error) {
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if err != nil {
		return out, fmt.Errorf("read answer: %w", err)
	}
	if len(data) > maxAnswer {
		return out, fmt.Errorf("read answer: more than %d bytes", maxAnswer)
	}
	if err := json.Unmarshal(data, &out); err != nil {
		return out, fmt.Errorf("read answer: %w", err)
	}
	return out, nil
}
