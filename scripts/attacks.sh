#!/usr/bin/env bash
# The attack lists of tests/attacks in full: with all layers, with layers turned off one by one, and the bombs with what
# they cost. Arguments are names of tests. The tables are printed.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

PINTAIL_WEAKENED_BIN=$(scripts/weakened.sh)
PINTAIL_BIN=$(dirname "$(dirname "$PINTAIL_WEAKENED_BIN")")/pintail
export PINTAIL_BIN PINTAIL_WEAKENED_BIN
cargo test --locked -p harness --test suite "attacks::${1:-}" -- --include-ignored --nocapture --test-threads=1
