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
