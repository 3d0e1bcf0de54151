#!/usr/bin/env bash
# The measurements and the crash test of tokens, accounts and secrets; a first argument is the name of one of them.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

cargo build --locked -p pintail
PINTAIL_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/pintail
case $PINTAIL_BIN in /*) ;; *) PINTAIL_BIN=$root/$PINTAIL_BIN ;; esac
export PINTAIL_BIN
cargo test --locked -p harness --test suite "logins::${1:-}" -- --ignored --nocapture --test-threads=1
