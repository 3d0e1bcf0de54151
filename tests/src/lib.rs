//! The test harness: starts a real `pintail serve` and a real PostgreSQL 15, talks to either over TLS with a
//! protocol client of its own, and runs foreign clients.
//!
//! It shares no code with the server: a mistake in `crates/wire` cannot hide behind the same mistake here.
//! Modules are in data-flow order; one may use only those listed after it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::wildcard_enum_match_arm,
    clippy::missing_errors_doc,
    clippy::missing_panics_doc,
    reason = "test code: a step that fails is a test that fails, and says so itself"
)]

pub mod script;
pub mod matrix;
pub mod pintail;
pub mod postgres;
pub mod foreign;
pub mod raw;
pub mod message;
pub mod stream;
pub mod target;
pub mod template;
pub mod process;
pub mod config;

pub use message::{Backend, Batch, Bind, Report};
pub use pintail::Pintail;
pub use postgres::Postgres;
pub use raw::RawClient;
pub use target::Target;
