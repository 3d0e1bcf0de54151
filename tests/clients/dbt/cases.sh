#!/usr/bin/env bash
# dbt with its PostgreSQL adapter: the matrix's cases, one printed line for each. The argument is the program.
set -u
DBT=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp -r project "$folder/"
cd "$folder/project" || exit 1
export PGSSLMODE=verify-full PGSSLROOTCERT=$CA_FILE DBT_SEND_ANONYMOUS_USAGE_STATS=false DO_NOT_TRACK=1

dbt() { "$DBT" --no-use-colors --quiet "$@" --profiles-dir . 2>&1; }
q() { psql -XAtq -v ON_ERROR_STOP=1 -c "$1"; }
named() {
    local said
    if said=$("$2" 2>&1); then
        printf '%s\tok\t\n' "$1"
    else
        printf '%s\tfailed\t%s\n' "$1" "$(grep -v '^$' <<<"$said" | tail -n 12 | tr -s '[:space:]' ' ' | cut -c1-600)"
    fi
}
check() { [ "$1" = "$2" ] || { echo "expected $2, got $1"; return 1; }; }

connect() { "$DBT" --no-use-colors debug --profiles-dir . >"$folder/debug" 2>&1; grep -q "OK connection ok" "$folder/debug" || { cat "$folder/debug"; return 1; }; }
seed() { dbt seed && check "$(q 'SELECT count(*), sum(amount)::numeric(8,2) FROM sales')" "3|8.00" && dbt seed --full-refresh && check "$(q 'SELECT count(*) FROM sales')" 3; }
run() { dbt run && check "$(q "SELECT amount::numeric(8,2) FROM by_region WHERE region = 'north'")" "5.50" && check "$(q "SELECT count(*) FROM regions")" 2; }
again() { dbt run && check "$(q "SELECT amount::numeric(8,2) FROM by_region WHERE region = 'north'")" "5.50"; }
incremental() {
    q "INSERT INTO sales VALUES (4, 'south', 8, '2024-02-01')" && dbt run --select running && check "$(q 'SELECT count(*), max(id) FROM running')" "4|4"
}
snapshot() {
    dbt snapshot && q "UPDATE sales SET amount = 9 WHERE id = 1" && dbt snapshot && check "$(q 'SELECT count(*), count(dbt_valid_to) FROM kept')" "5|1"
}
tests() { dbt test; }
docs() { dbt docs generate && grep -q '"by_region"' target/catalog.json && python3 -c "
import json
nodes = json.load(open('target/catalog.json'))['nodes']
columns = nodes['model.pintail.by_region']['columns']
assert list(columns) == ['region', 'sales', 'amount'], columns"; }
schema() { DBT_SCHEMA=dbt_other dbt build && check "$(q 'SELECT count(*) FROM dbt_other.by_region')" 2; }

printf 'version\t%s\n' "$("$DBT" --version | awk '/installed/{print $3}')"
for name in connect seed run again incremental snapshot tests docs schema; do named "$name" "$name"; done
