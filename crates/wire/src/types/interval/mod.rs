//! `interval`: months, days and microseconds, in the four styles (`EncodeInterval`, `interval_in`).

mod output;
mod input;

pub use input::parse;
pub use output::write;

use super::ValueError;
use crate::read::Body;

pub(super) const NAME: &str = "interval";

/// An interval as both DuckDB and PostgreSQL keep it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Interval {
    /// Months.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds.
    pub micros: i64,
}

/// The binary form.
pub fn write_binary(out: &mut Vec<u8>, value: Interval) {
    out.extend_from_slice(&value.micros.to_be_bytes());
    out.extend_from_slice(&value.days.to_be_bytes());
    out.extend_from_slice(&value.months.to_be_bytes());
}

/// Reads the binary form.
///
/// # Errors
/// [`ValueError::Binary`].
pub fn parse_binary(input: &[u8]) -> Result<Interval, ValueError> {
    let mut body = Body::new(input);
    let value = body.array().zip(body.array()).zip(body.array()).map(|((micros, days), months)| Interval {
        micros: i64::from_be_bytes(micros),
        days: i32::from_be_bytes(days),
        months: i32::from_be_bytes(months),
    });
    value.filter(|_| body.is_empty()).ok_or(ValueError::Binary { type_name: NAME })
}

#[cfg(test)]
mod tests;
