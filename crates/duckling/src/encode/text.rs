//! Text forms of scalar columns, a typed loop for each of DuckDB's types.

use std::{convert::Infallible, ops::Range};

use engine::{LogicalType, Vector};
use wire::types::{boolean, bytea, date, float, integer, interval, numeric, time, timestamp, uuid};

use super::{
    EncodeError, Fields, Style,
    column::{each, each_string, unreadable},
};
use crate::decode::stored;

/// The number and the name of a value that is sent with both.
pub(super) fn sent(value: &[u8]) -> (&[u8], &[u8]) {
    let blank = value.iter().position(|byte| *byte == b' ').unwrap_or(value.len());
    let (number, name) = value.split_at(blank);
    (number, name.get(1..).unwrap_or_default())
}

/// Encodes rows of a vector.
pub(super) fn encode(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    logical: &LogicalType,
    style: &mut Style,
) -> Result<(), EncodeError> {
    use LogicalType as L;
    let values = style.values;
    match logical {
        L::Boolean => each::<u8>(vector, rows, fields, |f, v| write(f, |out| boolean::write(out, v != 0))),
        L::TinyInt => each::<i8>(vector, rows, fields, integer),
        L::UTinyInt => each::<u8>(vector, rows, fields, integer),
        L::SmallInt => each::<i16>(vector, rows, fields, integer),
        L::USmallInt => each::<u16>(vector, rows, fields, integer),
        L::Integer => each::<i32>(vector, rows, fields, integer),
        L::UInteger => each::<u32>(vector, rows, fields, integer),
        L::BigInt => each::<i64>(vector, rows, fields, integer),
        L::UBigInt => each::<u64>(vector, rows, fields, wide),
        L::HugeInt => each::<i128>(vector, rows, fields, wide),
        L::UHugeInt => each::<u128>(vector, rows, fields, wide),
        L::Float => each::<f32>(vector, rows, fields, |f, v| {
            write(f, |out| float::write(out, v, values.extra_float_digits))
        }),
        L::Double => each::<f64>(vector, rows, fields, |f, v| {
            write(f, |out| float::write(out, v, values.extra_float_digits))
        }),
        L::Decimal { width, scale } => decimal(vector, rows, fields, (*width, *scale)),
        L::Varchar | L::Json => each_string(vector, rows, fields, |f, v| {
            f.push(v);
            Ok(())
        }),
        L::Named(named) if named.is_sent() => each_string(vector, rows, fields, |f, v| {
            f.push(sent(v).1);
            Ok(())
        }),
        L::Named(_) => encode(vector, rows, fields, &logical.stored(), style),
        L::Blob | L::Geometry => each_string(vector, rows, fields, |f, v| {
            write(f, |out| bytea::write(out, v, values.bytea_output))
        }),
        L::Bit => each_string(vector, rows, fields, |f, v| write(f, |out| out.extend(stored::bits(v)))),
        L::BigNum => each_string(vector, rows, fields, |f, v| {
            let (negative, digits) = stored::big_number(v);
            write(f, |out| numeric::write_digits(out, negative, &digits, 0))
        }),
        L::Uuid => {
            each::<i128>(vector, rows, fields, |f, v| write(f, |out| uuid::write(out, stored::uuid(v))))
        }
        L::Interval => each::<engine::Interval>(vector, rows, fields, |f, v| {
            write(f, |out| interval::write(out, stored::interval(v), values.interval_style))
        }),
        L::Enum(words) => enumeration(vector, rows, fields, words),
        L::Date
        | L::Time
        | L::TimeNs
        | L::TimeTz
        | L::Timestamp
        | L::TimestampS
        | L::TimestampMs
        | L::TimestampNs
        | L::TimestampTz => moments(vector, rows, fields, logical, style),
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

#[expect(clippy::wildcard_enum_match_arm, reason = "the caller's match leaves only TIMESTAMP")]
fn moments(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    logical: &LogicalType,
    style: &mut Style,
) -> Result<(), EncodeError> {
    use LogicalType as L;
    let values = style.values;
    let plain = |f: &mut Fields, micros: i64| write(f, |out| timestamp::write(out, micros, values));
    match logical {
        L::Date => each::<i32>(vector, rows, fields, |f, v| write(f, |out| date::write(out, v, values))),
        L::Time => each::<i64>(vector, rows, fields, |f, v| write(f, |out| time::write(out, v))),
        L::TimeNs => each::<i64>(vector, rows, fields, |f, v| write(f, |out| time::write(out, v / 1000))),
        L::TimeTz => each::<u64>(vector, rows, fields, |f, v| {
            let (micros, offset_s) = stored::time_tz(v);
            write(f, |out| time::write_tz(out, micros, offset_s))
        }),
        L::TimestampTz => each::<i64>(vector, rows, fields, |f, v| {
            write(f, |out| timestamp::write_tz(out, v, style.zone.local(v), values))
        }),
        L::TimestampS => each::<i64>(vector, rows, fields, |f, v| plain(f, stored::seconds(v)?)),
        L::TimestampMs => each::<i64>(vector, rows, fields, |f, v| plain(f, stored::millis(v)?)),
        L::TimestampNs => each::<i64>(vector, rows, fields, |f, v| plain(f, stored::nanos(v))),
        _ => each::<i64>(vector, rows, fields, plain),
    }
}

fn decimal(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    (width, scale): (u8, u8),
) -> Result<(), EncodeError> {
    let put = move |f: &mut Fields, value: i64| {
        write(f, |out| numeric::write(out, value < 0, u128::from(value.unsigned_abs()), scale))
    };
    match width {
        0..=4 => each::<i16>(vector, rows, fields, |f, v| put(f, i64::from(v))),
        5..=9 => each::<i32>(vector, rows, fields, |f, v| put(f, i64::from(v))),
        10..=18 => each::<i64>(vector, rows, fields, put),
        19.. => each::<i128>(vector, rows, fields, |f, v| {
            write(f, |out| numeric::write(out, v < 0, v.unsigned_abs(), scale))
        }),
    }
}

/// The words of an enum, also its binary form.
pub(super) fn enumeration(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    words: &[Box<str>],
) -> Result<(), EncodeError> {
    let put = |f: &mut Fields, index: usize| {
        f.push(words.get(index).map(|word| word.as_bytes()).unwrap_or_default());
        Ok(())
    };
    match words.len() {
        0..=255 => each::<u8>(vector, rows, fields, |f, v| put(f, usize::from(v))),
        256..=65_535 => each::<u16>(vector, rows, fields, |f, v| put(f, usize::from(v))),
        _ => each::<u32>(vector, rows, fields, |f, v| put(f, usize::try_from(v).unwrap_or(usize::MAX))),
    }
}

#[inline]
#[expect(clippy::unnecessary_wraps, reason = "the loops take writers that can fail")]
fn write(fields: &mut Fields, value: impl FnOnce(&mut Vec<u8>)) -> Result<(), EncodeError> {
    let Ok(()) = fields.push_with(|out| {
        value(out);
        Ok::<(), Infallible>(())
    });
    Ok(())
}

#[inline]
fn integer(fields: &mut Fields, value: impl Into<i64>) -> Result<(), EncodeError> {
    write(fields, |out| integer::write_i64(out, value.into()))
}

#[inline]
fn wide(fields: &mut Fields, value: impl itoa::Integer) -> Result<(), EncodeError> {
    write(fields, |out| integer::write(out, value))
}
