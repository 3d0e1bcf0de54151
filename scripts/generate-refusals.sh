#!/usr/bin/env bash
# Writes docs/refusals.md from the table of rules (crates/duckling/src/policy/rules.rs) and the list of functions beside
# it. That the page is up to date is a test of the crate.
set -euo pipefail
cd "$(dirname "$0")/.."
PINTAIL_BLESS=1 cargo test --quiet --locked -p duckling --lib -- policy::tests::page
