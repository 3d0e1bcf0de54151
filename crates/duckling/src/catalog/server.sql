-- What tools ask about the server, and locks that are theirs alone.
CREATE MACRO pg_catalog.pg_backend_pid() AS __pintail_tell('backend')::INTEGER;
CREATE MACRO pg_catalog.pg_is_in_recovery() AS false;
CREATE MACRO pg_catalog.pg_is_wal_replay_paused() AS false;
CREATE MACRO pg_catalog.pg_jit_available() AS false;
CREATE MACRO pg_catalog.pg_current_xact_id() AS txid_current();
CREATE MACRO pg_catalog.txid_current_if_assigned() AS txid_current();
CREATE MACRO pg_catalog.pg_current_xact_id_if_assigned() AS txid_current();
CREATE MACRO pg_catalog.pg_blocking_pids(pid) AS []::INTEGER[];
CREATE MACRO pg_catalog.pg_safe_snapshot_blocking_pids(pid) AS []::INTEGER[];
CREATE MACRO pg_catalog.pg_listening_channels() AS unnest([]::VARCHAR[]);
-- A session's own, and those of the other sessions of its account.
CREATE MACRO pg_catalog.inet_client_addr() AS nullif(split_part(__pintail_tell('address'), ' ', 1), '');
CREATE MACRO pg_catalog.inet_server_addr() AS nullif(split_part(__pintail_tell('server_address'), ' ', 1), '');
CREATE MACRO pg_catalog.inet_server_port() AS nullif(split_part(__pintail_tell('server_address'), ' ', 2), '')::INTEGER;
CREATE MACRO pg_catalog.inet_client_port() AS nullif(split_part(__pintail_tell('address'), ' ', 2), '')::INTEGER;
CREATE MACRO pg_catalog.pg_cancel_backend(pid) AS
    __pintail_tell('cancel:' || pid::INTEGER::VARCHAR)::BOOLEAN;
CREATE MACRO pg_catalog.pg_terminate_backend(pid) AS
        __pintail_tell('terminate:' || pid::INTEGER::VARCHAR || ':0')::BOOLEAN,
    (pid, timeout) AS
        __pintail_tell('terminate:' || pid::INTEGER::VARCHAR || ':' || timeout::BIGINT::VARCHAR)::BOOLEAN;
CREATE MACRO pg_catalog.pg_postmaster_start_time() AS make_timestamptz(__pintail_tell('started')::BIGINT);
CREATE MACRO pg_catalog.pg_conf_load_time() AS make_timestamptz(__pintail_tell('started')::BIGINT);
-- Whoever stops the statement stops the sleep.
CREATE MACRO pg_catalog.pg_sleep(seconds) AS __pintail_tell('sleep:' || seconds::DOUBLE::VARCHAR);
CREATE MACRO pg_catalog.pg_sleep_for(span) AS __pintail_tell('sleep:' || epoch(span::INTERVAL)::VARCHAR);
-- The extensions uuid-ossp and pgcrypto, whose other functions are not there.
CREATE MACRO pg_catalog.uuid_generate_v4() AS gen_random_uuid();
CREATE MACRO pg_catalog.uuid_nil() AS '00000000-0000-0000-0000-000000000000'::UUID;
CREATE MACRO pg_catalog.num_nulls(a) AS (a IS NULL)::INTEGER, (a, b) AS (a IS NULL)::INTEGER + (b IS NULL)::INTEGER,
    (a, b, c) AS (a IS NULL)::INTEGER + (b IS NULL)::INTEGER + (c IS NULL)::INTEGER,
    (a, b, c, d) AS (a IS NULL)::INTEGER + (b IS NULL)::INTEGER + (c IS NULL)::INTEGER + (d IS NULL)::INTEGER;
CREATE MACRO pg_catalog.num_nonnulls(a) AS (a IS NOT NULL)::INTEGER,
    (a, b) AS (a IS NOT NULL)::INTEGER + (b IS NOT NULL)::INTEGER,
    (a, b, c) AS (a IS NOT NULL)::INTEGER + (b IS NOT NULL)::INTEGER + (c IS NOT NULL)::INTEGER,
    (a, b, c, d) AS (a IS NOT NULL)::INTEGER + (b IS NOT NULL)::INTEGER + (c IS NOT NULL)::INTEGER + (d IS NOT NULL)::INTEGER;
CREATE MACRO pg_catalog.width_bucket(operand, thresholds) AS
        len(list_filter(thresholds, lambda x: x <= operand))::INTEGER,
    (operand, low, high, count) AS
        (CASE WHEN low < high THEN
            CASE WHEN operand < low THEN 0 WHEN operand >= high THEN count + 1
                ELSE floor((operand - low)::DOUBLE * count / (high - low)::DOUBLE) + 1 END
         ELSE
            CASE WHEN operand > low THEN 0 WHEN operand <= high THEN count + 1
                ELSE floor((low - operand)::DOUBLE * count / (low - high)::DOUBLE) + 1 END
         END)::INTEGER;
CREATE MACRO pg_catalog.div(a, b) AS trunc(a / b);
CREATE MACRO pg_catalog.scale(value) AS length(split_part(value::VARCHAR, '.', 2))::INTEGER;
CREATE MACRO pg_catalog.every(condition) AS bool_and(condition);
CREATE MACRO pg_catalog.pg_size_pretty(bytes) AS
    CASE WHEN abs(bytes) < 10240 THEN bytes::VARCHAR || ' bytes'
        WHEN abs(bytes) < 10485247 THEN round(bytes / 1024.0)::BIGINT::VARCHAR || ' kB'
        WHEN abs(bytes) < 10736893952 THEN round(bytes / 1048576.0)::BIGINT::VARCHAR || ' MB'
        WHEN abs(bytes) < 10994579406848 THEN round(bytes / 1073741824.0)::BIGINT::VARCHAR || ' GB'
        ELSE round(bytes / 1099511627776.0)::BIGINT::VARCHAR || ' TB' END;
CREATE MACRO pg_catalog.pg_size_bytes(size) AS
    (regexp_extract(size, '^\s*([-+]?[0-9.]+)', 1)::DOUBLE
     * CASE lower(regexp_extract(size, '([a-zA-Z]*)\s*$', 1)) WHEN '' THEN 1 WHEN 'bytes' THEN 1 WHEN 'b' THEN 1
         WHEN 'kb' THEN 1024 WHEN 'mb' THEN 1048576 WHEN 'gb' THEN 1073741824 WHEN 'tb' THEN 1099511627776 END)::BIGINT;
-- Locks by numbers of the client's choice, within the account (Rails', Flyway's, Prisma's and golang-migrate's migrations,
-- job queues). The session's are let go when it ends, the transaction's with the transaction.
CREATE MACRO pg_catalog.pg_advisory_lock(key) AS __pintail_tell('advisory:["lock","session","exclusive","' || key::BIGINT || '"]'),
    (one, two) AS __pintail_tell('advisory:["lock","session","exclusive","' || one::INTEGER || ':' || two::INTEGER || '"]');
CREATE MACRO pg_catalog.pg_advisory_lock_shared(key) AS __pintail_tell('advisory:["lock","session","shared","' || key::BIGINT || '"]'),
    (one, two) AS __pintail_tell('advisory:["lock","session","shared","' || one::INTEGER || ':' || two::INTEGER || '"]');
CREATE MACRO pg_catalog.pg_advisory_xact_lock(key) AS __pintail_tell('advisory:["lock","transaction","exclusive","' || key::BIGINT || '"]'),
    (one, two) AS __pintail_tell('advisory:["lock","transaction","exclusive","' || one::INTEGER || ':' || two::INTEGER || '"]');
CREATE MACRO pg_catalog.pg_advisory_xact_lock_shared(key) AS __pintail_tell('advisory:["lock","transaction","shared","' || key::BIGINT || '"]'),
    (one, two) AS __pintail_tell('advisory:["lock","transaction","shared","' || one::INTEGER || ':' || two::INTEGER || '"]');
CREATE MACRO pg_catalog.pg_try_advisory_lock(key) AS __pintail_tell('advisory:["try","session","exclusive","' || key::BIGINT || '"]')::BOOLEAN,
    (one, two) AS __pintail_tell('advisory:["try","session","exclusive","' || one::INTEGER || ':' || two::INTEGER || '"]')::BOOLEAN;
CREATE MACRO pg_catalog.pg_try_advisory_lock_shared(key) AS __pintail_tell('advisory:["try","session","shared","' || key::BIGINT || '"]')::BOOLEAN,
    (one, two) AS __pintail_tell('advisory:["try","session","shared","' || one::INTEGER || ':' || two::INTEGER || '"]')::BOOLEAN;
CREATE MACRO pg_catalog.pg_try_advisory_xact_lock(key) AS __pintail_tell('advisory:["try","transaction","exclusive","' || key::BIGINT || '"]')::BOOLEAN,
    (one, two) AS __pintail_tell('advisory:["try","transaction","exclusive","' || one::INTEGER || ':' || two::INTEGER || '"]')::BOOLEAN;
CREATE MACRO pg_catalog.pg_try_advisory_xact_lock_shared(key) AS __pintail_tell('advisory:["try","transaction","shared","' || key::BIGINT || '"]')::BOOLEAN,
    (one, two) AS __pintail_tell('advisory:["try","transaction","shared","' || one::INTEGER || ':' || two::INTEGER || '"]')::BOOLEAN;
CREATE MACRO pg_catalog.pg_advisory_unlock(key) AS __pintail_tell('advisory:["unlock","session","exclusive","' || key::BIGINT || '"]')::BOOLEAN,
    (one, two) AS __pintail_tell('advisory:["unlock","session","exclusive","' || one::INTEGER || ':' || two::INTEGER || '"]')::BOOLEAN;
CREATE MACRO pg_catalog.pg_advisory_unlock_shared(key) AS __pintail_tell('advisory:["unlock","session","shared","' || key::BIGINT || '"]')::BOOLEAN,
    (one, two) AS __pintail_tell('advisory:["unlock","session","shared","' || one::INTEGER || ':' || two::INTEGER || '"]')::BOOLEAN;
CREATE MACRO pg_catalog.pg_advisory_unlock_all() AS __pintail_tell('advisory:["unlock_all"]');
