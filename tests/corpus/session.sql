-- Variables, prepared statements, settings, pragmas, catalog functions, macros as tables, errors of every kind.
CREATE SCHEMA c_session;
USE c_session;
CREATE TABLE t AS SELECT range AS i, 'v' || range AS v FROM range(4);
SET VARIABLE answer = 42;
SELECT getvariable('answer'), getvariable('nothing');
SET VARIABLE l = (SELECT list(i) FROM t);
SELECT getvariable('l');
SELECT * FROM t WHERE i IN getvariable('l') ORDER BY i LIMIT 2;
SELECT name, value, type FROM duckdb_variables() ORDER BY name;
RESET VARIABLE answer;
SELECT getvariable('answer');
PREPARE get AS SELECT * FROM t WHERE i = $1;
EXECUTE get(2);
EXECUTE get(3);
DEALLOCATE get;
PREPARE two AS SELECT $1::INTEGER + $2::INTEGER AS total;
EXECUTE two(1, 2);
DEALLOCATE PREPARE two;
PRAGMA table_info('t');
FROM pragma_table_info('t');
SELECT library_version FROM pragma_version();
PRAGMA show_tables;
PRAGMA collations;
PRAGMA user_agent;
CALL pragma_table_info('t');
FROM query('SELECT 1 AS one');
FROM query_table('t') ORDER BY i;
FROM query_table(['t', 't']) ORDER BY i LIMIT 3;
FROM repeat(7, 3);
FROM repeat_row(1, 'x', num_rows := 2);
SELECT table_name, column_count, estimated_size FROM duckdb_tables() WHERE schema_name = 'c_session';
SELECT column_name, column_index, data_type, is_nullable FROM duckdb_columns() WHERE schema_name = 'c_session' ORDER BY column_index;
SELECT keyword_name FROM duckdb_keywords() WHERE keyword_name LIKE 'pi%' ORDER BY 1;
SELECT count(*) > 500 FROM duckdb_functions();
SELECT type_name, logical_type, type_category FROM duckdb_types() WHERE database_name = 'system' AND type_name IN ('int4', 'text', 'struct') ORDER BY ALL;
SELECT count(*) > 10 FROM duckdb_optimizers();
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT table_name FROM information_schema.tables WHERE table_schema = 'c_session';
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT schema_name FROM information_schema.schemata WHERE schema_name = 'c_session' AND catalog_name = 'my_db';
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT tablename FROM pg_catalog.pg_tables WHERE schemaname = 'c_session';
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT relname, relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE nspname = 'c_session';
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT attname FROM pg_attribute WHERE attname = 'v';
SELECT name FROM sqlite_master WHERE name = 't';
SELECT typeof(current_query()), pg_typeof(1);
--! refused scalar-function 0A000
SELECT write_log('x');
SELECT txid_current() > 0;
SELECT stats(i) IS NOT NULL FROM t LIMIT 1;
SELECT alias(i), typeof(v), error('x') FROM t WHERE false;
SELECT if(i > 1, 'y', 'n'), ifnull(NULL, 1), constant_or_null(1, NULL), nullif(i, 0), coalesce(NULL, NULL, i), try(1 / i), CASE WHEN i THEN 1 END FROM t ORDER BY i;
--! error 42
SELECT try(error('no'));
SELECT try(CAST('x' AS INTEGER)), TRY_CAST('1' AS INTEGER);
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT format_type(25, NULL), pg_get_viewdef(0), has_table_privilege('t', 'select'), pg_table_is_visible(1), shobj_description(1, 'x');
SELECT version() LIKE 'v%' OR true, current_user IS NOT NULL, user IS NOT NULL, current_role IS NOT NULL, session_user IS NOT NULL;
--! own a plan's lines are rows, as PostgreSQL's are (docs/differences.md)
EXPLAIN SELECT i FROM t WHERE i > 2 ORDER BY v;
--! own a plan's lines are rows, as PostgreSQL's are (docs/differences.md)
EXPLAIN INSERT INTO t SELECT 9, 'nine';
--! own a plan's lines are rows, as PostgreSQL's are (docs/differences.md)
EXPLAIN ANALYZE SELECT count(*) FROM t;
SELECT count(*) FROM t;
SHOW TABLES FROM c_session;
DESCRIBE SELECT 1 AS a, 'x' AS b, [1] AS c;
DESCRIBE TABLE t;
SUMMARIZE t;
SUMMARIZE VALUES (1, 'a'), (2, NULL);
-- The account has sample_data beside its own.
--! own databases
SHOW DATABASES;
USE my_db;
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT current_schema();
USE my_db.c_session;
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT current_schema(), count(*) FROM t GROUP BY ALL;
SET search_path = 'c_session,main';
SET search_path = 'c_session';
--! own PostgreSQL's catalogs and their types are the server's (docs/catalogs.md)
SELECT current_schemas(false);
RESET search_path;
SET schema = 'my_db.c_session';
SELECT count(*) FROM t;
SET default_null_order = 'nulls_first';
--! error 42601
SELEC 1;
--! error 42601
SELECT * FROM;
--! error 42601
SELECT (1;
--! error 42601
SELECT 1 FROM t WHERE;
--! error 42601
INSERT t VALUES (1);
--! error 42601
SELECT 'unterminated;
--! error 42601
SELECT 1 1;
--! error 42601
CREATE TABLE (a INTEGER);
--! error 42703
SELECT nothing FROM t;
--! error 42703
SELECT t.nothing FROM t;
--! error 42703
SELECT "I am missing" FROM t;
--! error 42P01
SELECT * FROM nothing;
--! error 42P01
SELECT * FROM nowhere.nothing;
--! error 42P01
SELECT x.* FROM t;
--! error 42
SELECT * EXCLUDE (nothing) FROM t;
--! error 42
SELECT COLUMNS('nothing') FROM t;
--! error 42883
SELECT abs('x', 1);
--! error 42883
SELECT 'a' + [1];
--! error 42883
SELECT [1] + {'a': 1};
--! error 42883
SELECT * FROM no_such_table_function(1);
--! error 42
SELECT i FROM t ORDER BY 5;
--! error 42
SELECT i FROM t UNION SELECT i, v FROM t;
--! error 42
SELECT i, row_number() OVER () FROM t WHERE row_number() OVER () > 1;
--! error 42
SELECT 1 IN (1, 'x', [2]);
--! error 21000
SELECT (SELECT i FROM t);
--! error 22
SELECT error('a message of its own');
--! error 22
SELECT i::INTEGER, CAST(v AS INTEGER) FROM t;
--! error 42
SELECT * FROM t LIMIT 'x' || i;
--! error 2201W
SELECT * FROM t LIMIT -1;
--! error 42
VALUES (1, 2), (3);
--! error 42
SELECT a FROM (VALUES (1)) t(a, b);
--! error 42
WITH RECURSIVE r AS (SELECT 1) SELECT * FROM q;
--! error 42
CREATE VIEW vv AS SELECT $1;
--! error 42
CREATE MACRO bad(a) AS a + nosuchcolumn;
--! error 42883
CALL nothing();
--! error 26000
EXECUTE nothing(1);
--! error 42
PRAGMA nothing;
--! refused local-file 42501
COPY t TO 'x.csv';
--! refused local-file 42501
SELECT * FROM 'x.parquet';
--! refused local-file 42501
SELECT * FROM read_csv('/etc/passwd');
--! refused attach 42501
ATTACH ':memory:' AS m;
--! refused extensions 0A000
INSTALL spatial;
--! refused extensions 0A000
LOAD json;
--! refused setting 0A000
SET memory_limit = '1GB';
--! refused setting 0A000
PRAGMA threads = 4;
--! refused export-database 42501
EXPORT DATABASE 'x';
--! refused import-database 42501
IMPORT DATABASE 'x';
--! refused secret 0A000
CREATE SECRET (TYPE s3);
--! refused detach 42501
DETACH system;
--! refused force-checkpoint 0A000
FORCE CHECKPOINT;
--! refused table-function 0A000
SELECT * FROM duckdb_logs();
--! refused table-function 0A000
SELECT * FROM sql_auto_complete('SEL');
