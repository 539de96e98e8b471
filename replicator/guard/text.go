package guard

import "strings"

// Statement judges one statement that comes as text rather than as an event: what a dump of the supplier's database
// defines. database is the default one, "" for none; sqlMode is the session's, with commas between; charset is the
// name of the character set that sql is in, MariaDB's character_set_client.
func (g *Guard) Statement(sql []byte, database, sqlMode, charset string) Verdict {
	d := dialect{charset: charsetNamed(charset)}
	for mode := range strings.SplitSeq(sqlMode, ",") {
		switch strings.ToUpper(strings.TrimSpace(mode)) {
		case "ANSI_QUOTES", "ANSI", "DB2", "MAXDB", "MSSQL", "POSTGRESQL": // all of them include it
			d.ansiQuotes = true
		case "NO_BACKSLASH_ESCAPES":
			d.noBackslash = true
		case "ORACLE":
			d.oracle, d.ansiQuotes = true, true
		}
	}
	category, reason := g.statement(sql, d, schemaOf([]byte(database)))
	if category == "" {
		return Verdict{}
	}
	return Verdict{Hold: true, Category: category, Reason: reason, Statement: excerpt(sql, d)}
}
