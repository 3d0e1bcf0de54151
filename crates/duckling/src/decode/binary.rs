//! Binary forms, read as the type that an OID names.

use engine::Value;
use wire::{
    oid,
    types::{
        ValueError, bit, boolean, date, integer::parse_binary, interval, numeric, time, timestamp, uuid,
    },
};

use super::{coerce::Natural, parameter::DecodeError, utf8::text};

/// Reads a binary value of the type.
pub(super) fn value(type_oid: u32, input: &[u8]) -> Result<Natural, DecodeError> {
    Ok(Natural::Value(match type_oid {
        oid::BOOL => Value::Boolean(boolean::parse_binary(input)?),
        oid::INT2 => Value::SmallInt(i16::from_be_bytes(parse_binary("smallint", input)?)),
        oid::INT4 => Value::Integer(i32::from_be_bytes(parse_binary("integer", input)?)),
        oid::INT8 => Value::BigInt(i64::from_be_bytes(parse_binary("bigint", input)?)),
        oid::OID | oid::REGCLASS | oid::REGTYPE | oid::REGPROC | oid::REGNAMESPACE => {
            Value::UInteger(u32::from_be_bytes(parse_binary("oid", input)?))
        }
        oid::FLOAT4 => Value::Float(f32::from_be_bytes(parse_binary("real", input)?)),
        oid::FLOAT8 => Value::Double(f64::from_be_bytes(parse_binary("double precision", input)?)),
        oid::NUMERIC => return Ok(Natural::Numeric(numeric::parse_binary(input)?)),
        oid::BYTEA => Value::Blob(input.to_vec()),
        oid::UUID => Value::Uuid(uuid::parse_binary(input)?),
        oid::DATE => Value::Date(date::parse_binary(input)?),
        oid::TIME => Value::Time(time::parse_binary(input)?),
        oid::TIMETZ => {
            let (micros, offset_s) = time::parse_tz_binary(input)?;
            Value::TimeTz { micros, offset_s }
        }
        oid::TIMESTAMP => Value::Timestamp(timestamp::parse_binary(input)?),
        oid::TIMESTAMPTZ => Value::TimestampTz(timestamp::parse_binary(input)?),
        oid::INTERVAL => {
            let interval::Interval { months, days, micros } = interval::parse_binary(input)?;
            Value::Interval(engine::Interval { months, days, micros })
        }
        oid::BIT | oid::VARBIT => Value::Bit(bit::parse_binary(input)?),
        oid::JSONB => {
            let Some((1, document)) = input.split_first() else {
                let message = "unsupported jsonb version number";
                return Err(ValueError::BinaryContent { message }.into());
            };
            Value::Varchar(text(document)?)
        }
        _ => Value::Varchar(text(input)?),
    }))
}
