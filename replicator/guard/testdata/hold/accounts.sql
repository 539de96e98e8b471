#! account
CREATE USER x
==
#! account
CREATE USER IF NOT EXISTS 'x'@'%' IDENTIFIED BY 'secret'
==
#! account
CREATE OR REPLACE USER x@localhost IDENTIFIED VIA unix_socket
==
#! account
ALTER USER root@localhost IDENTIFIED BY 'x'
==
#! account
ALTER USER IF EXISTS x ACCOUNT LOCK
==
#! account
DROP USER x, y
==
#! account
DROP USER IF EXISTS root@localhost
==
#! account
RENAME USER a TO b
==
#! account
GRANT ALL ON *.* TO x
==
#! account
GRANT ALL PRIVILEGES ON *.* TO 'x'@'%' IDENTIFIED BY 'y' WITH GRANT OPTION
==
#! account
GRANT admin TO x WITH ADMIN OPTION
==
#! account
GRANT PROXY ON root TO x
==
#! account
REVOKE ALL PRIVILEGES, GRANT OPTION FROM root@localhost
==
#! account
REVOKE SELECT ON app.* FROM x
==
#! account
SET PASSWORD = PASSWORD('x')
==
#! account
SET PASSWORD FOR 'root'@'localhost' = '*2470C0C06DEE42FD1618BB99005ADCA2EC9D1E19'
==
#! account
SET DEFAULT ROLE admin FOR root@localhost
==
#! account
SET ROLE admin
==
#! account
CREATE ROLE admin
==
#! account
CREATE OR REPLACE ROLE admin WITH ADMIN CURRENT_USER
==
#! account
DROP ROLE IF EXISTS admin
==
#! account
FLUSH PRIVILEGES
==
#! account
FLUSH LOCAL PRIVILEGES
==
#! account
FLUSH STATUS, PRIVILEGES
==
#! account
CREATE PROCEDURE p() BEGIN CREATE USER x; END
==
#! account
CREATE PROCEDURE p() GRANT ALL ON *.* TO x
==
#! account
CREATE PROCEDURE p() SET PASSWORD FOR root@localhost = 'x'
==
#! account
CREATE PROCEDURE p() IF 1 THEN DROP USER x; END IF
==
#! account
CREATE PROCEDURE p() IF 1 THEN SELECT 1; ELSE ALTER USER x ACCOUNT LOCK; END IF
==
#! account
CREATE PROCEDURE p() BEGIN SELECT CASE WHEN 1 THEN 2 END; RENAME USER a TO b; END
==
#! account
CREATE PROCEDURE p() BEGIN CASE 1 WHEN CASE 2 WHEN 1 THEN 2 END THEN CREATE ROLE x; END CASE; END
==
#! account
CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLEXCEPTION, NOT FOUND CREATE USER x; END
==
#! account
CREATE PROCEDURE p() BEGIN DECLARE EXIT HANDLER FOR SQLSTATE '42000' BEGIN DROP USER x; END; END
==
#! account
CREATE PROCEDURE p() lbl: BEGIN l2: LOOP CREATE USER x; END LOOP; END
==
#! account
CREATE PROCEDURE p() WHILE 1 DO CREATE USER x; END WHILE
==
#! account
CREATE PROCEDURE p() REPEAT CREATE USER x; UNTIL 1 END REPEAT
==
#! account
CREATE PROCEDURE p() FOR i IN 1..3 DO DROP ROLE x; END FOR
==
#! account
CREATE PROCEDURE p() COMMENT 'x' SQL SECURITY DEFINER CREATE USER x
==
#! account
CREATE FUNCTION f() RETURNS INT BEGIN SET DEFAULT ROLE a FOR b; RETURN 1; END
==
#! account
CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW GRANT ALL ON *.* TO y
==
#! account
CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW FOLLOWS u BEGIN DROP USER y; END
==
#! account
CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO GRANT ALL ON *.* TO y
==
#! account
CREATE EVENT e ON SCHEDULE AT NOW() DO BEGIN SELECT 1; CREATE USER x; END
==
#! account
ALTER EVENT e DO CREATE USER x
==
#! account
CREATE PACKAGE BODY p PROCEDURE q() BEGIN CREATE USER x; END; END
==
#! account mode=oracle
CREATE PACKAGE BODY p AS PROCEDURE q AS BEGIN NULL; CREATE USER x; END; END
==
#! account mode=oracle
CREATE PACKAGE BODY p AS a INT; BEGIN CREATE USER x; END
==
#! account mode=oracle
CREATE PROCEDURE p AS a INT; BEGIN a := 1; EXCEPTION WHEN OTHERS THEN CREATE USER x; END
==
#! account mode=oracle
CREATE PROCEDURE p AS BEGIN DECLARE a INT; BEGIN DROP USER x; END; END
==
#! account mode=oracle
CREATE PROCEDURE p AS BEGIN <<l>> LOOP DROP USER x; END LOOP l; END
==
#! account
SET STATEMENT max_statement_time=1 FOR GRANT ALL ON *.* TO x
==
#! account
SET STATEMENT max_statement_time=1 FOR CREATE USER x
==
#! account
ANALYZE FORMAT=JSON SELECT 1 FROM t WHERE a GRANT
==
#! account
/*!50101 CREATE USER x */
==
#! account
/*! CREATE */ /*M! USER */ x
==
#! account
/*!CREATE*//*!50000USER*/x
==
#! account
CREATE /*!99999 TABLE t (a INT) -- */ USER x
==
#! account
CREATE /*M!130000 TABLE t (a INT) -- */ USER x
==
#! account
/*M!110000 INSERT INTO t VALUES (' */ GRANT ALL ON *.* TO x /*M!110000 ') */
==
#! account
/*!80000 INSERT INTO t VALUES (1) -- */ GRANT ALL ON *.* TO x
==
#! account
/*!50701 CREATE USER x */
==
#! account
/*M!999999 CREATE USER x */
==
#! account
/*!050101CREATE USER x */
==
#! account
/*! SELECT 1 */ + /*!123456 1 */; /*!50000 GRANT ALL ON *.* TO x */
==
#! account mode=ansi
INSERT INTO "a\" VALUES (1) GRANT ALL -- "
==
#! account mode=nobackslash
INSERT INTO t VALUES ('\') GRANT ALL ON *.* TO x -- ')
==
#! account
INSERT INTO t VALUES ("\\") GRANT ALL ON *.* TO x -- ")
==
#! account
INSERT INTO t VALUES ('a''\'') /* ' */ GRANT /* ' */
==
#! account
INSERT INTO t VALUES (1) # ' 
GRANT ALL ON *.* TO x #'
==
#! account
INSERT INTO t VALUES (1)--GRANT
==
#! account charset=8
INSERT INTO t VALUES ('{{df}}\', ') GRANT ALL -- ')
==
#! account mode=oracle
CREATE PROCEDURE p AS CONTINUE HANDLER FOR SQLEXCEPTION CREATE USER x; BEGIN NULL; END
==
#! account mode=oracle
CREATE PROCEDURE p AS a INT; BEGIN DECLARE EXIT HANDLER FOR c BEGIN DROP USER x; END; BEGIN NULL; END; END
==
#! account
CREATE PACKAGE BODY p CREATE USER x; END
==
#! account
CREATE PACKAGE BODY p DECLARE EXIT HANDLER FOR NOT FOUND CREATE USER x; END
==
#! account
CREATE PACKAGE BODY p FUNCTION f() RETURNS INT DROP USER x; END
==
#! account mode=oracle
CREATE TRIGGER t BEFORE INSERT ON x FOR EACH ROW DECLARE a INT; BEGIN :NEW.a := 1; CREATE USER x; END
