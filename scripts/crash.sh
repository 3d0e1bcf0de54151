#!/usr/bin/env bash
# The crash test of databases and shares: so many rounds (200), each of which kills the gateway or an account's process at
# some moment. A second argument is the seed, which is printed in any case.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

export PINTAIL_CRASH_ROUNDS=${1:-200}
if [ $# -gt 1 ]; then
    export PINTAIL_SEED=$2
fi
cargo build --locked -p pintail
PINTAIL_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/pintail
case $PINTAIL_BIN in /*) ;; *) PINTAIL_BIN=$root/$PINTAIL_BIN ;; esac
export PINTAIL_BIN
cargo test --locked -p harness --test suite platform::crash:: -- --include-ignored --nocapture --test-threads=1
