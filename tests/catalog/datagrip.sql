-- tool: datagrip
-- DataGrip and IntelliJ's database tools: introspection by levels (databases, schemas, tables, columns, keys, indexes, routines, comments)
-- hand-written: same catalogs, columns, functions and join shapes as the tool is known to use; not the tool's text

-- [1] via simple
SELECT current_database() AS current_database, current_schema() AS current_schema, current_user = session_user AS same;
-- [2] via simple
SELECT N.oid::bigint AS id, N.datname AS name, D.description, datistemplate AS is_template, datallowconn AS allow_connections, pg_catalog.pg_get_userbyid(N.datdba) = current_user AS mine FROM pg_catalog.pg_database N LEFT JOIN pg_catalog.pg_shdescription D ON N.oid = D.objoid WHERE N.datname = pg_catalog.current_database() ORDER BY N.datname;
-- [3] via simple
SELECT N.oid::bigint AS id, N.xmin AS state_number, nspname AS name, D.description, pg_catalog.pg_get_userbyid(N.nspowner) IS NOT NULL AS has_owner FROM pg_catalog.pg_namespace N LEFT JOIN pg_catalog.pg_description D ON N.oid = D.objoid WHERE nspname = 'public' ORDER BY nspname;
-- [4] via simple
SELECT T.relkind AS table_kind, T.relname AS table_name, T.oid AS table_id, T.relhasindex AS has_index, (SELECT string_agg(inhparent::bigint::varchar, ',' ORDER BY inhseqno) FROM pg_catalog.pg_inherits WHERE T.oid = inhrelid) AS ancestors, T.relispartition AS is_partition, pg_catalog.pg_get_userbyid(T.relowner) = current_user AS mine FROM pg_catalog.pg_class T WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'm', 'v', 'f', 'p') ORDER BY table_kind, table_name;
-- [5] via simple
SELECT C.attrelid AS object_id, C.attnum AS column_position, C.attname AS column_name, C.atttypmod AS type_mod, C.attndims AS dimensions_number, pg_catalog.format_type(C.atttypid, C.atttypmod) AS type_spec, C.attnotnull AS mandatory, COALESCE(pg_catalog.pg_get_expr(D.adbin, T.oid), '') AS column_default_expression, NOT C.attislocal AS column_is_inherited, C.attidentity AS identity_kind, C.attgenerated AS generated FROM pg_catalog.pg_class T JOIN pg_catalog.pg_attribute C ON T.oid = C.attrelid LEFT JOIN pg_catalog.pg_attrdef D ON (C.attrelid, C.attnum) = (D.adrelid, D.adnum) WHERE T.relname = 'c_orders' AND T.relkind = 'r' AND C.attnum > 0 AND NOT C.attisdropped ORDER BY object_id, column_position;
-- [6] via simple
SELECT tab.relname AS table_name, ind_stor.relname AS index_name, ind_head.indisunique AS is_unique, ind_head.indisprimary AS is_primary, ind_head.indkey::text AS column_positions, pg_catalog.pg_get_expr(ind_head.indpred, ind_head.indrelid) AS condition, am.amname AS access_method FROM pg_catalog.pg_class tab JOIN pg_catalog.pg_index ind_head ON ind_head.indrelid = tab.oid JOIN pg_catalog.pg_class ind_stor ON tab.relnamespace = ind_stor.relnamespace AND ind_stor.oid = ind_head.indexrelid LEFT JOIN pg_catalog.pg_am am ON am.oid = ind_stor.relam WHERE tab.relnamespace = 'public'::regnamespace AND tab.relkind IN ('r', 'm', 'p') ORDER BY 1, 2;
-- [7] via simple
SELECT ind_head.indexrelid AS index_id, k AS col_idx, k <= indnkeyatts AS in_key, pg_catalog.pg_get_indexdef(ind_head.indexrelid, k, true) AS def FROM pg_catalog.pg_index ind_head, pg_catalog.generate_series(1, 2) AS k WHERE ind_head.indrelid = 'c_orders'::regclass AND k <= ind_head.indnatts ORDER BY def, k;
-- [8] via simple
SELECT T.relname AS table_name, C.oid::bigint AS con_id, conname AS con_name, contype AS con_kind, conkey AS con_columns, confrelid <> 0 AS refers, confkey AS ref_columns, condeferrable AS is_deferrable, condeferred AS is_init_deferred, confupdtype AS on_update, confdeltype AS on_delete, connoinherit AS no_inherit, pg_catalog.pg_get_expr(conbin, T.oid) IS NOT NULL AS has_expression FROM pg_catalog.pg_constraint C JOIN pg_catalog.pg_class T ON C.conrelid = T.oid WHERE T.relkind IN ('r', 'v', 'f', 'p') AND C.connamespace = 'public'::regnamespace ORDER BY table_name, con_name;
-- [9] via simple
WITH types AS (SELECT t.oid AS type_id, t.typname AS type_name, t.typtype AS sub_kind, t.typcategory AS category, t.typrelid AS class_id, t.typbasetype AS base_type_id FROM pg_catalog.pg_type t WHERE t.typnamespace = 'public'::regnamespace AND t.typtype IN ('e', 'd', 'r')) SELECT type_name, sub_kind, category, class_id, base_type_id FROM types ORDER BY 1;
-- [10] via simple
SELECT T.typname, pg_catalog.array_agg(E.enumlabel::varchar ORDER BY E.enumsortorder) AS enum_labels FROM pg_catalog.pg_type T JOIN pg_catalog.pg_enum E ON T.oid = E.enumtypid GROUP BY T.typname;
-- [11] via simple
SELECT cls.relname AS sequence_name, sq.seqstart AS start_value, sq.seqincrement AS inc_value, sq.seqmin AS min_value, sq.seqcycle AS cycles FROM pg_catalog.pg_sequence sq JOIN pg_catalog.pg_class cls ON sq.seqrelid = cls.oid WHERE cls.relnamespace = 'public'::regnamespace ORDER BY 1;
-- [12] via simple
SELECT T.relkind AS view_kind, T.relname AS view_name, pg_catalog.pg_get_viewdef(T.oid, true) IS NOT NULL AS has_source FROM pg_catalog.pg_class T JOIN pg_catalog.pg_namespace N ON T.relnamespace = N.oid WHERE N.nspname = 'public' AND T.relkind IN ('m', 'v') ORDER BY T.oid;
-- [13] via simple
SELECT D.objoid AS id, pg_class.relkind AS kind, D.objsubid AS sub_id, D.description FROM pg_catalog.pg_description D JOIN pg_catalog.pg_class ON D.objoid = pg_class.oid WHERE pg_class.relnamespace = 'public'::regnamespace AND D.classoid = 'pg_catalog.pg_class'::regclass ORDER BY 1;
-- [14] via simple
SELECT A.oid AS access_method_id, A.amname AS access_method_name, A.amhandler::regproc AS handler_name, A.amtype AS access_method_type FROM pg_am A WHERE A.amname IN ('btree', 'heap') ORDER BY 2;
-- [15] via simple
SELECT X.extname FROM pg_catalog.pg_extension X WHERE X.extname = 'postgis';
-- [16] via simple
SELECT lan.lanname FROM pg_catalog.pg_language lan WHERE lan.lanname IN ('c', 'internal', 'sql') ORDER BY 1;
-- [17] via simple
SELECT t.* FROM public.c_orders t LIMIT 501;
-- [18] via simple
SELECT sum(1) AS rows FROM public.c_orders;
