-- Functions of PostgreSQL's that drivers call and DuckDB lacks, put into its system catalog at start.
-- {version} is the server's own name and version, {engine} DuckDB's.

-- SQLAlchemy reads the PostgreSQL release from it.
CREATE MACRO pg_catalog.version() AS 'PostgreSQL 15.0 ({version}, DuckDB {engine})';

-- SET in a query: the session does it when the statement has ended.
CREATE MACRO pg_catalog.set_config(name, value, is_local) AS
    __pintail_tell('set:' || json_object('name', name, 'value', value::VARCHAR, 'local', is_local)::VARCHAR);

-- asyncpg writes arguments of COPY queries with quote_literal.
CREATE MACRO pg_catalog.quote_literal(value) AS
    CASE WHEN contains(value::VARCHAR, '\') THEN 'E' ELSE '' END
    || '''' || replace(replace(value::VARCHAR, '\', '\\'), '''', '''''') || '''';
CREATE MACRO pg_catalog.quote_nullable(value) AS coalesce(pg_catalog.quote_literal(value), 'NULL');

-- What the platform tells of itself: each function asks the session by a topic (crates/duckling/src/session/tell.rs).
CREATE MACRO current_user() AS __pintail_tell('user');
CREATE MACRO session_user() AS __pintail_tell('user');
CREATE MACRO "user"() AS __pintail_tell('user');
CREATE MACRO md_user() AS __pintail_tell('user');
CREATE MACRO md_user_info() AS TABLE
    SELECT u.user_id::UUID AS user_id, u.username, NULL::UUID AS org_id, NULL::VARCHAR AS org_name,
        'self-hosted' AS plan, NULL::VARCHAR AS region
    FROM (SELECT unnest(from_json(__pintail_tell('user_info'), '[{"user_id":"VARCHAR","username":"VARCHAR"}]')) AS u);
CREATE MACRO md_all_databases() AS TABLE
    SELECT u.* FROM (SELECT unnest(from_json(__pintail_tell('all_databases'),
        '[{"alias":"VARCHAR","is_attached":"BOOLEAN","type":"VARCHAR","fully_qualified_name":"VARCHAR"}]')) AS u);
CREATE MACRO md_list_database_shares() AS TABLE
    SELECT u.name, u.url, u.source_db_name, u.source_db_uuid::UUID AS source_db_uuid, u."access", u.grants,
        u.visibility, u."update", make_timestamp(u.created_us) AS created_ts
    FROM (SELECT unnest(from_json(__pintail_tell('owned_shares'),
        '[{"name":"VARCHAR","url":"VARCHAR","source_db_name":"VARCHAR","source_db_uuid":"VARCHAR","access":"VARCHAR",
           "grants":[{"username":"VARCHAR","access":"VARCHAR"}],"visibility":"VARCHAR","update":"VARCHAR",
           "created_us":"BIGINT"}]')) AS u);
CREATE MACRO md_describe_share(share) AS TABLE
    SELECT u.name, u.url, u.source_db_name, u.source_db_uuid::UUID AS source_db_uuid, u."access", u.grants,
        u.visibility, u."update", make_timestamp(u.created_us) AS created_ts
    FROM (SELECT unnest(from_json(__pintail_tell('describe:' || share),
        '[{"name":"VARCHAR","url":"VARCHAR","source_db_name":"VARCHAR","source_db_uuid":"VARCHAR","access":"VARCHAR",
           "grants":[{"username":"VARCHAR","access":"VARCHAR"}],"visibility":"VARCHAR","update":"VARCHAR",
           "created_us":"BIGINT"}]')) AS u);
CREATE MACRO md_tokens() AS TABLE
    SELECT u.name, u.kind AS "type", make_timestamp(u.created_us) AS created_ts,
        make_timestamp(u.expires_us) AS expire_at, make_timestamp(u.last_used_us) AS last_used_ts
    FROM (SELECT unnest(from_json(__pintail_tell('tokens'),
        '[{"name":"VARCHAR","kind":"VARCHAR","created_us":"BIGINT","expires_us":"BIGINT","last_used_us":"BIGINT"}]')) AS u);
CREATE MACRO md_current_client_connection_id() AS __pintail_tell('connection')::UUID;
CREATE MACRO md_last_query_id() AS __pintail_tell('last_query')::UUID;
CREATE MACRO md_interrupt_server_connection(connection) AS
    __pintail_tell('interrupt:' || connection::UUID::VARCHAR)::BOOLEAN;
CREATE MACRO md_active_server_connections() AS TABLE
    SELECT NULL::UUID AS client_duckdb_id, u.client_user_agent, NULL::USMALLINT[3] AS client_duckdb_version,
        u.client_connection_id::UUID AS client_connection_id, NULL::UBIGINT AS client_transaction_id,
        u.server_transaction_stage, to_microseconds(u.transaction_us) AS server_transaction_elapsed_time,
        u.client_query_id, u.client_query, to_microseconds(u.query_us) AS server_query_elapsed_time,
        u.progress AS server_query_progress, u.session_name, u.client_addr, u.pid
    FROM (SELECT unnest(from_json(__pintail_tell('connections'),
        '[{"client_user_agent":"VARCHAR","client_connection_id":"VARCHAR","server_transaction_stage":"VARCHAR",
           "transaction_us":"BIGINT","client_query_id":"UBIGINT","client_query":"VARCHAR","query_us":"BIGINT",
           "progress":"DOUBLE","session_name":"VARCHAR","client_addr":"VARCHAR","pid":"INTEGER"}]')) AS u);
