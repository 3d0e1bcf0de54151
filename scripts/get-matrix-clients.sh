#!/usr/bin/env bash
# Lays out what the matrix of clients (tests/clients/matrix.toml) needs beyond scripts/get-test-clients.sh, under
# .tests/matrix (git-ignored), through the ordinary clients of the package registries:
#
#   python/    a virtual environment with tests/clients/python/matrix.txt
#   dbt/       dbt, which wants versions of its own
#   superset/  Apache Superset, likewise (1 GB)
#   node/      node_modules after tests/clients/node/matrix/package-lock.json
#   prisma/    Prisma, likewise, with its generated client
#   rust/      tests/clients/rust, built
#   go/        tests/clients/go/cases.go, built
#
# Debian's programs (Perl, PHP, Ruby, R, ODBC, PgBouncer) are installed where this runs as root, else named.
# What cannot be had is said and left out; the matrix then lists the client as absent.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
mkdir -p .tests/matrix

absent() { echo "matrix: $1 left out: $2" >&2; }
stamped() { [ "$(cat "$1/.stamp" 2>/dev/null)" = "$(sum "${@:2}")" ]; }
stamp() { sum "${@:2}" >"$1/.stamp"; }
sum() { cat "$@" | sha256sum | cut -d' ' -f1; }

# environment NAME: a virtual environment with tests/clients/NAME/matrix.txt or tests/clients/python/NAME.txt
environment() {
    local name=$1 requirements=tests/clients/python/$2 folder=.tests/matrix/$1
    stamped "$folder" "$requirements" && return
    echo "matrix: $name (pip)" >&2
    rm -rf "$folder"
    python3 -m venv "$folder" || { absent "$name" "python3 -m venv failed (Debian: python3-venv)"; return; }
    "$folder/bin/pip" install --quiet --disable-pip-version-check -r "$requirements" || { absent "$name" "pip failed"; return; }
    stamp "$folder" "$requirements"
}

node_clients() {
    local package=tests/clients/node/matrix/package.json lock=tests/clients/node/matrix/package-lock.json folder=.tests/matrix/node
    stamped "$folder" "$package" "$lock" && return
    command -v npm >/dev/null || { absent node "no npm"; return; }
    echo "matrix: node (npm)" >&2
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "$package" "$lock" "$folder/"
    (cd "$folder" && npm ci --silent --ignore-scripts --no-audit --no-fund) || { absent node "npm ci failed"; return; }
    stamp "$folder" "$package" "$lock"
}

# Prisma's client is generated; its command asks for a program from elsewhere unless it is given one, which it does not run.
prisma_client() {
    local source=tests/clients/node/prisma folder=.tests/matrix/prisma
    local inputs=("$source/package.json" "$source/package-lock.json" "$source/schema.prisma" "$source/prisma.config.mjs")
    stamped "$folder" "${inputs[@]}" && return
    command -v npm >/dev/null || { absent prisma "no npm"; return; }
    echo "matrix: prisma (npm)" >&2
    rm -rf "$folder"
    mkdir -p "$folder"
    cp "${inputs[@]}" "$folder/"
    (cd "$folder" && npm ci --silent --ignore-scripts --no-audit --no-fund >/dev/null 2>&1) || { absent prisma "npm ci failed"; return; }
    (cd "$folder" && PRISMA_SCHEMA_ENGINE_BINARY=/bin/true CHECKPOINT_DISABLE=1 node node_modules/prisma/build/index.js generate >/dev/null 2>&1) ||
        { absent prisma "its client could not be generated"; return; }
    stamp "$folder" "${inputs[@]}"
}

# Debian's package for each program or file that the matrix runs.
debian_clients() {
    local wanted=()
    command -v php >/dev/null || wanted+=(php-cli php-pgsql)
    ruby -rpg -e 1 2>/dev/null || wanted+=(ruby ruby-pg)
    perl -MDBD::Pg -e 1 2>/dev/null || wanted+=(libdbd-pg-perl)
    command -v isql >/dev/null || wanted+=(unixodbc odbc-postgresql)
    PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null || wanted+=(pgbouncer)
    Rscript -e 'library(RPostgreSQL)' >/dev/null 2>&1 || wanted+=(r-base-core r-cran-rpostgresql)
    if [ ${#wanted[@]} -gt 0 ]; then
        if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
            echo "matrix: ${wanted[*]} (apt)" >&2
            apt-get update -qq >/dev/null 2>&1 || true
            local package
            for package in "${wanted[@]}"; do
                DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$package" >/dev/null 2>&1 ||
                    absent "$package" "apt-get could not install it"
            done
            # Debian starts a pooler of its own; nothing here uses it.
            ! command -v service >/dev/null || service pgbouncer stop >/dev/null 2>&1 || true
        else
            absent "some of Debian's clients" "install ${wanted[*]}"
        fi
    fi
    if perl -MDBD::Pg -e 1 2>/dev/null; then touch .tests/matrix/perl.ok; else rm -f .tests/matrix/perl.ok; fi
}

rust_clients() {
    pg_config --version >/dev/null 2>&1 || [ -e /usr/lib/x86_64-linux-gnu/libpq.so ] || { absent rust "no libpq (Debian: libpq-dev)"; return; }
    CARGO_TARGET_DIR=$root/.tests/matrix/rust cargo build --quiet --locked --manifest-path tests/clients/rust/Cargo.toml || absent rust "it does not build"
}

go_clients() {
    local source=tests/clients/go/cases.go go=$root/.tests/go/tools/go folder=.tests/matrix/go
    [ -x "$go/bin/go" ] || { absent go "scripts/get-test-clients.sh did not get it"; return; }
    stamped "$folder" "$source" && return
    mkdir -p "$folder"
    if [ ! -d "$folder/usr" ]; then
        (cd "$folder" && apt-get download -qq golang-github-jackc-puddle-dev >/dev/null 2>&1 && dpkg-deb -x ./*.deb . && rm -f ./*.deb) ||
            { absent go "apt-get could not fetch golang-github-jackc-puddle-dev"; return; }
    fi
    GOROOT=$go GOPATH=$root/.tests/go/usr/share/gocode:$root/$folder/usr/share/gocode GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED=0 \
        GOCACHE="${XDG_CACHE_HOME:-$HOME/.cache}/pintail/go-build" "$go/bin/go" build -o "$folder/cases" "$source" ||
        { absent go "cases.go does not build"; return; }
    stamp "$folder" "$source"
}

environment python matrix.txt
environment dbt dbt.txt
environment superset superset.txt
node_clients
prisma_client
debian_clients
rust_clients
go_clients
