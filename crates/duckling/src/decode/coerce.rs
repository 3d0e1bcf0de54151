//! From the type a client sent to the type DuckDB wants.
//!
//! Only what loses nothing or what PostgreSQL itself does on assignment; every other pair is left to
//! DuckDB's own cast of the parameter.

use engine::{LogicalType, Value};
use wire::types::{
    ValueError,
    numeric::{Decimal, Numeric},
};

use super::{Style, json, logical_to_oid, oids, parameter::DecodeError, text};

/// A value as it was sent.
pub(super) enum Natural {
    Value(Value),
    /// Its type is decided by the target, or by its digits.
    Numeric(Numeric),
}

/// The value without a target.
pub(super) fn natural(value: Natural) -> Result<Value, DecodeError> {
    match value {
        Natural::Value(value) => Ok(value),
        Natural::Numeric(Numeric::Finite(decimal)) => Ok(widest(&decimal)?),
        Natural::Numeric(Numeric::NaN) => Ok(Value::Double(f64::NAN)),
        Natural::Numeric(Numeric::Infinity) => Ok(Value::Double(f64::INFINITY)),
        Natural::Numeric(Numeric::NegativeInfinity) => Ok(Value::Double(f64::NEG_INFINITY)),
    }
}

/// A decimal of just the digits there are; an integer of any size; else the fraction is cut to 38 digits.
fn widest(decimal: &Decimal) -> Result<Value, ValueError> {
    let whole = decimal.digits.len().saturating_sub(decimal.scale);
    if whole > 38 {
        let magnitude = decimal.integer_bytes();
        return Ok(Value::BigNum { negative: decimal.negative, magnitude });
    }
    let scale = u8::try_from(decimal.scale.min(38 - whole)).unwrap_or(38);
    let width = u8::try_from(whole).unwrap_or(38).saturating_add(scale).max(1);
    match decimal.fit(38, scale) {
        Ok(value) => {
            // Rounding may have carried into a new digit.
            let width = if decimal.fit(width, scale).is_ok() { width } else { 38 };
            Ok(Value::Decimal { value, width, scale })
        }
        Err(error) => Err(error),
    }
}

/// The value as one of the target's type.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other pair is DuckDB's to cast")]
pub(super) fn to(value: Natural, target: &LogicalType, style: &Style) -> Result<Value, DecodeError> {
    use LogicalType as L;
    let value = match value {
        // Whoever asks an integer that may be wide for a fraction means just that number.
        Natural::Numeric(Numeric::Finite(decimal)) if is_wide(target) && has_fraction(&decimal) => {
            return Ok(widest(&decimal)?);
        }
        Natural::Numeric(Numeric::Finite(decimal)) => return Ok(number(&decimal, target)?),
        Natural::Numeric(other) => match target {
            L::Decimal { width, scale } => {
                return Err(ValueError::NumericField { precision: *width, scale: *scale }.into());
            }
            _ => natural(Natural::Numeric(other))?,
        },
        Natural::Value(value) => value,
    };
    if let Some(integer) = integer(&value) {
        return Ok(integral(integer, value, target)?);
    }
    Ok(match (value, target) {
        (Value::Varchar(text), target) => return from_text(text, target, style),
        (Value::Double(value), L::Float) => Value::Float(narrow_float(value)?),
        (Value::Float(value), L::Double) => Value::Double(f64::from(value)),
        (Value::Time(micros), L::TimeNs) => Value::TimeNs(micros * 1000),
        (Value::Timestamp(micros), L::TimestampS) => Value::TimestampS(scaled(micros, 1_000_000)),
        (Value::Timestamp(micros), L::TimestampMs) => Value::TimestampMs(scaled(micros, 1000)),
        (Value::Timestamp(micros), L::TimestampNs) => nanos(micros)?,
        (value, _) => value,
    })
}

fn is_wide(target: &LogicalType) -> bool {
    use LogicalType as L;
    matches!(target, L::UBigInt | L::HugeInt | L::UHugeInt | L::BigNum)
}

fn has_fraction(decimal: &Decimal) -> bool {
    decimal.digits.iter().rev().take(decimal.scale).any(|digit| *digit != b'0')
}

/// A `double precision` as a `real`.
///
/// # Errors
/// 22003 when it is none.
pub(crate) fn narrow_float(value: f64) -> Result<f32, ValueError> {
    let narrow = narrow(value);
    if narrow.is_infinite() && value.is_finite() {
        return Err(ValueError::CastRange { type_name: "real" });
    }
    Ok(narrow)
}

#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "rounding to the nearest is the point"
)]
fn narrow(value: f64) -> f32 {
    value as f32
}

fn is_infinite(micros: i64) -> bool {
    micros == i64::MAX || micros == -i64::MAX
}

fn scaled(micros: i64, unit: i64) -> i64 {
    if is_infinite(micros) { micros } else { micros.div_euclid(unit) }
}

fn nanos(micros: i64) -> Result<Value, ValueError> {
    if is_infinite(micros) {
        return Ok(Value::TimestampNs(micros));
    }
    let nanos = micros.checked_mul(1000);
    nanos.map(Value::TimestampNs).ok_or(ValueError::DatetimeForm { type_name: "timestamp" })
}

/// Text for a target that is not text is read as the PostgreSQL type that stands for it.
fn from_text(value: String, target: &LogicalType, style: &Style) -> Result<Value, DecodeError> {
    let oid = logical_to_oid(target);
    if !oids::is_scalar(target) {
        return Ok(json::value(target, &value, style)?.unwrap_or(Value::Varchar(value)));
    }
    if oid == wire::oid::TEXT || *target == LogicalType::Geometry {
        return Ok(Value::Varchar(value));
    }
    let natural = text::value(oid, value.as_bytes(), style)?;
    // Read as text again: there is nothing more to make of it.
    if let Natural::Value(Value::Varchar(text)) = natural {
        return Ok(Value::Varchar(text));
    }
    to(natural, target, style)
}

#[expect(clippy::wildcard_enum_match_arm, reason = "all other values are no integers")]
fn integer(value: &Value) -> Option<i128> {
    Some(match value {
        Value::TinyInt(value) => i128::from(*value),
        Value::SmallInt(value) => i128::from(*value),
        Value::Integer(value) => i128::from(*value),
        Value::BigInt(value) => i128::from(*value),
        Value::UInteger(value) => i128::from(*value),
        _ => return None,
    })
}

/// An integer as the target's type, or as it was.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other pair is DuckDB's to cast")]
fn integral(value: i128, as_sent: Value, target: &LogicalType) -> Result<Value, ValueError> {
    use LogicalType as L;
    Ok(match target {
        L::TinyInt
        | L::SmallInt
        | L::Integer
        | L::BigInt
        | L::HugeInt
        | L::UTinyInt
        | L::USmallInt
        | L::UInteger
        | L::UBigInt
        | L::UHugeInt
        | L::BigNum
        | L::Decimal { .. }
        | L::Float
        | L::Double => {
            let negative = value < 0;
            let digits = value.unsigned_abs().to_string().into_bytes();
            let digits = if value == 0 { Vec::new() } else { digits };
            number(&Decimal { negative, digits, scale: 0 }, target)?
        }
        _ => as_sent,
    })
}

/// A decimal number as the target's type; what has no number type gets the widest decimal.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other type gets a decimal to cast")]
fn number(decimal: &Decimal, target: &LogicalType) -> Result<Value, ValueError> {
    use LogicalType as L;
    fn fit<T: TryFrom<i128>>(decimal: &Decimal, type_name: &'static str) -> Result<T, ValueError> {
        let value = decimal.rounded(0).and_then(|value| T::try_from(value).ok());
        value.ok_or(ValueError::CastRange { type_name })
    }
    Ok(match target {
        L::TinyInt => Value::TinyInt(fit(decimal, "tinyint")?),
        L::SmallInt => Value::SmallInt(fit(decimal, "smallint")?),
        L::Integer => Value::Integer(fit(decimal, "integer")?),
        L::BigInt => Value::BigInt(fit(decimal, "bigint")?),
        L::HugeInt => Value::HugeInt(fit(decimal, "hugeint")?),
        L::UTinyInt => Value::UTinyInt(fit(decimal, "utinyint")?),
        L::USmallInt => Value::USmallInt(fit(decimal, "usmallint")?),
        L::UInteger => Value::UInteger(fit(decimal, "uinteger")?),
        L::UBigInt => Value::UBigInt(fit(decimal, "ubigint")?),
        L::UHugeInt => Value::UHugeInt(wide(decimal)?),
        L::BigNum => Value::BigNum { negative: decimal.negative, magnitude: decimal.integer_bytes() },
        L::Decimal { width, scale } => {
            Value::Decimal { value: decimal.fit(*width, *scale)?, width: *width, scale: *scale }
        }
        L::Double => Value::Double(float(decimal)),
        L::Float => Value::Float(narrow(float(decimal))),
        L::Varchar => Value::Varchar(decimal_text(decimal)),
        _ => widest(decimal)?,
    })
}

fn wide(decimal: &Decimal) -> Result<u128, ValueError> {
    let bytes = decimal.integer_bytes();
    let overflow = ValueError::CastRange { type_name: "uhugeint" };
    if bytes.len() > 16 || (decimal.negative && !bytes.is_empty()) {
        return Err(overflow);
    }
    Ok(bytes.iter().fold(0u128, |value, byte| value << 8 | u128::from(*byte)))
}

fn decimal_text(decimal: &Decimal) -> String {
    let digits: &[u8] = if decimal.digits.is_empty() { b"0" } else { &decimal.digits };
    let mut out = Vec::new();
    wire::types::numeric::write_digits(&mut out, decimal.negative, digits, decimal.scale);
    String::from_utf8(out).unwrap_or_default()
}

fn float(decimal: &Decimal) -> f64 {
    decimal_text(decimal).parse().unwrap_or(f64::NAN)
}

/// The type of a list whose elements were sent without a target.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other values are doubles")]
pub(super) fn common(declared: LogicalType, elements: &[Value]) -> LogicalType {
    if !matches!(declared, LogicalType::Decimal { .. }) {
        return declared;
    }
    // The narrowest decimal that holds them all.
    let mut whole_digits = 1;
    let mut most_decimals = 0;
    for element in elements {
        match element {
            Value::Decimal { width, scale, .. } => {
                whole_digits = whole_digits.max(width - scale);
                most_decimals = most_decimals.max(*scale);
            }
            Value::Null => {}
            _ => return LogicalType::Double,
        }
    }
    LogicalType::Decimal {
        width: (whole_digits + most_decimals).min(38),
        scale: most_decimals.min(38 - whole_digits),
    }
}
