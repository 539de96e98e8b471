package binlogtest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/wcde-foundation/wcded/internal/lab/mariadbd"
)

// Everything has the server write every kind of event group that we know of, into several files: with checksums,
// without, compressed, in all formats, engines and domains.
func Everything(t testing.TB, s *mariadbd.Server) {
	t.Helper()
	c := NewSession(t, s)
	c.Exec("SET GLOBAL log_bin_trust_function_creators=ON", "CREATE DATABASE d", "USE d")
	tables(c)
	for _, format := range []string{"STATEMENT", "MIXED", "ROW"} {
		c.Exec("SET SESSION binlog_format=" + format)
		transactions(c)
		xa(t, s, c, format)
		loadData(t, s, c)
		c.Exec("FLUSH BINARY LOGS")
	}
	domains(c)
	ddl(c)
	c.Exec("SET GLOBAL log_bin_compress=ON", "SET GLOBAL log_bin_compress_min_len=10")
	compressed := NewSession(t, s)
	compressed.Exec("USE d", "SET SESSION binlog_format=ROW", "INSERT INTO i (v) VALUES (REPEAT('a',4000))",
		"UPDATE i SET v=REPEAT('b',4000)",
		"DELETE FROM i WHERE id=1", "CREATE TABLE compressed_ddl (a INT COMMENT 'a comment that is long enough')",
		"SET SESSION binlog_format=STATEMENT", "INSERT INTO m (v) SELECT v FROM m", "SET GLOBAL log_bin_compress=OFF")
	c.Exec("SET GLOBAL binlog_checksum=NONE") // begins a new file
	c.Exec("INSERT INTO i (v) VALUES ('no checksum')", "INSERT INTO m (v) VALUES ('no checksum')")
	xa(t, s, c, "none")
	c.Exec("SET GLOBAL binlog_checksum=CRC32")
	bigRows(t, s)
}

// tables makes a table of each engine.
func tables(c *Session) {
	for name, engine := range map[string]string{"i": "InnoDB", "m": "MyISAM", "a": "Aria", "a0": "Aria TRANSACTIONAL=0"} {
		c.Exec("CREATE TABLE " + name + " (id INT AUTO_INCREMENT PRIMARY KEY, v LONGTEXT, r DOUBLE) ENGINE=" + engine)
	}
	c.Exec("CREATE TABLE types (a BIT(9), b DECIMAL(30,10), c YEAR, d DATETIME(6), e TIMESTAMP(3), f TIME(6),"+
		" g ENUM('x','y'), h SET('x','y'), j JSON, k GEOMETRY, l BINARY(5), m BLOB, n UUID, o INET6, p INT AS (c) VIRTUAL)",
		"CREATE TRIGGER tr AFTER INSERT ON i FOR EACH ROW INSERT INTO m (v) VALUES (NEW.v)",
		"CREATE PROCEDURE p() BEGIN INSERT INTO i (v) VALUES ('p1'); INSERT INTO a (v) VALUES ('p2'); END",
		"CREATE FUNCTION f() RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO i (v) VALUES ('f'); RETURN 1; END")
}

// transactions covers what ends a group, and what stands before a statement within one.
func transactions(c *Session) {
	c.Exec("INSERT INTO i (v) VALUES ('auto'),('commit')",
		"INSERT INTO m (v) VALUES ('not transactional')",
		"INSERT INTO a (v) VALUES ('aria')", "INSERT INTO a0 (v) VALUES ('aria, not crash safe')",
		"SET @user='a user variable'", "INSERT INTO i (v,r) VALUES (@user,RAND())",
		"INSERT INTO m (v,r) VALUES (@user,RAND())",
		"BEGIN", "INSERT INTO i (v) VALUES ('one')", "SAVEPOINT s", "INSERT INTO i (v) VALUES ('undone')",
		"ROLLBACK TO s", "UPDATE i SET v='two' LIMIT 1", "COMMIT",
		"BEGIN", "INSERT INTO i (v) VALUES ('rolled back')", "INSERT INTO m (v) VALUES ('cannot be rolled back')", "ROLLBACK",
		"BEGIN", "INSERT INTO m (v) VALUES ('COMMIT')", "INSERT INTO i (v) VALUES ('ROLLBACK')", "COMMIT",
		"INSERT INTO types (a,b,c,d,f,g,h,j,k,l,m,n,o) VALUES (b'101',1.5,2024,NOW(6),'11:12:13.5','x','x,y','{}',"+
			"POINT(1,2),'ab','cd',UUID(),'::1')",
		"CALL p()", "SELECT f()",
		"CREATE TEMPORARY TABLE tmp (a INT)", "INSERT INTO tmp VALUES (1)", "INSERT INTO i (v) SELECT a FROM tmp",
		"DROP TEMPORARY TABLE tmp",
		"SET skip_replication=1", "INSERT INTO i (v) VALUES ('skipped by replicas')", "SET skip_replication=0")
	c.Fail("INSERT INTO m (id,v) VALUES (1000000,'stays'),(1000000,'fails')")
	c.Exec("DELETE FROM m WHERE id=1000000")
}

// xa covers prepared transactions, finished by the session that prepared them and by another.
func xa(t testing.TB, s *mariadbd.Server, c *Session, id string) {
	c.Exec("XA START '"+id+"1'", "INSERT INTO i (v) VALUES ('xa')", "XA END '"+id+"1'", "XA PREPARE '"+id+"1'",
		"XA COMMIT '"+id+"1'",
		"XA START '"+id+"2'", "INSERT INTO i (v) VALUES ('xa')", "XA END '"+id+"2'", "XA COMMIT '"+id+"2' ONE PHASE",
		"XA START '"+id+"3'", "INSERT INTO i (v) VALUES ('xa')", "XA END '"+id+"3'", "XA PREPARE '"+id+"3'",
		"XA ROLLBACK '"+id+"3'")
	other := NewSession(t, s)
	other.Exec("XA START '"+id+"4'", "INSERT INTO d.i (v) VALUES ('xa')", "XA END '"+id+"4'", "XA PREPARE '"+id+"4'")
	c.Exec("INSERT INTO m (v) VALUES ('between prepare and commit')")
	other.Exec("XA COMMIT '" + id + "4'")
}

// loadData covers the events that carry a file.
func loadData(t testing.TB, s *mariadbd.Server, c *Session) {
	path := filepath.Join(s.BinlogDir(), "rows.txt")
	rows := make([]byte, 0, 400_000)
	for len(rows) < 390_000 {
		rows = append(append(rows, bytes.Repeat([]byte("one of many "), 300)...), '\n')
	}
	if err := os.WriteFile(path, rows, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"i", "m"} {
		c.Exec("LOAD DATA INFILE '" + path + "' INTO TABLE " + table + " (v)")
	}
}

// domains covers several domains, and several servers within one.
func domains(c *Session) {
	c.Exec("SET SESSION gtid_domain_id=7", "INSERT INTO i (v) VALUES ('domain 7')",
		"SET SESSION server_id=99", "INSERT INTO i (v) VALUES ('domain 7, server 99')",
		"SET SESSION gtid_domain_id=4294967295", "INSERT INTO m (v) VALUES ('the last domain')",
		"SET SESSION gtid_seq_no=18446744073709551000", "INSERT INTO i (v) VALUES ('a large sequence number')",
		"FLUSH BINARY LOGS",
		"SET SESSION server_id=1", "SET SESSION gtid_domain_id=7", "INSERT INTO i (v) VALUES ('domain 7 again')",
		"SET SESSION gtid_domain_id=0", "INSERT INTO i (v) VALUES ('domain 0 again')", "FLUSH BINARY LOGS")
}

// ddl covers groups of one statement, and those that look like one.
func ddl(c *Session) {
	c.Exec("CREATE TABLE cts ENGINE=InnoDB SELECT * FROM i LIMIT 50",
		"CREATE TABLE ctm ENGINE=MyISAM SELECT * FROM i LIMIT 50",
		"CREATE OR REPLACE TABLE cts AS SELECT @user AS u",
		"SET SESSION binlog_format=STATEMENT", "CREATE TABLE cta ENGINE=Aria SELECT @user AS u, RAND() AS r",
		"SET SESSION binlog_format=MIXED",
		"ALTER TABLE cts ADD COLUMN z INT", "RENAME TABLE cts TO cts2", "TRUNCATE TABLE cts2", "DROP TABLE cts2, ctm",
		"CREATE SEQUENCE seq", "SELECT NEXTVAL(seq)", "CREATE VIEW vw AS SELECT 1",
		"CREATE EVENT ev ON SCHEDULE AT '2038-01-01 00:00:00' DO SELECT 1", "DROP EVENT ev",
		"CREATE USER u@localhost", "GRANT SELECT ON d.* TO u@localhost", "DROP USER u@localhost",
		"FLUSH TABLES", "ANALYZE TABLE i", "OPTIMIZE TABLE m",
		"SET SESSION binlog_alter_two_phase=ON", "ALTER TABLE i ADD COLUMN two_phase INT",
		"SET SESSION binlog_alter_two_phase=OFF", "DROP DATABASE IF EXISTS nothing_there")
}

// bigRows covers events over the 16 MiB at which MariaDB splits its network packets.
func bigRows(t testing.TB, s *mariadbd.Server) {
	c := NewSession(t, s)
	c.Exec("USE d", "SET SESSION binlog_format=ROW", "INSERT INTO i (v) VALUES (REPEAT('0123456789',2000000))",
		"DELETE FROM i WHERE LENGTH(v)>1000000", "SET SESSION binlog_format=STATEMENT",
		"INSERT INTO m (v) VALUES (REPEAT('0123456789',10))", "FLUSH BINARY LOGS")
}
