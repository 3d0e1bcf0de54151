#!/usr/bin/env bash
# The matrix of clients: fetches them, starts PostgreSQL 15 and the server, runs every client (or those named) against both,
# and writes docs/clients.md from what they print.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

scripts/get-duckdb.sh postgres_scanner
scripts/get-test-clients.sh
scripts/get-matrix-clients.sh
cargo build --locked -p pintail -p harness --bins
target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac
PINTAIL_BIN=$target/debug/pintail exec "$target/debug/clients" "$@"
