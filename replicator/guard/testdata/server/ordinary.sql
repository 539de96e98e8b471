CREATE TABLE customer (id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, name VARCHAR(100) NOT NULL COMMENT 'GRANT; ''x''', email VARCHAR(190) UNIQUE, password VARCHAR(255), role ENUM('user','admin') DEFAULT 'user', engine VARCHAR(20), created DATETIME(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6), prefs JSON, total DECIMAL(10,2) AS (10 * 2) VIRTUAL, KEY sleep (name), FULLTEXT KEY ft (name)) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4
==
CREATE TABLE attachment (id BIGINT AUTO_INCREMENT PRIMARY KEY, customer_id INT UNSIGNED, data LONGBLOB, at TIMESTAMP, uid UUID DEFAULT UUID(), ip INET6, CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customer (id) ON DELETE CASCADE)
==
CREATE TABLE legacy (a INT, b TEXT) ENGINE=MyISAM
==
CREATE TABLE crash (a INT PRIMARY KEY, b TEXT) ENGINE=Aria TRANSACTIONAL=1
==
CREATE TABLE mem (a INT) ENGINE=MEMORY
==
CREATE TABLE wp_posts ( ID bigint(20) unsigned NOT NULL auto_increment, post_author bigint(20) unsigned NOT NULL default '0', post_date datetime NOT NULL default '2000-01-01 00:00:00', post_content longtext NOT NULL, post_title text NOT NULL, post_status varchar(20) NOT NULL default 'publish', post_password varchar(255) NOT NULL default '', PRIMARY KEY  (ID), KEY post_author (post_author), KEY type_status_date (post_status,post_date,ID) ) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci
==
CREATE TABLE wp_options ( option_id bigint(20) unsigned NOT NULL auto_increment, option_name varchar(191) NOT NULL default '', option_value longtext NOT NULL, autoload varchar(20) NOT NULL default 'yes', PRIMARY KEY  (option_id), UNIQUE KEY option_name (option_name), KEY autoload (autoload) ) DEFAULT CHARACTER SET utf8mb4
==
ALTER TABLE wp_posts ADD COLUMN comment_count bigint(20) NOT NULL default '0', ADD KEY post_title (post_title(191)), CHANGE COLUMN post_status post_status varchar(20) NOT NULL default 'draft'
==
INSERT INTO `wp_options` (`option_name`, `option_value`, `autoload`) VALUES ('siteurl', 'http:\/\/example.org', 'yes') ON DUPLICATE KEY UPDATE `option_name` = VALUES(`option_name`), `option_value` = VALUES(`option_value`), `autoload` = VALUES(`autoload`)
==
INSERT INTO `wp_posts` (`post_content`, `post_title`) VALUES ('<p>It\'s \"quoted\" – with “typography” 😀; DROP USER x -- */ /*! </p>\n', 'a\\b\0c')
==
CREATE TABLE shard (id INT NOT NULL, at DATE NOT NULL, PRIMARY KEY (id, at)) ENGINE=InnoDB PARTITION BY RANGE (YEAR(at)) (PARTITION p2020 VALUES LESS THAN (2021) ENGINE = InnoDB, PARTITION p2021 VALUES LESS THAN (2022), PARTITION pmax VALUES LESS THAN MAXVALUE)
==
INSERT INTO shard VALUES (1, '2020-05-05'), (2, '2021-05-05'), (3, '2030-01-01')
==
ALTER TABLE shard TRUNCATE PARTITION p2020
==
ALTER TABLE shard DROP PARTITION p2021
==
ALTER TABLE shard REORGANIZE PARTITION pmax INTO (PARTITION p2022 VALUES LESS THAN (2023), PARTITION pmax VALUES LESS THAN MAXVALUE)
==
CREATE TABLE versioned (a INT) WITH SYSTEM VERSIONING
==
INSERT INTO versioned VALUES (1), (2)
==
UPDATE versioned SET a = a + 1
==
DELETE HISTORY FROM versioned
==
CREATE TABLE booking (id INT, s DATE, e DATE, PERIOD FOR p (s, e))
==
INSERT INTO booking VALUES (1, '2020-01-01', '2020-12-31')
==
DELETE FROM booking FOR PORTION OF p FROM '2020-03-01' TO '2020-04-01'
==
CREATE SEQUENCE seq START WITH 100 INCREMENT BY 10 ENGINE=InnoDB
==
#! not=statement
SELECT NEXT VALUE FOR seq
==
#! not=statement
SELECT SETVAL(seq, 500)
==
ALTER SEQUENCE seq RESTART 50
==
INSERT INTO customer (name, email, password) VALUES ('Ann', 'ann@example.org', 'p'), ('Bob \'the\' "builder"', 'bob@example.org', NULL)
==
INSERT INTO customer SET name = 'Łukasz Größe', email = 'l@example.org'
==
INSERT IGNORE INTO customer (name, email) VALUES ('again', 'ann@example.org')
==
REPLACE INTO crash VALUES (1, 'x'), (1, 'y')
==
INSERT INTO attachment (customer_id, data, ip) VALUES (1, x'00ff27225c', '::1'), (1, REPEAT('x', 3000), '::ffff:10.0.0.1')
==
UPDATE customer SET engine = 'V8', role = 'admin', password = 'x' WHERE id = 1
==
UPDATE customer c JOIN attachment a ON a.customer_id = c.id SET c.name = CONCAT(c.name, '!'), a.at = '2020-01-01 00:00:00' WHERE c.id = 1
==
UPDATE customer SET prefs = JSON_SET('{}', '$.a', 1) WHERE id = 1
==
INSERT INTO legacy SELECT id, name FROM customer
==
INSERT INTO legacy VALUES (1, 'grant'), (2, NULL)
==
INSERT DELAYED INTO legacy VALUES (3, 'later')
==
INSERT INTO mem VALUES (1), (2), (3)
==
DELETE FROM mem WHERE a = 1
==
DELETE c FROM customer c LEFT JOIN attachment a ON a.customer_id = c.id WHERE c.name LIKE 'nobody%'
==
INSERT INTO crash (a) VALUES (77) RETURNING a
==
CREATE TABLE copy AS SELECT id, name, engine FROM customer WHERE engine = 'V8'
==
CREATE TABLE likewise LIKE copy
==
CREATE OR REPLACE TABLE likewise (sys INT, mysql INT)
==
INSERT INTO likewise SELECT sys.id, 5 FROM copy sys
==
CREATE TEMPORARY TABLE tmp (a INT) ENGINE=InnoDB
==
INSERT INTO tmp VALUES (1), (2)
==
INSERT INTO legacy SELECT a, 'from tmp' FROM tmp
==
DROP TEMPORARY TABLE tmp
==
CREATE ALGORITHM=MERGE SQL SECURITY INVOKER VIEW people AS SELECT id, name FROM customer WITH CHECK OPTION
==
CREATE OR REPLACE VIEW people AS SELECT id, name, (SELECT COUNT(*) FROM information_schema.tables) AS n FROM customer
==
DROP VIEW people
==
CREATE TRIGGER before_customer BEFORE INSERT ON customer FOR EACH ROW BEGIN
  IF NEW.name IS NULL OR NEW.name = '' THEN
    SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'a name; please';
  END IF;
  SET NEW.email = LOWER(NEW.email);
END
==
CREATE TRIGGER after_customer AFTER INSERT ON customer FOR EACH ROW INSERT INTO legacy VALUES (NEW.id, CONCAT('new: ', NEW.name))
==
INSERT INTO customer (name, email) VALUES ('Carl', 'CARL@example.org')
==
CREATE FUNCTION tax(amount DECIMAL(10,2)) RETURNS DECIMAL(10,2) DETERMINISTIC RETURN amount * 0.21
==
CREATE FUNCTION note(t TEXT) RETURNS INT MODIFIES SQL DATA BEGIN INSERT INTO legacy VALUES (99, t); RETURN 1; END
==
SELECT note('it''s "here"; GRANT')
==
DO note('again')
==
SET @x = note('set')
==
CREATE AGGREGATE FUNCTION agg(x INT) RETURNS INT BEGIN DECLARE s INT DEFAULT 0; DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT ROW; SET s = s + x; END LOOP; END
==
CREATE PROCEDURE busy(IN n INT, OUT r INT) COMMENT 'does things' MODIFIES SQL DATA
main: BEGIN
  DECLARE i INT DEFAULT 0;
  DECLARE done BOOL DEFAULT FALSE;
  DECLARE label VARCHAR(20) DEFAULT 'Größe';
  DECLARE cur CURSOR FOR SELECT a FROM legacy WHERE a = CASE WHEN n > 5 THEN 1 ELSE 2 END;
  DECLARE CONTINUE HANDLER FOR NOT FOUND SET done = TRUE;
  DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; RESIGNAL; END;
  START TRANSACTION;
  WHILE i < n DO
    SET i = i + 1;
    INSERT INTO crash VALUES (1000 + i, label);
    IF i = 3 THEN UPDATE crash SET b = CONCAT(b, i) WHERE a = 1000 + i; ELSEIF i = 4 THEN DELETE FROM crash WHERE a = 1004; ELSE BEGIN END; END IF;
  END WHILE;
  OPEN cur;
  l: LOOP FETCH cur INTO r; IF done THEN LEAVE l; END IF; END LOOP;
  CLOSE cur;
  REPEAT SET i = i - 1; UNTIL i <= 0 END REPEAT;
  CASE n WHEN 1 THEN SET r = 1; ELSE SET r = 2; END CASE;
  COMMIT;
END
==
CALL busy(5, @r)
==
CREATE PROCEDURE migrate() BEGIN
  IF NOT EXISTS (SELECT * FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = 'copy' AND column_name = 'extra') THEN
    ALTER TABLE copy ADD COLUMN extra INT;
  END IF;
END
==
CALL migrate()
==
CREATE PROCEDURE waits() BEGIN DO SLEEP(0); SELECT GET_LOCK('x', 0), RELEASE_LOCK('x'); END
==
ALTER PROCEDURE waits COMMENT 'it waits'
==
CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' ON COMPLETION PRESERVE COMMENT 'do it' DO BEGIN
  DELETE FROM legacy WHERE a > 1000000;
  CALL busy(1, @r);
END
==
ALTER EVENT nightly DISABLE
==
ALTER EVENT nightly RENAME TO daily DO DELETE FROM mem
==
DROP EVENT daily
==
BEGIN NOT ATOMIC DECLARE v INT DEFAULT 5; INSERT INTO crash VALUES (v, 'compound'); END
==
EXECUTE IMMEDIATE 'INSERT INTO crash VALUES (?, ?)' USING 6, 'immediate'
==
PREPARE s FROM 'INSERT INTO crash VALUES (?, "it''s")'
==
SET @seven = 7
==
EXECUTE s USING @seven
==
DEALLOCATE PREPARE s
==
START TRANSACTION
==
INSERT INTO copy (id, name) VALUES (10, 'tx')
==
SAVEPOINT here
==
INSERT INTO copy (id, name) VALUES (11, 'tx')
==
INSERT INTO legacy VALUES (11, 'not transactional')
==
ROLLBACK TO SAVEPOINT here
==
COMMIT
==
XA START 'xid', 'branch', 7
==
INSERT INTO copy (id, name) VALUES (20, 'xa')
==
XA END 'xid', 'branch', 7
==
XA PREPARE 'xid', 'branch', 7
==
XA COMMIT 'xid', 'branch', 7
==
XA START 'other'
==
INSERT INTO copy (id, name) VALUES (21, 'xa')
==
XA END 'other'
==
XA PREPARE 'other'
==
XA ROLLBACK 'other'
==
LOCK TABLES legacy WRITE, mem READ
==
INSERT INTO legacy VALUES (12, 'locked')
==
UNLOCK TABLES
==
SET STATEMENT max_statement_time = 30, sort_buffer_size = 262144 FOR INSERT INTO crash VALUES (30, 'limited')
==
ANALYZE UPDATE crash SET b = 'analyzed' WHERE a = 30
==
ANALYZE TABLE customer, legacy
==
ANALYZE TABLE customer PERSISTENT FOR ALL
==
OPTIMIZE TABLE legacy
==
REPAIR TABLE legacy
==
CHECK TABLE customer
==
FLUSH TABLES
==
FLUSH TABLES legacy
==
FLUSH STATUS
==
FLUSH QUERY CACHE, HOSTS
==
/*!40000 ALTER TABLE `legacy` DISABLE KEYS */
==
/*!40000 ALTER TABLE `legacy` ENABLE KEYS */
==
CREATE TABLE /*!99999 skipped */ dumped (a INT /*!40101 NOT NULL */) /*M!100100 COMMENT 'x' */ /*!50100 PARTITION BY HASH (a) PARTITIONS 2 */
==
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER dumped_bi BEFORE INSERT ON dumped FOR EACH ROW BEGIN SET NEW.a = NEW.a + 1; IF NEW.a > 5 THEN SET NEW.a = 5; END IF; END */
==
/*!50001 CREATE ALGORITHM=UNDEFINED */ /*!50013 DEFINER=`root`@`localhost` SQL SECURITY DEFINER */ /*!50001 VIEW dumped_v AS select 1 AS `1` */
==
CREATE INDEX i ON legacy (a)
==
DROP INDEX i ON legacy
==
RENAME TABLE legacy TO old_legacy, mem TO old_mem
==
TRUNCATE TABLE old_mem
==
TRUNCATE old_legacy
==
DROP TABLE IF EXISTS old_mem, nothing
==
SET SESSION sql_mode = 'ANSI_QUOTES'
==
CREATE TABLE "order" ("group" INT, "it's" TEXT DEFAULT 'x"y')
==
INSERT INTO "order" VALUES (1, 'a"b')
==
SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'
==
CREATE TABLE paths (p TEXT COMMENT 'C:\')
==
INSERT INTO paths VALUES ('C:\'), ('D:\x')
==
SET SESSION sql_mode = 'ORACLE'
==
CREATE PROCEDURE ora(n IN INT) AS v VARCHAR2(20) := 'x'; BEGIN v := v || n; FOR i IN 1..3 LOOP INSERT INTO paths VALUES (v); END LOOP; EXCEPTION WHEN OTHERS THEN NULL; END
==
CALL ora(5)
==
CREATE PACKAGE pkg AS PROCEDURE p1(a INT); FUNCTION f1 RETURN INT; END
==
CREATE PACKAGE BODY pkg AS total INT := 0; PROCEDURE p1(a INT) AS BEGIN total := a; INSERT INTO paths VALUES (a); END; FUNCTION f1 RETURN INT AS BEGIN RETURN total; END; END
==
CALL pkg.p1(5)
==
DROP PACKAGE pkg
==
SET SESSION sql_mode = DEFAULT
==
SET NAMES latin1
==
INSERT INTO paths VALUES ('{{e9}}t{{e9}} \'{{df}}\' {{a0}}')
==
SET NAMES gbk
==
INSERT INTO paths VALUES ('plain')
==
CREATE TABLE from_gbk (a INT COMMENT 'plain')
==
SET NAMES utf8mb3
==
INSERT INTO paths VALUES ('é')
==
SET NAMES utf8mb4 COLLATE utf8mb4_unicode_520_ci
==
INSERT INTO paths VALUES ('😀')
==
SET time_zone = '+02:00', lc_time_names = 'nl_NL', foreign_key_checks = 0, unique_checks = 0, sql_auto_is_null = 1, auto_increment_increment = 5
==
INSERT INTO old_legacy VALUES (@@auto_increment_increment, NOW())
==
CREATE DATABASE IF NOT EXISTS `guard-other` CHARACTER SET latin1
==
ALTER DATABASE `guard-other` COMMENT 'x'
==
CREATE TABLE `guard-other`.t (a INT)
==
DROP DATABASE `guard-other`
