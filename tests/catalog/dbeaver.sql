-- tool: dbeaver
-- DBeaver's PostgreSQL extension: connect, databases, schemas, tables, columns, keys, indexes, types, DDL, data editor
-- hand-written: same catalogs, columns, functions and join shapes as the tool is known to use; not the tool's text

-- [1] via simple
SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL READ COMMITTED;
-- [2] via simple
SHOW search_path;
-- [3] via simple
SELECT current_schema() AS schema, session_user AS who;
-- [4] via simple
SELECT db.oid, db.* FROM pg_catalog.pg_database db WHERE 1 = 1 AND datallowconn AND NOT datistemplate AND db.datname = current_database() ORDER BY db.datname;
-- [5] via simple
SELECT t.oid, t.*, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_type_name, d.description FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid = t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid = d.objoid WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C') AND t.typname = 'c_mood';
-- [6] via simple
SELECT n.oid, n.*, d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = n.oid AND d.objsubid = 0 AND d.classoid = 'pg_namespace'::regclass WHERE n.nspname = 'public' ORDER BY nspname;
-- [7] via simple
SELECT c.oid, c.relname, c.relkind, c.relnamespace, c.relpersistence, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS partition_expr, pg_catalog.pg_get_partkeydef(c.oid) AS partition_key FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_class'::regclass WHERE c.relnamespace = 'public'::regnamespace AND c.relkind NOT IN ('i', 'I', 'c') ORDER BY c.relname;
-- [8] via simple
SELECT c.relname, a.attname, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attidentity, a.attgenerated, pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) AS def_value, dsc.description, dep.objid FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid = c.oid) LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid = ad.adrelid AND a.attnum = ad.adnum) LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid = dsc.objoid AND a.attnum = dsc.objsubid) LEFT OUTER JOIN pg_catalog.pg_depend dep ON dep.refobjid = a.attrelid AND dep.deptype = 'i' AND dep.refobjsubid = a.attnum AND dep.classid = dep.refclassid WHERE NOT a.attisdropped AND a.attnum > 0 AND c.oid = 'c_customers'::regclass ORDER BY a.attnum;
-- [9] via simple
SELECT c.oid, c.conname, c.contype, c.conkey, c.confkey, t.relname AS tabrelname, rt.relnamespace AS refnamespace, d.description, pg_catalog.pg_get_constraintdef(c.oid) AS definition FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass WHERE c.conrelid = 'c_orders'::regclass ORDER BY c.contype, c.conname;
-- [10] via simple
SELECT i.indisunique, i.indisprimary, i.indisvalid, i.indkey, i.indnatts, c.relname, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS pred_expr, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr, tc.relname AS tabrelname, dsc.description, pg_catalog.pg_get_indexdef(i.indexrelid, 1, true) AS first_column FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid WHERE i.indrelid = 'c_orders'::regclass ORDER BY c.relname;
-- [11] via simple
SELECT pg_catalog.pg_get_indexdef(x.indexrelid) FROM pg_catalog.pg_index x WHERE x.indrelid = 'c_orders'::regclass ORDER BY 1;
-- [12] via simple
SELECT pg_catalog.pg_get_viewdef('c_totals'::regclass::oid, true) IS NOT NULL AS has_definition;
-- [13] via simple
SELECT e.enumlabel FROM pg_catalog.pg_enum e JOIN pg_catalog.pg_type t ON t.oid = e.enumtypid WHERE t.typname = 'c_mood' ORDER BY e.enumsortorder;
-- [14] via simple
SELECT s.seqstart, s.seqincrement, s.seqmin, s.seqcache, s.seqcycle FROM pg_catalog.pg_sequence s WHERE s.seqrelid = 'c_seq'::regclass;
-- [15] via simple
SELECT i.inhseqno FROM pg_catalog.pg_inherits i, pg_catalog.pg_class c WHERE i.inhparent = 'c_orders'::regclass AND c.oid = i.inhrelid ORDER BY c.relname;
-- [16] via simple
SELECT x.oid, x.tgname, p.pronamespace AS func_schema_id, d.description FROM pg_catalog.pg_trigger x LEFT OUTER JOIN pg_catalog.pg_proc p ON p.oid = x.tgfoid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = x.oid AND d.objsubid = 0 WHERE x.tgrelid = 'c_orders'::regclass AND NOT x.tgisinternal;
-- [17] via simple
SELECT DISTINCT dep.deptype, dep.classid = 'pg_class'::regclass AS by_class, cl.relkind FROM pg_catalog.pg_depend dep LEFT JOIN pg_catalog.pg_class cl ON dep.objid = cl.oid WHERE dep.refobjid = 'c_seq'::regclass;
-- [18] via simple
SELECT pg_catalog.pg_total_relation_size('c_orders'::regclass) >= 0 AS total, pg_catalog.pg_relation_size('c_orders'::regclass) >= 0 AS own;
-- [19] via simple
SELECT usesysid IS NOT NULL AS has_id, usename = current_user AS is_me FROM pg_catalog.pg_user WHERE usename = current_user;
-- [20] via simple
SELECT a.rolname = current_user AS is_me, a.rolcanlogin FROM pg_catalog.pg_roles a WHERE a.rolname = current_user ORDER BY a.rolname;
-- [21] via simple
SELECT am.oid, am.amname FROM pg_catalog.pg_am am WHERE am.amname = 'btree';
-- [22] via simple
SELECT c.collname, c.collprovider FROM pg_catalog.pg_collation c WHERE c.collname IN ('C', 'POSIX') ORDER BY c.collname;
-- [23] via simple
SELECT ts.spcname FROM pg_catalog.pg_tablespace ts ORDER BY ts.oid;
-- [24] via simple
SELECT l.lanname FROM pg_catalog.pg_language l WHERE l.lanname = 'sql';
-- [25] via simple
SELECT pg_catalog.has_table_privilege('c_orders'::regclass, 'SELECT') AS may_read, pg_catalog.has_schema_privilege('public', 'USAGE') AS may_use;
-- [26] via simple
SELECT x.* FROM public.c_orders x LIMIT 200;
-- [27] via simple
SELECT count(*) FROM public.c_orders x;
-- [28] via simple
SELECT pid = pg_backend_pid() AS mine, datname = current_database() AS here, state FROM pg_catalog.pg_stat_activity WHERE pid = pg_backend_pid();
-- [29] via simple
SELECT locktype, mode, granted FROM pg_catalog.pg_locks WHERE locktype = 'advisory';
-- [30] via simple
SELECT string_agg(word, ',' ORDER BY word) AS words FROM pg_catalog.pg_get_keywords() WHERE catcode = 'R' AND word LIKE 'a%';
