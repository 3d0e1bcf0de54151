//! Text forms, read as the type that an OID names.

use engine::Value;
use wire::{
    Diagnostic, SqlState, oid,
    types::{bit, boolean, bytea, date, float, integer, interval, numeric, time, timestamp, uuid},
};

use super::{Style, coerce::Natural, parameter::DecodeError, utf8};

/// Reads a text as a value of the type; types that DuckDB does not have stay text, and so does JSON, which
/// DuckDB checks when it casts it.
pub(super) fn value(type_oid: u32, input: &[u8], style: &Style) -> Result<Natural, DecodeError> {
    let text = utf8(input)?;
    let order = style.values.date_order;
    let zone = &style.zone;
    Ok(Natural::Value(match type_oid {
        oid::BOOL => Value::Boolean(boolean::parse(input)?),
        oid::INT2 => Value::SmallInt(integer::parse(input)?),
        oid::INT4 => Value::Integer(integer::parse(input)?),
        oid::INT8 => Value::BigInt(integer::parse(input)?),
        oid::OID => match integer::parse::<i64>(input).map(u32::try_from) {
            Ok(Ok(number)) => Value::UInteger(number),
            _ => return Err(oid_error(text).into()),
        },
        oid::FLOAT4 => Value::Float(float::parse_f32(input)?),
        oid::FLOAT8 => Value::Double(float::parse_f64(input)?),
        oid::NUMERIC => return Ok(Natural::Numeric(numeric::parse(input)?)),
        oid::BYTEA => Value::Blob(bytea::parse(input)?),
        oid::UUID => Value::Uuid(uuid::parse(input)?),
        oid::DATE => Value::Date(date::parse(input, order)?),
        oid::TIME => Value::Time(time::parse(input, order)?),
        oid::TIMETZ => {
            // Without a date the day is today, as in PostgreSQL.
            let (micros, offset_s) =
                time::parse_tz(input, order, |name, local| zone.resolve(name, local.unwrap_or_else(now)))?;
            Value::TimeTz { micros, offset_s }
        }
        oid::TIMESTAMP => Value::Timestamp(timestamp::parse(input, order)?),
        oid::TIMESTAMPTZ => {
            Value::TimestampTz(timestamp::parse_tz(input, order, |name, local| zone.resolve(name, local))?)
        }
        oid::INTERVAL => {
            let interval::Interval { months, days, micros } =
                interval::parse(input, style.values.interval_style)?;
            Value::Interval(engine::Interval { months, days, micros })
        }
        oid::BIT | oid::VARBIT => Value::Bit(bit::parse(input)?),
        _ => Value::Varchar(text.to_owned()),
    }))
}

/// The present moment in microseconds since 1970-01-01.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.ok().and_then(|since| i64::try_from(since.as_micros()).ok()).unwrap_or(0)
}

fn oid_error(text: &str) -> Diagnostic {
    let message = format!("invalid input syntax for type oid: \"{text}\"");
    Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message)
}
