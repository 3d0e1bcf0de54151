#!/usr/bin/env bash
# psql 15, pgbench and pg_dump: the matrix's cases, one printed line for each. The argument names the client.
set -u
export PGSSLMODE=verify-full PGSSLROOTCERT=$CA_FILE PAGER=
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

q() { psql -XAtq -v ON_ERROR_STOP=1 "$@"; }
named() {
    local said status
    said=$("$2" 2>&1)
    status=$?
    case $status in
    0) printf '%s\tok\t\n' "$1" ;;
    42) printf '%s\timpossible\t%s\n' "$1" "$(tail -n 1 <<<"$said")" ;;
    *) printf '%s\tfailed\t%s\n' "$1" "$(tr -s '[:space:]' ' ' <<<"$said" | cut -c1-600)" ;;
    esac
}
check() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }
contains() { case $1 in *"$2"*) return 0 ;; esac; echo "no '$2' in: $1"; return 1; }

fixture() {
    q <<'SQL'
CREATE TABLE ps_parent(id integer PRIMARY KEY, name text NOT NULL UNIQUE CHECK (name <> ''), price numeric(8,2) DEFAULT 1.5);
CREATE TABLE ps_child(id integer PRIMARY KEY, parent integer REFERENCES ps_parent(id));
CREATE VIEW ps_view AS SELECT id, name FROM ps_parent;
CREATE INDEX ps_index ON ps_parent(price);
CREATE SEQUENCE ps_sequence;
CREATE TYPE ps_mood AS ENUM ('sad', 'happy');
CREATE SCHEMA ps_other;
COMMENT ON TABLE ps_parent IS 'the parents';
COMMENT ON COLUMN ps_parent.name IS 'the name';
SQL
}
connect() { check "$(q -c 'SELECT 42')" 42 && contains "$(psql -Xc '\conninfo')" "SSL connection"; }
parameters() {
    check "$(q -v x="it's" <<<"SELECT :'x';")" "it's" &&
        check "$(q <<<"SELECT 7 AS n \gset
SELECT :n * 6;")" 42
}
errors() {
    local said
    said=$(psql -XAtq -v VERBOSITY=verbose -c "SELECT * FROM no_such_table" 2>&1)
    contains "$said" "ERROR:  42P01" && contains "$said" "LINE 1: SELECT * FROM no_such_table" &&
        check "$(q -v ON_ERROR_STOP=0 -c "SELECT 'x'::integer" 2>/dev/null; psql -XAtq <<<"SELEC 1;
\echo :SQLSTATE" 2>/dev/null)" 42601
}
transactions() {
    check "$(q <<<"CREATE TABLE ps_t(a integer); BEGIN; INSERT INTO ps_t VALUES (1); ROLLBACK; SELECT count(*) FROM ps_t;")" 0 &&
        check "$(psql -XAtq <<<'BEGIN;
SELECT * FROM no_such_table;
SELECT 1;
ROLLBACK;
SELECT 2;' 2>/dev/null)" 2
}
savepoints() {
    # ON_ERROR_ROLLBACK puts a savepoint before each statement.
    check "$(psql -XAtq -v ON_ERROR_ROLLBACK=on <<<'CREATE TABLE ps_sp(a integer);
BEGIN;
SELECT * FROM no_such_table;
INSERT INTO ps_sp VALUES (1);
COMMIT;
SELECT * FROM ps_sp;' 2>/dev/null)" 1
}
cursors() { check "$(q -v FETCH_COUNT=100 -c "SELECT g FROM generate_series(1, 1000) AS s(g)" | awk '{s+=$1} END {print s}')" 500500; }
copy() {
    printf '1\tone\n2\ttwo\n' >"$folder/in" &&
        q -c "CREATE TABLE ps_copied(a integer, b text)" -c "\\copy ps_copied FROM '$folder/in'" -c "\\copy (SELECT * FROM ps_copied ORDER BY a) TO '$folder/out' (FORMAT csv, HEADER)" &&
        check "$(cat "$folder/out")" "a,b
1,one
2,two"
}
commands() { check "$(q <<<"SELECT 'SELECT ' || g FROM generate_series(1, 3) AS s(g) \gexec
SELECT 1 AS a, 'x' AS b \gx
")" "1
2
3
a|1
b|x" && contains "$(psql -Xq <<<"SELECT 1 AS a, 2.5::numeric(8,2) AS b, 'x'::text AS c \gdesc")" "numeric(8,2)"; }
crosstab() { contains "$(psql -Xq <<<"SELECT a, b, c FROM (VALUES ('x', 'one', 1), ('y', 'two', 2)) v(a, b, c) \crosstabview")" "| one | two"; }
describe() {
    local table
    table=$(psql -Xq -c '\d ps_parent')
    contains "$table" '"ps_parent_' && contains "$table" "numeric(8,2)" && contains "$table" "not null" && contains "$table" "1.5" &&
        contains "$table" "ps_index" && contains "$table" "PRIMARY KEY" && contains "$table" "Referenced by" &&
        contains "$(psql -Xq -c '\d ps_child')" "FOREIGN KEY (parent) REFERENCES ps_parent(id)" &&
        contains "$(psql -Xq -c '\d+ ps_parent')" "the name" &&
        contains "$(psql -Xq -c '\d+ ps_view')" "View definition" &&
        contains "$(psql -Xq -c '\d ps_index')" "price" && contains "$(psql -Xq -c '\d ps_sequence')" "bigint"
}
lists() {
    contains "$(psql -Xq -c '\d')" "ps_parent" && contains "$(psql -Xq -c '\dt')" "| ps_child" && contains "$(psql -Xq -c '\dt+')" "the parents" &&
        contains "$(psql -Xq -c '\dv')" "ps_view" && contains "$(psql -Xq -c '\di')" "ps_index" && contains "$(psql -Xq -c '\ds')" "ps_sequence" &&
        contains "$(psql -Xq -c '\dn')" "ps_other" && contains "$(psql -Xq -c '\dT')" "ps_mood" && contains "$(psql -Xq -c '\l')" "$PGDATABASE" &&
        contains "$(psql -Xq -c '\du')" "$(q -c 'SELECT current_user')" && contains "$(psql -Xq -c '\dt public.*')" "ps_parent"
}
# Every backslash command that reads the catalog: none may fail.
all() {
    local command said bad=""
    while read -r command; do
        said=$(psql -X -c "$command" 2>&1 >/dev/null)
        case $said in *ERROR* | *error*) bad="$bad $command: $(grep -m1 -i error <<<"$said");" ;; esac
    done <<'COMMANDS'
\l
\l+
\dn
\dn+
\d
\d+
\dt
\dt+
\dt *.*
\dv+
\di+
\ds+
\dm
\dE
\df
\df+
\da
\dT
\dT+
\du
\du+
\dg
\dp
\z
\ddp
\db
\db+
\dc
\dC
\dC+
\dd
\dD
\des
\det
\deu
\dew
\dF
\dFd
\dFp
\dFt
\dL
\dl
\dO
\do
\do+
\dA
\dA+
\dAc
\dAf
\dAo
\dAp
\dP
\dPi
\drds
\dRp
\dRs
\dconfig
\dX
\dx
\dx+
\dy
\dS
\dtS
\dfS now
\sv ps_view
COMMANDS
    [ -z "$bad" ] || { echo "$bad"; return 1; }
}

bench_initialise() {
    pgbench -i -I dtgvp -s 1 -q 2>&1 | grep -i error && return 1
    check "$(q -c "SELECT (SELECT count(*) FROM pgbench_accounts), (SELECT count(*) FROM pgbench_tellers), (SELECT count(*) FROM pgbench_branches)")" "100000|10|1"
}
bench() { pgbench -n "$@" >"$folder/bench" 2>&1 || { cat "$folder/bench"; return 1; }; grep -q "processed: $expected" "$folder/bench" || { cat "$folder/bench"; return 1; }; }
bench_script() {
    q -c "CREATE TABLE IF NOT EXISTS pb_t(id integer, n bigint)" -c "INSERT INTO pb_t SELECT g, 0 FROM generate_series(1, 100) AS s(g)" || return 1
    printf '\\set id random(1, 100)\nSELECT n FROM pb_t WHERE id = :id;\n' >"$folder/read.sql"
    printf '\\set id random(1, 1000000)\nBEGIN;\nINSERT INTO pb_t VALUES (:id, 1);\nSELECT count(*) AS c FROM pb_t \\gset\nEND;\n' >"$folder/write.sql"
    local mode
    for mode in simple extended prepared; do
        expected=200/200 bench -M "$mode" -c 4 -j 2 -t 50 -f "$folder/read.sql" && expected=20/20 bench -M "$mode" -c 2 -t 10 -f "$folder/write.sql" || return 1
    done
    check "$(q -c "SELECT count(*) FROM pb_t WHERE n = 1")" 60
}
bench_pipeline() {
    printf '\\startpipeline\nSELECT 1;\nSELECT 2;\n\\endpipeline\n' >"$folder/pipe.sql"
    expected=40/40 bench -M extended -c 2 -t 20 -f "$folder/pipe.sql"
}
bench_tpcb() { expected=20/20 bench -c 1 -t 20; }

dump_schema() {
    "$PG_BIN/pg_dump" -s "$PGDATABASE" >"$folder/dump.sql" 2>"$folder/said" || { cat "$folder/said"; return 1; }
    grep -q "CREATE TABLE public.ps_parent" "$folder/dump.sql" && grep -q "CREATE VIEW public.ps_view" "$folder/dump.sql"
}

client=$1
version=$(psql --version | awk '{print $3}')
printf 'version\t%s\n' "$version"
case $client in
psql)
    fixture >"$folder/fixture" 2>&1 || cat "$folder/fixture" >&2
    for name in connect parameters errors transactions savepoints cursors copy commands crosstab describe lists all; do named "$name" $name; done
    ;;
pgbench)
    named initialise bench_initialise
    named scripts bench_script
    named pipeline bench_pipeline
    named "tpc-b" bench_tpcb
    ;;
pg_dump)
    fixture >"$folder/fixture" 2>&1 || cat "$folder/fixture" >&2
    named schema dump_schema
    ;;
esac
