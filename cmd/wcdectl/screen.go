package main

import (
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"
	"golang.org/x/sys/unix"
)

// screen is a file that people may look at: colours only on a terminal that has them.
type screen struct {
	*os.File
	tty   bool
	color bool
}

func newScreen(f *os.File) *screen {
	tty := isTTY(f)
	return &screen{File: f, tty: tty, color: tty && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
}

// width returns the terminal's width in columns, or 0.
func (s *screen) width() int {
	size, err := unix.IoctlGetWinsize(int(s.Fd()), unix.TIOCGWINSZ)
	if err != nil {
		return 0
	}
	return int(size.Col)
}

func (s *screen) paint(code, text string) string {
	if !s.color || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (s *screen) bad(text string) string   { return s.paint("1;31", text) }
func (s *screen) warn(text string) string  { return s.paint("33", text) }
func (s *screen) good(text string) string  { return s.paint("32", text) }
func (s *screen) bold(text string) string  { return s.paint("1", text) }
func (s *screen) faint(text string) string { return s.paint("2", text) }

// table prints rows with aligned columns; the first row is the head.
func (s *screen) table(rows [][]string) {
	w := tabwriter.NewWriter(s, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	_ = w.Flush()
}

// count writes a number of things: 1 table, 2 tables.
func count(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

func bytes(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

// span writes a length of time as people say it, with its two largest units.
func span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return two(d, time.Minute, "min", time.Second, "s")
	case d < 24*time.Hour:
		return two(d, time.Hour, "h", time.Minute, "min")
	default:
		return two(d, 24*time.Hour, "d", time.Hour, "h")
	}
}

func two(d, large time.Duration, largeName string, small time.Duration, smallName string) string {
	text := fmt.Sprintf("%d %s", d/large, largeName)
	if rest := d % large / small; rest > 0 {
		text += fmt.Sprintf(" %d %s", rest, smallName)
	}
	return text
}

// moment writes a point in time in local time, with how long ago it was.
func moment(t, now time.Time) string {
	return t.Local().Format("2006-01-02 15:04:05") + " (" + span(now.Sub(t)) + " ago)"
}

// orDash writes what may be empty.
func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

// oneLine makes text printable on one line of at most limit characters. What a supplier's statement holds must not
// be able to steer the operator's terminal.
func oneLine(text string, limit int) string {
	clean := strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e ||
			r >= 0x2066 && r <= 0x2069:
			return '\ufffd'
		}
		return r
	}, text)
	clean = strings.Join(strings.Fields(clean), " ")
	if runes := []rune(clean); limit > 1 && len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return clean
}
