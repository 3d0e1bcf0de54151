//! How DuckDB stores the values whose bits are not simply a number (its headers `uuid.hpp`, `bit.hpp`,
//! `bignum.hpp`, `datetime.hpp`), read both by the encoders and by COPY.

use wire::types::{ValueError, interval, numeric, timestamp};

/// DuckDB's time zone offsets in `timetz` end here, in seconds.
const MAX_OFFSET_S: i32 = 16 * 3600 - 1;

/// A UUID is stored with its highest bit turned, so that it sorts as a signed number.
#[must_use]
pub(crate) fn uuid(stored: i128) -> u128 {
    u128::from_ne_bytes(stored.to_ne_bytes()) ^ (1 << 127)
}

/// The other way.
#[must_use]
pub(crate) fn uuid_to_stored(value: u128) -> i128 {
    i128::from_ne_bytes((value ^ (1 << 127)).to_ne_bytes())
}

/// A `timetz`: microseconds above 24 bits of offset, which count down from the highest.
#[must_use]
pub(crate) fn time_tz(stored: u64) -> (i64, i32) {
    let micros = i64::try_from(stored >> 24).unwrap_or(0);
    let offset = i32::try_from(stored & 0x00ff_ffff).unwrap_or(0);
    (micros, MAX_OFFSET_S - offset)
}

/// The digits of a bit string: after a byte with the count of padding bits, which come first.
pub(crate) fn bits(stored: &[u8]) -> impl Iterator<Item = u8> {
    let (padding, bytes) = stored.split_first().map_or((0, stored), |(padding, bytes)| (*padding, bytes));
    let digits = bytes.iter().flat_map(|byte| (0..8).rev().map(move |shift| b'0' + (byte >> shift & 1)));
    digits.skip(usize::from(padding))
}

/// Sign and decimal digits of a BIGNUM: three bytes of header, whose highest bit says that it is not
/// negative, then the magnitude; everything is inverted when it is negative.
#[must_use]
pub(crate) fn big_number(stored: &[u8]) -> (bool, Vec<u8>) {
    let negative = stored.first().is_some_and(|first| first & 0x80 == 0);
    let body = stored.get(3..).unwrap_or_default();
    if negative {
        let magnitude: Vec<u8> = body.iter().map(|byte| !byte).collect();
        return (true, numeric::digits_of_bytes(&magnitude));
    }
    (false, numeric::digits_of_bytes(body))
}

/// The same interval in wire's terms.
#[must_use]
pub(crate) fn interval(value: engine::Interval) -> interval::Interval {
    interval::Interval { months: value.months, days: value.days, micros: value.micros }
}

/// Microseconds of a `TIMESTAMP_S`.
///
/// # Errors
/// [`ValueError::DatetimeForm`] beyond the years of a timestamp.
pub(crate) fn seconds(stored: i64) -> Result<i64, ValueError> {
    scaled(stored, 1_000_000)
}

/// Microseconds of a `TIMESTAMP_MS`.
///
/// # Errors
/// [`ValueError::DatetimeForm`] beyond the years of a timestamp.
pub(crate) fn millis(stored: i64) -> Result<i64, ValueError> {
    scaled(stored, 1000)
}

/// Microseconds of a `TIMESTAMP_NS`: the nanoseconds are cut off.
#[must_use]
pub(crate) fn nanos(stored: i64) -> i64 {
    if is_infinite(stored) { stored } else { stored.div_euclid(1000) }
}

fn scaled(stored: i64, factor: i64) -> Result<i64, ValueError> {
    if is_infinite(stored) {
        return Ok(stored);
    }
    stored.checked_mul(factor).ok_or(ValueError::DatetimeForm { type_name: "timestamp" })
}

fn is_infinite(stored: i64) -> bool {
    stored == timestamp::INFINITY || stored == timestamp::NEGATIVE_INFINITY
}
