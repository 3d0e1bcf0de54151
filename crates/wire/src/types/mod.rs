//! PostgreSQL's own text and binary forms of single values, to the byte.
//!
//! One file a family. Writers append to a buffer and cannot fail; where a value has no form, they answer
//! nothing or a [`ValueError`]. Parsers take bytes from the network, are strict and answer a
//! [`ValueError`] that names the type. Everything is a pure function of its arguments and the session's
//! [`Style`]: time zones come in as offsets or closures, since no zone database belongs here. Columns,
//! rows and DuckDB's types are not known here; that is duckling's `encode`, `decode` and `copy`.

pub mod array;
pub mod interval;
pub mod timestamp;
pub mod time;
pub mod date;
pub mod numeric;
pub mod float;
pub mod integer;
pub mod boolean;
pub mod bit;
pub mod uuid;
pub mod json;
pub mod bytea;
mod datetime;
pub mod calendar;
mod digits;
mod style;
mod error;

pub use digits::append;
pub use error::ValueError;
pub use style::{ByteaOutput, DateOrder, DateStyle, IntervalStyle, Style};

/// A number as a decimal text of digits, for callers that write counts.
pub use integer::write as write_integer;

/// PostgreSQL's binary dates count from 2000-01-01, DuckDB's from 1970-01-01: the days between.
pub const EPOCH_SHIFT_DAYS: i32 = 10_957;

/// The same in microseconds.
pub const EPOCH_SHIFT_US: i64 = 946_684_800_000_000;

/// Strips what C's `isspace` calls white space at both ends, as PostgreSQL's input functions do.
#[must_use]
pub fn trim(input: &[u8]) -> &[u8] {
    let Some(start) = input.iter().position(|byte| !is_space(*byte)) else {
        return &[];
    };
    let end = input.iter().rposition(|byte| !is_space(*byte)).map_or(0, |last| last + 1);
    input.get(start..end).unwrap_or_default()
}

pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}
