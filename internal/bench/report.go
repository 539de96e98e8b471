package bench

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/template"
	"time"

	"github.com/wcde-foundation/wcded/internal/durable"
)

//go:embed benchmarks.md.tmpl
var reportTemplate string

// report is what the template is given.
type report struct {
	Machine machine
	Results []result
	Rounds  int
	Quick   bool
	Partial bool
	Began   time.Time
	Took    time.Duration
}

// render writes the report as Markdown.
func (r report) render() ([]byte, error) {
	t, err := template.New("benchmarks.md").Funcs(template.FuncMap{
		"cells":   func(r result) string { return markdownRow(append(r.cells(), r.remark())...) },
		"header":  func() string { return markdownRow(append(header(), "if missed: why, and what next")...) },
		"rule":    func() string { return "|" + strings.Repeat("---|", len(header())+1) },
		"methods": methods,
	}).Parse(reportTemplate)
	if err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, r); err != nil {
		return nil, fmt.Errorf("write report: %w", err)
	}
	return b.Bytes(), nil
}

func markdownRow(cells ...string) string {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// remark explains a missed target; "" for others.
func (r result) remark() string {
	if !r.measured || r.met() {
		return ""
	}
	m, ok := missed()[r.key]
	if !ok {
		return "not looked into yet"
	}
	return "Missed because " + m.because + " Next idea: " + m.next
}

// methods describes, for each row, how it was measured.
func methods(results []result) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "- **%s**", r.what)
		if r.against != "" {
			fmt.Fprintf(&b, " against %s", r.against)
		}
		fmt.Fprintf(&b, ": %s", r.method)
		if r.note != "" {
			fmt.Fprintf(&b, " This time: %s.", r.note)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// writeReport writes the report to path, whose folder is made if need be.
func writeReport(path string, r report) error {
	text, err := r.render()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return durable.WriteFile(path, text, 0o644)
}
