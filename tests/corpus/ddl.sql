-- Definitions: tables, columns, constraints, indexes, views, macros, sequences, types, schemas, comments.
CREATE SCHEMA c_ddl;
USE c_ddl;
CREATE TABLE t (a INTEGER, b VARCHAR DEFAULT 'none', c DECIMAL(10,2) NOT NULL, d TIMESTAMP);
CREATE TABLE IF NOT EXISTS t (a INTEGER);
CREATE OR REPLACE TABLE t (a INTEGER PRIMARY KEY, b VARCHAR DEFAULT 'none', c DECIMAL(10,2) DEFAULT 1.5, CHECK (c > 0));
CREATE TABLE u AS SELECT range AS n, 'row ' || range AS s FROM range(5);
CREATE TABLE empty AS FROM u WITH NO DATA;
CREATE TABLE like_u (n BIGINT, s VARCHAR, UNIQUE (n));
CREATE TABLE gen (x INTEGER, y INTEGER GENERATED ALWAYS AS (x * 2) VIRTUAL, z AS (x + 1));
INSERT INTO gen (x) VALUES (1), (2);
SELECT * FROM gen ORDER BY x;
CREATE TABLE parent (id INTEGER PRIMARY KEY, name VARCHAR UNIQUE);
CREATE TABLE child (id INTEGER, parent_id INTEGER REFERENCES parent (id), CONSTRAINT positive CHECK (id > 0));
INSERT INTO parent VALUES (1, 'one'), (2, 'two');
INSERT INTO child VALUES (1, 1), (2, NULL);
--! error 23503
INSERT INTO child VALUES (3, 99);
--! error 23503
DELETE FROM parent WHERE id = 1;
--! error 23514
INSERT INTO child VALUES (-1, 1);
--! error 23505
INSERT INTO parent VALUES (1, 'again');
--! error 23505
INSERT INTO parent VALUES (3, 'one');
--! error 23502
INSERT INTO parent VALUES (NULL, 'x');
--! error 42P07
CREATE TABLE t (x INTEGER);
ALTER TABLE t ADD COLUMN d DATE;
ALTER TABLE t ADD COLUMN IF NOT EXISTS d DATE;
ALTER TABLE t ADD COLUMN e INTEGER DEFAULT 42;
INSERT INTO t (a) VALUES (1);
SELECT * FROM t;
ALTER TABLE t RENAME COLUMN e TO answer;
ALTER TABLE t ALTER COLUMN answer TYPE VARCHAR;
ALTER TABLE t ALTER answer SET DATA TYPE BIGINT USING answer::BIGINT + 1;
SELECT answer FROM t;
ALTER TABLE t ALTER COLUMN answer SET DEFAULT 7;
ALTER TABLE t ALTER COLUMN answer DROP DEFAULT;
ALTER TABLE t DROP COLUMN d;
ALTER TABLE t DROP COLUMN IF EXISTS nothing;
ALTER TABLE t RENAME TO t2;
ALTER TABLE IF EXISTS nothing RENAME TO something;
ALTER TABLE u ALTER COLUMN n SET NOT NULL;
ALTER TABLE u ALTER COLUMN n DROP NOT NULL;
ALTER TABLE u ADD PRIMARY KEY (n);
DESCRIBE u;
CREATE TABLE nested (s STRUCT(i INTEGER, j VARCHAR));
INSERT INTO nested VALUES ({'i': 1, 'j': 'x'});
ALTER TABLE nested ADD COLUMN s.k INTEGER;
ALTER TABLE nested RENAME s.j TO text;
ALTER TABLE nested DROP COLUMN s.i;
SELECT * FROM nested;
CREATE INDEX t2_b ON t2 (b);
CREATE UNIQUE INDEX u_s ON u (s);
CREATE INDEX IF NOT EXISTS u_s ON u (s);
CREATE INDEX u_expr ON u ((n + 1));
SELECT index_name, is_unique, is_primary FROM duckdb_indexes() WHERE schema_name = 'c_ddl' ORDER BY index_name;
DROP INDEX u_s;
DROP INDEX IF EXISTS nothing;
CREATE VIEW v AS SELECT n, n * n AS square FROM u;
SELECT * FROM v ORDER BY n;
CREATE OR REPLACE VIEW v (one, two) AS SELECT n, s FROM u;
SELECT * FROM v ORDER BY one LIMIT 2;
ALTER VIEW v RENAME TO v2;
CREATE VIEW IF NOT EXISTS v2 AS SELECT 1;
SELECT view_name, column_count FROM duckdb_views() WHERE schema_name = 'c_ddl' AND NOT internal;
DROP VIEW v2;
CREATE MACRO add(a, b := 10) AS a + b;
SELECT add(1), add(1, 2), add(1, b := 5);
CREATE OR REPLACE MACRO add(a, b) AS a + b, (a, b, c) AS a + b + c;
SELECT add(1, 2), add(1, 2, 3);
CREATE FUNCTION twice(x) AS (SELECT x * 2);
SELECT twice(21);
CREATE MACRO upto(n) AS TABLE SELECT range AS i FROM range(n);
SELECT * FROM upto(3) ORDER BY i;
-- A database of the default storage version has no room for the types of a macro's parameters.
--! error 42
CREATE MACRO typed(a INTEGER, b VARCHAR := 'x') AS b || a;
--! error 42883
SELECT typed(1), typed(1, 'y');
SELECT function_name, function_type, parameters FROM duckdb_functions() WHERE schema_name = 'c_ddl' ORDER BY ALL;
DROP MACRO twice;
DROP MACRO TABLE upto;
DROP FUNCTION add;
CREATE SEQUENCE seq START 10 INCREMENT BY 5 MAXVALUE 20;
SELECT nextval('seq'), currval('seq');
CREATE OR REPLACE SEQUENCE seq START 1 CYCLE MAXVALUE 2;
CREATE SEQUENCE other;
CREATE TABLE numbered (id INTEGER DEFAULT nextval('other'), x VARCHAR);
INSERT INTO numbered (x) VALUES ('a'), ('b') RETURNING id, x;
SELECT sequence_name, start_value, increment_by, cycle FROM duckdb_sequences() WHERE schema_name = 'c_ddl' ORDER BY 1;
DROP SEQUENCE seq;
--! error 2BP01
DROP SEQUENCE other;
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS STRUCT(x INTEGER, y INTEGER);
CREATE TYPE either AS UNION(num INTEGER, str VARCHAR);
CREATE TYPE meters AS DOUBLE;
CREATE TYPE from_query AS ENUM (SELECT DISTINCT s FROM u ORDER BY s);
CREATE TABLE feelings (who VARCHAR, how mood, place pair, what either, far meters);
INSERT INTO feelings VALUES ('me', 'happy', {'x': 1, 'y': 2}, 5, 1.5), ('you', 'sad', NULL, 'words', NULL);
SELECT * FROM feelings ORDER BY how;
SELECT enum_range(NULL::mood), 'ok'::mood < 'happy'::mood, enum_code('happy'::mood), enum_first(NULL::mood), enum_last(NULL::mood);
--! error 22
INSERT INTO feelings (how) VALUES ('angry');
DROP TABLE feelings;
DROP TYPE pair;
DROP TYPE IF EXISTS nothing;
COMMENT ON TABLE t2 IS 'the second';
COMMENT ON COLUMN t2.a IS 'a key';
COMMENT ON SEQUENCE other IS NULL;
SELECT table_name, comment FROM duckdb_tables() WHERE schema_name = 'c_ddl' AND comment IS NOT NULL;
SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'c_ddl' AND comment IS NOT NULL;
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT table_name, column_name, data_type, is_nullable FROM information_schema.columns WHERE table_schema = 'c_ddl' ORDER BY table_name, ordinal_position;
SELECT constraint_type, table_name, constraint_text FROM duckdb_constraints() WHERE schema_name = 'c_ddl' ORDER BY ALL;
CREATE SCHEMA IF NOT EXISTS c_ddl;
CREATE SCHEMA c_ddl_other;
CREATE TABLE c_ddl_other.x AS SELECT 1 AS one;
SELECT * FROM c_ddl_other.x;
--! error 2BP01
DROP SCHEMA c_ddl_other;
DROP SCHEMA c_ddl_other CASCADE;
DROP SCHEMA IF EXISTS c_ddl_other;
--! works PostgreSQL's form
DROP TABLE t2, empty;
DROP TABLE IF EXISTS t2;
DROP TABLE IF EXISTS empty;
DROP TABLE IF EXISTS nothing;
--! error 42P01
DROP TABLE nothing;
--! error 42
DROP VIEW u;
--! error 42P01
CREATE VIEW broken AS SELECT * FROM nothing;
--! error 42
CREATE TABLE twice (a INTEGER, a VARCHAR);
--! error 42704
CREATE TABLE untyped (a nosuchtype);
--! error 42
ALTER TABLE u DROP COLUMN nothing;
--! refused temporary 0A000
CREATE TEMP TABLE tt (a INTEGER);
--! refused temporary 0A000
CREATE TEMPORARY MACRO tm() AS 1;
