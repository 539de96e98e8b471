#! file
SELECT 1 INTO OUTFILE '/tmp/x'
==
#! file
SELECT * FROM app.t INTO DUMPFILE '/var/lib/mysql/x.so'
==
#! file
SELECT a INTO OUTFILE '/etc/cron.d/x' FIELDS TERMINATED BY ',' FROM t
==
#! file
INSERT INTO t SELECT * FROM u INTO OUTFILE 'x'
==
#! file
(SELECT 1) UNION (SELECT 2 INTO OUTFILE 'x')
==
#! file
(SELECT 1 INTO OUTFILE 'x')
==
#! file
WITH c AS (SELECT 1) SELECT * FROM c INTO OUTFILE 'x'
==
#! file
SELECT 1.into outfile 'x'
==
#! file
SELECT .5into outfile 'x'
==
#! file
SELECT 1e5into outfile 'x'
==
#! file
SELECT`a`into outfile'x'
==
#! file
SELECT 'a'INTO OUTFILE'x'
==
#! file
SELECT @a INTO/**/OUTFILE/**/'x'
==
#! file
SELECT 1 INTO
	OUTFILE 'x'
==
#! file
SELECT 1 INTO -- x
 OUTFILE 'x'
==
#! file
SELECT 1 /*!INTO OUTFILE 'x'*/
==
#! file
SELECT 1 /*M!100100 INTO*/ /*!40000 DUMPFILE*/ 'x'
==
#! file
SELECT 1 /*! INTO /* nested */ OUTFILE 'x' */
==
#! file
SELECT 1 -- */
INTO OUTFILE 'x'
==
#! file
SELECT '/*' INTO OUTFILE 'x' -- */
==
#! file
SELECT `/*` INTO OUTFILE 'x' -- */
==
#! file
SELECT 1 /*/ INTO */ INTO OUTFILE 'x'
==
#! file
INSERT INTO t SELECT LOAD_FILE('/etc/passwd')
==
#! file
INSERT INTO t VALUES (load_file('/etc/passwd'))
==
#! file
INSERT INTO t VALUES (Load_File ('/etc/passwd'))
==
#! file
INSERT INTO t VALUES (LOAD_FILE/* x */('/etc/passwd'))
==
#! file
INSERT INTO t VALUES (`load_file`('/etc/passwd'))
==
#! file mode=ansi
INSERT INTO t VALUES ("LOAD_FILE"('/etc/passwd'))
==
#! file
INSERT INTO t VALUES (mariadb_schema.load_file('/etc/passwd'))
==
#! file
INSERT INTO t VALUES (`Mariadb_Schema` . load_file('/etc/passwd'))
==
#! file
INSERT INTO t VALUES (/*!50000 load_file*/('/etc/passwd'))
==
#! file
UPDATE t SET a = LOAD_FILE('x')
==
#! file
DELETE FROM t WHERE LOAD_FILE('x') IS NULL
==
#! file
CREATE TABLE t (a TEXT DEFAULT (LOAD_FILE('x')))
==
#! file
CREATE TABLE t AS SELECT LOAD_FILE('x')
==
#! file
CREATE VIEW v AS SELECT LOAD_FILE('/etc/passwd')
==
#! file
CREATE VIEW load_file AS SELECT a ON load_file('x')
==
#! file
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW SET NEW.a = LOAD_FILE('x')
==
#! file
CREATE PROCEDURE p() BEGIN SELECT * INTO OUTFILE 'x' FROM t; END
==
#! file
CREATE PROCEDURE p() BEGIN SELECT LOAD_FILE('x'); END
==
#! file
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1 INTO OUTFILE 'x'
==
#! file
CREATE EVENT e ON SCHEDULE EVERY LOAD_FILE('x') DAY DO SELECT 1
==
#! file
CREATE FUNCTION f() RETURNS TEXT RETURN LOAD_FILE('x')
==
#! file
SELECT f() FROM t WHERE a ON load_file('x')
==
#! file
LOAD DATA INFILE '/etc/passwd' INTO TABLE t
==
#! file
LOAD DATA LOCAL INFILE 'x' INTO TABLE t
==
#! file
LOAD XML INFILE 'x' INTO TABLE t
==
#! file
LOAD INDEX INTO CACHE t
==
#! file
SET STATEMENT max_statement_time=LENGTH(LOAD_FILE('x')) FOR SELECT 1
==
#! file
ALTER TABLE t IMPORT TABLESPACE
==
#! file
ALTER TABLE t DISCARD TABLESPACE
==
#! file
ALTER TABLE t DISCARD PARTITION p0 TABLESPACE
==
#! file
CREATE TABLESPACE ts ADD DATAFILE '/tmp/x.ibd'
==
#! file
ALTER TABLESPACE ts ADD DATAFILE '/tmp/x'
==
#! file charset=8
INSERT INTO t VALUES ('{{bf}}') , (LOAD_FILE('x'))
==
#! data_directory
CREATE TABLE t (a INT) DATA DIRECTORY='/tmp'
==
#! data_directory
CREATE TABLE t (a INT) ENGINE=MyISAM INDEX DIRECTORY '/tmp'
==
#! data_directory
CREATE TABLE t (a INT) DATA/**/DIRECTORY = '/tmp'
==
#! data_directory
CREATE TABLE t (a INT) /*!50100 DATA*/ /*!50100 DIRECTORY='/tmp' */
==
#! data_directory
CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p0 DATA DIRECTORY = '/tmp')
==
#! data_directory
ALTER TABLE t ADD PARTITION (PARTITION p1 VALUES LESS THAN (5) INDEX DIRECTORY '/tmp')
==
#! data_directory
ALTER TABLE t data directory '/x'
==
#! data_directory
CREATE PROCEDURE p() BEGIN CREATE TABLE t (a INT) DATA DIRECTORY='/tmp'; END
==
#! data_directory
ALTER DATABASE old UPGRADE DATA DIRECTORY NAME
==
#! engine
CREATE TABLE t (a INT) ENGINE=FEDERATED CONNECTION='mysql://u:p@h/d/t'
==
#! engine
CREATE TABLE t (a INT) ENGINE CONNECT TABLE_TYPE=CSV FILE_NAME='/etc/passwd'
==
#! engine
CREATE TABLE t (a INT) ENGINE='SPIDER'
==
#! engine
CREATE TABLE t (a INT) ENGINE=`S3`
==
#! engine
CREATE TABLE t (a INT) eNgInE = SphinX
==
#! engine
CREATE TABLE t (a INT) COMMENT='x', ENGINE=NEWENGINE
==
#! engine
CREATE TABLE engine ENGINE=FEDERATED
==
#! engine
CREATE TABLE IF NOT EXISTS a ENGINE=CONNECT SELECT 1
==
#! engine
CREATE TABLE IF NOT EXISTS engine ENGINE=WHATEVER
==
#! engine
CREATE TABLE t (engine INT) ENGINE=FEDERATED
==
#! engine
CREATE TABLE t (a INT) ENGINE=InnoDB ENGINE=FEDERATED
==
#! engine
CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p0 ENGINE=FEDERATED)
==
#! engine
CREATE TABLE t (a INT) PARTITION BY HASH (a) (PARTITION p0 COMMENT 'x' STORAGE ENGINE CONNECT)
==
#! engine
CREATE TABLE t (a INT) ENGINE=
==
#! engine
ALTER TABLE t ENGINE=FEDERATED
==
#! engine
ALTER TABLE engine ENGINE=OTHER
==
#! engine
ALTER TABLE app.engine ENGINE OTHER
==
#! engine
ALTER TABLE t ADD a INT, ENGINE=OTHER
==
#! engine
ALTER TABLE t DROP COLUMN engine, ENGINE=OTHER
==
#! engine
ALTER TABLE t ADD engine CONNECT
==
#! engine
ALTER TABLE t ADD PARTITION (PARTITION p1 VALUES LESS THAN (5) ENGINE=OTHER)
==
#! engine
CREATE SEQUENCE s ENGINE=SPIDER
==
#! engine
ALTER SEQUENCE s ENGINE=OTHER
==
#! engine
CREATE TEMPORARY TABLE t (a INT) ENGINE=CONNECT
==
#! engine
CREATE PROCEDURE p() CREATE TABLE t (a INT) ENGINE=FEDERATED
==
#! engine
CREATE TABLE t (a INT) /*!40000 ENGINE=FEDERATED */
==
#! engine
CREATE TABLE t (a INT) ENGINE=/*!40000 FEDERATED */ /*M!120000 InnoDB */
==
#! file
INSERT INTO t SELECT HIGH_PRIORITY LOAD_FILE('/etc/passwd')
==
#! file
UPDATE IGNORE t SET a = 1 WHERE b = SQL_NO_CACHE + LOAD_FILE ('x')
