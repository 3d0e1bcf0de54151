-- Pintail's own attack list, beside public.sql and in its format.
--
-- Beyond the names of public.sql, the web server has https://files.pintail.test/redirect-to/URL, which leads to that URL.

-- ===== what must go on working

-- expect: ok  several remote files, and their names
SELECT filename, count(*) FROM read_csv(['https://files.pintail.test/t.csv', 'https://files.pintail.test/t.csv'], filename = true) GROUP BY ALL;
-- expect: ok  remote text and bytes
SELECT length(content) FROM read_text('https://files.pintail.test/t.csv'); SELECT size FROM read_blob('https://files.pintail.test/t.parquet');
-- expect: ok  remote metadata
FROM parquet_schema('https://files.pintail.test/t.parquet'); FROM sniff_csv('https://files.pintail.test/t.csv');
-- expect: ok  a remote file behind a view, a macro, query() and a prepared statement
CREATE OR REPLACE VIEW sec_ok_v AS FROM 'https://files.pintail.test/t.parquet'; FROM sec_ok_v; CREATE OR REPLACE MACRO sec_ok_m(f) AS TABLE FROM read_csv(f); FROM sec_ok_m('https://files.pintail.test/t.csv'); FROM query('FROM ''https://files.pintail.test/t.parquet'''); PREPARE sec_ok_p AS FROM read_csv('https://files.pintail.test/t.csv'); EXECUTE sec_ok_p;
-- expect: ok  text that looks like an attack, in a comment and in dollar quotes
SELECT $$COPY (SELECT 1) TO '/etc/passwd'$$ AS s; /* ; IMPORT DATABASE 'x'; */ SELECT 1; -- ; PRAGMA enable_profiling
-- expect: ok  columns named as settings, secrets and files
CREATE TABLE sec_ok_names(getenv INT, "lock_configuration" INT, "/etc/passwd" INT, secret INT, attach INT); INSERT INTO sec_ok_names VALUES (1, 2, 3, 4, 5); SELECT getenv, "/etc/passwd" FROM sec_ok_names; DROP TABLE sec_ok_names;
-- expect: ok  what a client asks of the catalog
SELECT table_name FROM information_schema.tables; SELECT relname FROM pg_catalog.pg_class LIMIT 1; SHOW server_version; SHOW ALL; SHOW TABLES; DESCRIBE SELECT 1; SUMMARIZE SELECT 1 AS a;
-- expect: ok  sequences, enums, macros, generated columns, checks, indexes of one's own
CREATE SEQUENCE sec_ok_s; SELECT nextval('sec_ok_s'); CREATE TYPE sec_ok_e AS ENUM (SELECT 'a'); CREATE TABLE sec_ok_t(i INT DEFAULT nextval('sec_ok_s') CHECK (i >= 0), g INT GENERATED ALWAYS AS (i + 1), e sec_ok_e); CREATE INDEX sec_ok_i ON sec_ok_t(i); INSERT INTO sec_ok_t(e) VALUES ('a'); FROM sec_ok_t; DROP TABLE sec_ok_t; DROP TYPE sec_ok_e; DROP SEQUENCE sec_ok_s;
-- expect: ok  large but within the limits
SELECT length(repeat('x', 10000000)), (SELECT count(*) FROM range(1000000)), len(list_resize([1], 100000, 0));

-- ===== local files, by other ways

-- expect: denied  replacement scan in UPDATE FROM
CREATE TABLE IF NOT EXISTS sec_uf(x VARCHAR); UPDATE sec_uf SET x = s.s FROM '{CANARY}/secret.parquet' AS s;
-- expect: denied  replacement scan in DELETE USING
CREATE TABLE IF NOT EXISTS sec_du(x VARCHAR); DELETE FROM sec_du USING '{CANARY}/secret.parquet' AS s WHERE x = s.s;
-- expect: denied  replacement scan in INSERT
CREATE TABLE IF NOT EXISTS sec_if(x VARCHAR); INSERT INTO sec_if FROM '{CANARY}/secret.parquet';
-- expect: denied  MERGE from a file
CREATE TABLE IF NOT EXISTS sec_mf(s VARCHAR); MERGE INTO sec_mf USING '{CANARY}/secret.parquet' AS f ON sec_mf.s = f.s WHEN NOT MATCHED THEN INSERT VALUES (f.s);
-- expect: denied  MERGE whose action reads a file
CREATE TABLE IF NOT EXISTS sec_ma(s VARCHAR); MERGE INTO sec_ma USING (SELECT 'a' AS s) AS f ON sec_ma.s = f.s WHEN NOT MATCHED THEN INSERT VALUES ((SELECT content FROM read_text('{CANARY}/secret.csv')));
-- expect: denied  RETURNING reads a file
CREATE TABLE IF NOT EXISTS sec_rf(s VARCHAR); INSERT INTO sec_rf VALUES ('a') RETURNING (SELECT content FROM read_text('{CANARY}/secret.csv'));
-- expect: denied  ON CONFLICT reads a file
CREATE TABLE IF NOT EXISTS sec_oc(s VARCHAR PRIMARY KEY); INSERT INTO sec_oc VALUES ('a') ON CONFLICT DO UPDATE SET s = (SELECT content FROM read_text('{CANARY}/secret.csv'));
-- expect: denied  enum from a file
CREATE TYPE sec_enum AS ENUM (SELECT content FROM read_text('{CANARY}/secret.csv'));
-- expect: denied  enum from the query of a file, FROM first
CREATE TYPE sec_enum2 AS ENUM (FROM '{CANARY}/secret.parquet');
-- expect: denied  variable from a file
SET VARIABLE sec_var = (SELECT content FROM read_text('{CANARY}/secret.csv'));
-- expect: denied  setting from a file
SET TimeZone = (SELECT content FROM read_text('{CANARY}/secret.csv'));
-- expect: denied  LIMIT from a file
SELECT 1 LIMIT (SELECT size FROM read_blob('{CANARY}/secret.csv'));
-- expect: denied  correlated LATERAL join with a file
SELECT * FROM (VALUES ('{CANARY}/secret.csv')) v(p), LATERAL (FROM read_text(v.p));
-- expect: denied  EXISTS
SELECT EXISTS (FROM glob('{CANARY}/*'));
-- expect: denied  in a window frame
SELECT sum(a) OVER (ORDER BY a ROWS BETWEEN (SELECT count(*) FROM glob('/*')) PRECEDING AND CURRENT ROW) FROM range(3) t(a);
-- expect: denied  in a lambda
SELECT list_transform([1], lambda x: (SELECT content FROM read_text('{CANARY}/secret.csv')));
-- expect: denied  in FILTER of an aggregate
SELECT count(*) FILTER (WHERE EXISTS (FROM read_text('{CANARY}/secret.csv'))) FROM range(3);
-- expect: denied  in ORDER BY
SELECT 1 ORDER BY (SELECT content FROM read_text('{CANARY}/secret.csv'));
-- expect: denied  in QUALIFY
SELECT a FROM range(3) t(a) QUALIFY row_number() OVER () = (SELECT size FROM read_blob('{CANARY}/secret.csv'));
-- expect: denied  in a set operation
SELECT 'a' UNION ALL SELECT content FROM read_text('{CANARY}/secret.csv');
-- expect: denied  in PIVOT
PIVOT (FROM read_csv('{CANARY}/secret.csv', header = false)) ON column0 USING count(*);
-- expect: denied  in PIVOT's IN list, made when it is bound
PIVOT (SELECT 'a' AS k) ON k IN (SELECT content FROM read_text('{CANARY}/secret.csv')) USING count(*);
-- expect: denied  in UNPIVOT
UNPIVOT (FROM '{CANARY}/secret.parquet') ON COLUMNS(*);
-- expect: denied  as a positional join
FROM range(1) POSITIONAL JOIN '{CANARY}/secret.parquet';
-- expect: denied  as an ASOF join
FROM range(1) t(s) ASOF JOIN '{CANARY}/secret.parquet' f ON t.s::VARCHAR >= f.s;
-- expect: denied  sampled
FROM '{CANARY}/secret.parquet' USING SAMPLE 1;
-- expect: denied  in a recursive CTE
WITH RECURSIVE r(c) AS (SELECT '' UNION ALL SELECT content FROM r, read_text('{CANARY}/secret.csv') WHERE c = '') FROM r;
-- expect: limited  in a materialized CTE that nobody reads, which DuckDB does not even bind
WITH a AS MATERIALIZED (FROM read_text('{CANARY}/secret.csv')) SELECT 1;
-- expect: denied  as a cursor
BEGIN; DECLARE sec_c CURSOR FOR SELECT content FROM read_text('{CANARY}/secret.csv'); FETCH ALL FROM sec_c;
-- expect: denied  time travel of a file
FROM '{CANARY}/other.duckdb' AT (TIMESTAMP => '2020-01-01 00:00:00');
-- expect: denied  a table of a file, as a qualified name
FROM "{CANARY}/other.duckdb".t;
-- expect: denied  a macro over a list of files
CREATE OR REPLACE MACRO sec_mm(d) AS TABLE FROM read_text(list_transform(['secret.csv'], lambda f: d || '/' || f)); FROM sec_mm('{CANARY}');
-- expect: denied  a scalar macro that hides a subquery
CREATE OR REPLACE MACRO sec_ms(p) AS (SELECT content FROM read_text(p)); SELECT sec_ms('{CANARY}/secret.csv');
-- expect: denied  a view over query()
CREATE OR REPLACE VIEW sec_vq AS FROM query('FROM read_' || 'text(''{CANARY}/secret.csv'')'); FROM sec_vq;
-- expect: denied  query_table with a path
FROM query_table('{CANARY}/secret.parquet');
-- expect: denied  query_table with a list of paths
FROM query_table(['{CANARY}/secret.parquet']);
-- expect: denied  serialized statement inside a view
CREATE OR REPLACE VIEW sec_vj AS FROM json_execute_serialized_sql(json_serialize_sql('FROM read_text(''{CANARY}/secret.csv'')')); FROM sec_vj;
-- expect: limited  serialized plan: binds what it is given
SELECT json_serialize_plan('FROM read_text(''{CANARY}/secret.csv'')');
-- expect: denied  from_substrait
FROM from_substrait('x'::BLOB);
-- expect: denied  EXECUTE IMMEDIATE
EXECUTE IMMEDIATE 'FROM read_text(''{CANARY}/secret.csv'')';
-- expect: denied  a default that reads the environment
CREATE TABLE sec_de(x VARCHAR DEFAULT getenv('HOME')); INSERT INTO sec_de DEFAULT VALUES;
-- expect: denied  a generated column that reads the environment
CREATE TABLE sec_ge(i INT, x VARCHAR GENERATED ALWAYS AS (getenv('HOME')));
-- expect: denied  a check that reads the environment
CREATE TABLE sec_ch(i INT CHECK (getenv('HOME') IS NULL));
-- expect: denied  an index expression that reads the environment
CREATE TABLE IF NOT EXISTS sec_ix(i INT); CREATE INDEX sec_ixi ON sec_ix((getenv('HOME')));
-- expect: denied  a column's type change that reads the environment
CREATE TABLE IF NOT EXISTS sec_al(i VARCHAR); ALTER TABLE sec_al ALTER i TYPE VARCHAR USING getenv('HOME');
-- expect: denied  a new column's default that reads the environment
CREATE TABLE IF NOT EXISTS sec_ad(i VARCHAR); ALTER TABLE sec_ad ADD COLUMN x VARCHAR DEFAULT getenv('HOME');
-- expect: denied  getenv in a lambda, by another name
CREATE OR REPLACE MACRO sec_gm(n) AS list_transform([n], lambda x: getenv(x)); SELECT sec_gm('PATH');
-- expect: denied  getenv with a schema, quotes and capitals
SELECT main."GetEnv"('HOME');
-- expect: denied  getenv as a method
SELECT ('HOME').getenv();
-- expect: denied  getenv in VALUES of a prepared statement
PREPARE sec_pe AS VALUES (getenv($1)); EXECUTE sec_pe('HOME');
-- expect: denied  getvariable of a file name, in COPY
SET VARIABLE sec_cv = '{CANARY}/secret.csv'; CREATE TABLE IF NOT EXISTS sec_cvt(x VARCHAR); COPY sec_cvt FROM (getvariable('sec_cv'));
-- expect: denied  COPY from a file named like stdin
CREATE TABLE IF NOT EXISTS sec_st(x VARCHAR); COPY sec_st FROM 'stdin';
-- expect: denied  the duckling's own standard input
CREATE TABLE IF NOT EXISTS sec_s2(x VARCHAR); COPY sec_s2 FROM '/dev/stdin';
-- expect: denied  the duckling's descriptors
FROM glob('/proc/self/fd/*');
-- expect: denied  the duckling's memory map
SELECT content FROM read_text('/proc/self/maps');
-- expect: denied  what Landlock lets DuckDB itself read
SELECT content FROM read_text('/proc/meminfo');
-- expect: denied  the control group's tree
FROM glob('/sys/fs/cgroup/*');
-- expect: denied  compressed
FROM read_csv('{CANARY}/secret.csv', compression = 'gzip');
-- expect: denied  paths with a null byte and with escapes
FROM read_text(E'/etc/pass\x77d');
-- expect: denied  backslashes
FROM read_text('..\..\etc\passwd');
-- expect: denied  percent escapes in a file URL
FROM read_text('file:///%65tc/passwd');
-- expect: denied  file URL with a host
FROM read_text('file://localhost/etc/passwd');
-- expect: denied  FILE in capitals
FROM read_text('FILE:///etc/passwd');
-- expect: denied  another scheme in front of a path
FROM read_text('https:/etc/passwd');
-- expect: denied  a prefix of an allowed directory
FROM read_text('https://../../etc/passwd');
-- expect: denied  an S3 address that is a path
FROM read_text('s3://../../etc/passwd');
-- expect: denied  the home directory
FROM read_text('~/.bashrc');
-- expect: denied  sniffing another file by a remote list
FROM read_parquet(['https://files.pintail.test/t.parquet', '{CANARY}/secret.parquet']);
-- expect: denied  a union of files by name
FROM read_csv(['{CANARY}/secret.csv', 'https://files.pintail.test/t.csv'], union_by_name = true);
-- expect: denied  parquet keys
PRAGMA add_parquet_key('sec_key', '0123456789112345');
-- expect: denied  parquet encryption read
FROM read_parquet('{CANARY}/secret.parquet', encryption_config = {footer_key: 'sec_key'});
-- expect: denied  parquet bloom probe, kv metadata, file metadata, full metadata
FROM parquet_bloom_probe('{CANARY}/secret.parquet', 's', 'x');
-- expect: denied  parquet kv metadata
FROM parquet_kv_metadata('{CANARY}/secret.parquet');
-- expect: denied  parquet file metadata
FROM parquet_file_metadata('{CANARY}/secret.parquet');
-- expect: denied  json objects
FROM read_json_objects_auto('{CANARY}/secret.json');
-- expect: denied  arrow memory by address
FROM arrow_scan(0, 0, 0);
-- expect: denied  pandas memory by address
FROM pandas_scan(0);
-- expect: denied  a pointer as a table function's argument
FROM arrow_scan_dumb(1, 1, 1);
-- expect: denied  read_duckdb by a replacement scan
FROM '{CANARY}/other.db';

-- ===== writing, by other ways

-- expect: denied  a folder for each value
COPY (SELECT 1 AS a, '..' AS b) TO '{CANARY}/parts' (FORMAT csv, PARTITION_BY (a, b), OVERWRITE_OR_IGNORE);
-- expect: denied  one file a thread
COPY (SELECT 1) TO '{CANARY}/threads' (FORMAT parquet, PER_THREAD_OUTPUT);
-- expect: denied  with a pattern
COPY (SELECT 1 AS a) TO '{CANARY}' (FORMAT csv, PARTITION_BY (a), FILENAME_PATTERN '../../x_{i}', OVERWRITE);
-- expect: denied  files of a given size
COPY (SELECT 1) TO '{CANARY}/sizes' (FORMAT parquet, FILE_SIZE_BYTES '1KB');
-- expect: denied  returning statistics
COPY (SELECT 1) TO '{CANARY}/o.parquet' (FORMAT parquet, RETURN_STATS);
-- expect: denied  by another format's writer
COPY (SELECT 1) TO '{CANARY}/o.json' (FORMAT json, ARRAY true);
-- expect: denied  a database as a format
COPY (SELECT 1) TO '{CANARY}/o.duckdb' (FORMAT duckdb);
-- expect: denied  to a descriptor of the process
COPY (SELECT 1) TO '/proc/self/fd/1';
-- expect: denied  to the terminal
COPY (SELECT 1) TO '/dev/tty';
-- expect: denied  to memory of the process
COPY (SELECT 1) TO '/proc/self/mem' (FORMAT csv, USE_TMP_FILE false);
-- expect: denied  to a shared library
COPY (SELECT 1) TO '{CANARY}/x.so' (FORMAT csv);
-- expect: denied  in a CTE's clothes
WITH a AS (SELECT 1) COPY (FROM a) TO '{CANARY}/o.csv';
-- expect: denied  twice explained
EXPLAIN ANALYZE EXPLAIN COPY (SELECT 1) TO '{CANARY}/o.csv';
-- expect: denied  with a computed list of options
COPY (SELECT 1) TO '{CANARY}/o.csv' (FORMAT csv, HEADER (SELECT true));
-- expect: denied  to an https address, without the operator's leave
COPY (SELECT 1) TO 'https://files.pintail.test/o.csv';
-- expect: denied  to a bucket, without the operator's leave
COPY (SELECT 1) TO 's3://pintail-test/o.csv';
-- expect: denied  a bucket's partitions, without the operator's leave
COPY (SELECT 1 AS a, 2 AS b) TO 's3://pintail-test/o' (FORMAT parquet, PARTITION_BY (a));
-- expect: denied  a checkpoint of everybody
FORCE CHECKPOINT;
-- expect: denied  the sample database
INSERT INTO sample_data.who.ambient_air_quality SELECT * FROM sample_data.who.ambient_air_quality;
-- expect: denied  the system catalog
CREATE TABLE system.main.sec_sys(i INT);
-- expect: denied  the temporary catalog
CREATE TABLE temp.main.sec_tmp(i INT);
-- expect: denied  a macro in the system catalog that others would call
CREATE OR REPLACE MACRO system.main.version() AS 'mine';
-- expect: denied  a view over the system's own
CREATE OR REPLACE VIEW system.information_schema.tables AS SELECT 1;

-- ===== settings, pragmas, extensions

-- expect: denied  at the start of a chain
SET SESSION allowed_directories = ['/'], enable_external_access = true;
-- expect: denied  local scope
SET LOCAL enable_external_access = true;
-- expect: denied  by set_config()
SELECT set_config('enable_external_access', 'true', false);
-- expect: denied  set_config() of the lock, from a table
SELECT set_config(n, 'false', false) FROM (VALUES ('lock_configuration')) t(n);
-- expect: denied  an update of pg_settings
UPDATE pg_settings SET setting = 'true' WHERE name = 'enable_external_access';
-- expect: denied  ALTER SYSTEM
ALTER SYSTEM SET allowed_directories = '/';
-- expect: denied  ALTER DATABASE SET
ALTER DATABASE my_db SET enable_external_access = true;
-- expect: denied  allowed_paths
SET allowed_paths = ['/etc/passwd'];
-- expect: denied  disabled file systems
SET disabled_filesystems = '';
-- expect: denied  spill quota
SET max_temp_directory_size = '100TB';
-- expect: denied  the egress proxy
SET http_proxy = 'http://127.0.0.1:{INTERNAL_PORT}';
-- expect: denied  no egress proxy
SET http_proxy = '';
-- expect: denied  certificates
SET enable_curl_server_cert_verification = false;
-- expect: denied  a CA of one's own
SET ca_cert_file = '{CANARY}/secret.csv';
-- expect: denied  the other client library
SET httpfs_client_implementation = 'httplib';
-- expect: denied  S3 endpoint as a setting
SET s3_endpoint = '127.0.0.1:{INTERNAL_PORT}'; FROM 's3://meta/secret.csv';
-- expect: denied  HTTP logging
SET enable_http_logging = true;
-- expect: denied  HTTP logging into a file
SET http_logging_output = '{CANARY}/http.log';
-- expect: denied  retries without end
SET http_retries = 1000000;
-- expect: denied  profiling as JSON
PRAGMA enable_profiling = 'json';
-- expect: denied  profiling settings
SET custom_profiling_settings = '{"CPU_TIME": "true"}';
-- expect: denied  progress bar in the server's log
PRAGMA enable_progress_bar;
-- expect: denied  verification of serializers
PRAGMA verify_serializer;
-- expect: denied  verification of external operators
PRAGMA verify_external;
-- expect: denied  forced checkpoint
PRAGMA force_checkpoint;
-- expect: denied  object cache
PRAGMA enable_object_cache;
-- expect: denied  full line, by another name
PRAGMA memory_limit = '100GB';
-- expect: denied  order of the worker threads
PRAGMA worker_threads = 64;
-- expect: denied  copy_database as a pragma
PRAGMA copy_database('my_db', 'other');
-- expect: denied  a pragma as a table function
FROM pragma_database_list();
-- expect: denied  an extension's place
FROM duckdb_extensions();
-- expect: denied  logs' contexts
FROM duckdb_log_contexts();
-- expect: denied  logs, parsed
FROM duckdb_logs_parsed('HTTP');
-- expect: denied  external file cache
FROM duckdb_external_file_cache();
-- expect: denied  write_log
SELECT write_log('x', level := 'error');
-- expect: denied  load an extension by URL
LOAD 'https://files.pintail.test/x.duckdb_extension';
-- expect: denied  install by URL
INSTALL 'https://files.pintail.test/x.duckdb_extension';
-- expect: denied  CREATE EXTENSION
CREATE EXTENSION postgis;
-- expect: denied  a function that would load an extension by itself
SELECT st_point(1, 2);
-- expect: denied  a type that would load an extension by itself
SELECT NULL::GEOMETRY_OF_SPATIAL;
-- expect: denied  a collation that loads
SELECT 'a' COLLATE "no_such_collation";
-- expect: denied  a storage type that would load one
ATTACH 'x' AS sec_dl (TYPE ducklake);
-- expect: denied  motherduck by its long name
ATTACH 'motherduck:x' AS sec_md;
-- expect: denied  quack, a database server's protocol
ATTACH 'quack:127.0.0.1:{INTERNAL_PORT}' AS sec_qk;
-- expect: denied  an http database, without the switch
ATTACH 'https://files.pintail.test/x.duckdb' AS sec_hd (READ_ONLY);
-- expect: denied  an S3 database, without the switch
ATTACH 's3://pintail-test/x.duckdb' AS sec_sd (READ_ONLY);
-- expect: denied  an encrypted file
ATTACH '{CANARY}/other.duckdb' AS sec_en (ENCRYPTION_KEY 'x');
-- expect: denied  ATTACH OR REPLACE of the session's database
ATTACH OR REPLACE ':memory:' AS my_db;
-- expect: denied  ATTACH IF NOT EXISTS
ATTACH IF NOT EXISTS '{CANARY}/other.duckdb';
-- expect: denied  an empty path is memory too
ATTACH '' AS sec_em;
-- expect: denied  CREATE DATABASE of a file
CREATE DATABASE sec_cd FROM '{CANARY}/other.duckdb';
-- expect: denied  detach of what the server shows of itself
DETACH md_information_schema;
-- expect: denied  detach of the system
DETACH system;
-- expect: denied  USE of a path
USE "{CANARY}/other.duckdb";

-- ===== SSRF, by other ways

-- expect: denied  a port that is no web server's
SELECT content FROM read_text('http://files.pintail.test:22/');
-- expect: denied  octal address
SELECT content FROM read_text('http://0177.0.0.1:{INTERNAL_PORT}/meta');
-- expect: denied  hexadecimal address
SELECT content FROM read_text('http://0x7f000001:{INTERNAL_PORT}/meta');
-- expect: denied  short address
SELECT content FROM read_text('http://127.1:{INTERNAL_PORT}/meta');
-- expect: denied  another address of the loopback network
SELECT content FROM read_text('http://127.8.8.8:{INTERNAL_PORT}/meta');
-- expect: denied  all addresses
SELECT content FROM read_text('http://0.0.0.0:{INTERNAL_PORT}/meta');
-- expect: denied  unspecified IPv6
SELECT content FROM read_text('http://[::]:{INTERNAL_PORT}/meta');
-- expect: denied  mapped IPv6
SELECT content FROM read_text('http://[::ffff:127.0.0.1]:{INTERNAL_PORT}/meta');
-- expect: denied  mapped IPv6 in hexadecimal digits
SELECT content FROM read_text('http://[0:0:0:0:0:ffff:7f00:1]:{INTERNAL_PORT}/meta');
-- expect: denied  IPv6 with a zone
SELECT content FROM read_text('http://[::1%25lo]:{INTERNAL_PORT}/meta');
-- expect: denied  NAT64
SELECT content FROM read_text('http://[64:ff9b::7f00:1]/meta');
-- expect: denied  metadata over IPv6
SELECT content FROM read_text('http://[fd00:ec2::254]/latest/meta-data/');
-- expect: denied  metadata in decimal
SELECT content FROM read_text('http://2852039166/latest/meta-data/');
-- expect: denied  metadata by a name
SELECT content FROM read_text('http://metadata.google.internal/computeMetadata/v1/');
-- expect: denied  another cloud's metadata
SELECT content FROM read_text('http://100.100.100.200/latest/meta-data/');
-- expect: denied  full stop at the end of the name
SELECT content FROM read_text('http://localhost.:{INTERNAL_PORT}/meta');
-- expect: denied  capitals
SELECT content FROM read_text('http://LOCALHOST:{INTERNAL_PORT}/meta');
-- expect: denied  full-width digits
SELECT content FROM read_text('http://１２７.０.０.１:{INTERNAL_PORT}/meta');
-- expect: denied  circled letters
SELECT content FROM read_text('http://ⓛocalhost:{INTERNAL_PORT}/meta');
-- expect: denied  a name below localhost
SELECT content FROM read_text('http://x.localhost:{INTERNAL_PORT}/meta');
-- expect: denied  percent escapes in the host
SELECT content FROM read_text('http://%31%32%37.0.0.1:{INTERNAL_PORT}/meta');
-- expect: denied  user information with a backslash
SELECT content FROM read_text('http://127.0.0.1:{INTERNAL_PORT}\@files.pintail.test/meta');
-- expect: denied  a fragment that hides the host
SELECT content FROM read_text('http://127.0.0.1:{INTERNAL_PORT}#@files.pintail.test/meta');
-- expect: denied  a line break that begins another request
SELECT content FROM read_text(E'http://files.pintail.test/t.csv\r\nHost: 127.0.0.1:{INTERNAL_PORT}\r\n\r\nGET http://127.0.0.1:{INTERNAL_PORT}/meta HTTP/1.1\r\n\r\n');
-- expect: denied  https to the canary
SELECT content FROM read_text('https://127.0.0.1:{INTERNAL_PORT}/meta');
-- expect: denied  redirect to the canary over IPv6
SELECT content FROM read_text('https://files.pintail.test/redirect-to/http://[::1]:{INTERNAL_PORT}/meta');
-- expect: denied  redirect to a file
SELECT content FROM read_text('https://files.pintail.test/redirect-to/file:///etc/passwd');
-- expect: denied  redirect to another scheme
SELECT content FROM read_text('https://files.pintail.test/redirect-to/ftp://127.0.0.1:{INTERNAL_PORT}/meta');
-- expect: denied  redirect to gopher
SELECT content FROM read_text('https://files.pintail.test/redirect-to/gopher://127.0.0.1:{INTERNAL_PORT}/_GET%20/meta');
-- expect: denied  redirect to user information
SELECT content FROM read_text('https://files.pintail.test/redirect-to/http://files.pintail.test@127.0.0.1:{INTERNAL_PORT}/meta');
-- expect: denied  redirect of a redirect
SELECT content FROM read_text('https://files.pintail.test/redirect-to/https://files.pintail.test/redirect-internal');
-- expect: denied  redirect without a scheme
SELECT content FROM read_text('https://files.pintail.test/redirect-to///127.0.0.1:{INTERNAL_PORT}/meta');
-- expect: denied  redirect to metadata
SELECT content FROM read_text('https://files.pintail.test/redirect-to/http://169.254.169.254/latest/meta-data/');
-- expect: denied  redirect in a replacement scan, a CSV, a parquet file
FROM 'https://files.pintail.test/redirect-internal.parquet';
-- expect: denied  redirect that is bound by DESCRIBE
DESCRIBE FROM read_csv('https://files.pintail.test/redirect-internal.csv');
-- expect: denied  S3 proxy parameter
SELECT content FROM read_text('s3://pintail-test/x?s3_endpoint=localhost:{INTERNAL_PORT}&s3_use_ssl=false');
-- expect: denied  S3 endpoint with a path
SELECT content FROM read_text('s3://meta/x?s3_endpoint=127.0.0.1:{INTERNAL_PORT}/meta&s3_use_ssl=false&s3_url_style=path');
-- expect: denied  S3 endpoint with user information
SELECT content FROM read_text('s3://meta/x?s3_endpoint=amazonaws.com@127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path');
-- expect: denied  S3 region that becomes a host
SELECT content FROM read_text('s3://meta/x?s3_region=127.0.0.1:{INTERNAL_PORT}/%23&s3_use_ssl=false');
-- expect: denied  S3 bucket that becomes a host
SELECT content FROM read_text('s3://127.0.0.1:{INTERNAL_PORT}/x?s3_endpoint=&s3_use_ssl=false');
-- expect: denied  a glob over S3 with an internal endpoint, which lists when it is bound
FROM read_csv('s3://meta/*.csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path');
-- expect: denied  s3a, s3n with an internal endpoint
FROM read_csv(['s3a://meta/x.csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path']);
-- expect: denied  gcs with an internal endpoint
FROM read_csv('gcs://meta/x.csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path');
-- expect: denied  r2 with an internal endpoint
FROM read_csv('r2://meta/x.csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path');
-- expect: denied  the secret's keys sent to another endpoint
FROM read_csv('s3://pintail-test/x.csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}');
-- expect: denied  hf with a path that leaves it
FROM 'hf://datasets/../../127.0.0.1:{INTERNAL_PORT}/x.csv';
-- expect: denied  hf with a revision that is a host
FROM 'hf://datasets/x/y@127.0.0.1:{INTERNAL_PORT}/z.csv';
-- expect: denied  a glob over https
FROM read_csv('https://files.pintail.test/*.csv');
-- expect: denied  azure
FROM 'az://127.0.0.1:{INTERNAL_PORT}/x.csv';
-- expect: denied  ftp
FROM 'ftp://127.0.0.1:{INTERNAL_PORT}/x.csv';
-- expect: denied  unix socket as a proxy
CREATE SECRET sec_up (TYPE http, HTTP_PROXY 'unix:///var/run/docker.sock');
-- expect: denied  a secret with headers of one's own
CREATE SECRET sec_eh (TYPE http, EXTRA_HTTP_HEADERS MAP {'Host': '127.0.0.1'});
-- expect: denied  a secret that verifies nothing
CREATE SECRET sec_vs (TYPE http, VERIFY_SSL false);
-- expect: denied  dropping the server's secret
DROP SECRET lake;
-- expect: denied  which secret would be used
FROM which_secret('s3://pintail-test/x', 's3');
-- expect: denied  delta over the host's metadata
FROM delta_scan('s3://meta/x?s3_endpoint=127.0.0.1:{INTERNAL_PORT}');
-- expect: denied  iceberg over http
FROM iceberg_scan('http://127.0.0.1:{INTERNAL_PORT}/x');
-- expect: denied  spatial's file reader
FROM st_read('/vsicurl/http://127.0.0.1:{INTERNAL_PORT}/x');
-- expect: denied  excel from a file
FROM read_xlsx('{CANARY}/secret.xlsx');
-- expect: denied  an iceberg catalog
ATTACH 'x' AS sec_ic (TYPE iceberg, ENDPOINT 'http://127.0.0.1:{INTERNAL_PORT}');
-- expect: denied  postgres as a table function
FROM postgres_scan('host=127.0.0.1 port={INTERNAL_PORT}', 'public', 't');
-- expect: denied  sqlite as a table function
FROM sqlite_scan('{CANARY}/x.db', 't');
-- expect: denied  mysql as a table function
FROM mysql_query('host=127.0.0.1', 'SELECT 1');

-- ===== what PostgreSQL servers let their superusers do

-- expect: denied  pg_read_file
SELECT pg_read_file('/etc/passwd');
-- expect: denied  pg_ls_dir
SELECT pg_ls_dir('/');
-- expect: denied  lo_import
SELECT lo_import('/etc/passwd');
-- expect: denied  lo_export
SELECT lo_export(1, '{CANARY}/o');
-- expect: denied  dblink
SELECT dblink('host=127.0.0.1', 'SELECT 1');
-- expect: denied  pg_sleep beyond the time-out is not there, or can be cancelled
SELECT pg_sleep_for_ever();
-- expect: ok  ending a process that is no session of the account's: false
SELECT pg_terminate_backend(1);
-- expect: denied  ending everything
SELECT pg_reload_conf();
-- expect: denied  the server's log
SELECT pg_current_logfile();
-- expect: denied  DO
DO $$ BEGIN PERFORM 1; END $$;
-- expect: denied  a function in C
CREATE FUNCTION sec_fc() RETURNS int AS '/lib/x86_64-linux-gnu/libc.so.6', 'system' LANGUAGE C;
-- expect: denied  an untrusted language
CREATE FUNCTION sec_fp() RETURNS text AS 'import os' LANGUAGE plpython3u;
-- expect: denied  a foreign server
CREATE SERVER sec_fs FOREIGN DATA WRAPPER file_fdw;
-- expect: denied  a role
CREATE ROLE sec_role SUPERUSER;
-- expect: denied  becoming somebody else
SET ROLE postgres_superuser;
-- expect: denied  session authorization
SET SESSION AUTHORIZATION neighbour_admin;
-- expect: denied  a tablespace
CREATE TABLESPACE sec_ts LOCATION '{CANARY}';
-- expect: denied  LISTEN, a channel between accounts
LISTEN sec_channel;
-- expect: denied  NOTIFY
NOTIFY sec_channel, 'x';

-- ===== information leaks, by other ways

-- expect: limited  paths in the log of checkpoints and in storage
SELECT * FROM pragma_database_size();
-- expect: limited  settings as current_setting
SELECT current_setting('temp_directory');
-- expect: limited  settings as SHOW
SHOW temp_directory;
-- expect: limited  all settings
FROM duckdb_settings();
-- expect: limited  what else is attached
SELECT * FROM pg_catalog.pg_database; SELECT * FROM information_schema.schemata;
-- expect: limited  every object there is
FROM duckdb_tables(); FROM duckdb_views(); FROM duckdb_columns(); FROM duckdb_functions(); FROM duckdb_sequences(); FROM duckdb_schemas();
-- expect: limited  variables of other sessions
FROM duckdb_variables();
-- expect: limited  connections
FROM duckdb_connection_count();
-- expect: limited  memory of the process
FROM duckdb_memory();
-- expect: limited  activity
SELECT * FROM pg_stat_activity;
-- expect: limited  roles
SELECT * FROM pg_roles;
-- expect: limited  secrets through the catalog
SELECT * FROM pg_user_mappings;
-- expect: limited  a database that is not there
USE no_such_database_name;
-- expect: limited  a database by the path in an error
DROP DATABASE no_such_database_name;
-- expect: limited  an error in the middle of a remote file
SELECT * FROM read_csv('https://files.pintail.test/t.csv', columns = {'i': 'DATE'}, auto_detect = false);
-- expect: limited  a parquet reader on what is none
SELECT * FROM read_parquet('https://files.pintail.test/t.csv');
-- expect: limited  a missing extension, whose hint has paths
SELECT * FROM read_avro('https://files.pintail.test/x.avro');
-- expect: limited  the plan of a remote scan, where headers and keys could stand
EXPLAIN ANALYZE FROM read_csv('https://files.pintail.test/t.csv');
-- expect: limited  the SQL of views with secrets in them
SELECT sql FROM duckdb_views();
-- expect: limited  a secret in an error text
CREATE SECRET sec_le (TYPE s3, KEY_ID 'k', SECRET 'do-not-show', NO_SUCH_OPTION 1);
-- expect: limited  internal errors with stack traces
SELECT error('x'); SELECT 1 / 0; SELECT 'x'::INT;
-- expect: limited  versions and machines
SELECT version(), current_database(), current_user; PRAGMA platform; PRAGMA version; PRAGMA user_agent;

-- ===== resources (per session limits; run with a 10 s statement timeout)

-- expect: limited  format with a width
SELECT length(format('{:1000000000}', 1));
-- expect: limited  printf with a width
SELECT length(printf('%1000000000d', 1));
-- expect: limited  printf with a precision
SELECT length(printf('%.1000000000f', 1.0));
-- expect: limited  lpad
SELECT length(lpad('x', 2000000000, 'y'));
-- expect: limited  rpad
SELECT length(rpad('x', 2000000000, 'y'));
-- expect: limited  bar
SELECT length(bar(1, 0, 1, 1000000000));
-- expect: limited  repeat of a list
SELECT len(repeat([1], 2000000000));
-- expect: limited  repeat of a blob
SELECT octet_length(repeat('x'::BLOB, 4000000000));
-- expect: limited  bitstring
SELECT bit_length(bitstring('1', 2000000000));
-- expect: limited  list_resize
SELECT len(list_resize([1], 10000000000, 0));
-- expect: limited  a list of a range
SELECT len(range(10000000000));
-- expect: limited  generate_series of timestamps
SELECT count(*) FROM generate_series(TIMESTAMP '0001-01-01', TIMESTAMP '9999-01-01', INTERVAL 1 MICROSECOND);
-- expect: limited  a list of timestamps
SELECT len(generate_series(TIMESTAMP '0001-01-01', TIMESTAMP '9999-01-01', INTERVAL 1 MILLISECOND));
-- expect: limited  doubling by string_agg in a recursion
WITH RECURSIVE r(n, s) AS (SELECT 0, 'x' UNION ALL SELECT n + 1, s || s FROM r WHERE n < 40) SELECT max(length(s)) FROM r;
-- expect: limited  doubling by replace
SELECT length(replace(replace(replace(repeat('a', 100000), 'a', repeat('b', 10000)), 'b', 'cccc'), 'c', 'dddd'));
-- expect: limited  regexp_replace that grows
SELECT length(regexp_replace(repeat('a', 1000000), 'a', repeat('b', 10000), 'g'));
-- expect: limited  a catastrophic pattern
SELECT regexp_matches(repeat('a', 100000), '(a*)*(a*)*(a*)*b');
-- expect: limited  a large pattern
SELECT regexp_matches('a', '((((a{1,100}){1,100}){1,100}){1,100})');
-- expect: limited  split into many
SELECT len(string_split(repeat('a,', 100000000), ','));
-- expect: limited  list_reduce
SELECT list_reduce(range(3000000), lambda x, y: x + y);
-- expect: limited  lists that double
SELECT len(list_reduce(range(40)::INT[][], lambda x, y: x || x));
-- expect: limited  list_aggregate of many
SELECT list_aggregate(list_transform(range(100000000), lambda x: x::VARCHAR), 'string_agg', ',');
-- expect: limited  distance of long texts, another function
SELECT damerau_levenshtein(repeat('a', 20000), repeat('b', 20000));
-- expect: limited  jaro_winkler of long texts
SELECT jaro_winkler_similarity(repeat('a', 300000), repeat('b', 300000));
-- expect: limited  hamming, jaccard of long texts
SELECT jaccard(repeat('ab', 100000000), repeat('cd', 100000000));
-- expect: limited  a large power
SELECT factorial(33), 2::HUGEINT ^ 126, pow(10, 308);
-- expect: limited  to_base with padding
SELECT length(to_base(1, 2, 1000000000));
-- expect: limited  nested parentheses
FROM query('SELECT ' || repeat('(', 100000) || '1' || repeat(')', 100000));
-- expect: limited  nested functions
FROM query('SELECT ' || repeat('abs(', 5000) || '1' || repeat(')', 5000));
-- expect: limited  nested CASE
FROM query('SELECT ' || repeat('CASE WHEN true THEN ', 5000) || '1' || repeat(' END', 5000));
-- expect: limited  nested subqueries
FROM query('SELECT ' || repeat('(SELECT ', 3000) || '1' || repeat(')', 3000));
-- expect: limited  nested lists
FROM query('SELECT ' || repeat('[', 5000) || '1' || repeat(']', 5000));
-- expect: limited  nested structs
FROM query('SELECT ' || repeat('{a: ', 3000) || '1' || repeat('}', 3000));
-- expect: limited  nested types
SELECT NULL::INT[][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][][];
-- expect: limited  a type with many levels
FROM query('SELECT NULL::' || repeat('STRUCT(a ', 3000) || 'INT' || repeat(')', 3000));
-- expect: limited  a sum with many terms
FROM query('SELECT 1' || repeat(' + 1', 50000));
-- expect: limited  a condition with many terms
FROM query('SELECT 1 WHERE true' || repeat(' AND true', 50000));
-- expect: limited  many joins
FROM query('SELECT count(*) FROM range(2)' || repeat(', range(2)', 60));
-- expect: limited  many unions
FROM query('SELECT 1' || repeat(' UNION ALL SELECT 1', 5000));
-- expect: limited  a large IN list
FROM query('SELECT 1 WHERE 1 IN (' || repeat('1,', 500000) || '1)');
-- expect: limited  many columns
FROM query('SELECT ' || array_to_string(list_transform(range(20000), lambda r: '1 AS c' || r), ','));
-- expect: limited  a table of many columns
FROM query('SELECT * FROM (VALUES (1' || repeat(',1', 20000) || '))');
-- expect: limited  many CTEs
FROM query('WITH ' || array_to_string(list_transform(range(5000), lambda r: 'c' || r || ' AS (SELECT 1)'), ',') || ' SELECT 1');
-- expect: limited  CTEs that double when they are inlined
FROM query('WITH c0 AS (SELECT 1 AS a), ' || array_to_string(list_transform(range(20), lambda r: 'c' || (r + 1) || ' AS NOT MATERIALIZED (SELECT x.a FROM c' || r || ' x, c' || r || ' y)'), ',') || ' SELECT count(*) FROM c20');
-- expect: limited  views that double
CREATE OR REPLACE VIEW sec_d0 AS SELECT 1 AS a; CREATE OR REPLACE VIEW sec_d1 AS FROM sec_d0 UNION ALL FROM sec_d0 UNION ALL FROM sec_d0 UNION ALL FROM sec_d0; CREATE OR REPLACE VIEW sec_d2 AS FROM sec_d1 UNION ALL FROM sec_d1 UNION ALL FROM sec_d1 UNION ALL FROM sec_d1; CREATE OR REPLACE VIEW sec_d3 AS FROM sec_d2 UNION ALL FROM sec_d2 UNION ALL FROM sec_d2 UNION ALL FROM sec_d2; CREATE OR REPLACE VIEW sec_d4 AS FROM sec_d3 UNION ALL FROM sec_d3 UNION ALL FROM sec_d3 UNION ALL FROM sec_d3; CREATE OR REPLACE VIEW sec_d5 AS FROM sec_d4 UNION ALL FROM sec_d4 UNION ALL FROM sec_d4 UNION ALL FROM sec_d4; CREATE OR REPLACE VIEW sec_d6 AS FROM sec_d5 UNION ALL FROM sec_d5 UNION ALL FROM sec_d5 UNION ALL FROM sec_d5; SELECT count(*) FROM sec_d6;
-- expect: limited  planner bomb of macros in the database: doublings within doublings
CREATE OR REPLACE MACRO sec_b0(x) AS x + x; CREATE OR REPLACE MACRO sec_b1(x) AS sec_b0(sec_b0(sec_b0(sec_b0(sec_b0(sec_b0(sec_b0(sec_b0(x)))))))); SELECT sec_b1(sec_b1(sec_b1(1)));
-- expect: limited  a macro that calls itself
CREATE OR REPLACE MACRO sec_r1(x) AS x; CREATE OR REPLACE MACRO sec_r2(x) AS sec_r1(x); CREATE OR REPLACE MACRO sec_r1(x) AS sec_r2(x); SELECT sec_r1(1);
-- expect: limited  a view that reads itself
CREATE OR REPLACE VIEW sec_v1 AS SELECT 1 AS a; CREATE OR REPLACE VIEW sec_v2 AS FROM sec_v1; CREATE OR REPLACE VIEW sec_v1 AS FROM sec_v2; FROM sec_v1;
-- expect: limited  query() inside query()
FROM query('FROM query(''FROM query(''''FROM query(''''''''SELECT 1'''''''')'''')'')');
-- expect: limited  a macro that builds its own query
CREATE OR REPLACE MACRO sec_qm(n) AS TABLE FROM query('FROM sec_qm(' || (n + 1) || ')'); FROM sec_qm(0);
-- expect: limited  JSON depth when it is bound
SELECT from_json('[]', repeat('[', 20000) || '"INT"' || repeat(']', 20000));
-- expect: limited  JSON depth of json_transform
SELECT json_transform('[]', repeat('{"a":', 20000) || '"INT"' || repeat('}', 20000));
-- expect: limited  JSON depth of an extraction
SELECT json_extract(repeat('[', 200000) || repeat(']', 200000), repeat('[0]', 100000));
-- expect: limited  JSON depth of the printer
SELECT length(json_pretty((repeat('[', 100000) || repeat(']', 100000))::JSON));
-- expect: limited  JSON depth of the tree
SELECT count(*) FROM json_tree(repeat('[', 100000) || repeat(']', 100000));
-- expect: limited  JSON depth of a merge
SELECT length(json_merge_patch(j, j)) FROM (SELECT repeat('{"a":', 200000) || '1' || repeat('}', 200000) AS j);
-- expect: limited  JSON depth of a cast
SELECT CAST(repeat('[', 5000) || repeat(']', 5000) AS JSON)::VARCHAR[];
-- expect: limited  depth of a cast from text
SELECT CAST(repeat('[', 100000) || repeat(']', 100000) AS INT[]);
-- expect: limited  depth of a serialized statement
SELECT length(json_serialize_sql('SELECT ' || repeat('(SELECT ', 2000) || '1' || repeat(')', 2000)));
-- expect: limited  a deserialized statement of great depth
SELECT json_deserialize_sql(repeat('{"a":', 50000) || '1' || repeat('}', 50000));
-- expect: limited  a wide hash aggregate that spills
SELECT count(*) FROM (SELECT md5(range::VARCHAR) v, count(*) FROM range(200000000) GROUP BY v);
-- expect: limited  a hash join that spills
SELECT count(*) FROM (SELECT md5(range::VARCHAR) v FROM range(100000000)) a JOIN (SELECT md5(range::VARCHAR) v FROM range(100000000)) b USING (v);
-- expect: limited  a window over everything
SELECT max(s) FROM (SELECT sum(a) OVER (ORDER BY a DESC ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) s FROM range(1000000000) t(a));
-- expect: limited  a window with a median of everything
SELECT max(s) FROM (SELECT median(a) OVER (ROWS BETWEEN 100000 PRECEDING AND 100000 FOLLOWING) s FROM range(10000000) t(a));
-- expect: limited  an aggregate that keeps everything
SELECT len(list(a)) FROM range(10000000000) t(a);
-- expect: limited  an exact quantile
SELECT quantile_cont(a, 0.5) FROM range(1000000000) t(a);
-- expect: limited  a mode, a histogram
SELECT len(histogram(a)) FROM range(1000000000) t(a);
-- expect: limited  a cross product that is unnested
SELECT count(*) FROM (SELECT unnest(range(100000)) a), (SELECT unnest(range(100000)) b), (SELECT unnest(range(100000)) c);
-- expect: limited  a large result
SELECT repeat('x', 1000000) FROM range(100000);
-- expect: limited  wide rows
SELECT repeat('x', 200000000), repeat('y', 200000000);
-- expect: limited  huge numbers as text
SELECT length((repeat('9', 100000000))::VARCHAR), try_cast(repeat('9', 10000000) AS DECIMAL(38, 0));
-- expect: limited  an endless recursion of a table
WITH RECURSIVE r AS (SELECT range a FROM range(1000) UNION ALL SELECT a + 1 FROM r) SELECT count(*) FROM r;
-- expect: limited  a recursion with a key, without an end
WITH RECURSIVE r(k, v) USING KEY (k) AS (SELECT 1, 1 UNION SELECT k, v + 1 FROM r) SELECT count(*) FROM r;
-- expect: limited  calendar arithmetic far away
SELECT count(*) FROM range(DATE '5877642-06-24 (BC)', DATE '5881580-07-10', INTERVAL 1 DAY);
-- expect: limited  a sequence of time zones
SELECT max(strftime(make_timestamptz(range, 'Europe/Berlin'), '%c')) FROM range(1000000000);
-- expect: limited  unions of many members
FROM query('SELECT NULL::UNION(' || array_to_string(list_transform(range(250), lambda r: 'm' || r || ' INT'), ',') || ')');
-- expect: limited  an enum of many values
CREATE OR REPLACE TYPE sec_big AS ENUM (SELECT md5(range::VARCHAR) FROM range(50000000));
-- expect: limited  an index of many rows
CREATE OR REPLACE TABLE sec_fill AS SELECT range a FROM range(1000000000); CREATE INDEX sec_bi ON sec_fill(a);
-- expect: limited  many distinct unions
FROM query('SELECT 1' || repeat(' UNION SELECT 1', 2000));
-- expect: limited  many variables
SET VARIABLE sec_huge = repeat('x', 400000000); SELECT length(getvariable('sec_huge') || getvariable('sec_huge') || getvariable('sec_huge'));
-- expect: limited  compressing again and again
SELECT length(base64(encode(repeat('x', 500000000)))), length(hex(encode(repeat('x', 500000000))));
-- expect: limited  md5 of much
SELECT md5(repeat('x', 1500000000));
-- expect: limited  a sort of long keys
SELECT max(s) FROM (SELECT repeat(md5(range::VARCHAR), 100) s FROM range(10000000) ORDER BY s);
-- expect: limited  DISTINCT of everything
SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(1000000000);
-- expect: limited  a sample of everything
SELECT count(*) FROM (FROM range(10000000000) USING SAMPLE reservoir(100000000 ROWS));
-- expect: limited  UNPIVOT of many columns
FROM query('UNPIVOT (SELECT ' || array_to_string(list_transform(range(5000), lambda r: '1 AS c' || r), ',') || ') ON COLUMNS(*)');
-- expect: limited  PIVOT on many values
PIVOT (FROM range(90000) t(a)) ON a USING count(*);
-- expect: limited  grouping sets
FROM query('SELECT count(*) FROM (SELECT ' || array_to_string(list_transform(range(30), lambda r: '1 AS c' || r), ',') || ') GROUP BY CUBE (' || array_to_string(list_transform(range(30), lambda r: 'c' || r), ',') || ')');
-- expect: limited  a thousand remote files
SELECT count(*) FROM read_csv(list_transform(range(1000), lambda i: 'https://files.pintail.test/t.csv'));
-- expect: limited  a remote file that is read ten thousand times
SELECT count(*) FROM range(10000), 'https://files.pintail.test/t.csv';

-- ===== the account's secret, signed for a host of the statement's choice

-- expect: denied  the parameter percent-encoded
FROM read_csv('s3://pintail-test/x.csv?s3%5Fendpoint=127.0.0.1:{INTERNAL_PORT}&s3%5Fuse_ssl=false&s3_url_style=path');
-- expect: denied  the endpoint in the bucket's name
FROM read_csv('s3://127.0.0.1:{INTERNAL_PORT}#/x.csv');
-- expect: denied  the parameter before the first slash
FROM read_csv('s3://pintail-test?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false/x.csv');
-- expect: denied  the second of a list
FROM read_csv(['s3://pintail-test/x.csv', 's3://pintail-test/x.csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path']);
-- expect: denied  when only counted
SELECT count(*) FROM read_blob('s3://pintail-test/*?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path');
-- expect: denied  put together by query()
FROM query('FROM ''s3://pintail-test/x.csv?s3_' || 'endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false''');
-- expect: denied  written, by the pattern of the files' names
COPY (SELECT 1 AS a, 2 AS b) TO 's3://pintail-test/parts' (FORMAT csv, PARTITION_BY (a), FILENAME_PATTERN 'x?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false&s3_url_style=path&i={i}');
-- expect: denied  written, by the files' ending
COPY (FROM range(10)) TO 's3://pintail-test/each' (FORMAT csv, PER_THREAD_OUTPUT, FILE_EXTENSION 'csv?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false');
-- expect: denied  attached
ATTACH 's3://pintail-test/x.duckdb?s3_endpoint=127.0.0.1:{INTERNAL_PORT}&s3_use_ssl=false' AS sec_far (READ_ONLY);
