#!/usr/bin/env bash
# Runs every fuzz target under libFuzzer, one after the other, then the fuzzer on real sockets, each for
# FUZZ_SECONDS (600). Arguments name the targets to run instead of all (`sockets` for the last). What libFuzzer finds
# new goes into $CARGO_TARGET_DIR/fuzz-corpus, an input that fails into fuzz/artifacts, the figures into
# $CARGO_TARGET_DIR/fuzz-logs. Needs a nightly compiler and cargo-fuzz.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
seconds=${FUZZ_SECONDS:-600}
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
logs=$target/fuzz-logs
mkdir -p "$logs"

if [ $# -eq 0 ]; then
    mapfile -t targets < <(sed -n 's/^name = "\([a-z_]*\)"$/\1/p' fuzz/Cargo.toml)
    set -- "${targets[@]}" sockets
fi
status=0
for name; do
    if [ "$name" = sockets ]; then
        cargo build --locked -p pintail
        PINTAIL_BIN=$target/debug/pintail PINTAIL_FUZZ_SECONDS=$seconds nice -n 15 \
            cargo test --locked -p harness --test suite fuzz:: -- --nocapture 2>&1 | tee "$logs/$name.log" |
            grep -E "^(seed|Totals|test result)|panicked|grew|hangs" || status=1
        continue
    fi
    mkdir -p "$target/fuzz-corpus/$name" "fuzz/artifacts/$name"
    # DuckDB is a prebuilt library without a sanitizer, and only crates/engine has unsafe code: none is used.
    if ! CARGO_TARGET_DIR=$target nice -n 15 cargo +nightly fuzz run --sanitizer none "$name" \
        "$target/fuzz-corpus/$name" "fuzz/corpus/$name" -- \
        -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 >"$logs/$name.log" 2>&1; then
        status=1
    fi
    printf '%-12s ' "$name"
    sed -n 's/^stat:://p' "$logs/$name.log" | tr -s ' ' | tr '\n' ' '
    grep -a -E "SUMMARY|panicked at" "$logs/$name.log" | head -3 || true
    echo
done
exit "$status"
