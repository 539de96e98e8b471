package portal

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

//go:embed page.html
var page string

const (
	maxUpload = 8 << 20 // bytes of one attachment
	maxForm   = 64 << 10
	maxName   = 200 // characters, as the tables have it
)

type server struct {
	store *Store
	files *Files
	page  *template.Template
	log   *slog.Logger
}

// Run serves the portal until ctx is done.
func Run(ctx context.Context, c Config, log *slog.Logger) error {
	store, err := OpenStore(c.Database)
	if err != nil {
		return err
	}
	defer store.Close()
	files, err := OpenFiles(c.Files)
	if err != nil {
		return err
	}
	defer files.Close()
	handler, err := Handler(store, files, log)
	if err != nil {
		return err
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return fmt.Errorf("listen for the portal: %w", err)
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
		WriteTimeout: time.Minute, IdleTimeout: time.Minute}
	stop := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve the portal: %w", err)
	}
	return nil
}

// Handler answers the portal's requests. GET /healthz says whether the database answers.
func Handler(store *Store, files *Files, log *slog.Logger) (http.Handler, error) {
	t, err := template.New("page").Funcs(template.FuncMap{"date": date}).Parse(page)
	if err != nil {
		return nil, fmt.Errorf("parse portal's page: %w", err)
	}
	s := &server{store, files, t, log}
	mux := http.NewServeMux()
	handle := func(pattern string, h func(http.ResponseWriter, *http.Request) error) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.answer(w, r, h(w, r)) })
	}
	handle("GET /{$}", s.list)
	handle("GET /healthz", s.health)
	handle("GET /b/{id}", s.show)
	handle("POST /b/{id}/certificates", s.issue)
	handle("POST /b/{id}/certificates/{certificate}/revoke", s.revoke)
	handle("POST /b/{id}/certificates/{certificate}/attachments", s.attach)
	handle("GET /b/{id}/attachments/{attachment}", s.download)
	return http.NewCrossOriginProtection().Handler(mux), nil
}

func date(t time.Time) string { return t.Format("2006-01-02 15:04:05") }

// badRequest is an error that is the caller's fault.
type badRequest struct{ why string }

func (e badRequest) Error() string { return e.why }

func (s *server) answer(w http.ResponseWriter, r *http.Request, err error) {
	var bad badRequest
	switch {
	case err == nil:
	case errors.Is(err, ErrNotFound):
		http.Error(w, "There is no such thing here.", http.StatusNotFound)
	case errors.As(err, &bad):
		http.Error(w, bad.why, http.StatusBadRequest)
	default:
		s.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		http.Error(w, "This does not work right now.", http.StatusServiceUnavailable)
	}
}

func (s *server) health(w http.ResponseWriter, r *http.Request) error {
	if err := s.store.Ping(r.Context()); err != nil {
		return err
	}
	_, err := w.Write([]byte("ok\n"))
	return err
}

type view struct {
	Beneficiaries []Beneficiary
	One           *Beneficiary
	Certificates  []Certificate
}

func (s *server) render(w http.ResponseWriter, v view) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'")
	return s.page.Execute(w, v)
}

func (s *server) list(w http.ResponseWriter, r *http.Request) error {
	all, err := s.store.Beneficiaries(r.Context())
	if err != nil {
		return err
	}
	return s.render(w, view{Beneficiaries: all})
}

func (s *server) show(w http.ResponseWriter, r *http.Request) error {
	b, certs, err := s.store.Beneficiary(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return s.render(w, view{One: &b, Certificates: certs})
}

func (s *server) issue(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	subject := strings.TrimSpace(r.PostFormValue("subject"))
	if subject == "" || len([]rune(subject)) > maxName {
		return badRequest{fmt.Sprintf("A subject has 1 to %d characters.", maxName)}
	}
	if _, err := s.store.Issue(r.Context(), r.PathValue("id"), subject); err != nil {
		return err
	}
	back(w, r)
	return nil
}

func (s *server) revoke(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "certificate")
	if err != nil {
		return err
	}
	if err := s.store.Revoke(r.Context(), r.PathValue("id"), id); err != nil {
		return err
	}
	back(w, r)
	return nil
}

func (s *server) attach(w http.ResponseWriter, r *http.Request) error {
	cert, err := number(r, "certificate")
	if err != nil {
		return err
	}
	beneficiary := r.PathValue("id")
	// Before any byte is stored, and before beneficiary becomes the name of a folder.
	if err := s.store.owns(r.Context(), beneficiary, cert); err != nil {
		return err
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxUpload+maxForm)
	file, head, err := r.FormFile("file")
	if err != nil {
		return badRequest{"Choose a file of at most 8 MiB."}
	}
	defer file.Close()
	name := filepath.Base(head.Filename)
	if len([]rune(name)) > maxName {
		return badRequest{fmt.Sprintf("A file's name has at most %d characters.", maxName)}
	}
	size, sum, err := s.files.Put(beneficiary, file, maxUpload)
	if err != nil {
		return err
	}
	if err := s.store.Attach(r.Context(), cert, Attachment{Name: name, Size: size, SHA256: sum}); err != nil {
		return err
	}
	back(w, r)
	return nil
}

func (s *server) download(w http.ResponseWriter, r *http.Request) error {
	id, err := number(r, "attachment")
	if err != nil {
		return err
	}
	a, err := s.store.Attachment(r.Context(), r.PathValue("id"), id)
	if err != nil {
		return err
	}
	f, err := s.files.Open(r.PathValue("id"), a.SHA256)
	if err != nil {
		return err
	}
	defer f.Close()
	h := w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": a.Name}))
	http.ServeContent(w, r, "", time.Time{}, f)
	return nil
}

// back leads the browser to the beneficiary's page after a change.
func back(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/b/"+r.PathValue("id"), http.StatusSeeOther)
}

func number(r *http.Request, name string) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue(name), 10, 64)
	if err != nil {
		return 0, ErrNotFound
	}
	return n, nil
}
