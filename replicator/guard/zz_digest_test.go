package guard

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	_ "github.com/go-sql-driver/mysql"
)

func serverWords(d string) []string {
	var w []string
	for i := 0; i < len(d); {
		switch {
		case d[i] == '`':
			j := i + 1
			for j < len(d) && !(d[j] == '`' && (j+1 >= len(d) || d[j+1] == ' ')) {
				j++
			}
			w = append(w, strings.ToLower(strings.ReplaceAll(d[i+1:j], "``", "`")))
			i = j + 1
		case d[i] >= 'A' && d[i] <= 'Z' || d[i] == '_':
			j := i
			for j < len(d) && d[j] != ' ' {
				j++
			}
			x := strings.ToLower(d[i:j])
			if x != "null" && x != "true" && x != "false" {
				w = append(w, x)
			}
			i = j
		case d[i] == '@':
			i++
		default:
			for i < len(d) && d[i] != ' ' {
				i++
			}
			i++
		}
	}
	return w
}

func myWords(text string, d dialect, e execution) ([]string, string) {
	s := scanner{text: []byte(text), dialect: d, exec: e}
	var w []string
	for {
		t := s.next()
		switch t.kind {
		case kindBad:
			return nil, s.bad
		case kindEnd:
			return w, ""
		case kindWord:
			x := strings.ToLower(text[t.start:t.end])
			if x == "_utf8" || x=="null" || x == "true" || x == "false" { continue }
			w = append(w, x)
		case kindQuoted:
			x := strings.ToLower(text[t.start+1 : t.end-1])
			if x == "" {
				continue
			}
			q := text[t.start : t.start+1]
			w = append(w, strings.ReplaceAll(x, q+q, q))
		}
	}
}

func TestDigestDiff(t *testing.T) {
	n, _ := strconv.Atoi(os.Getenv("N"))
	seed, _ := strconv.Atoi(os.Getenv("SEED"))
	r := rand.New(rand.NewPCG(uint64(seed), 5))
	db, err := sql.Open("mysql", "root@unix(/tmp/g/s2.sock)/test")
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c, err := db.Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	frags := []string{"'", "'", "\"", "\"", "`", "\\", "\\'", "--", "-- ", "--\n", "\n", " ", " ", "\t", "/*", "*/", "/*!50000", "/*!99999", "/*M!100000", "/*M!999999", "/*!", "#", "1", "0", "5", ".", ".", "e", "e5", "E+5", "x", "0x", "0b1", "x'41'", "b'1'", "n'a'", "_utf8'a'", "w1", "w2", "w3 ", " w4 ", ",", ",", "+", "-", "*", "/", "@", "@@version", "@w5", ":=", "..", "\\N", "é", "$", "_", "(", ")", " as ", ";", "!", "{", "}", "%", "\v", "\x01","''", "\"\"", "``", "*/1", "/*!50000 +1*/", "/**/", "/*/*/", "/*!50000/*x*/+2*/"}
	modes := []struct {
		set string
		d   dialect
	}{{"", dialect{charset: charsetUTF8}}, {"ANSI_QUOTES", dialect{charset: charsetUTF8, ansiQuotes: true}}, {"NO_BACKSLASH_ESCAPES", dialect{charset: charsetUTF8, noBackslash: true}}}
	q := "select digest_text from performance_schema.events_statements_history h join performance_schema.threads t using(thread_id) where t.processlist_id=connection_id() order by event_id desc limit 1"
	parsed, bad, diff := 0, 0, 0
	for _, m := range modes {
		if _, err := c.ExecContext(ctx, "set names utf8mb4, sql_mode='"+m.set+"'"); err != nil {
			t.Fatal(err)
		}
		for range n {
			var b strings.Builder
			b.WriteString("select ")
			for range 1+r.IntN(14) {
				b.WriteString(frags[r.IntN(len(frags))])
			}
			if r.IntN(2) == 0 {
				b.WriteString(" from w9")
			}
			text := b.String()
			_, err := c.ExecContext(ctx, text)
			var dt sql.NullString
			if err := c.QueryRowContext(ctx, q).Scan(&dt); err != nil {
				t.Fatal(err)
			}
			_ = err
			if dt.String == "" {
				continue
			}
			parsed++
			mine, why := myWords(text, m.d, execution{version: 101119})
			if why != "" {
				bad++
				if os.Getenv("BAD")!="" { fmt.Printf("BAD %s: %q\n", why, text) }
				continue
			}
			theirs := serverWords(dt.String)
			if !slices.Equal(mine, theirs) {
				diff++
				if diff < 40 {
					fmt.Printf("%q\n  %q\n  mine %q\n  its  %q\n", text, dt.String, mine, theirs)
				}
			}
		}
	}
	fmt.Println("parsed", parsed, "bad", bad, "diff", diff)
}
