#!/usr/bin/env bash
# Builds the program with the feature `weaken` beside the ordinary one, and prints its path. It is for tests only: a
# release build refuses the feature.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

target=${CARGO_TARGET_DIR:-$root/target}
case $target in /*) ;; *) target=$root/$target ;; esac

cargo build --locked -p pintail --features weaken >&2
# Not in the folder of the ordinary one under its name, which cargo gives back below.
mkdir -p "$target/debug/weakened"
cp --remove-destination "$target/debug/pintail" "$target/debug/weakened/pintail"
cargo build --locked -p pintail >&2
echo "$target/debug/weakened/pintail"
