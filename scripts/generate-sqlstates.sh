#!/usr/bin/env bash
# Writes crates/wire/src/sqlstate/codes.rs from the list of error codes that PostgreSQL installs (errcodes.txt, the
# source of its appendix "PostgreSQL Error Codes"). With --check: fails if the file is not what it would write.
set -euo pipefail
cd "$(dirname "$0")/.."

target=crates/wire/src/sqlstate/codes.rs
list=${PINTAIL_ERRCODES:-/usr/share/postgresql/15/errcodes.txt}
if [ ! -r "$list" ]; then
    echo "$list is missing: it comes with the PostgreSQL 15 server" >&2
    exit 1
fi

generate() {
    cat <<'HEADER'
//! The error codes of PostgreSQL 15, by the names of its list. Written by `scripts/generate-sqlstates.sh`.

use super::{SqlState, sqlstates};

sqlstates! {
HEADER
    # Lines are: code, E W or S, name of the macro, name of the condition. Codes with two names keep both.
    awk '/^[0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][0-9A-Z][[:space:]]/ { sub(/^ERRCODE_/, "", $3); printf "    %s = b\"%s\",\n", $3, $1 }' "$list"
    echo '}'
}

if [ "${1:-}" = --check ]; then
    generate | diff -u "$target" - || {
        echo "$target is not up to date: run scripts/generate-sqlstates.sh" >&2
        exit 1
    }
else
    mkdir -p "$(dirname "$target")"
    generate > "$target"
fi
