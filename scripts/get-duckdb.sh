#!/usr/bin/env bash
# Fetches the pinned DuckDB and lays it out under .duckdb/ (git-ignored):
#
#   .duckdb/1.5.5/libduckdb.so                        the official prebuilt library
#   .duckdb/1.5.5/include/                            its C and C++ headers
#   .duckdb/1.5.5/function/…/pragma_version.cpp       the version and source id these headers belong to
#   .duckdb/extensions/v1.5.5/linux_amd64/NAME.duckdb_extension   officially signed extensions
#
# Everything comes through the ordinary clients: the library with npm, the extensions with pip, the headers
# with cargo (they lie in the source package of the crate libduckdb-sys). Each archive and each file has a
# pinned sha256. What was checked once is kept in the user's cache folder, so that a second clone downloads
# nothing. Never compiles DuckDB.
#
# Usage: scripts/get-duckdb.sh [--all] [EXTENSION...]
#   default: engine, headers and the extension httpfs; EXTENSION adds some, --all adds every pinned one.
set -euo pipefail

VERSION=1.5.5
NPM_VERSION=1.5.5-r.5
DEFAULT_EXTENSIONS=(httpfs)

# ---------------------------------------------------------------------------------------------- pins, linux x86_64

NPM_PACKAGE=@duckdb/node-bindings-linux-x64
NPM_SHA256=86d2bda909785550e8a14a57a8a4584827aff0e268d8f1a58c3fd48559f7020e
LIBRARY_SHA256=fc23f12e376c47be520f75221288281906e7942e8fd6f6ce4849198ba60d0405
HEADERS_SHA256=e11f1209cdbb2a99b2ea2d348de21bdfb01dc494b55d1271df94b09c52bf229c # duckdb.tar.gz

# name, sha256 of the wheel, sha256 of the extension in it
EXTENSIONS='
httpfs           84913dbe172ccb54368de2c4a020c38ca8b0e76f99df548f7fac37934cc7826f 887c392b1e49128d11667c81e3698d8b00dfdeb456771acf66d05a0f74f7b7d8
ducklake         b631ae4dd4bd649b3db35a789dbcc859476fe231ef449b3f03f4fe4e2ef4a946 e51bf9e8d933d0e83780ae096455501b542cf962569a2ce5613532d702c08302
postgres_scanner fea9413d1b5bded7ead650aff91b3d7578c5149d832f666100b362f64404bf18 b1ced4cfc6311313e117c2afb3eac76508718778dde0716421503c7dbfb5605c
aws              4717aff077e07b683f8b6a8d6338da3ad40b08c9082bad5fb06e1a1a86861ca6 1bbf923fb64efd33a6ae69fb96d74cbd474fd003cfd3d5127c06f9a9a6901156
azure            6c436ac1ff00953cf79ac32820ad66c9037da3cd7d70b4a351a1364cda02f213 fd7620dbc98c4ecc32f64c223e0a9401fd2512736a3518017921b528b8115b30
iceberg          cb7d238d733dff8047771be11f75d21aa417152c992e26ed7688d0d334285bb4 ebc4993903de0d71d42fe3027b6691b8d5e5936ed366e98bdb9eab5aeedeb422
avro             9b7b37455a8e9ae498b0fa97404831c15c412aa5fd2c969c032e1d8231a43049 f9c59d9735863896fb10c78f2d6e23132cc9ede4a4fb8c10a6f523b6d0793c77
delta            43d11090ddcf03ee8f516968b005a086a9b0fa45064dd4ef8cb11e1aecaf1a63 24b10f221b799a82f2aec588102702540fb79b34ba4be7f47328333a02fd4e1e
spatial          736dbe75cd9d7f7a05d4920b02439f9d441945c81a56128911371fad2b3a5611 03cbb687fbb1583af6154266dc17b9c99e11fdcc1cd4a43cec19f38ef272d4de
fts              9d452ba4f0d083a183bed76ca2c710feaa823f6731ed57374f64b44e4d10f0a1 cd7e87ea9623b8c6985a4ea05910d8a4acf6e50d474869d12f55cb4f200ebf70
excel            f921eeb15fd4891631209f1a870b4b5301a4170486f09c80d6cbce48521a7fed 9063a4f13804d3d1bdc37d37bde735f0779791971d3b909f5cc87ff3f8814483
inet             bc51419767777098cd6d02471c33a12aabdf053cdf0caf58f1b1a026b5ce57a6 9e4fb19f371b49261597d128cf981e0374ca4ea98ac51ba0247d9495c12dc55f
tpch             e734f284fd94971f1241718281111add95457b3c35ec3f19ce39770e654a21e7 3da16edae72039b20afccf092f49b9e17ebbcf56c93f89a9fcb54a39a027e088
'

# ------------------------------------------------------------------------------------------------ small things

say() { printf 'duckdb %s: %s\n' "$VERSION" "$*" >&2; }
die() {
    printf 'get-duckdb: %s\n' "$*" >&2
    exit 1
}

# need COMMAND HOW-TO-GET-IT
need() {
    command -v "$1" >/dev/null 2>&1 || die "'$1' is missing; $2"
}

# matches FILE SHA256
matches() {
    [ -f "$1" ] && [ "$(sha256sum "$1" | cut -d' ' -f1)" = "$2" ]
}

# check FILE SHA256 WHAT
check() {
    matches "$1" "$2" || die "$3 does not have the pinned sha256 ($2); nothing was installed"
}

# identity FILE...: changes when a file is replaced, truncated or touched; cheap, unlike its sha256
identity() { stat -c '%s %Y' "$@" 2>/dev/null || true; }

# ---------------------------------------------------------------------------------------------------- fetching

# Each fetch_* leaves one checked file in the cache.

fetch_library() {
    need npm "install Node.js (Debian: apt-get install npm)"
    say "fetching the library (npm, 23 MB)"
    (cd "$temp" && npm pack --silent "$NPM_PACKAGE@$NPM_VERSION" >/dev/null) || die "npm could not fetch $NPM_PACKAGE@$NPM_VERSION"
    local archive=("$temp"/*.tgz)
    check "${archive[0]}" "$NPM_SHA256" "the npm package"
    tar -xzf "${archive[0]}" -C "$temp" package/libduckdb.so
    check "$temp/package/libduckdb.so" "$LIBRARY_SHA256" "libduckdb.so"
    mv "$temp/package/libduckdb.so" "$cache/libduckdb.so"
}

fetch_headers() {
    need cargo "install Rust (https://rustup.rs)"
    need python3 "install Python 3 (Debian: apt-get install python3)"
    say "fetching the headers (cargo, 6 MB)"
    local manifest
    manifest=$(cd "$root" && cargo metadata --locked --format-version 1 | python3 -c '
import json, sys
for package in json.load(sys.stdin)["packages"]:
    if package["name"] == "libduckdb-sys":
        print(package["manifest_path"])') || die "cargo could not fetch the package libduckdb-sys"
    [ -n "$manifest" ] || die "libduckdb-sys is not in Cargo.lock"
    cp "$(dirname "$manifest")/duckdb.tar.gz" "$temp/duckdb.tar.gz"
    check "$temp/duckdb.tar.gz" "$HEADERS_SHA256" "duckdb.tar.gz of libduckdb-sys"
    mv "$temp/duckdb.tar.gz" "$cache/duckdb.tar.gz"
}

# fetch_extension NAME WHEEL_SHA256 EXTENSION_SHA256
fetch_extension() {
    local name=$1
    need python3 "install Python 3 (Debian: apt-get install python3 python3-pip)"
    local pip=(python3 -m pip)
    if ! "${pip[@]}" --version >/dev/null 2>&1; then
        need pip "install pip (Debian: apt-get install python3-pip)"
        pip=(pip)
    fi
    say "fetching the extension $name (pip)"
    "${pip[@]}" download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
        --dest "$temp/$name" "duckdb-extension-${name//_/-}==$VERSION" || die "pip could not fetch duckdb-extension-$name"
    local wheel=("$temp/$name"/*.whl)
    check "${wheel[0]}" "$2" "the Python package of $name"
    python3 -m zipfile -e "${wheel[0]}" "$temp/$name"
    local file="$temp/$name/duckdb_extension_$name/extensions/v$VERSION/$name.duckdb_extension"
    check "$file" "$3" "$name.duckdb_extension"
    mv "$file" "$cache/$name.duckdb_extension"
}

# -------------------------------------------------------------------------------------------------- installing

install_engine() {
    local stamp="$target/.stamp" pins="layout 2, $LIBRARY_SHA256 $HEADERS_SHA256"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$pins
$(identity "$target/libduckdb.so" "$target/include/duckdb.hpp" "$target/function/table/version/pragma_version.cpp")" ]; then
        return
    fi
    prepare
    matches "$cache/libduckdb.so" "$LIBRARY_SHA256" || fetch_library
    matches "$cache/duckdb.tar.gz" "$HEADERS_SHA256" || fetch_headers
    local fresh="$temp/engine"
    mkdir -p "$fresh"
    cp -p "$cache/libduckdb.so" "$fresh/libduckdb.so"
    tar -xzf "$cache/duckdb.tar.gz" -C "$fresh" --strip-components=2 \
        duckdb/src/include duckdb/src/function/table/version/pragma_version.cpp
    [ ! -e "$target" ] || mv -T "$target" "$temp/engine.old"
    mv -T "$fresh" "$target"
    printf '%s\n%s\n' "$pins" "$(identity "$target/libduckdb.so" "$target/include/duckdb.hpp" "$target/function/table/version/pragma_version.cpp")" >"$stamp"
    say "library and headers are in .duckdb/$VERSION"
}

# install_extension NAME WHEEL_SHA256 EXTENSION_SHA256
install_extension() {
    local file="$extensions/$1.duckdb_extension" stamp="$extensions/.$1.stamp"
    if [ "$(cat "$stamp" 2>/dev/null)" = "$3 $(identity "$file")" ]; then
        return
    fi
    prepare
    matches "$cache/$1.duckdb_extension" "$3" || fetch_extension "$@"
    mkdir -p "$extensions"
    cp -p "$cache/$1.duckdb_extension" "$temp/fresh.duckdb_extension"
    mv -f "$temp/fresh.duckdb_extension" "$file"
    printf '%s %s\n' "$3" "$(identity "$file")" >"$stamp"
    say "extension $1 is in .duckdb/extensions"
}

# Only when something has to be done: the tools every step needs, the cache folder, and a temporary folder
# beside the target, so that a rename puts each thing in place whole.
prepare() {
    [ -z "$temp" ] || return 0
    need tar "install tar (Debian: apt-get install tar)"
    need gzip "install gzip (Debian: apt-get install gzip)"
    need sha256sum "install the GNU coreutils"
    mkdir -p "$cache" "$root/.duckdb"
    temp=$(mktemp -d "$root/.duckdb/.fetch.XXXXXX")
}

clean_up() {
    [ -z "$temp" ] || rm -rf "$temp"
}

# -------------------------------------------------------------------------------------------------------- main

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
temp=
trap clean_up EXIT

if [ "$(uname -s)-$(uname -m)" != Linux-x86_64 ]; then
    die "no checksums are pinned for $(uname -s) on $(uname -m) yet; so far Pintail is built on Linux x86_64"
fi
cache="${XDG_CACHE_HOME:-$HOME/.cache}/pintail/duckdb/$VERSION/linux-x64"
target="$root/.duckdb/$VERSION"
extensions="$root/.duckdb/extensions/v$VERSION/linux_amd64"

wanted=" ${DEFAULT_EXTENSIONS[*]} "
for argument in "$@"; do
    case "$argument" in
        --all) wanted=all ;;
        -h | --help)
            sed -n '2,/^set -euo/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}"
            exit 0
            ;;
        -*) die "unknown option $argument (try --help)" ;;
        *)
            grep -q "^$argument " <<<"$EXTENSIONS" || die "no checksum is pinned for the extension '$argument'"
            [ "$wanted" = all ] || wanted="$wanted$argument "
            ;;
    esac
done

install_engine
while read -r name wheel_sha256 extension_sha256; do
    if [ -n "$name" ] && { [ "$wanted" = all ] || [[ $wanted == *" $name "* ]]; }; then
        install_extension "$name" "$wheel_sha256" "$extension_sha256" </dev/null
    fi
done <<<"$EXTENSIONS"
