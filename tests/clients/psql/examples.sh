#!/usr/bin/env bash
# psql: the reference's forms with its commands, host and certificate apart. libpq before 16 does not know
# sslrootcert=system, so the CA file stands there.
set -euo pipefail

tls="sslmode=verify-full sslrootcert=$CA_FILE"
ask() { psql -X -A -t -v ON_ERROR_STOP=1 "$@"; }
expect() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'" >&2; exit 1; }; }

# the psql form, with user and port on the command line
export PGPASSWORD=$MOTHERDUCK_TOKEN
expect "$(ask -h "$PGHOST" -p "$PGPORT" -U postgres "dbname=md: $tls" -c 'SELECT current_database()')" my_db
expect "$(ask -h "$PGHOST" -p "$PGPORT" -U postgres "dbname=sample_data $tls" -c "SELECT title, score FROM sample_data.hn.hacker_news WHERE type = 'story' ORDER BY score DESC LIMIT 5" | head -n 1)" \
    "How We Scaled E-Ink Displays, Part 2|2188"
unset PGPASSWORD

# the URI and the DSN
expect "$(ask "postgresql://postgres:$MOTHERDUCK_TOKEN@$PGHOST:$PGPORT/md:?sslmode=verify-full&sslrootcert=$CA_FILE" -c 'SELECT 42')" 42
expect "$(ask "host=$PGHOST port=$PGPORT dbname=md: user=postgres password=$MOTHERDUCK_TOKEN $tls" -c 'SELECT 42')" 42

# session options, and single mode together with md:, as the reference has it (no sslmode: libpq's prefer)
export PGPASSWORD=$MOTHERDUCK_TOKEN
expect "$(PGOPTIONS="--attach_mode=single --session_name=pg-using-options" ask -h "$PGHOST" -p "$PGPORT" -U postgres md: -c 'SHOW attach_mode' -c 'SHOW session_name')" \
    $'single\npg-using-options'

# every sslmode
for mode in require verify-ca verify-full prefer allow; do
    expect "$(ask -h "$PGHOST" -p "$PGPORT" -U postgres "dbname=md: sslmode=$mode sslrootcert=$CA_FILE" -c 'SELECT 1')" 1
done
if ask -h "$PGHOST" -p "$PGPORT" -U postgres "dbname=md: sslmode=disable" -c 'SELECT 1' 2>"$SCRATCH/refused"; then
    echo "plaintext was let in" >&2
    exit 1
fi
grep -q 'sslmode' "$SCRATCH/refused"

connection="host=$PGHOST port=$PGPORT dbname=md: user=postgres $tls"
# variables, several statements, tags
expect "$(ask "$connection" -v n=7 <<<'SELECT :n * 6;')" 42
expect "$(psql -X "$connection" -c 'CREATE TABLE psql_t(a INTEGER, b VARCHAR)' -c "INSERT INTO psql_t VALUES (1, 'x'), (2, NULL)")" $'CREATE TABLE\nINSERT 0 2'
# \copy in both directions
printf '3,three\n4,"four, five"\n' >"$SCRATCH/in.csv"
expect "$(ask "$connection" -c "\\copy psql_t from '$SCRATCH/in.csv' (format csv)")" "COPY 2"
ask "$connection" -c "\\copy (select * from psql_t order by a) to '$SCRATCH/out.csv' (format csv)" >/dev/null
expect "$(cat "$SCRATCH/out.csv")" $'1,x\n2,\n3,three\n4,"four, five"'
# a million rows, by one query and by a cursor's FETCH_COUNT-sized pieces
expect "$(ask "$connection" -c "SELECT range AS a, 'row ' || range AS b FROM range(1000000)" | awk -F'|' '{sum += $1} END {printf "%d %.0f", NR, sum}')" "1000000 499999500000"
# a transaction that fails
expect "$(psql -X -A -t "$connection" -c 'BEGIN' -c 'SELECT * FROM psql_no_such_table' -c 'COMMIT' 2>/dev/null)" $'BEGIN\nROLLBACK'
echo ok
