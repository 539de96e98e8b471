package binlogserver

import "strings"

const (
	maxTokens = 256
	// keepStatement is how much of a statement is shown in a log.
	keepStatement = 200
)

// token is a word, number or variable in lower case; a string without its quotes; or one character of punctuation.
type token struct {
	text   string
	quoted bool
}

// tokens splits a statement. It understands as much of SQL as the statements of replicas need, ignores comments and
// returns false for what it cannot split.
func tokens(q string) ([]token, bool) {
	var list []token
	for q = skipSpace(q); q != ""; q = skipSpace(q) {
		if len(list) == maxTokens {
			return nil, false
		}
		t, rest, ok := nextToken(q)
		if !ok {
			return nil, false
		}
		list, q = append(list, t), rest
	}
	for len(list) > 0 && list[len(list)-1] == (token{text: ";"}) {
		list = list[:len(list)-1]
	}
	return list, len(list) > 0
}

func nextToken(q string) (token, string, bool) {
	switch c := q[0]; {
	case c == '\'' || c == '"' || c == '`':
		return quotedToken(q)
	case isWord(c):
		n := 1
		for n < len(q) && isWord(q[n]) {
			n++
		}
		return token{text: strings.ToLower(q[:n])}, q[n:], true
	case c == ':' && strings.HasPrefix(q, ":="):
		return token{text: "="}, q[2:], true
	case c > ' ' && c < 0x7f:
		return token{text: q[:1]}, q[1:], true
	}
	return token{}, "", false
}

// quotedToken reads a quoted string. A doubled quote stands for one, a backslash for the character behind it.
func quotedToken(q string) (token, string, bool) {
	quote := q[0]
	var b strings.Builder
	for i := 1; i < len(q); i++ {
		switch c := q[i]; {
		case c == '\\' && quote != '`':
			if i++; i == len(q) {
				return token{}, "", false
			}
			b.WriteByte(q[i])
		case c == quote && i+1 < len(q) && q[i+1] == quote:
			i++
			b.WriteByte(quote)
		case c == quote:
			return token{text: b.String(), quoted: true}, q[i+1:], true
		default:
			b.WriteByte(c)
		}
	}
	return token{}, "", false
}

func isWord(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ||
		c == '_' || c == '@' || c == '.' || c == '$' || c >= 0x80
}

// skipSpace returns q from its first character on that is neither space nor comment.
func skipSpace(q string) string {
	for {
		q = strings.TrimLeft(q, " \t\r\n\f\v")
		switch {
		case strings.HasPrefix(q, "/*") && !strings.HasPrefix(q, "/*!") && !strings.HasPrefix(q, "/*M!"):
			_, rest, ok := strings.Cut(q[2:], "*/")
			if !ok {
				return ""
			}
			q = rest
		case strings.HasPrefix(q, "#"), strings.HasPrefix(q, "-- "):
			_, q, _ = strings.Cut(q, "\n")
		default:
			return q
		}
	}
}

// phrase joins tokens with single spaces, strings as 'text'.
func phrase(list []token) string {
	var b strings.Builder
	for i, t := range list {
		if i > 0 {
			b.WriteByte(' ')
		}
		if t.quoted {
			b.WriteString("'" + t.text + "'")
			continue
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// split cuts list at each separator that stands outside of parentheses.
func split(list []token, separator string) [][]token {
	var parts [][]token
	depth, start := 0, 0
	for i, t := range list {
		if t.quoted {
			continue
		}
		switch t.text {
		case "(":
			depth++
		case ")":
			depth--
		case separator:
			if depth == 0 {
				parts, start = append(parts, list[start:i]), i+1
			}
		}
	}
	return append(parts, list[start:])
}

// shorten returns at most keepStatement bytes of a statement, for a log.
func shorten(q string) string {
	if len(q) > keepStatement {
		return q[:keepStatement] + "…"
	}
	return q
}
