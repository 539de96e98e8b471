package portal_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
	"github.com/wcde-foundation/wcded/internal/lab/portal"
)

type world struct {
	*testing.T
	web *httptest.Server
	db  *mariadbd.Server
	dir string
}

func start(t *testing.T) *world {
	t.Helper()
	home, err := os.MkdirTemp("/tmp", "portal")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	db, err := mariadbd.Start(t.Context(), mariadbd.Options{Dir: home, Port: mariadbd.NoTCP})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Kill() })
	if err := db.Exec(t.Context(), "CREATE DATABASE portal"); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files, err := portal.OpenFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { files.Close() })
	pool, err := db.Open("portal")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := portal.Seed(t.Context(), pool, files, portal.Sample{Certificates: 8, Attachments: 2}); err != nil {
		t.Fatal(err)
	}
	store, err := portal.OpenStore(portal.Database{Network: "unix", Address: db.Socket(), User: "root", Name: "portal"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	h, err := portal.Handler(store, files, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return &world{t, web, db, dir}
}

func (w *world) get(path string, status int) string {
	w.Helper()
	resp, err := http.Get(w.web.URL + path)
	if err != nil {
		w.Fatal(err)
	}
	return w.body(resp, status)
}

func (w *world) post(path, contentType string, body io.Reader, status int) string {
	w.Helper()
	resp, err := http.Post(w.web.URL+path, contentType, body)
	if err != nil {
		w.Fatal(err)
	}
	return w.body(resp, status)
}

func (w *world) body(resp *http.Response, status int) string {
	w.Helper()
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != status {
		w.Fatalf("%s: %s (%v), want %d", resp.Request.URL, resp.Status, err, status)
	}
	return string(b)
}

func (w *world) query(q string) string {
	w.Helper()
	v, err := w.db.QueryString(w.Context(), q)
	if err != nil {
		w.Fatal(err)
	}
	return v
}

func TestPortal(t *testing.T) {
	w := start(t)
	if got := w.get("/", 200); !strings.Contains(got, "b-1005") || !strings.Contains(got, "<td>7</td>") {
		t.Errorf("list: %s", got)
	}
	form := url.Values{"subject": {"CN=<script>.example"}}
	got := w.post("/b/b-1001/certificates", "application/x-www-form-urlencoded", strings.NewReader(form.Encode()), 200)
	if !strings.Contains(got, "CN=&lt;script&gt;.example") {
		t.Errorf("after issuing: %s", got)
	}
	id := w.query("SELECT MAX(id) FROM portal.certificate")
	w.post("/b/b-1001/certificates/"+id+"/revoke", "", nil, 200)
	if w.query("SELECT COUNT(*) FROM portal.certificate c JOIN portal.revocation r ON r.certificate_id = c.id"+
		" WHERE c.revoked_at = r.noted_at AND c.id = "+id) != "1" {
		t.Error("revoking left no trace")
	}

	content := bytes.Repeat([]byte{0, 1, 2, 0xff}, 1000)
	body, contentType := upload(t, "../../scan.pdf", content)
	got = w.post("/b/b-1001/certificates/"+id+"/attachments", contentType, body, 200)
	if !strings.Contains(got, ">scan.pdf<") {
		t.Errorf("after attaching: %s", got)
	}
	sum := sha256.Sum256(content)
	if _, err := os.Stat(filepath.Join(w.dir, "b-1001", hex.EncodeToString(sum[:]))); err != nil {
		t.Error(err)
	}
	attachment := w.query("SELECT MAX(id) FROM portal.attachment")
	if got := w.get("/b/b-1001/attachments/"+attachment, 200); got != string(content) {
		t.Error("an attachment changed on the way")
	}

	// Nobody reaches another beneficiary's things, or leaves the folder.
	w.get("/b/b-1002/attachments/"+attachment, 404)
	w.post("/b/b-1002/certificates/"+id+"/revoke", "", nil, 404)
	body, contentType = upload(t, "x", nil)
	w.post("/b/..%2F..%2Fetc/certificates/"+id+"/attachments", contentType, body, 404)
	w.get("/b/nobody", 404)
	w.post("/b/nobody/certificates", "application/x-www-form-urlencoded", strings.NewReader("subject=x"), 404)
	w.post("/b/b-1001/certificates", "application/x-www-form-urlencoded", strings.NewReader("subject="), 400)

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.web.URL+"/b/b-1001/certificates/1/revoke", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	w.body(resp, http.StatusForbidden)

	w.get("/healthz", 200)
	if err := w.db.Kill(); err != nil {
		t.Fatal(err)
	}
	w.get("/healthz", 503)
	w.get("/", 503)
}

func upload(t *testing.T, name string, content []byte) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, err := m.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return &b, m.FormDataContentType()
}
