package sqldump

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// head chooses a database and creates a table, as every dump does before rows.
const head = "USE `d`;CREATE TABLE `t` (\n `a` int\n) ENGINE=InnoDB;"

func review(t testing.TB, dump string) ([]Reviewed, error) {
	t.Helper()
	s, r := NewScanner(strings.NewReader(dump), 1<<20), NewReviewer([]string{"d", "we`ird\n\\! id"}, 101119)
	var all []Reviewed
	for {
		it, err := s.Next()
		if err != nil {
			if !strings.HasSuffix(err.Error(), "EOF") {
				t.Fatal(err)
			}
			return all, nil
		}
		if it.Kind == Comment {
			continue
		}
		st, err := r.Review(it)
		if err != nil {
			return all, err
		}
		all = append(all, st)
	}
}

func TestReviewAllows(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want Reviewed
	}{
		"names":             {"/*!40101 SET NAMES utf8mb4 */;", Reviewed{Verb: Set, Skip: true}},
		"save":              {"/*!40103 SET @OLD_TIME_ZONE=@@TIME_ZONE */;", Reviewed{Verb: Set, Skip: true}},
		"save and set":      {"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='NO_AUTO_VALUE_ON_ZERO' */;", Reviewed{Verb: Set, Skip: true}},
		"restore":           {"/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;", Reviewed{Verb: Set, Skip: true}},
		"history":           {"/*M!101100 SET @o=@@session.system_versioning_insert_history, @@session.system_versioning_insert_history=1 */;", Reviewed{Verb: Set, Skip: true}},
		"save charset":      {"SET @saved_cs_client     = @@character_set_client;", Reviewed{Verb: Set}},
		"set charset":       {"/*!50001 SET collation_connection      = utf8mb4_general_ci */;", Reviewed{Verb: Set}},
		"create database":   {"CREATE DATABASE /*!32312 IF NOT EXISTS*/ `d` /*!40100 DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci COMMENT 'x' */;", Reviewed{Verb: CreateDatabase, Name: "d"}},
		"use":               {"USE `we``ird\n\\! id`;", Reviewed{Verb: Use, Database: "we`ird\n\\! id", Name: "we`ird\n\\! id"}},
		"drop":              {head + "DROP TABLE IF EXISTS `x;y`;", Reviewed{Verb: Drop, Database: "d", Name: "x;y"}},
		"drop view":         {head + "/*!50001 DROP VIEW IF EXISTS `a*/b`*/;", Reviewed{Verb: Drop, Database: "d", Name: "a*/b"}},
		"sequence":          {head + "CREATE SEQUENCE `s` start with 1 minvalue -5 cache 10 nocycle ENGINE=InnoDB;", Reviewed{Verb: CreateSequence, Database: "d", Name: "s"}},
		"setval":            {head + "DO SETVAL(`s`, -110, 0);", Reviewed{Verb: SetVal, Database: "d", Name: "s"}},
		"comment of table":  {head + "CREATE TABLE `u` (`select` enum('INTO','select') DEFAULT 'x') COMMENT='DATA DIRECTORY; \\! id';", Reviewed{Verb: CreateTable, Database: "d", Name: "u"}},
		"partitions":        {head + "CREATE TABLE `u` (`a` int)\n PARTITION BY RANGE (`a`)\n(PARTITION `p0` VALUES LESS THAN (10) ENGINE = InnoDB,\n PARTITION `p1` VALUES LESS THAN MAXVALUE ENGINE = InnoDB);", Reviewed{Verb: CreateTable, Database: "d", Name: "u"}},
		"rows":              {head + "INSERT INTO `t` VALUES\n(1,-0.5e-10,NULL,0x00FF,'a\\';\\\\','','-- x /* \\n'),\n( 1.5E+3 ,.5) ;", Reviewed{Verb: Insert, Database: "d", Name: "t"}},
		"rows with columns": {head + "INSERT INTO `t` (`a`, `b`, row_start, row_end) VALUES (1,2,'x','y');", Reviewed{Verb: Insert, Database: "d", Name: "t"}},
		"placeholder":       {head + "/*!50001 CREATE VIEW `v` AS SELECT\n NULL AS `id` */;", Reviewed{Verb: CreateView, Database: "d", Name: "v"}},
		"view": {head + "/*!50001 CREATE ALGORITHM=UNDEFINED */\n/*!50013 DEFINER=`r``oot`@`%` SQL SECURITY DEFINER */\n/*!50001 VIEW `v` AS select `t`.`into` from `x`.`t` where 'into' <> --`a` */;",
			Reviewed{Verb: CreateView, Database: "d", Name: "v", Definer: "r`oot@%"}},
	} {
		t.Run(name, func(t *testing.T) {
			all, err := review(t, c.in)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(c.want, all[len(all)-1]); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReviewRefuses(t *testing.T) {
	for name, in := range map[string]string{
		"client command":             "\\! touch /tmp/x\n;",
		"client's words":             "source /etc/passwd;",
		"delimiter":                  "DELIMITER //\n;",
		"empty":                      ";",
		"grant":                      "GRANT ALL ON *.* TO x;",
		"grant in a comment":         "/*!50001 GRANT ALL ON *.* TO x */;",
		"set global":                 "SET GLOBAL read_only=0;",
		"set @@global":               "SET @@global.read_only=0;",
		"set unknown":                "SET sql_log_bin=1;",
		"set and more":               "SET @OLD_TIME_ZONE=@@TIME_ZONE, GLOBAL read_only=0;",
		"set mode":                   "SET SQL_MODE='NO_BACKSLASH_ESCAPES';",
		"set to a function":          "SET TIME_ZONE=load_file('/etc/passwd');",
		"set user variable to value": "SET @a='x';",
		"set user variable to query": "SET @a=(SELECT 1);",
		"unsafe charset":             "SET character_set_client = gbk;",
		"unsafe collation":           "SET collation_connection = sjis_japanese_ci;",
		"other names":                "SET NAMES gbk;",
		"database not asked for":     "USE `mysql`;",
		"create other database":      "CREATE DATABASE IF NOT EXISTS `mysql`;",
		"drop database":              "DROP DATABASE IF EXISTS `d`;",
		"drop two":                   head + "DROP TABLE IF EXISTS `a`, `b`;",
		"drop elsewhere":             head + "DROP TABLE IF EXISTS `mysql`.`user`;",
		"no database":                "CREATE TABLE `t` (`a` int);",
		"table elsewhere":            head + "CREATE TABLE `mysql`.`t` (`a` int);",
		"table from select":          head + "CREATE TABLE `u` (`a` int) AS SELECT load_file('x');",
		"table from values":          head + "CREATE TABLE `u` (`a` int) VALUES (f());",
		"table like":                 head + "CREATE TABLE `u` LIKE `mysql`.`user`;",
		"table or replace":           head + "CREATE OR REPLACE TABLE `u` (`a` int);",
		"temporary":                  head + "CREATE TEMPORARY TABLE `u` (`a` int);",
		"data directory":             head + "CREATE TABLE `u` (`a` int) DATA DIRECTORY='/etc';",
		"data directory in comment":  head + "CREATE TABLE `u` (`a` int) /*!50100 DATA DIRECTORY='/etc' */;",
		"data directory hidden":      head + "CREATE TABLE `u` (`a` int) DATA/**/DIRECTORY '/etc';",
		"index directory":            head + "CREATE TABLE `u` (`a` int) INDEX DIRECTORY='/etc';",
		"federated":                  head + "CREATE TABLE `u` (`a` int) ENGINE=FEDERATED CONNECTION='mysql://x';",
		"connect quoted":             head + "CREATE TABLE `u` (`a` int) ENGINE='CONNECT';",
		"merge":                      head + "CREATE TABLE `u` (`a` int) UNION=(`mysql`.`user`);",
		"trigger":                    head + "CREATE TRIGGER `x` BEFORE INSERT ON `t` FOR EACH ROW SET @a=1;",
		"procedure":                  head + "CREATE PROCEDURE `x`() SELECT 1;",
		"library":                    head + "CREATE FUNCTION `x` RETURNS STRING SONAME 'x.so';",
		"server":                     head + "CREATE SERVER `x` FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x');",
		"user":                       head + "CREATE USER `x`;",
		"view into":                  head + "CREATE VIEW `v` AS SELECT 1 INTO OUTFILE '/tmp/x';",
		"view elsewhere":             head + "CREATE VIEW `mysql`.`v` AS SELECT 1;",
		"rows before a table":        "USE `d`;INSERT INTO `t` VALUES (1);",
		"rows of another table":      head + "INSERT INTO `u` VALUES (1);",
		"rows elsewhere":             head + "INSERT INTO `mysql`.`t` VALUES (1);",
		"rows after another object":  head + "CREATE SEQUENCE `s` start with 1;INSERT INTO `t` VALUES (1);",
		"rows after use":             head + "USE `d`;INSERT INTO `t` VALUES (1);",
		"function in rows":           head + "INSERT INTO `t` VALUES (f());",
		"query in rows":              head + "INSERT INTO `t` VALUES ((SELECT 1));",
		"expression in rows":         head + "INSERT INTO `t` VALUES (1+1);",
		"variable in rows":           head + "INSERT INTO `t` VALUES (@@version);",
		"comment in rows":            head + "INSERT INTO `t` VALUES (1/*!,f()*/);",
		"rows from query":            head + "INSERT INTO `t` SELECT 1;",
		"rows, then more":            head + "INSERT INTO `t` VALUES (1) ON DUPLICATE KEY UPDATE a=f();",
		"unfinished rows":            head + "INSERT INTO `t` VALUES (1,;",
		"no rows":                    head + "INSERT INTO `t` VALUES ();",
		"insert ignore":              head + "INSERT IGNORE INTO `t` VALUES (1);",
		"setval elsewhere":           head + "DO SETVAL(`mysql`.`s`, 1, 0);",
		"do":                         "DO sleep(1);",
		"version of tomorrow":        "/*M!999999 USE */ `d`;",
		"version of MySQL":           head + "DROP TABLE IF EXISTS /*!80000 `x`, */ `t`;",
		"no version":                 "/*! USE `d` */;",
		"six digits":                 "/*!500010 USE `d` */;",
		"seven digits":               "/*!0500010 USE `d` */;",
		"nested":                     "/*!50001 /*!50001 USE `d` */ */;",
		"open":                       "/*!50001 USE `d`;",
		"zero in a name":             "USE `d\x00`;",
		"something behind":           "USE `d` `e`;",
		"long definition":            head + "CREATE TABLE `u` (`a` int) COMMENT='" + strings.Repeat("x", maxDefinition) + "';",
	} {
		t.Run(name, func(t *testing.T) {
			s, r := NewScanner(strings.NewReader(in), 32<<20), NewReviewer([]string{"d"}, 101119)
			var last error
			for last == nil {
				it, err := s.Next()
				if err != nil {
					t.Fatalf("everything passed: %v", err)
				}
				_, last = r.Review(it)
			}
			var refused *RefusedError
			if !errors.As(last, &refused) || refused.Reason == "" {
				t.Fatalf("error %v, want a RefusedError", last)
			}
			if _, err := s.Next(); err == nil {
				t.Errorf("refused an earlier statement than meant: %v", last)
			}
		})
	}
}

func TestShorten(t *testing.T) {
	got := Shorten([]byte("a\nb\x1b[31m\xff\u202e" + strings.Repeat("x", 300)))
	if want := "a b\uFFFD[31m\uFFFD\uFFFD"; !strings.HasPrefix(got, want) || !strings.HasSuffix(got, "x…") || len(got) > 300 {
		t.Errorf("got %q", got)
	}
}

func FuzzReview(f *testing.F) {
	for _, s := range []string{"SET NAMES utf8mb4", "DO SETVAL(`s`, -1, 0)", "INSERT INTO `t` VALUES (1,'a\\'',NULL,0xff)",
		"CREATE TABLE `u` (`a` int) ENGINE=InnoDB", "/*!50013 DEFINER=`r`@`%` SQL SECURITY DEFINER */", "SET @", "SET @@"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReviewer([]string{"d"}, 101119)
		r.db, r.table = "d", "t"
		st, err := r.Review(Item{Text: in})
		if err != nil {
			return
		}
		upper := strings.ToUpper(string(in))
		for _, word := range []string{"OUTFILE", "GRANT", "GLOBAL", "DIRECTORY", "LOAD_FILE", "SELECT"} {
			if i := strings.Index(upper, word); i >= 0 && !strings.ContainsAny(upper[:i], "'\"`/") && st.Verb != CreateView {
				t.Fatalf("%s passed: %q", word, in)
			}
		}
	})
}
