#!/usr/bin/env bash
# psql's \copy both ways in every format, from files, standard input and programs; its FETCH_COUNT; errors with their
# line. Runs against PostgreSQL as well.
set -euo pipefail

export PGPASSWORD=$MOTHERDUCK_TOKEN
connection="host=$PGHOST port=$PGPORT user=postgres dbname=${PGDATABASE:-md:} sslmode=verify-full sslrootcert=$CA_FILE"
ask() { psql -X -A -t -v ON_ERROR_STOP=1 "$connection" "$@"; }
expect() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'" >&2; exit 1; }; }
cd "$SCRATCH"

# Many types out and in again: the same bytes come out in the end.
ask -q <<'SQL'
CREATE TABLE copied(a bigint, b text, c double precision, d date, e timestamptz, f bytea, g integer[], h numeric(20,3), i boolean);
INSERT INTO copied
SELECT n, CASE WHEN n % 7 = 0 THEN NULL WHEN n % 7 = 1 THEN '' WHEN n % 7 = 2 THEN 'tab' || chr(9) || 'line' || chr(10) || '"q"' ELSE 'ü🦆 ' || n END,
    n / 8.0, DATE '2000-01-01' + CAST(n AS integer), TIMESTAMPTZ '2024-02-29 12:00:00+00' + n * INTERVAL '1 second',
    CAST('b' || n AS bytea), CASE WHEN n % 5 = 0 THEN NULL ELSE ARRAY[CAST(n AS integer), NULL, 3] END, n / 4.0, n % 2 = 0
FROM generate_series(1, 5000) AS s(n);
SQL
expect "$(ask -c 'SELECT count(*), count(b), count(g) FROM copied')" "5000|4286|4000"
for options in '(format text)' '(format csv)' '(format csv, header)' "(format csv, delimiter ';', quote '''', null '~', force_quote (b))" \
    'csv header' "delimiter '|' null 'nothing'" '(format binary)'; do
    expect "$(ask -c "\\copy (select * from copied order by a) to 'out' $options")" "COPY 5000"
    ask -q -c 'CREATE TABLE again AS SELECT * FROM copied LIMIT 0'
    in=${options/, force_quote (b)/}
    expect "$(ask -c "\\copy again from 'out' $in")" "COPY 5000"
    expect "$(ask -c "\\copy (select * from again order by a) to 'out2' $options")" "COPY 5000"
    cmp out out2
    expect "$(ask -c 'SELECT count(*) FROM (SELECT * FROM copied EXCEPT SELECT * FROM again) AS d')" 0
    ask -q -c 'DROP TABLE again'
done

# From the script itself and from a program, to standard output and to a program; chosen columns.
expect "$(ask <<'SQL'
CREATE TABLE inline(a integer, b text);
COPY inline FROM STDIN;
1	one
2	\N
\.
\copy inline(b, a) from stdin (format csv)
"drei, ""3""",3
\.
COPY inline TO STDOUT (FORMAT csv, HEADER);
SQL
)" $'CREATE TABLE\nCOPY 2\nCOPY 1\na,b\n1,one\n2,\n3,"drei, ""3"""'
expect "$(ask -c "\\copy inline from program 'seq -f %g,x 4 1000' (format csv)" -c "\\copy inline to program 'wc -l >counted'")" $'COPY 997\nCOPY 1000'
expect "$(tr -d ' ' <counted)" 1000
expect "$(seq 1001 1100 | ask -c '\copy inline(a) from pstdin')" "COPY 100"
expect "$(ask -c '\copy (select a from inline where a > 1097 order by a) to pstdout' )" $'1098\n1099\n1100'

# Errors: the line and the column; nothing kept; psql's status.
printf '1,x\ntwo,y\n' >bad.csv
if ask -c "\\copy inline from 'bad.csv' csv" 2>said; then
    echo "bad.csv was taken" >&2
    exit 1
fi
grep -q 'invalid input syntax for type integer: "two"' said
grep -q 'CONTEXT:  COPY inline, line 2, column a: "two"' said
expect "$(ask -c 'SELECT count(*) FROM inline')" 1100

# A million rows there and back.
seq 0 999999 | awk '{print $1 "\trow " $1 "\t" $1 ".25"}' >million
ask -q -c 'CREATE TABLE million(a bigint, b text, c double precision)'
expect "$(ask -c "\\copy million from 'million'")" "COPY 1000000"
expect "$(ask -c 'SELECT count(*), sum(a), sum(c) FROM million')" "1000000|499999500000|499999750000"
ask -c '\copy million to stdout' >back
cmp <(sort back) <(sort million)

# FETCH_COUNT: psql declares a cursor in a block of its own, or in the one that is open.
expect "$(ask -v FETCH_COUNT=1000 -c 'SELECT n FROM generate_series(1, 100000) AS s(n)' | awk '{sum += $1} END {printf "%d %.0f", NR, sum}')" "100000 5000050000"
expect "$(ask -v FETCH_COUNT=2 <<'SQL'
BEGIN;
SELECT a, b FROM inline WHERE a <= 3 ORDER BY a;
SELECT 'also an empty one' WHERE false;
COMMIT;
SELECT 7 AS seven;
SQL
)" $'BEGIN\n1|one\n2|\n3|drei, "3"\nCOMMIT\n7'
if ask -v FETCH_COUNT=10 -c 'SELECT * FROM no_such_table' 2>said; then exit 1; fi
grep -q 'no_such_table' said
# Rows that fail after some have come.
if ask -v FETCH_COUNT=100 -c "SELECT CAST(CASE WHEN n = 900001 THEN 'wrong' ELSE CAST(n AS text) END AS integer) FROM generate_series(1, 1000000) AS s(n)" >rows 2>said; then exit 1; fi
grep -q 'wrong' said
[ "$(wc -l <rows)" -ge 100 ]
echo ok
