//! Binary forms of scalar columns, a typed loop for each of DuckDB's types.

use std::ops::Range;

use engine::{LogicalType, NamedType, Vector};
use wire::types::{ValueError, bit, date, interval, numeric, time, timestamp};

use super::{
    EncodeError, Fields,
    column::{each, each_string, unreadable},
    text,
};
use crate::decode::stored;

/// Encodes rows of a vector.
pub(super) fn encode(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    logical: &LogicalType,
) -> Result<(), EncodeError> {
    use LogicalType as L;
    match logical {
        L::Boolean => each::<u8>(vector, rows, fields, |f, v| array(f, [v])),
        L::TinyInt => each::<i8>(vector, rows, fields, |f, v| array(f, i16::from(v).to_be_bytes())),
        L::UTinyInt => each::<u8>(vector, rows, fields, |f, v| array(f, i16::from(v).to_be_bytes())),
        L::SmallInt => each::<i16>(vector, rows, fields, |f, v| array(f, v.to_be_bytes())),
        L::USmallInt => each::<u16>(vector, rows, fields, |f, v| array(f, i32::from(v).to_be_bytes())),
        L::Integer => each::<i32>(vector, rows, fields, |f, v| array(f, v.to_be_bytes())),
        L::UInteger => each::<u32>(vector, rows, fields, |f, v| array(f, i64::from(v).to_be_bytes())),
        L::BigInt | L::Time => each::<i64>(vector, rows, fields, |f, v| array(f, v.to_be_bytes())),
        L::TimeNs => each::<i64>(vector, rows, fields, |f, v| array(f, (v / 1000).to_be_bytes())),
        L::Float => each::<f32>(vector, rows, fields, |f, v| array(f, v.to_be_bytes())),
        L::Double => each::<f64>(vector, rows, fields, |f, v| array(f, v.to_be_bytes())),
        L::Uuid => each::<i128>(vector, rows, fields, |f, v| array(f, stored::uuid(v).to_be_bytes())),
        L::UBigInt | L::HugeInt | L::UHugeInt | L::BigNum | L::Decimal { .. } => {
            numerics(vector, rows, fields, logical)
        }
        L::Varchar | L::Json | L::Blob | L::Geometry => each_string(vector, rows, fields, |f, v| {
            f.push(v);
            Ok(())
        }),
        L::Named(named) => encode_named(vector, rows, fields, logical, *named),
        L::Bit => {
            let mut bits = Vec::new();
            each_string(vector, rows, fields, |f, v| {
                bits.clear();
                bits.extend(stored::bits(v));
                write(f, |out| {
                    bit::write_binary(out, &bits);
                    Ok(())
                })
            })
        }
        L::Date => each::<i32>(vector, rows, fields, |f, v| array(f, date::to_binary(v)?)),
        L::TimeTz => each::<u64>(vector, rows, fields, |f, v| {
            let (micros, offset_s) = stored::time_tz(v);
            write(f, |out| {
                time::write_tz_binary(out, micros, offset_s);
                Ok(())
            })
        }),
        L::Timestamp | L::TimestampTz => each::<i64>(vector, rows, fields, moment),
        L::TimestampS => each::<i64>(vector, rows, fields, |f, v| moment(f, stored::seconds(v)?)),
        L::TimestampMs => each::<i64>(vector, rows, fields, |f, v| moment(f, stored::millis(v)?)),
        L::TimestampNs => each::<i64>(vector, rows, fields, |f, v| moment(f, stored::nanos(v))),
        L::Interval => each::<engine::Interval>(vector, rows, fields, |f, v| {
            write(f, |out| {
                interval::write_binary(out, stored::interval(v));
                Ok(())
            })
        }),
        L::Enum(words) => text::enumeration(vector, rows, fields, words),
        L::SqlNull => {
            rows.for_each(|_| fields.push_null());
            Ok(())
        }
        L::List(_)
        | L::Array(..)
        | L::Struct(_)
        | L::Map(..)
        | L::Union(_)
        | L::Variant
        | L::Unknown
        | L::Other(_) => Err(unreadable(vector)),
    }
}

/// Numbers of objects are as wide here as in PostgreSQL, others as what they are stored as.
fn encode_named(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    logical: &LogicalType,
    named: NamedType,
) -> Result<(), EncodeError> {
    if named.is_sent() {
        return each_string(vector, rows, fields, |f, v| {
            let digits = std::str::from_utf8(text::sent(v).0).unwrap_or_default();
            array(f, digits.parse::<u32>().unwrap_or_default().to_be_bytes())
        });
    }
    if named == NamedType::Char {
        // PostgreSQL's is one byte, of which 0 is shown as nothing.
        return each_string(vector, rows, fields, |f, v| {
            f.push(if v.is_empty() { b"\0" } else { v });
            Ok(())
        });
    }
    let stored = logical.stored();
    if stored == LogicalType::UInteger {
        return each::<u32>(vector, rows, fields, |f, v| array(f, v.to_be_bytes()));
    }
    encode(vector, rows, fields, &stored)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "the caller's match leaves only BIGNUM")]
fn numerics(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    logical: &LogicalType,
) -> Result<(), EncodeError> {
    use LogicalType as L;
    let put = |f: &mut Fields, negative: bool, magnitude: u128, scale: u8| {
        write(f, |out| {
            numeric::write_binary(out, negative, magnitude, scale);
            Ok(())
        })
    };
    let small =
        |f: &mut Fields, value: i64, scale: u8| put(f, value < 0, u128::from(value.unsigned_abs()), scale);
    match logical {
        L::UBigInt => each::<u64>(vector, rows, fields, |f, v| put(f, false, u128::from(v), 0)),
        L::UHugeInt => each::<u128>(vector, rows, fields, |f, v| put(f, false, v, 0)),
        L::HugeInt => each::<i128>(vector, rows, fields, |f, v| put(f, v < 0, v.unsigned_abs(), 0)),
        L::Decimal { width, scale } => match *width {
            0..=4 => each::<i16>(vector, rows, fields, |f, v| small(f, i64::from(v), *scale)),
            5..=9 => each::<i32>(vector, rows, fields, |f, v| small(f, i64::from(v), *scale)),
            10..=18 => each::<i64>(vector, rows, fields, |f, v| small(f, v, *scale)),
            19.. => each::<i128>(vector, rows, fields, |f, v| put(f, v < 0, v.unsigned_abs(), *scale)),
        },
        _ => each_string(vector, rows, fields, |f, v| {
            let (negative, digits) = stored::big_number(v);
            write(f, |out| {
                let has_form = numeric::write_digits_binary(out, negative, &digits);
                has_form.then_some(()).ok_or(ValueError::NumericOverflow)
            })
        }),
    }
}

#[inline]
fn write(
    fields: &mut Fields,
    value: impl FnOnce(&mut Vec<u8>) -> Result<(), ValueError>,
) -> Result<(), EncodeError> {
    fields.push_with(value).map_err(EncodeError::from)
}

#[inline]
#[expect(clippy::unnecessary_wraps, reason = "the loops take writers that can fail")]
fn array<const N: usize>(fields: &mut Fields, value: [u8; N]) -> Result<(), EncodeError> {
    fields.push_array(value);
    Ok(())
}

#[inline]
fn moment(fields: &mut Fields, micros: i64) -> Result<(), EncodeError> {
    array(fields, timestamp::to_binary(micros)?)
}
