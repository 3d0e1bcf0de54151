# The commands of this repository. `make` alone lists them.
#
# Everything that is fetched lies in .duckdb/ (the engine) and .tests/ (test clients), both git-ignored and
# cached in the user's cache folder; everything that is built lies in $CARGO_TARGET_DIR or target/.

SHELL := /bin/bash
TARGET := $(or $(CARGO_TARGET_DIR),target)
# Further arguments: make serve ARGS='--help', make test ARGS='startup', make bench ARGS='--rows 1000000'
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help serve test test-heavy clients attacks model crash logins fuzz lint fix bench needs engine clean

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' Makefile

serve: needs engine ## Build in release mode and start the server (ARGS=... goes to `pintail serve`)
	cargo build --release --locked -p pintail
	@exec $(TARGET)/release/pintail serve $(ARGS)

test: needs engine ## Run the whole test suite (ARGS=... filters, as for cargo test)
	@scripts/test.sh $(ARGS)

test-heavy: needs engine ## The suites that need minutes: ten million rows, TPC-H, the tour
	@scripts/test.sh --heavy $(ARGS)

clients: needs engine ## The matrix of real clients; writes docs/clients.md (ARGS=names of tests/clients/matrix.toml)
	@scripts/clients.sh $(ARGS)

attacks: needs engine ## The attack lists: every layer, layers turned off one by one, bombs measured (ARGS=a test's name)
	@scripts/attacks.sh $(ARGS)

model: needs engine ## Two accounts, 20 sessions each, platform statements at random beside a model (ARGS='SECONDS SEED', 300 by default)
	@scripts/model.sh $(ARGS)

crash: needs engine ## Kills the gateway or an account's process amid platform statements (ARGS='ROUNDS SEED', 200 by default)
	@scripts/crash.sh $(ARGS)

logins: needs engine ## Logins measured: 10,000 wrong ones of each kind, storms, revocations; 200 crashes amid tokens, accounts, secrets
	@scripts/logins.sh $(ARGS)

fuzz: needs engine ## Every fuzz target and the fuzzer on sockets, FUZZ_SECONDS=600 each (ARGS=names of targets)
	@scripts/fuzz.sh $(ARGS)

lint: engine ## Formatting, clippy, docs, licences, spelling, shell scripts
	@scripts/lint.sh

fix: ## Format the sources
	cargo fmt --all

bench: needs engine ## Ten million rows beside PostgreSQL 15, over TLS; writes docs/results/
	cargo build --release --locked -p pintail -p bench
	@PINTAIL_BIN=$(abspath $(TARGET))/release/pintail $(TARGET)/release/bench $(ARGS)

needs: ## Check that this machine has what the build needs
	@scripts/check-needs.sh

engine: ## Fetch the pinned DuckDB library, headers and extensions
	@scripts/get-duckdb.sh

clean: ## Remove what was built and fetched into this folder (not the user's cache)
	rm -rf .duckdb .tests target
