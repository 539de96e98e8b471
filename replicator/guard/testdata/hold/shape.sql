#! multi_statement
INSERT INTO t VALUES (1); DROP TABLE x
==
#! multi_statement
INSERT INTO t VALUES (1);;
==
#! multi_statement
INSERT INTO t VALUES (1) /*! ; DELETE FROM t */
==
#! multi_statement
COMMIT; INSERT INTO t VALUES (1)
==
#! multi_statement
CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1; DELETE FROM y
==
#! multi_statement
CREATE PROCEDURE p() BEGIN SELECT 1; END; SELECT 2
==
#! multi_statement
CREATE PROCEDURE p() BEGIN SELECT CASE 1 WHEN 2 THEN 3 END; END; END
==
#! multi_statement
SELECT 1;-- x
SELECT 2
==
#! multi_statement
SELECT 1 --;
;SELECT 2
==
#! unknown_statement
BEGIN NOT ATOMIC SELECT 1; END
==
#! unknown_statement
BEGIN SELECT 1; END
==
#! unknown_statement
IF 1 THEN SELECT 1; END IF
==
#! unknown_statement
COMMIT RELEASE
==
#! unknown_statement
COMMIT AND CHAIN
==
#! unknown_statement
ROLLBACK RELEASE
==
#! unknown_statement
CALL p()
==
#! unknown_statement
DO f()
==
#! unknown_statement
USE mysql
==
#! unknown_statement
SHOW TABLES
==
#! unknown_statement
EXPLAIN SELECT 1
==
#! unknown_statement
DESC t
==
#! unknown_statement
CHECK TABLE t
==
#! unknown_statement
BINLOG 'po8Eaw8BAAAA/AAAAA=='
==
#! unknown_statement
HELP 'x'
==
#! unknown_statement
SIGNAL SQLSTATE '45000'
==
#! unknown_statement
VALUES (1)
==
#! unknown_statement
XA RECOVER
==
#! unknown_statement
frobnicate t
==
#! unknown_statement
'GRANT'
==
#! unknown_statement
`insert` INTO t VALUES (1)
==
#! unknown_statement
( DROP TABLE t )
==
#! unknown_statement
CREATE LOGFILE GROUP x ADD UNDOFILE '/x'
==
#! unknown_statement
ALTER INSTANCE ROTATE INNODB MASTER KEY
==
#! unknown_statement
ANALYZE CREATE TABLE t (a INT)
==
#! unknown_statement
OPTIMIZE SELECT 1
==
#! unknown_statement
CREATE PROCEDURE p() BEGIN USE mysql; END
==
#! unknown_statement
CREATE PROCEDURE p() BEGIN XA RECOVER; END
==
#! unknown_statement
CREATE PROCEDURE p() BEGIN x := 5; END
==
#! unknown_statement
CREATE PROCEDURE p() BEGIN q(5); END
==
#! unparsed
CREATE PROCEDURE p() BEGIN SELECT 1
==
#! unparsed
CREATE PROCEDURE p() BEGIN SELECT 1 END
==
#! unparsed
CREATE PROCEDURE p() BEGIN IF 1 THEN SELECT 1; END; END
==
#! unparsed
CREATE PROCEDURE p() BEGIN IF 1 SELECT 1; END IF; END
==
#! unparsed
CREATE PROCEDURE p() WHILE do DO CREATE USER x; END WHILE
==
#! unparsed
CREATE EVENT e ON SCHEDULE AT do DO CREATE USER x
==
#! unparsed
CREATE PROCEDURE p() CREATE PROCEDURE q() SELECT 1
==
#! unparsed
CREATE PROCEDURE p() BEGIN CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET @a = 1; END
==
#! unparsed
CREATE PROCEDURE p() COMMENT CREATE USER x
==
#! unparsed
CREATE PROCEDURE p(a INT BEGIN SELECT 1; END
==
#! unparsed
CREATE TRIGGER t BEFORE INSERT ON x
==
#! unparsed
CREATE EVENT e ON SCHEDULE EVERY 1 DAY
==
#! unparsed
INSERT INTO t VALUES ('x
==
#! unparsed
INSERT INTO t VALUES ("x
==
#! unparsed
INSERT INTO `t VALUES (1)
==
#! unparsed
INSERT INTO t VALUES (1) /* x
==
#! unparsed
INSERT INTO t VALUES (1) /*! x
==
#! unparsed
INSERT INTO t VALUES (1) /*!999999 x
==
#! unparsed
INSERT INTO t VALUES (1) /*! /*! x */ */
==
#! unparsed
INSERT INTO t VALUES (1) /*!1234567 x */
==
#! unparsed
/*M!100001 a*//*M!100002 a*//*M!100003 a*//*M!100004 a*//*M!100005 a*//*M!100006 a*//*M!100007 a*//*M!100008 a*//*M!100009 a*/
==
#! unparsed
INSERT INTO t VALUES ('a\')
==
#! unparsed
INSERT INTO t VALUES (\)
==
#! unparsed
INSERT INTO t SELECT 1.e-- load_file('/etc/passwd')
==
#! unparsed
INSERT INTO t SELECT .5e# , load_file('/etc/passwd')
==
#! unparsed
INSERT INTO t SELECT 1.e/**/
==
#! unparsed
INSERT INTO t SELECT @@ version
==
#! unparsed
INSERT INTO t VALUES (x'4g')
==
#! unparsed
INSERT INTO t VALUES (b'12')
==
#! unparsed
INSERT INTO t VALUES (?)
==
#! unparsed
INSERT INTO [t] VALUES (1)
==
#! unparsed charset=28
INSERT INTO t VALUES ('{{bf}}\'), (LOAD_FILE('x')) -- ')
==
#! unparsed charset=1
INSERT INTO t VALUES ('{{a4}}')
==
#! unparsed charset=13
INSERT INTO t VALUES ("{{83}}")
==
#! unparsed charset=95
UPDATE t SET a = '{{83}}'
==
#! unparsed charset=35
INSERT INTO t VALUES (1)
==
#! unparsed charset=54
INSERT INTO t VALUES (1)
==
#! unparsed charset=60
INSERT INTO t VALUES (1)
==
#! unparsed charset=17
INSERT INTO t VALUES (1)
==
#! unparsed charset=10
INSERT INTO t VALUES (1)
==
#! unparsed charset=999
INSERT INTO t VALUES (1)
==
#! unparsed charset=2560
INSERT INTO t VALUES (1)
==
#! unparsed charset=none
INSERT INTO t VALUES ('é')
==
#! unparsed mode=none
INSERT INTO t VALUES ("x")
==
#! unparsed mode=none
INSERT INTO t VALUES ('a\'b')
==
#! unparsed charset=63
INSERT INTO gr{{fc}}n VALUES (1)
==
#! unparsed charset=8
SELECT 1 INTO{{a0}}OUTFILE 'x'
==
#! unparsed charset=8
INSERT INTO t SELECT 1 --{{a0}}load_file('x')
==
#! unparsed
INSERT INTO gr{{fc}}n VALUES (1)
==
#! unparsed
ALTER TABLE
;SHUTDOWN
==
#! unknown_statement
CREATE PROCEDURE p() SQL SECURITY; CREATE USER x
