-- PostgreSQL's information_schema over everything that the session sees: as pg_catalog.sql, which see.
== information_schema_catalog_name
SELECT current_database() AS catalog_name
== schemata
SELECT database_name AS catalog_name, nspname AS schema_name, __pintail_tell('user') AS schema_owner FROM __pintail_schemas(true)
UNION ALL SELECT current_database(), unnest(['pg_catalog', 'information_schema']), __pintail_tell('user')
== tables
SELECT database_name AS table_catalog, nspname AS table_schema, relname AS table_name,
    CASE WHEN relpersistence = 't' THEN 'LOCAL TEMPORARY' WHEN relkind = 'v' THEN 'VIEW' ELSE 'BASE TABLE' END AS table_type,
    CASE relkind WHEN 'r' THEN 'YES' ELSE 'NO' END AS is_insertable_into, 'NO' AS is_typed
FROM __pintail_relations(true) WHERE relkind IN ('r', 'v')
UNION ALL
SELECT current_database(), CASE relnamespace WHEN 11 THEN 'pg_catalog' ELSE 'information_schema' END, relname,
    CASE relkind WHEN 'v' THEN 'VIEW' ELSE 'BASE TABLE' END, 'NO', 'NO'
FROM __pintail_static('pg_class')
== columns
SELECT a.database_name AS table_catalog, a.nspname AS table_schema, a.relname AS table_name, a.attname AS column_name,
    a.attnum AS ordinal_position, CASE WHEN attgenerated = '' THEN a.expression END AS column_default,
    CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END AS is_nullable,
    CASE WHEN t.typcategory = 'A' THEN 'ARRAY' WHEN t.oid IS NULL THEN 'USER-DEFINED'
        ELSE pg_catalog.format_type(a.atttypid, NULL) END AS data_type,
    CASE WHEN t.typcategory = 'S' THEN 1073741824 END AS character_octet_length,
    CASE a.atttypid WHEN 21 THEN 16 WHEN 23 THEN 32 WHEN 20 THEN 64 WHEN 700 THEN 24 WHEN 701 THEN 53
        WHEN 1700 THEN CASE WHEN a.atttypmod >= 4 THEN (a.atttypmod - 4) >> 16 END END AS numeric_precision,
    CASE WHEN a.atttypid IN (21, 23, 20, 700, 701) THEN 2 WHEN a.atttypid = 1700 THEN 10 END AS numeric_precision_radix,
    CASE WHEN a.atttypid IN (21, 23, 20) THEN 0 WHEN a.atttypid = 1700 AND a.atttypmod >= 4
        THEN (a.atttypmod - 4) & 2047 END AS numeric_scale,
    CASE WHEN a.atttypid = 1082 THEN 0 WHEN a.atttypid IN (1083, 1114, 1184, 1266, 1186) THEN 6 END AS datetime_precision,
    a.database_name AS udt_catalog, CASE WHEN t.oid IS NULL THEN a.nspname ELSE 'pg_catalog' END AS udt_schema,
    coalesce(t.typname, e.typname, 'text') AS udt_name, a.attnum AS dtd_identifier, 'NO' AS is_self_referencing,
    CASE WHEN a.attidentity = '' THEN 'NO' ELSE 'YES' END AS is_identity,
    CASE a.attidentity WHEN 'a' THEN 'ALWAYS' WHEN 'd' THEN 'BY DEFAULT' END AS identity_generation,
    s.seqstart::VARCHAR AS identity_start, s.seqincrement::VARCHAR AS identity_increment,
    s.seqmax::VARCHAR AS identity_maximum, s.seqmin::VARCHAR AS identity_minimum,
    CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS identity_cycle, CASE WHEN a.attgenerated = '' THEN 'NEVER' ELSE 'ALWAYS' END AS is_generated,
    CASE WHEN a.attgenerated <> '' THEN a.expression END AS generation_expression,
    CASE a.relkind WHEN 'r' THEN 'YES' ELSE 'NO' END AS is_updatable
FROM __pintail_attributes(true) a LEFT JOIN __pintail_static('pg_type') t ON t.oid = a.atttypid
    LEFT JOIN (SELECT database_name, oid, typname FROM __pintail_types(true)
        UNION ALL SELECT database_name, typarray, '_' || typname FROM __pintail_types(true)) e
    ON e.oid = a.atttypid AND e.database_name = a.database_name
    LEFT JOIN __pintail_sequences(true) s
    ON s.seqrelid = a."sequence" AND a.attidentity <> '' AND s.database_name = a.database_name
WHERE a.relkind IN ('r', 'v')
UNION ALL
SELECT current_database(), CASE c.relnamespace WHEN 11 THEN 'pg_catalog' ELSE 'information_schema' END, c.relname, a.attname,
    a.attnum, NULL, CASE WHEN a.attnotnull THEN 'NO' ELSE 'YES' END,
    CASE WHEN t.typcategory = 'A' THEN 'ARRAY' ELSE pg_catalog.format_type(a.atttypid, NULL) END, NULL, NULL, NULL, NULL, NULL,
    current_database(), 'pg_catalog', t.typname, a.attnum, 'NO', 'NO', NULL, NULL, NULL,
    NULL, NULL, 'NO', 'NEVER', NULL, 'NO'
FROM __pintail_static('pg_attribute') a JOIN __pintail_static('pg_class') c ON c.oid = a.attrelid
    JOIN __pintail_static('pg_type') t ON t.oid = a.atttypid
== views
SELECT database_name AS table_catalog, nspname AS table_schema, relname AS table_name, query AS view_definition,
    'NONE' AS check_option, 'NO' AS is_updatable, 'NO' AS is_insertable_into, 'NO' AS is_trigger_updatable,
    'NO' AS is_trigger_deletable, 'NO' AS is_trigger_insertable_into
FROM __pintail_relations(true) WHERE relkind = 'v'
== table_constraints
SELECT c.database_name AS constraint_catalog, r.nspname AS constraint_schema, c.conname AS constraint_name,
    c.database_name AS table_catalog, r.nspname AS table_schema, r.relname AS table_name,
    CASE c.contype WHEN 'p' THEN 'PRIMARY KEY' WHEN 'u' THEN 'UNIQUE' WHEN 'f' THEN 'FOREIGN KEY' ELSE 'CHECK' END AS constraint_type,
    'NO' AS is_deferrable, 'NO' AS initially_deferred, 'YES' AS enforced,
    CASE c.contype WHEN 'u' THEN 'YES' END AS nulls_distinct
FROM __pintail_constraints(true) c JOIN __pintail_relations(true) r ON r.oid = c.conrelid AND r.database_name = c.database_name
UNION ALL
SELECT a.database_name, a.nspname, a.relnamespace::UINTEGER || '_' || a.attrelid::UINTEGER || '_' || a.attnum || '_not_null', a.database_name, a.nspname, a.relname,
    'CHECK', 'NO', 'NO', 'YES', NULL
FROM __pintail_attributes(true) a WHERE a.attnotnull AND a.relkind = 'r'
== check_constraints
SELECT c.database_name AS constraint_catalog, r.nspname AS constraint_schema, c.conname AS constraint_name,
    c.conbin::VARCHAR AS check_clause
FROM __pintail_constraints(true) c JOIN __pintail_relations(true) r ON r.oid = c.conrelid AND r.database_name = c.database_name
WHERE c.contype = 'c'
UNION ALL
SELECT a.database_name, a.nspname, a.relnamespace::UINTEGER || '_' || a.attrelid::UINTEGER || '_' || a.attnum || '_not_null', a.attname || ' IS NOT NULL'
FROM __pintail_attributes(true) a WHERE a.attnotnull AND a.relkind = 'r'
== key_column_usage
SELECT c.database_name AS constraint_catalog, a.nspname AS constraint_schema, c.conname AS constraint_name,
    c.database_name AS table_catalog, a.nspname AS table_schema, a.relname AS table_name, a.attname AS column_name,
    c.place AS ordinal_position, c.foreign_place AS position_in_unique_constraint
FROM (SELECT database_name, conname, conrelid, unnest(conkey) AS attnum, generate_subscripts(conkey, 1) AS place,
          CASE WHEN contype = 'f' THEN generate_subscripts(conkey, 1) END AS foreign_place
      FROM __pintail_constraints(true) WHERE contype IN ('p', 'u', 'f')) c
    JOIN __pintail_attributes(true) a
    ON a.attrelid = c.conrelid AND a.attnum = c.attnum AND a.database_name = c.database_name
== referential_constraints
SELECT c.database_name AS constraint_catalog, r.nspname AS constraint_schema, c.conname AS constraint_name,
    u.database_name AS unique_constraint_catalog, s.nspname AS unique_constraint_schema, u.conname AS unique_constraint_name,
    'NONE' AS match_option, 'NO ACTION' AS update_rule, 'NO ACTION' AS delete_rule
FROM __pintail_constraints(true) c JOIN __pintail_relations(true) r ON r.oid = c.conrelid AND r.database_name = c.database_name
    LEFT JOIN __pintail_constraints(true) u
    ON u.conindid = c.conindid AND u.contype IN ('p', 'u') AND u.database_name = c.database_name
    LEFT JOIN __pintail_relations(true) s ON s.oid = u.conrelid AND s.database_name = u.database_name
WHERE c.contype = 'f'
== constraint_column_usage
SELECT c.database_name AS table_catalog, a.nspname AS table_schema, a.relname AS table_name, a.attname AS column_name,
    c.database_name AS constraint_catalog, r.nspname AS constraint_schema, c.conname AS constraint_name
FROM (SELECT database_name, conname, conrelid, CASE contype WHEN 'f' THEN confrelid ELSE conrelid END AS relation,
          unnest(CASE contype WHEN 'f' THEN confkey ELSE conkey END) AS attnum FROM __pintail_constraints(true)) c
    JOIN __pintail_attributes(true) a
    ON a.attrelid = c.relation AND a.attnum = c.attnum AND a.database_name = c.database_name
    JOIN __pintail_relations(true) r ON r.oid = c.conrelid AND r.database_name = c.database_name
== constraint_table_usage
SELECT c.database_name AS table_catalog, t.nspname AS table_schema, t.relname AS table_name,
    c.database_name AS constraint_catalog, r.nspname AS constraint_schema, c.conname AS constraint_name
FROM __pintail_constraints(true) c JOIN __pintail_relations(true) r ON r.oid = c.conrelid AND r.database_name = c.database_name
    JOIN __pintail_relations(true) t
    ON t.oid = CASE c.contype WHEN 'f' THEN c.confrelid ELSE c.conrelid END AND t.database_name = c.database_name
WHERE c.contype IN ('p', 'u', 'f')
== sequences
SELECT s.database_name AS sequence_catalog, r.nspname AS sequence_schema, r.relname AS sequence_name, CASE s.seqmax WHEN 2147483647 THEN 'integer' WHEN 32767 THEN 'smallint' ELSE 'bigint' END AS data_type,
    CASE s.seqmax WHEN 2147483647 THEN 32 WHEN 32767 THEN 16 ELSE 64 END AS numeric_precision, 2 AS numeric_precision_radix, 0 AS numeric_scale, s.seqstart::VARCHAR AS start_value,
    s.seqmin::VARCHAR AS minimum_value, s.seqmax::VARCHAR AS maximum_value, s.seqincrement::VARCHAR AS increment,
    CASE WHEN s.seqcycle THEN 'YES' ELSE 'NO' END AS cycle_option
FROM __pintail_sequences(true) s JOIN __pintail_relations(true) r ON r.oid = s.seqrelid AND r.database_name = s.database_name
== routines
SELECT f.database_name AS specific_catalog, n.nspname AS specific_schema, f.proname || '_' || f.oid::UINTEGER AS specific_name,
    f.database_name AS routine_catalog, n.nspname AS routine_schema, f.proname AS routine_name, 'FUNCTION' AS routine_type,
    'any' AS data_type, 'SQL' AS routine_body, f.prosrc AS routine_definition, 'SQL' AS external_language
FROM __pintail_macros(true) f JOIN __pintail_schemas(true) n ON n.oid = f.pronamespace AND n.database_name = f.database_name
== character_sets
SELECT 'UTF8' AS character_set_name, 'UCS' AS character_repertoire, 'UTF8' AS form_of_use,
    current_database() AS default_collate_catalog, 'pg_catalog' AS default_collate_schema, 'C' AS default_collate_name
== collations
SELECT current_database() AS collation_catalog, 'pg_catalog' AS collation_schema, unnest(['default', 'C', 'POSIX']) AS collation_name,
    'NO PAD' AS pad_attribute
== enabled_roles
SELECT __pintail_tell('user') AS role_name
== table_privileges
SELECT __pintail_tell('user') AS grantor, __pintail_tell('user') AS grantee, database_name AS table_catalog,
    nspname AS table_schema, relname AS table_name, privilege AS privilege_type, 'YES' AS is_grantable,
    CASE privilege WHEN 'SELECT' THEN 'YES' ELSE 'NO' END AS with_hierarchy
FROM __pintail_relations(true),
    unnest(['INSERT', 'SELECT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(privilege)
WHERE relkind IN ('r', 'v')
== role_table_grants
SELECT * FROM information_schema.table_privileges
== column_privileges
SELECT __pintail_tell('user') AS grantor, __pintail_tell('user') AS grantee, database_name AS table_catalog,
    nspname AS table_schema, relname AS table_name, attname AS column_name, privilege AS privilege_type, 'YES' AS is_grantable
FROM __pintail_attributes(true), unnest(['INSERT', 'SELECT', 'UPDATE', 'REFERENCES']) AS p(privilege)
WHERE relkind IN ('r', 'v')
== role_column_grants
SELECT * FROM information_schema.column_privileges
