#!/usr/bin/env bash
# postgres_fdw of a real PostgreSQL 15 (a cluster of its own, started by the runner: FDW_PORT, FDW_PASSWORD, FDW_CA),
# with the server under test as its foreign server.
set -u

near() { PGHOST=localhost PGPORT=$FDW_PORT PGUSER=postgres PGPASSWORD=$FDW_PASSWORD PGDATABASE=postgres PGSSLMODE=verify-full \
    PGSSLROOTCERT=$FDW_CA psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
far() { PGSSLMODE=verify-full PGSSLROOTCERT=$CA_FILE psql -XAtq -v ON_ERROR_STOP=1 "$@"; }

# named NAME: runs the function of that name; what it prints on failure is the reason.
named() {
    local said
    if said=$("$2" 2>&1); then
        printf '%s\tok\t\n' "$1"
    else
        printf '%s\tfailed\t%s\n' "$1" "$(tr -s '[:space:]' ' ' <<<"$said" | cut -c1-600)"
    fi
}
check() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }

connect() {
    far -c "CREATE TABLE fdw_t(id integer PRIMARY KEY, name varchar(20) NOT NULL, price numeric(8,2), sold timestamp, tags integer[])" \
        -c "INSERT INTO fdw_t SELECT g, 'row ' || g, g * 1.5, TIMESTAMP '2024-01-01' + g * INTERVAL '1 hour', ARRAY[g, g + 1] FROM generate_series(1, 500) AS s(g)" &&
        near -c "CREATE EXTENSION IF NOT EXISTS postgres_fdw" -c "DROP SERVER IF EXISTS far CASCADE" \
            -c "CREATE SERVER far FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PGHOST', port '$PGPORT', dbname '$PGDATABASE', sslmode 'verify-full', sslrootcert '$CA_COPY')" \
            -c "CREATE USER MAPPING FOR postgres SERVER far OPTIONS (user '$PGUSER', password '$PGPASSWORD', sslcert '$CA_COPY.none', sslkey '$CA_COPY.none')" \
            -c "CREATE FOREIGN TABLE fdw_t(id integer, name varchar(20), price numeric(8,2), sold timestamp, tags integer[]) SERVER far OPTIONS (schema_name 'public', table_name 'fdw_t')" &&
        check "$(near -c "SELECT count(*), sum(id) FROM fdw_t")" "500|125250"
}
types() {
    check "$(near -c "SELECT id, name, price, sold, tags FROM fdw_t WHERE id = 7")" "7|row 7|10.50|2024-01-01 07:00:00|{7,8}"
}
parameters() {
    check "$(near -c "PREPARE p(int, text) AS SELECT id FROM fdw_t WHERE id > \$1 AND name < \$2 ORDER BY id LIMIT 2" -c "EXECUTE p(10, 'row 2')")" "11
12" && check "$(near -c "SELECT f.id FROM (VALUES (3), (4)) v(x) JOIN fdw_t f ON f.id = v.x ORDER BY 1")" "3
4"
}
pushdown() {
    check "$(near -c "SELECT id % 2 AS k, count(*), sum(price) FROM fdw_t GROUP BY 1 ORDER BY 1")" "0|250|94125.00
1|250|93750.00" && check "$(near -c "SELECT name FROM fdw_t WHERE sold >= '2024-01-01 10:00' AND name LIKE 'row 1%' ORDER BY id DESC LIMIT 1")" "row 199"
}
cursors() {
    check "$(near -c "ALTER SERVER far OPTIONS (ADD fetch_size '50')" -c "SELECT sum(length(name)) FROM fdw_t WHERE random() >= 0")" "3392"
}
write() {
    near -c "INSERT INTO fdw_t VALUES (1001, 'new', 1, '2024-01-01', '{1}'), (1002, 'new', 2, NULL, NULL)" &&
        check "$(near -c "INSERT INTO fdw_t(id, name) VALUES (1003, 'x') RETURNING id, name")" "1003|x" &&
        check "$(far -c "SELECT count(*) FROM fdw_t WHERE id > 1000")" "3"
}
# UPDATE and DELETE that can be sent whole.
update() {
    near -c "UPDATE fdw_t SET name = 'changed' WHERE id = 1" -c "DELETE FROM fdw_t WHERE id = 2" &&
        check "$(far -c "SELECT (SELECT name FROM fdw_t WHERE id = 1), count(*) FROM fdw_t WHERE id = 2")" "changed|0"
}
# Those that cannot go row by row, by ctid.
by_ctid() {
    near -c "UPDATE fdw_t SET name = 'by ctid' WHERE id = 3 AND random() >= 0" -c "DELETE FROM fdw_t WHERE id = 4 AND random() >= 0" &&
        check "$(far -c "SELECT (SELECT name FROM fdw_t WHERE id = 3), count(*) FROM fdw_t WHERE id = 4")" "by ctid|0"
}
transactions() {
    near -c "BEGIN; INSERT INTO fdw_t(id, name) VALUES (2001, 'gone'); ROLLBACK" &&
        check "$(far -c "SELECT count(*) FROM fdw_t WHERE id = 2001")" "0"
}
metadata() {
    near -c "DROP SCHEMA IF EXISTS imported CASCADE" -c "CREATE SCHEMA imported" -c "IMPORT FOREIGN SCHEMA public LIMIT TO (fdw_t) FROM SERVER far INTO imported" &&
        check "$(near -c "SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'imported.fdw_t'::regclass AND attnum > 0")" \
            "id integer, name ${TEXT}, price numeric(8,2), sold timestamp without time zone, tags integer[]"
}
analyze() {
    near -c "ANALYZE fdw_t" && check "$(near -c "SELECT reltuples > 400 FROM pg_class WHERE oid = 'fdw_t'::regclass")" "t"
}
estimate() {
    near -c "ALTER FOREIGN TABLE fdw_t OPTIONS (ADD use_remote_estimate 'true')" &&
        check "$(near -c "SELECT count(*) FROM fdw_t WHERE id < 100 AND name <> 'x'")" "$(far -c "SELECT count(*) FROM fdw_t WHERE id < 100 AND name <> 'x'")"
}

# DuckDB keeps no length: varchar(20) is text.
TEXT="character varying(20)"
[ "$SERVER" = pintail ] && TEXT=text
printf 'version\t%s\n' "$(near -c 'SHOW server_version' | cut -d' ' -f1)"
for name in connect types parameters pushdown cursors write update by_ctid transactions metadata analyze estimate; do
    named "${name//_/ }" "$name"
done
