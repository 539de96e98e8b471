package relay

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// ErrNoLink is returned for a link that the relay does not have.
var ErrNoLink = errors.New("no such link")

// maxBody is more than any request or answer needs.
const maxBody = 64 << 10

// Serve answers on the control socket until ctx is done.
func Serve(ctx context.Context, ln net.Listener, links map[string]*Link) error {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		all := map[string]Faults{}
		for name, l := range links {
			all[name] = l.Faults()
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(all) // the caller went away
	})
	mux.HandleFunc("PUT /{name}", func(w http.ResponseWriter, r *http.Request) {
		l, ok := links[r.PathValue("name")]
		if !ok {
			http.Error(w, ErrNoLink.Error(), http.StatusNotFound)
			return
		}
		var f Faults
		d := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody))
		d.DisallowUnknownFields()
		if err := d.Decode(&f); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := l.Set(f); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve relay's control socket: %w", err)
	}
	return nil
}

// Client tells a relay what to break.
type Client struct{ http *http.Client }

// Dial returns a client for the relay behind a control socket. Close it.
func Dial(socket string) *Client {
	return &Client{&http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}}}
}

// Close gives up idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Faults returns the faults of every link by name.
func (c *Client) Faults(ctx context.Context) (map[string]Faults, error) {
	body, err := c.do(ctx, http.MethodGet, "", nil)
	if err != nil {
		return nil, fmt.Errorf("ask relay for its faults: %w", err)
	}
	var all map[string]Faults
	if err := json.Unmarshal(body, &all); err != nil {
		return nil, fmt.Errorf("ask relay for its faults: %w", err)
	}
	return all, nil
}

// Set replaces the faults of one link.
func (c *Client) Set(ctx context.Context, link string, f Faults) error {
	b, err := json.Marshal(f)
	if err != nil {
		return err
	}
	if _, err := c.do(ctx, http.MethodPut, link, b); err != nil {
		return fmt.Errorf("set faults of link %s: %w", link, err)
	}
	return nil
}

func (c *Client) do(ctx context.Context, method, path string, body []byte) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, "http://relay/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	if err != nil {
		return nil, err
	}
	switch {
	case resp.StatusCode == http.StatusNotFound:
		return nil, ErrNoLink
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s: %s", resp.Status, bytes.TrimSpace(answer))
	}
	return answer, nil
}
