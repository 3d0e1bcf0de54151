-- INSERT, UPDATE, DELETE, MERGE, TRUNCATE, RETURNING, and transactions around them.
CREATE SCHEMA c_dml;
USE c_dml;
CREATE TABLE stock (id INTEGER PRIMARY KEY, item VARCHAR, qty INTEGER DEFAULT 0);
INSERT INTO stock VALUES (1, 'nut', 10), (2, 'bolt', 20);
INSERT INTO stock (id, item) VALUES (3, 'screw');
--! error 23502
INSERT INTO stock DEFAULT VALUES RETURNING 1;
INSERT INTO stock BY NAME SELECT 5 AS qty, 4 AS id, 'nail' AS item;
INSERT INTO stock BY POSITION SELECT 6, 'hook', 1;
INSERT INTO stock SELECT 7, 'wire', DEFAULT_QTY FROM (SELECT 3 AS DEFAULT_QTY);
INSERT INTO stock VALUES (8, 'clip', DEFAULT) RETURNING *;
INSERT INTO stock VALUES (1, 'nut', 99) ON CONFLICT DO NOTHING;
INSERT INTO stock VALUES (1, 'nut', 5) ON CONFLICT (id) DO UPDATE SET qty = stock.qty + excluded.qty RETURNING id, qty;
INSERT INTO stock VALUES (2, 'bolt', 1) ON CONFLICT (id) DO UPDATE SET qty = excluded.qty WHERE stock.qty > 100;
INSERT OR REPLACE INTO stock VALUES (2, 'bolt M8', 21);
INSERT OR IGNORE INTO stock VALUES (2, 'other', 0);
INSERT INTO stock BY NAME (SELECT 9 AS id, 'pin' AS item) ON CONFLICT DO NOTHING RETURNING item, qty;
SELECT * FROM stock ORDER BY id;
WITH more AS (SELECT 10 AS id, 'cte' AS item, 4 AS qty) INSERT INTO stock SELECT * FROM more RETURNING id + 1 AS next;
UPDATE stock SET qty = qty + 1 WHERE id <= 2;
UPDATE stock SET (item, qty) = ('NAIL', 50) WHERE id = 4;
UPDATE stock SET qty = DEFAULT WHERE id = 6 RETURNING *;
UPDATE stock AS s SET qty = n.qty FROM (VALUES (3, 33), (7, 77)) n(id, qty) WHERE s.id = n.id;
UPDATE stock SET qty = (SELECT max(qty) FROM stock) WHERE item = 'clip' RETURNING qty AS new_qty;
WITH low AS (SELECT id FROM stock WHERE qty < 5) UPDATE stock SET item = item || '!' WHERE id IN (FROM low);
SELECT * FROM stock ORDER BY id;
DELETE FROM stock WHERE id = 10;
DELETE FROM stock USING (VALUES (9)) gone(id) WHERE stock.id = gone.id RETURNING item;
DELETE FROM stock AS s WHERE s.qty = (SELECT min(qty) FROM stock) RETURNING s.id;
SELECT id, qty FROM stock ORDER BY id;
CREATE TABLE news (id INTEGER, item VARCHAR, qty INTEGER, gone BOOLEAN);
INSERT INTO news VALUES (1, 'nut', 100, false), (2, 'bolt M8', 0, true), (20, 'rod', 7, false);
MERGE INTO stock USING news ON stock.id = news.id WHEN MATCHED AND news.gone THEN DELETE WHEN MATCHED THEN UPDATE SET qty = news.qty WHEN NOT MATCHED THEN INSERT (id, item, qty) VALUES (news.id, news.item, news.qty);
SELECT * FROM stock ORDER BY id;
MERGE INTO stock USING (SELECT 20 AS id, 8 AS qty) AS n USING (id) WHEN MATCHED THEN UPDATE SET qty = n.qty WHEN NOT MATCHED BY SOURCE AND stock.qty > 1000 THEN DELETE RETURNING merge_action, id, qty;
MERGE INTO stock USING (SELECT 30 AS id, 'new' AS item, 1 AS qty) n ON stock.id = n.id WHEN NOT MATCHED THEN INSERT BY NAME WHEN MATCHED THEN DO NOTHING;
--! error 23000
MERGE INTO stock USING (SELECT 30 AS id) n ON stock.id = n.id WHEN MATCHED THEN ERROR 'no update of ' || n.id;
SELECT id, item FROM stock WHERE id = 30;
CREATE TABLE log (n INTEGER, said VARCHAR);
INSERT INTO log SELECT range, 'line ' || range FROM range(1000);
SELECT count(*), min(said), max(said) FROM log;
DELETE FROM log WHERE n % 2 = 0;
SELECT count(*) FROM log;
TRUNCATE log;
SELECT count(*) FROM log;
TRUNCATE TABLE news;
BEGIN;
INSERT INTO log VALUES (1, 'in a transaction');
SELECT * FROM log;
ROLLBACK;
SELECT * FROM log;
BEGIN TRANSACTION;
INSERT INTO log VALUES (2, 'kept');
COMMIT;
SELECT * FROM log;
START TRANSACTION;
DELETE FROM log;
ABORT;
SELECT count(*) FROM log;
BEGIN;
CREATE TABLE undone (a INTEGER);
INSERT INTO undone VALUES (1);
ROLLBACK;
--! error 42P01
SELECT * FROM undone;
BEGIN READ ONLY;
SELECT count(*) FROM stock;
COMMIT;
-- PostgreSQL's CHECKPOINT has no result, DuckDB's an empty one.
--! own checkpoint
CHECKPOINT;
VACUUM;
ANALYZE stock;
VACUUM ANALYZE stock;
--! error 42P01
INSERT INTO nothing VALUES (1);
--! error 42
INSERT INTO stock VALUES (1, 'too', 'many', 'values');
--! error 42703
INSERT INTO stock (id, nothing) VALUES (100, 1);
--! error 22
INSERT INTO stock VALUES ('not a number', 'x', 1);
--! error 22
UPDATE stock SET qty = 'many';
--! error 42703
UPDATE stock SET nothing = 1;
--! error 42703
DELETE FROM stock WHERE nothing = 1;
--! error 23505
INSERT INTO stock SELECT 100, 'a', 1 UNION ALL SELECT 100, 'b', 2;
--! error 22003
INSERT INTO stock VALUES (3000000000, 'x', 1);
SELECT count(*) FROM stock;
