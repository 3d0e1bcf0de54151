#!/usr/bin/env bash
# The model-based test of databases and shares: first with every answer predicted, then all sessions at once, each for so
# many seconds (300). A second argument is the seed, which is printed in any case.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

export PINTAIL_MODEL_SECONDS=${1:-300}
if [ $# -gt 1 ]; then
    export PINTAIL_SEED=$2
fi
cargo build --locked -p pintail
PINTAIL_BIN=${CARGO_TARGET_DIR:-$root/target}/debug/pintail
case $PINTAIL_BIN in /*) ;; *) PINTAIL_BIN=$root/$PINTAIL_BIN ;; esac
export PINTAIL_BIN
cargo test --locked -p harness --test suite platform::model:: -- --include-ignored --nocapture --test-threads=1
