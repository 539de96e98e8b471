package guard

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestExcerptHidesPasswords(t *testing.T) {
	plain := dialect{charset: charsetUTF8}
	for _, c := range []struct{ sql, want string }{
		{"CREATE USER 'x'@'%' IDENTIFIED BY 'geheim'", "CREATE USER 'x'@'%' IDENTIFIED BY '…'"},
		{"create user x identified /* y */ by/**/'ge\\'heim' require ssl",
			"create user x identified /* y */ by/**/'…' require ssl"},
		{"GRANT ALL ON *.* TO x IDENTIFIED BY PASSWORD '*geheim', y", "GRANT ALL ON *.* TO x IDENTIFIED BY PASSWORD '…', y"},
		{"ALTER USER x IDENTIFIED VIA ed25519 USING PASSWORD('geheim') OR pam AS 'geheim'",
			"ALTER USER x IDENTIFIED VIA ed25519 USING PASSWORD('…') OR pam AS '…'"},
		{"SET PASSWORD FOR 'u'@'%'='geheim'", "SET PASSWORD FOR 'u'@'%'='…'"},
		{"SET PASSWORD FOR u@localhost = PASSWORD(\"geheim\")", "SET PASSWORD FOR u@localhost = PASSWORD('…')"},
		{"SET PASSWORD='geheim'", "SET PASSWORD='…'"},
		{"CHANGE MASTER TO MASTER_HOST='h', MASTER_PASSWORD='geheim'",
			"CHANGE MASTER TO MASTER_HOST='h', MASTER_PASSWORD='…'"},
		{"CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h', PASSWORD 'geheim')",
			"CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'h', PASSWORD '…')"},
		{"/*!50000 CREATE USER x IDENTIFIED BY 'geheim' */", "/*!50000 CREATE USER x IDENTIFIED BY '…' */"},
		{"CREATE USER x IDENTIFIED BY 'geheim", "CREATE USER x IDENTIFIED BY '…'…"},
		{"CREATE USER x \\ IDENTIFIED BY 'geheim", "CREATE USER x \\ IDENTIFIED '…'…"},
		{"SELECT 'a' AS 'b' INTO OUTFILE '/tmp/x'", "SELECT 'a' AS 'b' INTO OUTFILE '/tmp/x'"},
		{"SET @a='x', b = \"y\"", "SET @a='x', b = \"y\""},
	} {
		got := excerpt([]byte(c.sql), plain)
		if got != c.want || strings.Contains(got, "geheim") {
			t.Errorf("%s:\n got %s\nwant %s", c.sql, got, c.want)
		}
	}
}

func TestExcerptIsShortAndPrintable(t *testing.T) {
	for _, c := range []struct{ sql, want string }{
		{"DROP\n\tUSER\r\nx", "DROP  USER  x"},
		{"DROP `\x1b[31m\u202e\x00`", `DROP ` + "`" + `\x1b[31m\u202e\x00` + "`"},
		{"DROP 'é\xe9'", `DROP 'é\xe9'`},
		{"", ""},
	} {
		if got := excerpt([]byte(c.sql), dialect{charset: charsetUTF8}); got != c.want {
			t.Errorf("%q: got %q, want %q", c.sql, got, c.want)
		}
	}
	long := excerpt([]byte("DROP USER '"+strings.Repeat("€", 1<<20)+"'"), dialect{})
	if len(long) > 2*maxExcerpt || !strings.HasSuffix(long, "…") || !utf8.ValidString(long) {
		t.Errorf("%d bytes: %q", len(long), long)
	}
}
