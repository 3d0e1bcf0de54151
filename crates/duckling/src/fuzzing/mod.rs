//! Fuzz targets: what reads bytes from the network, each as a function of any bytes at all.
//!
//! `fuzz/` runs them under libFuzzer, the tests below run them for some seconds on stable, both from the
//! same corpus (`fuzz/corpus/`). The bytes are either taken as they are or choose their way through a
//! grammar ([`Source`]), so that most inputs are valid up to one place. Only compiled for tests and by
//! `cargo fuzz`; not part of the program.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::print_stdout,
    reason = "a target that panics has found something"
)]

mod value;
mod copy;
mod bind;
mod sql;
mod link;
mod frontend;
mod startup;
mod source;

pub use bind::bind;
pub use copy::{copy_binary, copy_csv, copy_text};
pub use frontend::frontend;
pub use link::link;
pub use sql::sql;
pub use startup::startup;
pub use value::value;

use source::Source;

/// A fuzz target.
pub type Run = fn(&[u8]);

/// All targets, by the name of their corpus folder.
pub const TARGETS: [(&str, Run); 9] = [
    ("startup", startup),
    ("frontend", frontend),
    ("bind", bind),
    ("copy_text", copy_text),
    ("copy_csv", copy_csv),
    ("copy_binary", copy_binary),
    ("link", link),
    ("sql", sql),
    ("value", value),
];

#[cfg(test)]
mod tests;
