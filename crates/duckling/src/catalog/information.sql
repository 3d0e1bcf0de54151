-- The database md_information_schema: views of what the platform tells (functions.sql), with the reference's columns.

CREATE VIEW md_information_schema.main.databases AS
    SELECT u.name, u.uuid::UUID AS uuid, make_timestamp(u.created_us) AS created_ts, false AS "transient",
        to_seconds(u.retention_s) AS historical_snapshot_retention, 'DEFAULT' AS "type"
    FROM (SELECT unnest(from_json(__pintail_tell('databases'),
        '[{"name":"VARCHAR","uuid":"VARCHAR","created_us":"BIGINT","retention_s":"BIGINT"}]')) AS u);

CREATE VIEW md_information_schema.main.owned_shares AS
    SELECT name, url, source_db_name, source_db_uuid, "access", grants, visibility, "update", created_ts
    FROM system.main.md_list_database_shares();

CREATE VIEW md_information_schema.main.shared_with_me AS
    SELECT u.name, u.url, make_timestamp(u.created_us) AS created_ts, u."update", u."access"
    FROM (SELECT unnest(from_json(__pintail_tell('shared_with_me'),
        '[{"name":"VARCHAR","url":"VARCHAR","created_us":"BIGINT","update":"VARCHAR","access":"VARCHAR"}]')) AS u);

CREATE VIEW md_information_schema.main.database_snapshots AS
    SELECT u.database_name, u.database_id::UUID AS database_id, u.snapshot_id::UUID AS snapshot_id, u.snapshot_name,
        make_timestamp(u.created_us) AS created_ts, u.active_bytes, NULL::UBIGINT AS bytes_written,
        NULL::UBIGINT AS bytes_deleted, u.user_name, u.user_id::UUID AS user_id
    FROM (SELECT unnest(from_json(__pintail_tell('snapshots'),
        '[{"database_name":"VARCHAR","database_id":"VARCHAR","snapshot_id":"VARCHAR","snapshot_name":"VARCHAR",
           "created_us":"BIGINT","active_bytes":"UBIGINT","user_name":"VARCHAR","user_id":"VARCHAR"}]')) AS u);

CREATE VIEW md_information_schema.main.storage_info AS
    SELECT u.user_name, u.database_name, u.database_id::UUID AS database_id, u.active_bytes, u.historical_bytes,
        0::UBIGINT AS retained_for_clone_bytes, 0::UBIGINT AS failsafe_bytes
    FROM (SELECT unnest(from_json(__pintail_tell('storage'),
        '[{"user_name":"VARCHAR","database_name":"VARCHAR","database_id":"VARCHAR","active_bytes":"UBIGINT",
           "historical_bytes":"UBIGINT"}]')) AS u);

-- A session's statements do not wait for each other, so that there is no time they have waited. What is not known of a
-- statement is NULL.
CREATE VIEW md_information_schema.main.query_history AS
    SELECT u.query_id::UUID AS query_id, u.query_text, make_timestamp(u.start_us) AS start_time,
        make_timestamp(u.start_us + u.execution_us) AS end_time, to_microseconds(u.execution_us) AS execution_time,
        to_microseconds(0) AS wait_time, to_microseconds(u.execution_us) AS total_elapsed_time, u.error_message,
        u.error_type, u.user_agent, __pintail_tell('user') AS user_name, u.query_nr, u.transaction_nr,
        u.connection_id::UUID AS connection_id, NULL::UUID AS duckdb_id, '{engine}' AS duckdb_version,
        NULL::VARCHAR AS instance_type, u.query_type, NULL::UBIGINT AS bytes_uploaded,
        NULL::UBIGINT AS bytes_downloaded, NULL::UBIGINT AS bytes_spilled_to_disk,
        __pintail_tell('user') || '.rw' AS duckling_id, u.session_name, u.rows AS result_rows
    FROM (SELECT unnest(from_json(__pintail_tell('history'),
        '[{"query_id":"VARCHAR","query_text":"VARCHAR","start_us":"BIGINT","execution_us":"BIGINT",
           "error_message":"VARCHAR","error_type":"VARCHAR","user_agent":"VARCHAR","query_nr":"UBIGINT",
           "transaction_nr":"UBIGINT","connection_id":"VARCHAR","query_type":"VARCHAR","session_name":"VARCHAR",
           "rows":"UBIGINT"}]')) AS u);

CREATE VIEW md_information_schema.main.recent_queries AS
    SELECT * FROM md_information_schema.main.query_history WHERE start_time > (now() AT TIME ZONE 'UTC') - INTERVAL 1 DAY;
