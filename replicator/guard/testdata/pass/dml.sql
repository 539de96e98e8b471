INSERT INTO t VALUES (1)
==
insert into `app`.`orders` (`id`,`customer`,`total`) values (1,'O\'Brien',12.50),(2,"Ann ""A"" Other",-3e5),(3,NULL,.5)
==
INSERT INTO wp_options (option_name, option_value, autoload) VALUES ('_transient_doing_cron', '1700000000.1234', 'yes') ON DUPLICATE KEY UPDATE option_name = VALUES(option_name), option_value = VALUES(option_value)
==
INSERT IGNORE INTO log SET msg='GRANT ALL ON *.* TO root; DROP USER x', at=NOW()
==
INSERT INTO notes VALUES ('SELECT * INTO OUTFILE \'/etc/cron.d/x\' FROM mysql.user')
==
INSERT INTO notes VALUES ('LOAD_FILE(''/etc/passwd'')', "load data infile 'x'", '/*! SET GLOBAL read_only=0 */', '-- ;', '#')
==
INSERT INTO notes(body) VALUES ('a;b'), ('c;'), (';')
==
INSERT INTO t SELECT a, b FROM u WHERE c IN (1, 2, 3) AND d LIKE '%x%' ORDER BY e DESC LIMIT 10
==
INSERT INTO t (a) SELECT 1 UNION ALL SELECT 2 EXCEPT SELECT 3
==
INSERT INTO t VALUES (x'4142', X'00ff', b'101', 0x4A, 0b11, N'é', _utf8mb4'ü' COLLATE utf8mb4_unicode_ci, _binary'\0\Z')
==
INSERT INTO t(a) VALUES (1e10), (1.5E-3), (1.), (.25), (1.e+2), (-0.0)
==
INSERT INTO t(b) VALUES( NAME_CONST('v',_utf8mb4'it''s' COLLATE 'utf8mb4_general_ci'))
==
INSERT INTO t VALUES (\N, DEFAULT, TRUE, CURRENT_TIMESTAMP, UUID(), RAND())
==
INSERT INTO t(a) VALUES (1) RETURNING a, b
==
INSERT DELAYED INTO t VALUES (1)
==
INSERT INTO sleep (user_id, hours) VALUES (1, 8)
==
INSERT INTO app.sleep (user_id, hours) VALUES (1, 8)
==
INSERT INTO benchmark (name, sleep, get_lock) VALUES ('x', 1, 2)
==
INSERT INTO `load_file` (`sleep`) VALUES (1)
==
REPLACE INTO sessions (id, data) VALUES ('abc', 'a:1:{s:4:"user";i:5;}')
==
REPLACE sleep (a) VALUES (1)
==
REPLACE INTO t SELECT REPLACE(a, 'x', 'y'), INSERT('Quadratic', 3, 4, 'What'), REPEAT('a', 3), IF(a, b, c) FROM u
==
UPDATE users SET password = 'x', role = 'admin', global = 1, names = 'n' WHERE user = 'root'
==
UPDATE cars SET engine = 'V8' WHERE engine = 'federated'
==
UPDATE a JOIN b ON a.id = b.a_id SET a.x = b.y, a.z = a.z + 1 WHERE b.deleted IS NULL
==
UPDATE t SET a = a + 1, b = (SELECT MAX(c) FROM u WHERE u.id = t.id) LIMIT 5
==
UPDATE LOW_PRIORITY IGNORE t SET j = JSON_SET(j, '$.a.b', 5), k = j->'$.x'
==
UPDATE t SET a = @a := @a + 1 ORDER BY id
==
UPDATE t SET `grant` = 1, t.grant = 2, t.load = 3, t.kill = 4, `outfile` = 5
==
UPDATE t SET a = 5 -- the comment; DROP USER x
WHERE b = 6
==
UPDATE t SET a = 5 # the comment; GRANT ALL
WHERE b = 6
==
UPDATE t SET a = 4--1, b = 5 - -1, c = 2*/* x */3, d = 8/2
==
UPDATE t /* GRANT ALL ON *.* TO x */ SET a = 5
==
DELETE FROM t WHERE id = 5 LIMIT 1
==
DELETE a, b FROM a INNER JOIN b ON a.id = b.id WHERE a.x < '2020-01-01'
==
DELETE FROM a, b USING a JOIN b USING (id) WHERE a.x = 1
==
DELETE HISTORY FROM t BEFORE SYSTEM_TIME '2020-01-01'
==
DELETE FROM t FOR PORTION OF p FROM '2020-01-01' TO '2021-01-01'
==
DELETE QUICK FROM t WHERE NOT EXISTS (SELECT 1 FROM u WHERE u.id = t.id)
==
SELECT `app`.`f`(1, 'x')
==
SELECT NEXT VALUE FOR app.s
==
SELECT SETVAL(s, 100, 1)
==
(SELECT `app`.`f`())
==
WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 5) SELECT f(n) FROM c
==
INSERT INTO t WITH c AS (SELECT a FROM u) SELECT a FROM c
==
SET STATEMENT max_statement_time=10, sort_buffer_size=1024*1024 FOR INSERT INTO t VALUES (1)
==
SET STATEMENT foreign_key_checks=0 FOR ALTER TABLE t ADD COLUMN b INT
==
ANALYZE UPDATE t SET a = 5
==
ANALYZE FORMAT=JSON DELETE FROM t WHERE a = 1
==
INSERT INTO t SELECT sys.id, sys.name FROM sysconf sys WHERE sys.active = 1
==
INSERT INTO t SELECT a.id, sys.name FROM a JOIN sys ON sys.id = a.sys_id
==
UPDATE t JOIN app.sys ON app.sys.id = t.id SET t.a = (sys.b)
==
DELETE sys FROM systems AS sys WHERE sys.gone
==
INSERT INTO t SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()
==
INSERT INTO mysqldata.user SELECT * FROM mysql_import.user, my.mysql
==
INSERT INTO `user` (`mysql`, `sys`) VALUES (1, 2)
==
INSERT INTO t(a) VALUES (@mysql.user, @'sys'.x, @`mysql`)
==
INSERT INTO t SELECT * FROM u WHERE MATCH(a, b) AGAINST ('+x -y' IN BOOLEAN MODE)
==
INSERT INTO t SELECT a, ROW_NUMBER() OVER (PARTITION BY b ORDER BY c), SUM(d) OVER w FROM u WINDOW w AS (PARTITION BY e)
==
INSERT INTO t SELECT {d '2020-01-01'}, {ts '2020-01-01 00:00:00'}, DATE '2020-01-01', INTERVAL 1 DAY + NOW()
==
INSERT INTO t SELECT * FROM JSON_TABLE('[{"a":1}]', '$[*]' COLUMNS(a INT PATH '$.a')) AS jt
==
INSERT INTO t VALUES (1 <=> 2, 1 <> 2, 1 != 2, 1 << 2, 8 >> 1, ~1, 5 ^ 3, 5 & 3, 5 | 3, NOT 1, !1, 5 % 3, 1 || 2, 1 && 2)
==
INSERT INTO t VALUES (POINT(1,1)), (ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))'))
==
INSERT INTO t VALUES ('line
two', "tab	x", 'emoji 😀 – “quotes”', 'naïve')
==
INSERT INTO größe (länge, Ångström) VALUES (1, 2)
==
#! mode=ansi
INSERT INTO "order" ("group", "from") VALUES ('a "quoted" b', 'it''s')
==
#! mode=nobackslash
INSERT INTO t VALUES ('C:\', 'D:\temp\', "x\")
==
#! charset=8
INSERT INTO t VALUES ('Gr{{fc}}{{df}}e', "na{{ef}}ve \'x\'") -- {{a0}}
==
#! charset=8
INSERT INTO Verk{{e4}}ufe VALUES (1)
==
#! charset=28
INSERT INTO t VALUES ('plain ASCII from a gbk client', 'it\'s')
==
#! charset=none mode=none
INSERT INTO t VALUES ('no backslash and no double quotes')
==
INSERT INTO t VALUES (1);
==
INSERT INTO t VALUES (1) ; -- the end
==

   INSERT INTO t VALUES (1) /* the end */   
==
/* app=shop,route=/cart */ INSERT INTO cart VALUES (1)
==
# Dummy event replacing event type 163 that slave cannot handle.
==
#! db=mysql
BEGIN
==
#! db=mysql
COMMIT
==
COMMIT
==
COMMIT WORK
==
ROLLBACK
==
SAVEPOINT `a`
==
ROLLBACK TO `a`
==
ROLLBACK WORK TO SAVEPOINT a
==
RELEASE SAVEPOINT a
==
START TRANSACTION
==
XA START X'61',X'',1
==
XA END X'61',X'',1
==
XA PREPARE X'61',X'',1
==
XA COMMIT X'61',X'',1 ONE PHASE
==
XA ROLLBACK X'61',X'62',1
==
#! db=mysql
XA COMMIT X'61',X'',1
