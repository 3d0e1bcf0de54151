//! Binary fields straight into the appender's vectors: the receive functions of PostgreSQL's types.

use engine::{LogicalType, VectorMut};
use wire::{
    Diagnostic, SqlState, oid,
    types::{ValueError, boolean, date, interval, time, timestamp, uuid},
};

use super::column::{Target, put, put_decimal, refused};
use crate::decode::{self, Style, stored};

impl Target {
    /// Sets a row to the value that a field's binary form means.
    ///
    /// # Errors
    /// PostgreSQL's for bytes that are no such value, without the context.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other types are read the general way")]
    pub(super) fn set_binary(
        &self,
        vector: &mut VectorMut<'_>,
        row: usize,
        bytes: &[u8],
        style: &Style,
    ) -> Result<(), Diagnostic> {
        use LogicalType as L;
        match &self.logical {
            L::Varchar => {
                decode::utf8(bytes)?;
                self.check_json(bytes)?;
                vector.set_string(row, bytes).map_err(|error| refused(&error))?;
            }
            L::Blob => vector.set_string(row, bytes).map_err(|error| refused(&error))?,
            L::Boolean if bytes.is_empty() => {
                // `pq_getmsgbyte`
                return Err(Diagnostic::error(SqlState::PROTOCOL_VIOLATION, "no data left in message"));
            }
            L::Boolean => vector.set_bool(row, boolean::parse_binary(fixed::<1>(bytes)?.as_slice())?),
            L::TinyInt => put(vector, row, narrow::<i8>(i16::from_be_bytes(fixed(bytes)?), "tinyint")?),
            L::UTinyInt => put(vector, row, narrow::<u8>(i16::from_be_bytes(fixed(bytes)?), "utinyint")?),
            L::SmallInt => put(vector, row, i16::from_be_bytes(fixed(bytes)?)),
            L::USmallInt => put(vector, row, narrow::<u16>(i32::from_be_bytes(fixed(bytes)?), "usmallint")?),
            L::Integer => put(vector, row, i32::from_be_bytes(fixed(bytes)?)),
            L::UInteger => put(vector, row, narrow::<u32>(i64::from_be_bytes(fixed(bytes)?), "uinteger")?),
            L::BigInt => put(vector, row, i64::from_be_bytes(fixed(bytes)?)),
            // `FLOAT` is eight bytes to PostgreSQL: DuckDB's own extension makes a table with it, and sends those.
            L::Float if bytes.len() == size_of::<f64>() => {
                let value = f64::from_be_bytes(fixed(bytes)?);
                put(vector, row, decode::narrow_float(value)?);
            }
            L::Float => put(vector, row, f32::from_be_bytes(fixed(bytes)?)),
            L::Double => put(vector, row, f64::from_be_bytes(fixed(bytes)?)),
            L::Uuid => {
                let value = uuid::parse_binary(fixed::<16>(bytes)?.as_slice())?;
                put(vector, row, stored::uuid_to_stored(value));
            }
            L::Date => put(vector, row, date::parse_binary(fixed::<4>(bytes)?.as_slice())?),
            L::Time => put(vector, row, time::parse_binary(fixed::<8>(bytes)?.as_slice())?),
            L::Timestamp | L::TimestampTz => {
                put(vector, row, timestamp::parse_binary(fixed::<8>(bytes)?.as_slice())?);
            }
            L::Interval => {
                let value = interval::parse_binary(fixed::<16>(bytes)?.as_slice())?;
                let interval::Interval { months, days, micros } = value;
                put(vector, row, engine::Interval { months, days, micros });
            }
            L::Decimal { width, scale } if let Some(value) = plain_numeric(bytes, *width, *scale) => {
                put_decimal(vector, row, value, *width)?;
            }
            L::Enum(_) => return self.set(vector, row, bytes, style),
            other => {
                if let Some(error) = wrong_length(decode::logical_to_oid(other), bytes) {
                    return Err(error);
                }
                let value = decode::binary_value(other, bytes, style)?;
                vector.set_value(row, &value).map_err(|error| refused(&error))?;
            }
        }
        Ok(())
    }
}

/// Exactly so many bytes, as the receive functions of the fixed types want them.
#[inline]
fn fixed<const N: usize>(bytes: &[u8]) -> Result<[u8; N], Diagnostic> {
    bytes.try_into().map_err(|_| if bytes.len() < N { too_short() } else { too_long() })
}

/// The integers that PostgreSQL does not have travel as the next wider one that it has.
fn narrow<T: TryFrom<i64>>(value: impl Into<i64>, type_name: &'static str) -> Result<T, Diagnostic> {
    let value = value.into();
    let range = |_| ValueError::Range { type_name, input: value.to_string() };
    T::try_from(value).map_err(range).map_err(Diagnostic::from)
}

/// The common case of a numeric: at most 32 digits, of which the field's scale drops none.
fn plain_numeric(bytes: &[u8], width: u8, scale: u8) -> Option<i128> {
    const NEGATIVE: u16 = 0x4000;
    const MAX_SCALE: u32 = 0x3fff;
    let (header, body) = bytes.split_first_chunk::<8>()?;
    let [c0, c1, w0, w1, s0, s1, d0, d1] = *header;
    let count = u16::from_be_bytes([c0, c1]);
    let weight = i32::from(i16::from_be_bytes([w0, w1]));
    let sign = u16::from_be_bytes([s0, s1]);
    let shown = u32::from(u16::from_be_bytes([d0, d1]));
    if count > 8 || shown > MAX_SCALE || body.len() != 2 * usize::from(count) || !matches!(sign, 0 | NEGATIVE)
    {
        return None;
    }
    let mut digits = 0i128;
    for group in body.chunks_exact(2) {
        let group = u16::from_be_bytes(group.try_into().ok()?);
        if group >= 10_000 {
            return None;
        }
        digits = digits * 10_000 + i128::from(group);
    }
    // Digits after the point, and how many of them are not to be seen: those have to be zeros.
    let after = 4 * (i32::from(count) - 1 - weight);
    let hidden = u32::try_from(after).unwrap_or(0).saturating_sub(shown);
    if hidden > 0 && digits % 10i128.checked_pow(hidden)? != 0 {
        return None;
    }
    let shift = i32::from(scale) - after;
    let power = 10i128.checked_pow(shift.unsigned_abs())?;
    let value = if shift >= 0 {
        digits.checked_mul(power)?
    } else if digits % power == 0 {
        digits / power
    } else {
        return None;
    };
    let fits = value < 10i128.checked_pow(u32::from(width))?;
    fits.then_some(if sign == NEGATIVE { -value } else { value })
}

/// What is wrong with the length of a value whose length follows from its type or its first bytes.
fn wrong_length(type_oid: u32, bytes: &[u8]) -> Option<Diagnostic> {
    let word = |at: usize, width: usize| {
        let word = bytes.get(at..at + width)?;
        Some(word.iter().fold(0usize, |word, byte| word << 8 | usize::from(*byte)))
    };
    let wanted = match type_oid {
        oid::TIME | oid::TIMESTAMP | oid::TIMESTAMPTZ => Some(8),
        oid::TIMETZ => Some(12),
        oid::NUMERIC => Some(word(0, 2).map_or(8, |groups| 8 + 2 * groups)),
        oid::VARBIT => Some(word(0, 4).map_or(4, |bits| 4 + bits.div_ceil(8))),
        _ => None,
    };
    match bytes.len().cmp(&wanted?) {
        std::cmp::Ordering::Less => Some(too_short()),
        std::cmp::Ordering::Equal => None,
        std::cmp::Ordering::Greater => Some(too_long()),
    }
}

/// `pq_copymsgbytes`
fn too_short() -> Diagnostic {
    Diagnostic::error(SqlState::PROTOCOL_VIOLATION, "insufficient data left in message")
}

/// `CopyReadBinaryAttribute`
fn too_long() -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_BINARY_REPRESENTATION, "incorrect binary data format")
}
