//! Every byte format that crosses a process boundary.
//!
//! In the order the data flows: a client's start-up packets, its messages, the server's messages, the
//! link between gateway and duckling, the text and binary forms of values, and the diagnostic that
//! every error becomes. Pure: no input or output, no async, no `unsafe`.
#![forbid(unsafe_code)]

pub mod startup;
pub mod sasl;
pub mod frontend;
pub mod backend;
pub mod link;
pub mod types;
pub mod oid;
pub mod format;
pub mod diagnostic;
pub mod sqlstate;
mod read;

pub use diagnostic::{Diagnostic, Severity};
pub use sqlstate::SqlState;
