#! account
CREATE USER eve IDENTIFIED BY 'geheim'
==
#! account
GRANT ALL ON *.* TO eve WITH GRANT OPTION
==
#! account
ALTER USER eve IDENTIFIED BY 'geheim2'
==
#! account
SET PASSWORD FOR eve = PASSWORD('geheim3')
==
#! account
CREATE ROLE admin
==
#! account
GRANT admin TO eve
==
#! account
SET DEFAULT ROLE admin FOR eve
==
#! account
REVOKE admin FROM eve
==
#! account
RENAME USER eve TO mallory
==
#! account
FLUSH PRIVILEGES
==
#! account
DROP ROLE admin
==
#! account
DROP USER mallory
==
#! system_schema
UPDATE mysql.help_topic SET url = CONCAT(url, 'x') LIMIT 1
==
#! system_schema
CREATE TABLE mysql.evil (a INT)
==
#! system_schema
INSERT INTO mysql.evil VALUES (1)
==
#! system_schema
DROP TABLE mysql.evil
==
#! account
CREATE PROCEDURE evil1() BEGIN IF 1 THEN CREATE USER x; END IF; END
==
#! file
CREATE TRIGGER evil2 BEFORE INSERT ON victim FOR EACH ROW SET NEW.a = LENGTH(LOAD_FILE('/etc/passwd'))
==
#! file
INSERT INTO victim SELECT LENGTH(LOAD_FILE('/etc/passwd'))
==
#! account
CREATE EVENT evil3 ON SCHEDULE EVERY 1 DAY DO GRANT ALL ON *.* TO x
==
#! set_global
CREATE EVENT evil4 ON SCHEDULE EVERY 1 DAY DO SET GLOBAL read_only = 0
==
#! dynamic_sql
CREATE PROCEDURE evil5() EXECUTE IMMEDIATE CONCAT('DROP ', 'USER x')
==
#! file
CREATE PROCEDURE evil6() SELECT 1 INTO OUTFILE '/tmp/x'
==
#! file
CREATE VIEW evil7 AS SELECT LOAD_FILE('/etc/passwd') AS x
==
#! data_directory
CREATE TABLE evil8 (a INT) DATA DIRECTORY = '/tmp'
==
#! replication
CREATE PROCEDURE evil9() STOP SLAVE
==
#! admin
CREATE PROCEDURE evil10() SHUTDOWN
==
#! blocking
CREATE FUNCTION evil11() RETURNS INT DETERMINISTIC RETURN SLEEP(1000)
