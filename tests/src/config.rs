//! What the environment tells the tests, and where things lie. The only place that reads environment variables.
#![expect(clippy::disallowed_methods, reason = "this is the harness's config module")]

use std::path::{Path, PathBuf};

/// The repository's top folder.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the repository").to_path_buf()
}

/// The `pintail` program under test: `PINTAIL_BIN` (the Makefile sets it), else the one beside the test executable.
#[must_use]
pub fn pintail_bin() -> PathBuf {
    if let Some(path) = std::env::var_os("PINTAIL_BIN") {
        return PathBuf::from(path);
    }
    let test = std::env::current_exe().expect("a running test has a path");
    test.ancestors()
        .skip(1)
        .take(2)
        .map(|folder| folder.join("pintail"))
        .find(|path| path.is_file())
        .expect("no pintail program: run the tests with `make test`, or `cargo build -p pintail` first")
}

/// The program whose layers can be turned off: `PINTAIL_WEAKENED_BIN`, which `make attacks` and `make test-heavy` set.
#[must_use]
pub fn weakened_bin() -> PathBuf {
    let path = std::env::var_os("PINTAIL_WEAKENED_BIN");
    PathBuf::from(path.expect("PINTAIL_WEAKENED_BIN is not set: run `make attacks`"))
}

/// Where fetched test clients lie (`scripts/get-test-clients.sh`).
#[must_use]
pub fn clients() -> PathBuf {
    root().join(".tests")
}

/// The file that skipped clients are written to, when the suite runs under `scripts/test.sh`.
#[must_use]
pub fn skips() -> Option<PathBuf> {
    std::env::var_os("PINTAIL_TEST_SKIPS").map(PathBuf::from)
}

/// Whether a skipped client must have a reason in `tests/clients/absent.toml`.
#[must_use]
pub fn is_ci() -> bool {
    std::env::var("CI").is_ok_and(|value| value == "true" || value == "1")
}

/// Whether tests that compare with recorded output record it anew (`PINTAIL_BLESS`).
#[must_use]
pub fn bless() -> bool {
    std::env::var_os("PINTAIL_BLESS").is_some()
}

/// Which protocol scripts to run: those with this in their path (`PINTAIL_TEST_SCRIPTS`); all, when it is not set.
#[must_use]
pub fn scripts() -> String {
    std::env::var("PINTAIL_TEST_SCRIPTS").unwrap_or_default()
}

/// How many requests schemathesis tries for each operation and phase (`SCHEMATHESIS_EXAMPLES`).
#[must_use]
pub fn schemathesis_examples() -> String {
    std::env::var("SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "25".to_owned())
}

/// How long the fuzzer on real sockets runs (`PINTAIL_FUZZ_SECONDS`); nothing: a fixed number of streams.
#[must_use]
pub fn fuzz_duration() -> Option<std::time::Duration> {
    let seconds = std::env::var("PINTAIL_FUZZ_SECONDS").ok()?.parse().ok()?;
    Some(std::time::Duration::from_secs(seconds))
}

/// Which entries of the attack lists to run: those with this in their place or reason (`PINTAIL_TEST_ATTACKS`); all, when
/// it is not set.
#[must_use]
pub fn attacks() -> String {
    std::env::var("PINTAIL_TEST_ATTACKS").unwrap_or_default()
}

/// How long the model-based test runs, each of its forms (`PINTAIL_MODEL_SECONDS`); nothing: a short time.
#[must_use]
pub fn model_duration() -> Option<std::time::Duration> {
    let seconds = std::env::var("PINTAIL_MODEL_SECONDS").ok()?.parse().ok()?;
    Some(std::time::Duration::from_secs(seconds))
}

/// How often the crash test kills something (`PINTAIL_CRASH_ROUNDS`); nothing: a few times.
#[must_use]
pub fn crash_rounds() -> Option<u64> {
    std::env::var("PINTAIL_CRASH_ROUNDS").ok()?.parse().ok()
}

/// What the random tests of the platform begin with (`PINTAIL_SEED`); nothing: another number each time.
#[must_use]
pub fn seed() -> Option<u64> {
    std::env::var("PINTAIL_SEED").ok()?.parse().ok()
}
