#! set_global
SET GLOBAL read_only=0
==
#! set_global
SET @@global.read_only = 0
==
#! set_global
SET @@GLOBAL . read_only := OFF
==
#! set
SET @a = 1, GLOBAL sql_mode = ''
==
#! set_global
SET global general_log_file = '/x', global general_log = 1
==
#! set_global
SET/**/GLOBAL/**/x = 1
==
#! set_global
SET /*! GLOBAL */ x = 1
==
#! set_global
CREATE PROCEDURE p() BEGIN SET a = (SELECT 1), GLOBAL x = 1; END
==
#! set_global
CREATE PROCEDURE p() SET @@global.x = 1
==
#! set_global
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SET GLOBAL read_only = 0
==
#! set_global
CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW SET NEW.a = 1, @@GLOBAL.x = 2
==
#! set_global
CREATE PROCEDURE p() SET GLOBAL TRANSACTION ISOLATION LEVEL SERIALIZABLE
==
#! set
SET sql_mode = ''
==
#! set
SET @a = 1
==
#! set
SET SESSION sql_log_bin = 0
==
#! set
SET NAMES gbk
==
#! set
SET CHARACTER SET big5
==
#! set
SET STATEMENT sql_mode='NO_BACKSLASH_ESCAPES' FOR CREATE PROCEDURE p() SELECT '\'
==
#! set
SET STATEMENT max_statement_time=1, default_storage_engine=FEDERATED FOR CREATE TABLE t (a INT)
==
#! set
SET STATEMENT gtid_seq_no=99 FOR INSERT INTO t VALUES (1)
==
#! set
SET STATEMENT @@max_statement_time=1 FOR SELECT 1
==
#! set
SET STATEMENT max_statement_time=1 FOR SET STATEMENT max_statement_time=1 FOR SELECT 1
==
#! set
CREATE PROCEDURE p() SET sql_log_bin = 0
==
#! set
CREATE PROCEDURE p() SET SESSION skip_replication = 1
==
#! set
CREATE PROCEDURE p() SET @a = 1, @@session.gtid_seq_no = 5
==
#! set
CREATE FUNCTION f() RETURNS INT BEGIN SET default_storage_engine = 'CONNECT'; RETURN 1; END
==
#! plugin
INSTALL PLUGIN x SONAME 'y.so'
==
#! plugin
INSTALL SONAME 'ha_connect'
==
#! plugin
UNINSTALL PLUGIN IF EXISTS x
==
#! plugin
UNINSTALL SONAME 'x'
==
#! plugin
CREATE FUNCTION sys_exec RETURNS INTEGER SONAME 'lib_mysqludf_sys.so'
==
#! plugin
CREATE OR REPLACE AGGREGATE FUNCTION IF NOT EXISTS f RETURNS STRING SONAME 'x.so'
==
#! plugin
CREATE FUNCTION `f` RETURNS REAL /*! SONAME */ 'x.so'
==
#! plugin
CREATE PROCEDURE p() INSTALL SONAME 'x'
==
#! server
CREATE SERVER s FOREIGN DATA WRAPPER mysql OPTIONS (HOST '10.0.0.1', PASSWORD 'x')
==
#! server
CREATE OR REPLACE SERVER IF NOT EXISTS s FOREIGN DATA WRAPPER mysql OPTIONS (HOST 'x')
==
#! server
ALTER SERVER s OPTIONS (USER 'x')
==
#! server
DROP SERVER IF EXISTS s
==
#! reset
RESET MASTER
==
#! reset
RESET SLAVE ALL
==
#! reset
RESET QUERY CACHE
==
#! reset
PURGE BINARY LOGS TO 'x'
==
#! reset
FLUSH MASTER
==
#! reset
FLUSH SLAVE
==
#! reset
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO RESET MASTER
==
#! reset
/*! RESET */ MASTER
==
#! replication
CHANGE MASTER TO MASTER_HOST='evil', MASTER_PASSWORD='x'
==
#! replication
START SLAVE
==
#! replication
START ALL SLAVES
==
#! replication
START REPLICA 'x'
==
#! replication
STOP SLAVE
==
#! replication
STOP ALL SLAVES
==
#! replication
CREATE PROCEDURE p() STOP SLAVE
==
#! admin
SHUTDOWN
==
#! admin
SHUTDOWN WAIT FOR ALL SLAVES
==
#! admin
KILL 5
==
#! admin
KILL HARD CONNECTION 5
==
#! admin
FLUSH LOGS
==
#! admin
FLUSH BINARY LOGS
==
#! admin
FLUSH TABLES WITH READ LOCK
==
#! admin
FLUSH TABLES a, b WITH READ LOCK
==
#! admin
FLUSH TABLES t FOR EXPORT
==
#! admin
FLUSH STATUS, LOGS
==
#! admin
FLUSH DES_KEY_FILE
==
#! admin
LOCK TABLES t WRITE
==
#! admin
UNLOCK TABLES
==
#! admin
BACKUP STAGE START
==
#! admin
BACKUP LOCK t
==
#! admin
HANDLER t OPEN
==
#! admin
CACHE INDEX t IN c
==
#! admin
CREATE PROCEDURE p() SHUTDOWN
==
#! admin
CREATE PROCEDURE p() BEGIN DECLARE x INT; KILL 5; END
==
#! dynamic_sql
PREPARE s FROM 'DROP USER x'
==
#! dynamic_sql
EXECUTE s
==
#! dynamic_sql
EXECUTE IMMEDIATE 'GRANT ALL ON *.* TO x'
==
#! dynamic_sql
DEALLOCATE PREPARE s
==
#! dynamic_sql
DROP PREPARE s
==
#! dynamic_sql
CREATE PROCEDURE p() BEGIN SET @q = 'x'; PREPARE s FROM @q; EXECUTE s; END
==
#! dynamic_sql
CREATE PROCEDURE p() EXECUTE IMMEDIATE CONCAT('GR', 'ANT ALL ON *.* TO x')
==
#! dynamic_sql
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO EXECUTE IMMEDIATE @x
==
#! dynamic_sql mode=oracle
CREATE PROCEDURE p AS BEGIN a := 1; EXECUTE IMMEDIATE 'x'; END
==
#! dynamic_sql mode=oracle
CREATE PROCEDURE p AS c SYS_REFCURSOR; BEGIN OPEN c FOR 'SELECT 1'; END
==
#! blocking
INSERT INTO t SELECT SLEEP(1000000)
==
#! blocking
INSERT INTO t VALUES (BENCHMARK(1e18, MD5('x')))
==
#! blocking
UPDATE t SET a = GET_LOCK('x', 1e9)
==
#! blocking
DELETE FROM t WHERE master_pos_wait('x', 1)
==
#! blocking
SELECT app.f(MASTER_GTID_WAIT('0-1-99'))
==
#! blocking
INSERT INTO t VALUES (`sleep`(9))
==
#! blocking
UPDATE a JOIN b ON sleep(5) SET a.x = 1
==
#! blocking
CREATE VIEW v AS SELECT sleep(9)
==
#! blocking
CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW DO SLEEP(9)
==
#! blocking
CREATE FUNCTION f() RETURNS INT RETURN SLEEP(99)
==
#! blocking
SET STATEMENT max_statement_time=0 FOR DELETE FROM t WHERE SLEEP(5)
==
#! drop_database policy=all
DROP DATABASE app
==
#! drop_database policy=all
DROP SCHEMA IF EXISTS `app`
==
#! drop_table policy=all
DROP TABLE IF EXISTS t
==
#! drop_table policy=all
CREATE OR REPLACE TABLE t (a INT)
==
#! drop_table policy=all
ALTER TABLE t DROP PARTITION p0
==
#! truncate policy=all
TRUNCATE t
==
#! truncate policy=all
ALTER TABLE t ADD x INT, TRUNCATE PARTITION ALL
