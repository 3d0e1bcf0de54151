//! Which of Arrow's dates and times DuckDB has: it keeps and casts what it is given without looking. Deliberately
//! absent: numbers, of which only decimals have bounds of their own.

use wire::{Diagnostic, SqlState};

/// 24:00:00 in microseconds.
const DAY_MICROS: i64 = 86_400_000_000;

/// The first timestamp, 290309-12-22 BC, in microseconds. The last one is that before infinity.
const FIRST_MICROS: i64 = -9_223_372_022_400_000_000;

/// Infinity of every type of timestamp; its negative is the other one.
const INFINITY: i64 = i64::MAX;

pub(super) fn exceeded(what: &str) -> Diagnostic {
    Diagnostic::error(SqlState::DATETIME_FIELD_OVERFLOW, format!("{what} out of range"))
}

/// Days: all but one are dates or infinities.
pub(super) fn date(days: i32) -> Result<i32, Diagnostic> {
    if days == i32::MIN { Err(exceeded("date")) } else { Ok(days) }
}

/// Microseconds of a day.
pub(super) fn time(micros: i64) -> Result<i64, Diagnostic> {
    if (0..=DAY_MICROS).contains(&micros) { Ok(micros) } else { Err(exceeded("time")) }
}

/// Nanoseconds of a day.
pub(super) fn time_ns(nanos: i64) -> Result<i64, Diagnostic> {
    if (0..=DAY_MICROS * 1000).contains(&nanos) { Ok(nanos) } else { Err(exceeded("time")) }
}

/// Seconds since 1970.
pub(super) fn timestamp_s(seconds: i64) -> Result<i64, Diagnostic> {
    scaled(seconds, 1_000_000)
}

/// Milliseconds since 1970.
pub(super) fn timestamp_ms(millis: i64) -> Result<i64, Diagnostic> {
    scaled(millis, 1000)
}

/// Microseconds since 1970.
pub(super) fn timestamp(micros: i64) -> Result<i64, Diagnostic> {
    scaled(micros, 1)
}

/// Nanoseconds since 1970: all but one are timestamps or infinities.
pub(super) fn timestamp_ns(nanos: i64) -> Result<i64, Diagnostic> {
    if nanos == i64::MIN { Err(exceeded("timestamp")) } else { Ok(nanos) }
}

/// What is infinite, or has that many microseconds in each unit and is a timestamp as such.
fn scaled(value: i64, factor: i64) -> Result<i64, Diagnostic> {
    if value == INFINITY || value == -INFINITY {
        return Ok(value);
    }
    match value.checked_mul(factor) {
        Some(micros) if micros >= FIRST_MICROS => Ok(value),
        Some(_) | None => Err(exceeded("timestamp")),
    }
}
