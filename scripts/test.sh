#!/usr/bin/env bash
# Runs the whole test suite: fetches extensions and the test clients, builds the server, runs cargo nextest (or cargo test), and
# lists at the end the foreign clients that were skipped. `--heavy` runs the suites marked #[ignore] instead.
# Further arguments filter, as for cargo test.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

heavy=
if [ "${1:-}" = --heavy ]; then
    heavy=yes
    shift
fi

# What the tests of extension sets load.
scripts/get-duckdb.sh avro azure delta excel fts iceberg inet spatial tpch
scripts/get-test-clients.sh
[ -z "$heavy" ] || scripts/get-matrix-clients.sh
export PINTAIL_TEST_SKIPS="$root/.tests/skipped"
: >"$PINTAIL_TEST_SKIPS"

# Everything at once: with other packages left out, cargo would build some dependencies twice.
cargo build --locked --workspace --all-targets
export PINTAIL_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/pintail
case $PINTAIL_BIN in /*) ;; *) PINTAIL_BIN=$root/$PINTAIL_BIN ;; esac

# A second program, whose layers of protection the attack suite turns off one by one.
if [ -n "$heavy" ]; then
    PINTAIL_WEAKENED_BIN=$(scripts/weakened.sh)
    export PINTAIL_WEAKENED_BIN
fi

status=0
if command -v cargo-nextest >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --no-fail-fast ${heavy:+--run-ignored only} "$@" || status=$?
    # nextest does not run the examples in doc comments
    [ -n "$heavy" ] || [ $# -gt 0 ] || cargo test --locked --workspace --doc --quiet || status=$?
else
    cargo test --locked --workspace --no-fail-fast "$@" -- ${heavy:+--ignored} || status=$?
fi

if [ -s "$PINTAIL_TEST_SKIPS" ]; then
    echo
    echo "Skipped, because this machine does not have them:"
    sort -u "$PINTAIL_TEST_SKIPS" | sed 's/^/  /'
fi
exit "$status"
