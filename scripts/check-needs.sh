#!/usr/bin/env bash
# Names everything the build needs that this machine lacks, all at once, with the way to get it.
# Silent when nothing is missing.
set -euo pipefail

CARGO_MIN=1.95
problems=0

# missing WHAT HOW-TO-GET-IT
missing() {
    [ "$problems" -gt 0 ] || echo "This machine lacks what Pintail needs to be built:" >&2
    problems=$((problems + 1))
    printf '  %-16s %s\n' "$1" "$2" >&2
}

# at_least HAVE WANT: compares versions such as 1.95.0 and 1.95
at_least() { [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]; }

if command -v cargo >/dev/null 2>&1; then
    have=$(cargo --version | awk '{print $2}')
    at_least "${have%%-*}" "$CARGO_MIN" ||
        missing "cargo >= $CARGO_MIN" "found $have; 'rustup update stable', or https://rustup.rs"
else
    missing "cargo >= $CARGO_MIN" "https://rustup.rs (Debian's own package is too old)"
fi

command -v c++ >/dev/null 2>&1 || command -v g++ >/dev/null 2>&1 || command -v clang++ >/dev/null 2>&1 ||
    missing "a C++ compiler" "Debian: apt-get install g++ · Fedora: dnf install gcc-c++ · macOS: xcode-select --install"

command -v npm >/dev/null 2>&1 ||
    missing "npm" "Debian: apt-get install npm · https://nodejs.org (it fetches the DuckDB library)"

if command -v python3 >/dev/null 2>&1; then
    python3 -m pip --version >/dev/null 2>&1 || command -v pip >/dev/null 2>&1 ||
        missing "pip" "Debian: apt-get install python3-pip (it fetches DuckDB's signed extensions)"
else
    missing "python3 and pip" "Debian: apt-get install python3 python3-pip python3-venv"
fi

[ "$problems" -eq 0 ]
