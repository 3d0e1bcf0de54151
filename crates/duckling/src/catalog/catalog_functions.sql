-- Functions of PostgreSQL's catalogs that need no look into the engine's: facts of this server, and what has one answer here.
-- Those that look are in engine/shim/catalog/functions.cpp.

-- An expression in the catalog is its text.
CREATE MACRO pg_catalog.pg_get_expr(expression, relation) AS expression::VARCHAR,
    (expression, relation, pretty) AS expression::VARCHAR;
CREATE MACRO pg_catalog.pg_get_userbyid(role) AS
    (CASE WHEN role::BIGINT = 10 THEN __pintail_tell('user') ELSE 'unknown (OID=' || role::BIGINT || ')' END)::pg_catalog."name";
CREATE MACRO pg_catalog.pg_get_ruledef(rule) AS NULL::VARCHAR, (rule, pretty) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_triggerdef(t) AS NULL::VARCHAR, (t, pretty) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_partkeydef(relation) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_partition_constraintdef(relation) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_statisticsobjdef(s) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_statisticsobjdef_columns(s) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_function_sqlbody(f) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_function_arg_default(f, n) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_get_keywords() AS TABLE SELECT * FROM __pintail_static('pg_get_keywords');
CREATE MACRO pg_catalog.shobj_description(object, catalog_name) AS NULL::VARCHAR;
CREATE MACRO pg_catalog.pg_describe_object(class, object, part) AS NULL::VARCHAR;

-- There is one role, which owns everything; what it may not write says so when it is tried.
CREATE MACRO pg_catalog.has_table_privilege(t, privilege) AS true, (u, t, privilege) AS true;
CREATE MACRO pg_catalog.has_column_privilege(t, c, privilege) AS true, (u, t, c, privilege) AS true;
CREATE MACRO pg_catalog.has_any_column_privilege(t, privilege) AS true, (u, t, privilege) AS true;
CREATE MACRO pg_catalog.has_schema_privilege(s, privilege) AS true, (u, s, privilege) AS true;
CREATE MACRO pg_catalog.has_database_privilege(d, privilege) AS true, (u, d, privilege) AS true;
CREATE MACRO pg_catalog.has_sequence_privilege(s, privilege) AS true, (u, s, privilege) AS true;
CREATE MACRO pg_catalog.has_function_privilege(f, privilege) AS true, (u, f, privilege) AS true;
CREATE MACRO pg_catalog.has_type_privilege(t, privilege) AS true, (u, t, privilege) AS true;
CREATE MACRO pg_catalog.has_language_privilege(l, privilege) AS true, (u, l, privilege) AS true;
CREATE MACRO pg_catalog.has_tablespace_privilege(t, privilege) AS true, (u, t, privilege) AS true;
CREATE MACRO pg_catalog.has_foreign_data_wrapper_privilege(f, privilege) AS true, (u, f, privilege) AS true;
CREATE MACRO pg_catalog.has_server_privilege(s, privilege) AS true, (u, s, privilege) AS true;
CREATE MACRO pg_catalog.pg_has_role(r, privilege) AS true, (u, r, privilege) AS true;
CREATE MACRO pg_catalog.row_security_active(t) AS false;

CREATE MACRO pg_catalog.pg_opclass_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_opfamily_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_operator_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_collation_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_conversion_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_statistics_obj_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_ts_config_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_ts_dict_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_ts_parser_is_visible(o) AS true;
CREATE MACRO pg_catalog.pg_ts_template_is_visible(o) AS true;

CREATE MACRO pg_catalog.pg_encoding_to_char(encoding) AS (CASE encoding WHEN 6 THEN 'UTF8' WHEN 0 THEN 'SQL_ASCII' ELSE '' END)::pg_catalog."name";
CREATE MACRO pg_catalog.pg_char_to_encoding(name) AS CASE upper(name) WHEN 'UTF8' THEN 6 WHEN 'UTF-8' THEN 6 WHEN 'SQL_ASCII' THEN 0 ELSE -1 END;
CREATE MACRO pg_catalog.getdatabaseencoding() AS 'UTF8'::pg_catalog."name";
CREATE MACRO pg_catalog.pg_client_encoding() AS 'UTF8'::pg_catalog."name";
CREATE MACRO pg_catalog.pg_my_temp_schema() AS 0::pg_catalog.pg_oid;
CREATE MACRO pg_catalog.pg_is_other_temp_schema(s) AS false;
CREATE MACRO pg_catalog.pg_relation_is_publishable(r) AS false;
CREATE MACRO pg_catalog.pg_relation_is_updatable(r, all_of_it) AS 28;
CREATE MACRO pg_catalog.pg_column_is_updatable(r, c, all_of_it) AS true;
CREATE MACRO pg_catalog.pg_indexes_size(r) AS 0::BIGINT;
CREATE MACRO pg_catalog.pg_tablespace_location(t) AS '';
CREATE MACRO pg_catalog.pg_tablespace_size(t) AS NULL::BIGINT;
CREATE MACRO pg_catalog.pg_relation_filenode(r) AS r::pg_catalog.pg_oid;
CREATE MACRO pg_catalog.pg_index_column_has_property(i, c, property) AS
    CASE property WHEN 'asc' THEN true WHEN 'desc' THEN false WHEN 'orderable' THEN true WHEN 'returnable' THEN false ELSE NULL END;
CREATE MACRO pg_catalog.pg_indexam_has_property(am, property) AS
    CASE property WHEN 'can_order' THEN true WHEN 'can_unique' THEN true WHEN 'can_multi_col' THEN true ELSE false END;
-- psql reads it both ways, and in FROM with its ordinality.
CREATE MACRO pg_catalog.pg_partition_ancestors(r) AS unnest([]::pg_catalog.regclass[]);
CREATE MACRO pg_catalog.pg_partition_ancestors(r) AS TABLE
    SELECT NULL::pg_catalog.regclass AS relid, NULL::BIGINT AS "ordinality" WHERE false;
CREATE MACRO pg_catalog.pg_options_to_table(options) AS TABLE SELECT ''::VARCHAR AS option_name, ''::VARCHAR AS option_value WHERE false;
CREATE MACRO pg_catalog.aclexplode(acl) AS TABLE
    SELECT 0::pg_catalog.pg_oid AS grantor, 0::pg_catalog.pg_oid AS grantee, ''::VARCHAR AS privilege_type, false AS is_grantable WHERE false;
CREATE MACRO pg_catalog.acldefault(kind, role) AS NULL::pg_catalog.aclitem[];
CREATE MACRO pg_catalog.pg_sequence_parameters(s) AS TABLE
    SELECT seqstart AS start_value, seqmin AS minimum_value, seqmax AS maximum_value, seqincrement AS increment,
        seqcycle AS cycle_option, 1::BIGINT AS cache_size, 20::pg_catalog.pg_oid AS data_type
    FROM __pintail_sequences(false) WHERE seqrelid = s;
CREATE MACRO pg_catalog.pg_sequence_last_value(s) AS
    (SELECT last_value FROM __pintail_sequences(false) WHERE seqrelid = s);
CREATE MACRO pg_catalog.pg_stat_get_numscans(r) AS 0::BIGINT;
CREATE MACRO pg_catalog.pg_stat_get_live_tuples(r) AS
    (SELECT reltuples::BIGINT FROM __pintail_relations(false) WHERE oid = r);

-- JDBC and SQLAlchemy read keys with it: the elements of an array with their places.
CREATE MACRO information_schema._pg_expandarray(elements) AS
    unnest(list_transform(range(len(elements)), lambda i: {'x': list_extract(elements, (i + 1)::BIGINT), 'n': (i + 1)::INTEGER}));
