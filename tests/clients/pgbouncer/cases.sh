#!/usr/bin/env bash
# PgBouncer in front of the server, set up as docs/pgbouncer.md has it, in session and transaction mode (the argument).
# Two accounts are two users of the pooler: USER_A and USER_B with PASSWORD_A and PASSWORD_B; CA_COPY is the server's
# certificate where an ordinary user can read it.
set -u
mode=$1
folder=$(mktemp -d)
chmod 755 "$folder"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
# The pooler's alias: one database alone, whatever else the account has.
single="dbname='md:$PGDATABASE?attach_mode=single'"
[ "$SERVER" = pintail ] || single="dbname=$PGDATABASE"

cat >"$folder/pgbouncer.ini" <<INI
[databases]
alone = host=$PGHOST port=$PGPORT $single
* = host=$PGHOST port=$PGPORT
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = $port
unix_socket_dir =
auth_type = scram-sha-256
auth_file = $folder/users.txt
pool_mode = $mode
default_pool_size = 3
max_client_conn = 200
ignore_startup_parameters = options, extra_float_digits
server_reset_query = DISCARD ALL
server_tls_sslmode = verify-full
server_tls_ca_file = $CA_COPY
admin_users = $USER_A
logfile = $folder/log
INI
printf '"%s" "%s"\n"%s" "%s"\n' "$USER_A" "$PASSWORD_A" "$USER_B" "$PASSWORD_B" >"$folder/users.txt"
chmod 644 "$folder"/*
program=$(PATH=$PATH:/usr/sbin command -v pgbouncer)
if [ "$(id -u)" = 0 ]; then
    chown -R nobody "$folder"
    setpriv --reuid=nobody --regid=nogroup --clear-groups "$program" -q "$folder/pgbouncer.ini" &
else
    "$program" -q "$folder/pgbouncer.ini" &
fi
pooler=$!
trap 'kill $pooler; wait $pooler 2>/dev/null; rm -rf "$folder"' EXIT

database=$PGDATABASE
unset PGSSLMODE PGSSLROOTCERT PGDATABASE
export PGHOST=127.0.0.1 PGPORT=$port PGUSER=$USER_A PGPASSWORD=$PASSWORD_A
q() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
b() { PGUSER=$USER_B PGPASSWORD=$PASSWORD_B psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
named() {
    local said
    if said=$("$2" 2>&1); then
        printf '%s\tok\t\n' "$1"
    else
        printf '%s\tfailed\t%s\n' "$1" "$(tail -n 5 <<<"$said" | tr -s '[:space:]' ' ' | cut -c1-600)"
    fi
}
check() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }

connect() { check "$(q -d "$database" -c 'SELECT 42' -c 'SELECT current_database()')" "42
$database"; }
alias() {
    check "$(q -d alone -c 'SELECT 42' -c 'SELECT current_database()')" "42
$database" || return 1
    [ "$SERVER" = pintail ] || return 0
    # Of the account's databases only this one is there.
    check "$(q -d alone -c "SELECT count(*) FROM duckdb_databases() WHERE NOT internal AND database_name = 'my_db'")" 0
}
startup_parameters() { check "$(PGOPTIONS='-c statement_timeout=1234' q -d "$database" -c 'SELECT 1')" 1; }
accounts() {
    q -d "$database" -c "CREATE TABLE pb_mine(a integer)" -c "INSERT INTO pb_mine VALUES (1)" &&
        check "$(q -d "$database" -c 'SELECT a FROM pb_mine')" 1 || return 1
    if [ "$SERVER" = pintail ]; then
        # Another account: databases of its own, and nothing of this one's.
        check "$(b -d my_db -c "SELECT 'there'")" there &&
            check "$(b -d my_db -c "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'pb_mine'")" 0
    else
        check "$(b -d "$database" -c "SELECT current_user")" "$USER_B"
    fi
}
transactions() {
    q -d "$database" -c "CREATE TABLE pb_t(a integer)" && q -d "$database" -c "BEGIN; INSERT INTO pb_t VALUES (1); ROLLBACK" &&
        check "$(q -d "$database" <<<'BEGIN;
INSERT INTO pb_t VALUES (2);
COMMIT;
SELECT a FROM pb_t;')" 2
}
reset_query() {
    # Session mode: DISCARD ALL when a client leaves. Transaction mode has no reset: only SET LOCAL is for it.
    if [ "$mode" = session ]; then
        q -d "$database" -c "SET statement_timeout = 1234" -c "PREPARE kept AS SELECT 1" || return 1
        for _ in 1 2 3 4 5; do
            check "$(q -d "$database" -c 'SHOW statement_timeout')" 0 || return 1
            [ "$(psql -XAtq -d "$database" -c 'EXECUTE kept' 2>&1 | grep -c ERROR)" = 1 ] || { echo "the prepared statement survived"; return 1; }
        done
    else
        check "$(q -d "$database" -c "BEGIN; SET LOCAL statement_timeout = 1234; COMMIT" -c "SHOW statement_timeout")" 0
    fi
}
parameters() {
    printf 'SELECT :x::int * 2;\n' >"$folder/parameters.sql"
    pgbench -n -M extended -D x=21 -c 3 -j 2 -t 20 -f "$folder/parameters.sql" "$database" >"$folder/bench" 2>&1
    grep -q "processed: 60/60" "$folder/bench" || { cat "$folder/bench"; return 1; }
}
pool() {
    # More clients than connections of the server.
    printf 'BEGIN;\nSELECT count(*) FROM pb_t;\nEND;\n' >"$folder/pool.sql"
    [ "$mode" = session ] && return 0
    pgbench -n -c 30 -j 2 -t 10 -f "$folder/pool.sql" "$database" >"$folder/bench" 2>&1
    grep -q "processed: 300/300" "$folder/bench" || { cat "$folder/bench"; return 1; }
    local servers
    servers=$(q -d pgbouncer -c 'SHOW SERVERS' | awk -F'|' -v db="$database" -v who="$USER_A" '$3 == db && $2 == who' | wc -l)
    [ "$servers" -le 3 ] || { echo "$servers connections"; return 1; }
}
copy() {
    q -d "$database" -c "CREATE TABLE pb_copied(a integer, b text)" && printf '1\tone\n2\ttwo\n' | q -d "$database" -c "COPY pb_copied FROM STDIN" &&
        check "$(q -d "$database" -c "COPY (SELECT * FROM pb_copied ORDER BY a) TO STDOUT (FORMAT csv)")" "1,one
2,two"
}
cancel() {
    local said
    said=$(timeout -s INT 1 psql -XAtq -d "$database" -c "SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 3000000) b(y) WHERE (x * y) % 7 = 8" 2>&1)
    case $said in *"canceling statement due to user request"*) ;; *) echo "$said"; return 1 ;; esac
    check "$(q -d "$database" -c 'SELECT 1')" 1
}
errors() {
    case $(psql -XAtq -v VERBOSITY=verbose -d "$database" -c 'SELECT * FROM no_such_table' 2>&1) in *42P01*) ;; *) return 1 ;; esac
    # A wrong password is refused by the pooler itself, a database that is not there by the server.
    PGPASSWORD=wrong psql -XAtq -d "$database" -c 'SELECT 1' >/dev/null 2>&1 && { echo "a wrong password was taken"; return 1; }
    psql -XAtq -d no_such_database_at_all -c 'SELECT 1' >/dev/null 2>&1 && { echo "a database that is not there was opened"; return 1; }
    return 0
}

for _ in $(seq 100); do
    q -d "$database" -c 'SELECT 1' >/dev/null 2>&1 && break
    sleep 0.1
done
printf 'version\t%s\n' "$("$program" --version | awk 'NR == 1 {print $2}')"
for name in connect errors parameters transactions alias startup_parameters accounts reset_query pool copy cancel; do named "${name//_/ }" "$name"; done
[ -z "${CASES_TRACE:-}" ] || cat "$folder/log" >&2
