#! system_schema
INSERT INTO mysql.user VALUES (1)
==
#! system_schema
insert into MySQL . `user` values (1)
==
#! system_schema
REPLACE `mysql`.`global_priv` SET user = 'x'
==
#! system_schema mode=ansi
UPDATE "mysql"."global_priv" SET priv = '{}'
==
#! system_schema
UPDATE mysql/**/./**/user SET a = 1
==
#! system_schema
DELETE FROM /*!50000 mysql*/ . user
==
#! system_schema
UPDATE app.t, mysql.user SET a = 1
==
#! system_schema
INSERT INTO app.t SELECT * FROM mysql.global_priv
==
#! system_schema
INSERT INTO app.t SELECT mysql.user.host FROM x
==
#! system_schema
DELETE mysql.user FROM mysql.user
==
#! system_schema
TRUNCATE TABLE mysql.general_log
==
#! system_schema
CREATE TABLE mysql.x (a INT)
==
#! system_schema
CREATE TABLE app.x LIKE mysql.user
==
#! system_schema
ALTER TABLE mysql.user ADD x INT
==
#! system_schema
ALTER TABLE app.t RENAME TO mysql.t
==
#! system_schema
RENAME TABLE app.t TO mysql.user2
==
#! system_schema
RENAME TABLE mysql.user TO app.u
==
#! system_schema
DROP TABLE IF EXISTS app.t, mysql.user
==
#! system_schema
CREATE INDEX i ON mysql.user (a)
==
#! system_schema
CREATE VIEW app.v AS SELECT * FROM mysql.user
==
#! system_schema
CREATE PROCEDURE mysql.p() SELECT 1
==
#! system_schema
CREATE TRIGGER mysql.t BEFORE INSERT ON mysql.user FOR EACH ROW SET NEW.a = 1
==
#! system_schema
CREATE PROCEDURE p() BEGIN DELETE FROM mysql.user; END
==
#! system_schema
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO UPDATE mysql.global_priv SET a = 1
==
#! system_schema
CREATE TABLE t (a INT) ENGINE=MERGE UNION=(mysql.user)
==
#! system_schema
CREATE TABLE t (a INT REFERENCES mysql.user (a))
==
#! system_schema
FLUSH TABLES mysql.user
==
#! system_schema
OPTIMIZE TABLE mysql.user
==
#! system_schema
DROP DATABASE mysql
==
#! system_schema
DROP DATABASE IF EXISTS `MySQL`
==
#! system_schema
DROP SCHEMA sys
==
#! system_schema
CREATE DATABASE IF NOT EXISTS performance_schema
==
#! system_schema
ALTER DATABASE mysql CHARACTER SET latin1
==
#! system_schema
CREATE DATABASE /*!32312 IF NOT EXISTS*/ mysql
==
#! system_schema
DROP DATABASE `#mysql50#mysql`
==
#! system_schema
INSERT INTO `#mysql50#mysql`.`user` VALUES (1)
==
#! system_schema
INSERT INTO `#MySQL50#mysql`.user VALUES (1)
==
#! system_schema
DROP TABLE app.`#mysql50#x`
==
#! system_schema
INSERT INTO sys.sys_config VALUES (1)
==
#! system_schema
UPDATE sys.sys_config SET value = 1
==
#! system_schema
INSERT INTO t SELECT a FROM sys.version sys
==
#! system_schema
INSERT INTO t SELECT a, sys.format_time(1) FROM u
==
#! system_schema
UPDATE t, sys.sys_config SET value = 1
==
#! system_schema
CREATE OR REPLACE VIEW sys.version AS SELECT 1
==
#! system_schema
CREATE PROCEDURE `sys`.`execute_prepared_stmt`(q TEXT) SELECT 1
==
#! system_schema
CREATE PROCEDURE p() CALL sys.execute_prepared_stmt('DROP USER x')
==
#! system_schema
CREATE TRIGGER t BEFORE INSERT ON sys.sys_config FOR EACH ROW SET NEW.a = (SELECT 1 FROM sys)
==
#! system_schema
CREATE INDEX i ON sys.sys_config (value)
==
#! system_schema
CREATE FUNCTION ſys.f() RETURNS INT RETURN 1
==
#! system_schema
UPDATE performance_schema.setup_consumers SET enabled = 'YES'
==
#! system_schema
CREATE VIEW v AS SELECT * FROM performance_schema.threads
==
#! system_schema
INSERT INTO information_schema.x VALUES (1)
==
#! system_schema
CREATE TABLE information_schema.x (a INT)
==
#! system_schema db=mysql
INSERT INTO user VALUES (1)
==
#! system_schema db=MYSQL
CREATE TABLE t (a INT)
==
#! system_schema db=mysql
DELETE FROM global_priv
==
#! system_schema db=sys
UPDATE sys_config SET value = 1
==
#! system_schema db=performance_schema
TRUNCATE threads
==
#! system_schema db=information_schema
INSERT INTO x VALUES (1)
==
#! system_schema db=mysql
ALTER DATABASE CHARACTER SET latin1
==
#! system_schema db=mysql
FLUSH TABLES user
==
#! system_schema db=#mysql50#mysql
DROP TABLE user
==
#! system_schema db=mysql
CREATE PROCEDURE p() SELECT 1
