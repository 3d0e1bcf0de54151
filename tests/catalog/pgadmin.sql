-- tool: pgadmin
-- pgAdmin 4: connect, server and role, databases, dashboard, the browser tree of a table, the query tool's edit mode
-- hand-written: same catalogs, columns, functions and join shapes as the tool is known to use; not the tool's text

-- [1] via simple
SET DateStyle=ISO;
-- [2] via simple
SET client_min_messages=notice;
-- [3] via simple
SELECT set_config('bytea_output', 'hex', false) FROM pg_catalog.pg_settings WHERE name = 'bytea_output';
-- [4] via simple
SET client_encoding='UTF8';
-- [5] via simple
SELECT db.datname, db.datallowconn, pg_catalog.pg_encoding_to_char(db.encoding) AS serverencoding, pg_catalog.has_database_privilege(db.oid, 'CREATE') AS cancreate, datistemplate FROM pg_catalog.pg_database db WHERE db.datname = current_database();
-- [6] via simple
SELECT roles.rolname = current_user AS is_me, roles.rolcanlogin AS can_login, pg_catalog.pg_is_in_recovery() AS in_recovery FROM pg_catalog.pg_roles AS roles WHERE rolname = current_user;
-- [7] via simple
SELECT 'session_stats' AS chart_name, row_to_json(t)::text IS NOT NULL AS has_data FROM (SELECT (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE datname = current_database()) AS "Total", (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE state = 'active' AND datname = current_database()) AS "Active") t UNION ALL SELECT 'tps_stats' AS chart_name, row_to_json(t)::text IS NOT NULL AS has_data FROM (SELECT (SELECT sum(xact_commit) + sum(xact_rollback) FROM pg_catalog.pg_stat_database WHERE datname = current_database()) AS "Transactions") t;
-- [8] via simple
SELECT nsp.nspname AS name, pg_catalog.has_schema_privilege(nsp.oid, 'CREATE') AS can_create, des.description FROM pg_catalog.pg_namespace nsp LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = nsp.oid AND des.classoid = 'pg_namespace'::regclass) WHERE nspname NOT LIKE 'pg!_%' escape '!' AND nsp.nspname <> 'information_schema' ORDER BY nspname;
-- [9] via simple
SELECT rel.relname AS name, (SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgrelid = rel.oid AND tgisinternal = FALSE) AS triggercount, rel.relispartition AS is_partition, (SELECT count(1) FROM pg_catalog.pg_inherits WHERE inhrelid = rel.oid LIMIT 1) AS is_inherits, des.description FROM pg_catalog.pg_class rel LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = rel.oid AND des.objsubid = 0 AND des.classoid = 'pg_class'::regclass) WHERE rel.relkind IN ('r', 's', 't', 'p') AND rel.relnamespace = 'public'::regnamespace AND NOT rel.relispartition ORDER BY rel.relname;
-- [10] via simple
SELECT DISTINCT att.attname AS name, att.attnum, format_type(ty.oid, NULL) AS datatype, att.attnotnull AS not_null, CASE WHEN att.atthasdef OR att.attidentity <> '' THEN true ELSE false END AS has_default_val, att.attidentity AS colidentity, CASE WHEN length(coll.collname) > 0 THEN concat(quote_ident(nspc.nspname), '.', quote_ident(coll.collname)) ELSE '' END AS collspcname FROM pg_catalog.pg_attribute att JOIN pg_catalog.pg_type ty ON ty.oid = atttypid JOIN pg_catalog.pg_class cl ON cl.oid = attrelid LEFT OUTER JOIN pg_catalog.pg_collation coll ON att.attcollation = coll.oid AND att.attcollation <> 100 LEFT OUTER JOIN pg_catalog.pg_namespace nspc ON coll.collnamespace = nspc.oid WHERE att.attrelid = 'c_orders'::regclass AND att.attnum > 0 AND att.attisdropped IS FALSE ORDER BY att.attnum;
-- [11] via simple
SELECT cls.relname AS name, indnkeyatts AS col_count, CASE WHEN length(spcname) > 0 THEN spcname ELSE (SELECT sp.spcname FROM pg_catalog.pg_database dtb JOIN pg_catalog.pg_tablespace sp ON dtb.dattablespace = sp.oid WHERE dtb.datname = current_database()) END AS spcname, CASE contype WHEN 'p' THEN desp.description WHEN 'u' THEN desp.description ELSE des.description END AS comment, condeferrable, condeferred FROM pg_catalog.pg_index idx JOIN pg_catalog.pg_class cls ON cls.oid = indexrelid LEFT OUTER JOIN pg_catalog.pg_tablespace ta ON ta.oid = cls.reltablespace LEFT JOIN pg_catalog.pg_depend dep ON (dep.classid = cls.tableoid AND dep.objid = cls.oid AND dep.refobjsubid = '0' AND dep.refclassid = (SELECT oid FROM pg_catalog.pg_class WHERE relname = 'pg_constraint') AND dep.deptype = 'i') LEFT OUTER JOIN pg_catalog.pg_constraint con ON (con.tableoid = dep.refclassid AND con.oid = dep.refobjid) LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid = cls.oid AND des.classoid = 'pg_class'::regclass) LEFT OUTER JOIN pg_catalog.pg_description desp ON (desp.objoid = con.oid AND desp.objsubid = 0 AND desp.classoid = 'pg_constraint'::regclass) WHERE indrelid = 'c_orders'::regclass AND contype = 'p' ORDER BY cls.relname;
-- [12] via simple
SELECT ct.conname AS name, nl.nspname AS fknsp, cl.relname AS fktab, nr.nspname AS refnsp, cr.relname AS reftab, convalidated FROM pg_catalog.pg_constraint ct JOIN pg_catalog.pg_class cl ON cl.oid = conrelid JOIN pg_catalog.pg_namespace nl ON nl.oid = cl.relnamespace JOIN pg_catalog.pg_class cr ON cr.oid = confrelid JOIN pg_catalog.pg_namespace nr ON nr.oid = cr.relnamespace WHERE ct.contype = 'f' AND conrelid = 'c_orders'::regclass ORDER BY ct.conname;
-- [13] via simple
SELECT at.attname, at.attnum, ty.typname FROM pg_catalog.pg_attribute at LEFT JOIN pg_catalog.pg_type ty ON (ty.oid = at.atttypid) WHERE at.attrelid = 'c_orders'::regclass AND at.attnum = ANY ((SELECT con.conkey FROM pg_catalog.pg_class rel LEFT OUTER JOIN pg_catalog.pg_constraint con ON con.conrelid = rel.oid AND con.contype = 'p' WHERE rel.relkind IN ('r', 's', 't', 'p') AND rel.oid = 'c_orders'::regclass)::oid[]);
-- [14] via simple
SELECT rel.relname, pg_catalog.pg_get_viewdef(rel.oid, true) IS NOT NULL AS has_definition FROM pg_catalog.pg_class rel WHERE rel.relkind = 'v' AND rel.relnamespace = 'public'::regnamespace;
-- [15] via simple
SELECT pid = pg_backend_pid() AS mine, application_name IS NOT NULL AS named, state, wait_event FROM pg_catalog.pg_stat_activity sa WHERE datname = current_database() AND pid = pg_backend_pid();
-- [16] via simple
SELECT pg_catalog.pg_size_pretty(pg_catalog.pg_database_size(current_database())) IS NOT NULL AS has_size;
-- [17] via simple
SELECT gid FROM pg_catalog.pg_prepared_xacts WHERE database = current_database();
-- [18] via simple
SELECT name, category, setting IS NOT NULL AS has_setting FROM pg_catalog.pg_settings WHERE name = 'DateStyle';
