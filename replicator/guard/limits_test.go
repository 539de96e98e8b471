package guard

import (
	"strings"
	"testing"
)

// Deep nesting and long lists must neither overflow the stack nor take more than a few passes over the text.
func TestDeepNesting(t *testing.T) {
	const n = 1 << 15
	c := statementCase{db: "app", charset: 33}
	oracle := statementCase{db: "app", charset: 33, mode: modeOracle}
	for name, text := range map[string]string{
		"blocks":          "CREATE PROCEDURE p() " + strings.Repeat("BEGIN ", n) + strings.Repeat("END; ", n),
		"ifs":             "CREATE PROCEDURE p() " + strings.Repeat("IF 1 THEN ", n),
		"loops":           "CREATE PROCEDURE p() " + strings.Repeat("LOOP ", n),
		"labels":          "CREATE PROCEDURE p() " + strings.Repeat("a: ", n),
		"handlers":        "CREATE PROCEDURE p() BEGIN " + strings.Repeat("DECLARE EXIT HANDLER FOR 1 ", n),
		"packages":        "CREATE PACKAGE BODY p " + strings.Repeat("PROCEDURE q() BEGIN END; ", n) + "DROP USER x; END",
		"set statement":   strings.Repeat("SET STATEMENT max_statement_time=1 FOR ", n) + "SELECT 1",
		"analyze":         strings.Repeat("ANALYZE ", n) + "SELECT 1",
		"cases":           "CREATE PROCEDURE p() IF " + strings.Repeat("CASE WHEN ", n),
		"comments":        strings.Repeat("/*!50000 a*/", n),
		"executions":      strings.Repeat("/*M!100001 a*/", n),
		"open comments":   strings.Repeat("/*!999999 /* ", n),
		"unclosed exec":   strings.Repeat("/*!", n),
		"create function": "CREATE FUNCTION f(" + strings.Repeat("(", n),
	} {
		if v := c.judge([]byte(text)); !v.Hold {
			t.Errorf("%s pass", name)
		}
	}
	for name, text := range map[string]string{
		"declarations": "CREATE PROCEDURE p AS " + strings.Repeat("PROCEDURE q AS ", n),
		"blocks":       "CREATE PROCEDURE p AS BEGIN " + strings.Repeat("DECLARE a INT; BEGIN ", n),
		"labels":       "CREATE PROCEDURE p AS BEGIN " + strings.Repeat("<<a>> ", n),
		"handlers":     "CREATE PROCEDURE p AS " + strings.Repeat("EXIT HANDLER FOR 1 ", n),
	} {
		if v := oracle.judge([]byte(text)); !v.Hold {
			t.Errorf("oracle: %s pass", name)
		}
	}
}

func TestDepthOfPeople(t *testing.T) {
	c := statementCase{db: "app", charset: 33}
	const n = 15
	text := "CREATE PROCEDURE p() " + strings.Repeat("BEGIN IF 1 THEN ", n) + "SELECT 1; " +
		strings.Repeat("END IF; END; ", n)
	if v := c.judge([]byte(text)); v.Hold {
		t.Errorf("%+v", v)
	}
}

// The usual statements are judged without allocating.
func TestNoAllocations(t *testing.T) {
	c := statementCase{db: "app", charset: 33}
	g := New(Policy{})
	for _, sql := range []string{"COMMIT", "BEGIN", "INSERT INTO `app`.`t` (a, b) VALUES (1, 'it''s', \"x\\\"\")",
		"UPDATE t SET a = a + 1 WHERE b IN (1, 2, 3)", "CREATE PROCEDURE p() BEGIN IF a THEN SELECT 1; END IF; END"} {
		h, raw := c.event([]byte(sql))
		if n := testing.AllocsPerRun(100, func() { g.Event(h, raw, true) }); n != 0 {
			t.Errorf("%s: %v allocations", sql, n)
		}
	}
}
