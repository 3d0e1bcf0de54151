//! One account's SQL process.
//!
//! In the order the data flows: the process takes the control link from its standard input and opens the
//! engine behind its locks; each session has a thread, which takes frontend messages, asks the policy,
//! runs statements on DuckDB and encodes their rows into batches for the gateway.

#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod process;
pub mod sample_data;
mod sandbox;
mod instance;
mod catalog;
mod session;
mod settings;
mod platform;
mod diagnose;
mod dialect;
mod policy;
mod advisory;
mod pattern;
mod disk;
mod notes;
mod history;
mod remote;
mod sql;
mod copy;
mod encode;
mod decode;
mod out;
mod weaken;

pub use process::run;

/// The engine's version, as its extensions' folders are called.
#[must_use]
pub fn engine_version() -> String {
    engine::Instance::version()
}

#[cfg(feature = "weaken")]
pub use weaken::weaken;
