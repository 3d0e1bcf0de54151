-- PostgreSQL's catalogs: what each shows, without the columns that say nothing here. mod.rs adds those, puts all in PostgreSQL's
-- order and gives them PostgreSQL's types; catalogs that are not in this file have no rows. A line `== NAME` begins one.
-- 10 is the one role, the account; 2615, 1259, 1247, 1255, 2606, 2604 and 2618 are the numbers of catalogs, as in classoid.
== pg_namespace
SELECT oid, nspname, 10 AS nspowner FROM __pintail_schemas(false)
UNION ALL VALUES (11, 'pg_catalog', 10), (99, 'pg_toast', 10), (13207, 'information_schema', 10)
== pg_class
SELECT oid, relname, relnamespace, 10 AS relowner, CASE relkind WHEN 'r' THEN 2 WHEN 'i' THEN 403 ELSE 0 END AS relam,
    CASE relkind WHEN 'v' THEN 0 ELSE oid END AS relfilenode, reltuples, relhasindex, relpersistence, relkind, relnatts,
    relchecks, relkind = 'v' AS relhasrules, relhastriggers, true AS relispopulated,
    CASE relkind WHEN 'r' THEN 'd' ELSE 'n' END AS relreplident
FROM __pintail_relations(false)
UNION ALL
SELECT oid, relname, relnamespace, 10, CASE relkind WHEN 'r' THEN 2 ELSE 0 END, 0, -1, false, 'p', relkind, relnatts,
    0, relkind = 'v', false, true, 'n'
FROM __pintail_static('pg_class')
== pg_attribute
SELECT attrelid, attname, atttypid, -1 AS attstattarget, attlen, attnum, attndims, -1 AS attcacheoff, atttypmod, attbyval,
    attalign, attstorage, attnotnull, atthasdef, attidentity, attgenerated, true AS attislocal, attcollation
FROM __pintail_attributes(false)
UNION ALL
SELECT a.attrelid, a.attname, a.atttypid, -1, t.typlen, a.attnum, CASE WHEN t.typcategory = 'A' THEN 1 ELSE 0 END, -1, -1,
    t.typbyval, t.typalign, t.typstorage, a.attnotnull, false, '', '', true, t.typcollation
FROM __pintail_static('pg_attribute') a JOIN __pintail_static('pg_type') t ON t.oid = a.atttypid
== pg_attrdef
SELECT ((attrelid::UBIGINT * 1663 + attnum) % 2147467263 + 16384)::UINTEGER AS oid, attrelid AS adrelid, attnum AS adnum,
    expression AS adbin
FROM __pintail_attributes(false) WHERE atthasdef
== pg_type
SELECT oid, typname, typnamespace, 10 AS typowner, typlen, typbyval, typtype, typcategory, typispreferred,
    true AS typisdefined, typdelim, 0 AS typrelid, typsubscript, typelem, typarray, typinput, typoutput, typreceive, typsend,
    typmodin, typmodout, typanalyze, typalign, typstorage, false AS typnotnull, typbasetype, typtypmod, 0 AS typndims,
    typcollation
FROM __pintail_static('pg_type')
UNION ALL
SELECT oid, typname, typnamespace, 10, CASE typtype WHEN 'e' THEN 4 ELSE -1 END, typtype = 'e', typtype,
    CASE typtype WHEN 'e' THEN 'E' WHEN 'c' THEN 'C' ELSE 'U' END, false, true, ',', 0, 0, 0, typarray,
    CASE typtype WHEN 'e' THEN 3506 WHEN 'c' THEN 2290 ELSE 2597 END, CASE typtype WHEN 'e' THEN 3507 WHEN 'c' THEN 2291 ELSE 47 END,
    CASE typtype WHEN 'e' THEN 3532 WHEN 'c' THEN 2402 ELSE 2598 END, CASE typtype WHEN 'e' THEN 3533 WHEN 'c' THEN 2403 ELSE 2415 END,
    0, 0, 0, 'i', CASE typtype WHEN 'e' THEN 'p' ELSE 'x' END, false, typbasetype, typtypmod, 0, 0
FROM __pintail_types(false)
UNION ALL
SELECT typarray, '_' || typname, typnamespace, 10, -1, false, 'b', 'A', false, true, ',', 0, 6179, oid, 0, 750, 751, 2400, 2401,
    0, 0, 3816, 'i', 'x', false, 0, -1, 0, 0
FROM __pintail_types(false)
== pg_enum
SELECT ((oid::UBIGINT * 1663 + place) % 2147467263 + 16384)::UINTEGER AS oid, oid AS enumtypid, place::FLOAT AS enumsortorder,
    label AS enumlabel
FROM (SELECT oid, unnest(labels) AS label, generate_subscripts(labels, 1) AS place FROM __pintail_types(false)
      WHERE labels IS NOT NULL)
== pg_index
SELECT indexrelid, indrelid, indnatts, indnatts AS indnkeyatts, indisunique, indisprimary, true AS indimmediate,
    true AS indisvalid, true AS indisready, true AS indislive, indkey,
    trim(repeat('0 ', indnatts)) AS indoption, indcollation, indclass, indexprs
FROM __pintail_indexes(false)
== pg_constraint
SELECT oid, conname, connamespace, contype, true AS convalidated, conrelid, conindid, confrelid,
    CASE contype WHEN 'f' THEN 'a' ELSE ' ' END AS confupdtype, CASE contype WHEN 'f' THEN 'a' ELSE ' ' END AS confdeltype,
    CASE contype WHEN 'f' THEN 's' ELSE ' ' END AS confmatchtype, true AS conislocal, contype <> 'c' AS connoinherit, conkey,
    confkey, conbin
FROM __pintail_constraints(false)
== pg_description
SELECT oid AS objoid, 1259 AS classoid, 0 AS objsubid, comment AS description FROM __pintail_relations(false)
WHERE comment IS NOT NULL
UNION ALL SELECT attrelid, 1259, attnum, comment FROM __pintail_attributes(false) WHERE comment IS NOT NULL
UNION ALL SELECT oid, 2615, 0, comment FROM __pintail_schemas(false) WHERE comment IS NOT NULL
UNION ALL SELECT oid, 1247, 0, comment FROM __pintail_types(false) WHERE comment IS NOT NULL
UNION ALL SELECT oid, 1255, 0, comment FROM __pintail_macros(false) WHERE comment IS NOT NULL
== pg_depend
SELECT 1259 AS classid, "sequence" AS objid, 1259 AS refclassid, attrelid AS refobjid, attnum AS refobjsubid,
    CASE attidentity WHEN '' THEN 'a' ELSE 'i' END AS deptype
FROM __pintail_attributes(false) WHERE "sequence" <> 0
UNION ALL SELECT 2618, view, 1259, view, 0, 'i' FROM __pintail_dependencies(false)
UNION ALL SELECT 2618, view, 1259, relation, 0, 'n' FROM __pintail_dependencies(false)
UNION ALL SELECT 1259, conindid, 2606, oid, 0, 'i' FROM __pintail_constraints(false) WHERE contype IN ('p', 'u')
UNION ALL SELECT 2606, oid, 1259, conrelid, unnest(conkey), 'a' FROM __pintail_constraints(false)
UNION ALL SELECT 2606, oid, 1259, confrelid, unnest(confkey), 'n' FROM __pintail_constraints(false) WHERE contype = 'f'
UNION ALL SELECT 2606, oid, 1259, conindid, 0, 'n' FROM __pintail_constraints(false) WHERE contype = 'f' AND conindid <> 0
UNION ALL SELECT 1259, i.indexrelid, 1259, i.indrelid, unnest(i.indkey), 'a' FROM __pintail_indexes(false) i
WHERE i.indexrelid NOT IN (SELECT conindid FROM __pintail_constraints(false))
== pg_sequence
SELECT seqrelid, CASE seqmax WHEN 2147483647 THEN 23 WHEN 32767 THEN 21 ELSE 20 END AS seqtypid, seqstart, seqincrement, seqmax, seqmin, 1 AS seqcache, seqcycle FROM __pintail_sequences(false)
== pg_proc
SELECT oid, proname, pronamespace, 10 AS proowner, prolang, procost, prorows, provariadic, prokind, prosecdef, proleakproof,
    proisstrict, proretset, provolatile, proparallel, pronargs, pronargdefaults, prorettype, proargtypes, proallargtypes,
    proargmodes, proargnames, prosrc
FROM __pintail_static('pg_proc')
UNION ALL
SELECT oid, proname, pronamespace, 10, 14, 100, CASE WHEN proretset THEN 1000 ELSE 0 END, 0, 'f', false, false, false,
    proretset, 'v', 'u', len(proargtypes), 0, CASE WHEN proretset THEN 2249 ELSE 2276 END, proargtypes, NULL, NULL,
    proargnames, prosrc
FROM __pintail_macros(false)
== pg_aggregate
SELECT *, 0 AS aggcombinefn FROM __pintail_static('pg_aggregate')
== pg_operator
SELECT *, 11 AS oprnamespace, 10 AS oprowner FROM __pintail_static('pg_operator')
== pg_cast
SELECT * FROM __pintail_static('pg_cast')
== pg_am
SELECT * FROM __pintail_static('pg_am')
== pg_opfamily
SELECT *, 11 AS opfnamespace, 10 AS opfowner FROM __pintail_static('pg_opfamily')
== pg_opclass
SELECT *, 11 AS opcnamespace, 10 AS opcowner FROM __pintail_static('pg_opclass')
== pg_range
SELECT * FROM __pintail_static('pg_range')
== pg_language
SELECT *, 10 AS lanowner FROM __pintail_static('pg_language')
== pg_collation
SELECT * FROM (VALUES
    (100, 'default', 11, 10, 'd', true, -1, NULL, NULL),
    (950, 'C', 11, 10, 'c', true, -1, 'C', 'C'),
    (951, 'POSIX', 11, 10, 'c', true, -1, 'POSIX', 'POSIX')
) AS c(oid, collname, collnamespace, collowner, collprovider, collisdeterministic, collencoding, collcollate, collctype)
== pg_database
SELECT pg_catalog.__pintail_database_oid(database_name) AS oid, database_name AS datname, 10 AS datdba, 6 AS encoding,
    'c' AS datlocprovider, false AS datistemplate, true AS datallowconn, -1 AS datconnlimit, 1663 AS dattablespace,
    'C' AS datcollate, 'C' AS datctype
FROM duckdb_databases() WHERE NOT internal AND database_name <> '{information}'
== pg_tablespace
SELECT * FROM (VALUES (1663, 'pg_default', 10), (1664, 'pg_global', 10)) AS t(oid, spcname, spcowner)
== pg_authid
SELECT 10 AS oid, __pintail_tell('user') AS rolname, false AS rolsuper, false AS rolcreaterole, false AS rolreplication, false AS rolbypassrls, true AS rolinherit, true AS rolcreatedb, true AS rolcanlogin, -1 AS rolconnlimit
== pg_roles
SELECT 10 AS oid, __pintail_tell('user') AS rolname, false AS rolsuper, false AS rolcreaterole, false AS rolreplication, false AS rolbypassrls, true AS rolinherit, true AS rolcreatedb, true AS rolcanlogin,
    -1 AS rolconnlimit, '********' AS rolpassword
== pg_user
SELECT __pintail_tell('user') AS usename, 10 AS usesysid, false AS usesuper, false AS userepl, false AS usebypassrls, true AS usecreatedb, '********' AS passwd
== pg_shadow
SELECT __pintail_tell('user') AS usename, 10 AS usesysid, false AS usesuper, false AS userepl, false AS usebypassrls, true AS usecreatedb
== pg_tables
SELECT nspname AS schemaname, relname AS tablename, __pintail_tell('user') AS tableowner, relhasindex AS hasindexes,
    relhastriggers AS hastriggers
FROM __pintail_relations(false) WHERE relkind = 'r'
UNION ALL
SELECT CASE relnamespace WHEN 11 THEN 'pg_catalog' ELSE 'information_schema' END, relname, __pintail_tell('user'), false, false
FROM __pintail_static('pg_class') WHERE relkind = 'r'
== pg_views
SELECT nspname AS schemaname, relname AS viewname, __pintail_tell('user') AS viewowner, query AS definition
FROM __pintail_relations(false) WHERE relkind = 'v'
== pg_rewrite
SELECT oid, '_RETURN' AS rulename, oid AS ev_class, '1' AS ev_type, 'O' AS ev_enabled, true AS is_instead
FROM __pintail_relations(false) WHERE relkind = 'v'
== pg_indexes
SELECT t.nspname AS schemaname, t.relname AS tablename, i.relname AS indexname, x.definition AS indexdef
FROM __pintail_indexes(false) x JOIN __pintail_relations(false) i ON i.oid = x.indexrelid
    JOIN __pintail_relations(false) t ON t.oid = x.indrelid
== pg_sequences
SELECT r.nspname AS schemaname, r.relname AS sequencename, __pintail_tell('user') AS sequenceowner,
    CASE s.seqmax WHEN 2147483647 THEN 23 WHEN 32767 THEN 21 ELSE 20 END AS data_type,
    s.seqstart AS start_value, s.seqmin AS min_value, s.seqmax AS max_value, s.seqincrement AS increment_by,
    s.seqcycle AS "cycle", 1 AS cache_size, s.last_value
FROM __pintail_sequences(false) s JOIN __pintail_relations(false) r ON r.oid = s.seqrelid
== pg_stat_user_tables
SELECT oid AS relid, nspname AS schemaname, relname, 0 AS seq_scan, 0 AS seq_tup_read, 0 AS n_tup_ins, 0 AS n_tup_upd,
    0 AS n_tup_del, 0 AS n_tup_hot_upd, reltuples::BIGINT AS n_live_tup, 0 AS n_dead_tup, 0 AS n_mod_since_analyze,
    0 AS n_ins_since_vacuum, 0 AS vacuum_count, 0 AS autovacuum_count, 0 AS analyze_count, 0 AS autoanalyze_count
FROM __pintail_relations(false) WHERE relkind = 'r'
== pg_stat_all_tables
SELECT * FROM pg_catalog.pg_stat_user_tables
== pg_statio_user_tables
SELECT oid AS relid, nspname AS schemaname, relname, 0 AS heap_blks_read, 0 AS heap_blks_hit
FROM __pintail_relations(false) WHERE relkind = 'r'
== pg_statio_all_tables
SELECT * FROM pg_catalog.pg_statio_user_tables
== pg_stat_user_indexes
SELECT x.indrelid AS relid, x.indexrelid, t.nspname AS schemaname, t.relname, i.relname AS indexrelname, 0 AS idx_scan,
    0 AS idx_tup_read, 0 AS idx_tup_fetch
FROM __pintail_indexes(false) x JOIN __pintail_relations(false) i ON i.oid = x.indexrelid
    JOIN __pintail_relations(false) t ON t.oid = x.indrelid
== pg_stat_all_indexes
SELECT * FROM pg_catalog.pg_stat_user_indexes
== pg_stat_database
SELECT pg_catalog.__pintail_database_oid(database_name) AS datid, database_name AS datname, 0 AS xact_commit, 0 AS xact_rollback,
    0 AS blks_read, 0 AS blks_hit, 0 AS deadlocks
FROM duckdb_databases() WHERE NOT internal AND database_name <> '{information}'
== pg_timezone_names
SELECT name, abbrev, utc_offset, is_dst FROM main.pg_timezone_names()
== pg_settings
SELECT u.name, u.setting, u.unit, u.category, u.short_desc, u.context, u.vartype, 'default' AS source, u.boot_val, u.boot_val AS reset_val,
    false AS pending_restart
FROM (SELECT unnest(from_json(__pintail_tell('settings'),
    '[{"name":"VARCHAR","setting":"VARCHAR","unit":"VARCHAR","category":"VARCHAR","short_desc":"VARCHAR","context":"VARCHAR",
       "vartype":"VARCHAR","boot_val":"VARCHAR"}]')) AS u)
== pg_stat_activity
SELECT pg_catalog.__pintail_database_oid(u.database) AS datid, u.database AS datname, u.pid, 10 AS usesysid,
    __pintail_tell('user') AS usename, u.client_user_agent AS application_name, u.client_addr, u.client_port,
    make_timestamp(u.backend_start_us)::TIMESTAMPTZ AS backend_start,
    make_timestamp(u.xact_start_us)::TIMESTAMPTZ AS xact_start, make_timestamp(u.query_start_us)::TIMESTAMPTZ AS query_start,
    u.state, u.query, 'client backend' AS backend_type
FROM (SELECT unnest(from_json(__pintail_tell('connections'),
    '[{"database":"VARCHAR","pid":"INTEGER","client_user_agent":"VARCHAR","client_addr":"VARCHAR",
       "client_port":"INTEGER","backend_start_us":"BIGINT","xact_start_us":"BIGINT",
       "query_start_us":"BIGINT","state":"VARCHAR","query":"VARCHAR"}]')) AS u)
== pg_prepared_statements
SELECT u.name, u.statement, make_timestamptz(u.prepare_time_us) AS prepare_time, u.from_sql, u.executions AS generic_plans, 0 AS custom_plans
FROM (SELECT unnest(from_json(__pintail_tell('prepared_statements'),
    '[{"name":"VARCHAR","statement":"VARCHAR","prepare_time_us":"BIGINT","from_sql":"BOOLEAN","executions":"BIGINT"}]')) AS u)
== pg_cursors
SELECT u.name, u.statement, u.is_holdable, u.is_binary, false AS is_scrollable, make_timestamptz(u.creation_time_us) AS creation_time
FROM (SELECT unnest(from_json(__pintail_tell('cursors'),
    '[{"name":"VARCHAR","statement":"VARCHAR","is_holdable":"BOOLEAN","is_binary":"BOOLEAN","creation_time_us":"BIGINT"}]')) AS u)
== pg_locks
SELECT 'advisory' AS locktype, pg_catalog.__pintail_database_oid(current_database()) AS "database", u.classid, u.objid, u.objsubid,
    u.pid, u.mode, u.granted, false AS fastpath
FROM (SELECT unnest(from_json(__pintail_tell('locks'),
    '[{"classid":"UINTEGER","objid":"UINTEGER","objsubid":"SMALLINT","pid":"INTEGER","mode":"VARCHAR","granted":"BOOLEAN"}]')) AS u)
== pg_extension
SELECT oid, extname, 10 AS extowner, 11 AS extnamespace, false AS extrelocatable, '{engine}' AS extversion
FROM (VALUES (13501, 'icu'), (13502, 'json'), (13503, 'parquet')) AS e(oid, extname)
