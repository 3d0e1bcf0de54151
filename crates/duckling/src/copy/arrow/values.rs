//! Arrow's arrays as DuckDB's vectors: whole slices where both store a type alike, value by value else.

use arrow_array::{
    Array, ArrowPrimitiveType,
    cast::AsArray,
    types::{
        Date32Type, Date64Type, Decimal128Type, DurationMicrosecondType, DurationMillisecondType,
        DurationNanosecondType, DurationSecondType, Float16Type, Float32Type, Float64Type, Int8Type,
        Int16Type, Int32Type, Int64Type, IntervalDayTimeType, IntervalMonthDayNanoType,
        IntervalYearMonthType, Time32MillisecondType, Time32SecondType, Time64MicrosecondType,
        Time64NanosecondType, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
        TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, Field, IntervalUnit, TimeUnit};
use engine::{Fixed, Interval, LogicalType, Value, VectorMut};
use wire::{Diagnostic, SqlState};

use super::range;
use crate::copy::column::{check_decimal, put_decimal};

/// What says that sixteen bytes are a UUID.
const UUID: &str = "arrow.uuid";

/// The most digits of DuckDB's DECIMAL.
const MAX_DECIMAL_WIDTH: u8 = 38;

/// The DuckDB type that a column of a stream is read as.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is not supported")]
pub(super) fn logical(field: &Field) -> Result<LogicalType, Diagnostic> {
    use LogicalType as L;
    let child = |field: &Field| logical(field).map(Box::new);
    Ok(match field.data_type() {
        DataType::FixedSizeBinary(16) if field.extension_type_name() == Some(UUID) => L::Uuid,
        DataType::Boolean => L::Boolean,
        DataType::Int8 => L::TinyInt,
        DataType::Int16 => L::SmallInt,
        DataType::Int32 => L::Integer,
        DataType::Int64 => L::BigInt,
        DataType::UInt8 => L::UTinyInt,
        DataType::UInt16 => L::USmallInt,
        DataType::UInt32 => L::UInteger,
        DataType::UInt64 => L::UBigInt,
        DataType::Float16 | DataType::Float32 => L::Float,
        DataType::Float64 => L::Double,
        DataType::Decimal128(precision, scale) => match u8::try_from(*scale) {
            Ok(scale) if scale <= *precision && (1..=MAX_DECIMAL_WIDTH).contains(precision) => {
                L::Decimal { width: *precision, scale }
            }
            Ok(_) | Err(_) => return Err(unsupported(field)),
        },
        DataType::Null | DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => L::Varchar,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            L::Blob
        }
        DataType::Date32 => L::Date,
        DataType::Date64 | DataType::Timestamp(TimeUnit::Millisecond, None) => L::TimestampMs,
        DataType::Time32(_) | DataType::Time64(TimeUnit::Microsecond) => L::Time,
        DataType::Time64(_) => L::TimeNs,
        DataType::Timestamp(_, Some(_)) => L::TimestampTz,
        DataType::Timestamp(TimeUnit::Second, None) => L::TimestampS,
        DataType::Timestamp(TimeUnit::Microsecond, None) => L::Timestamp,
        DataType::Timestamp(TimeUnit::Nanosecond, None) => L::TimestampNs,
        DataType::Duration(_) | DataType::Interval(_) => L::Interval,
        DataType::List(element) | DataType::LargeList(element) | DataType::FixedSizeList(element, _) => {
            L::List(child(element)?)
        }
        DataType::Struct(fields) => {
            let fields = fields.iter().map(|field| Ok((field.name().clone(), logical(field)?)));
            L::Struct(fields.collect::<Result<_, Diagnostic>>()?)
        }
        DataType::Map(entries, _) => match entries.data_type() {
            DataType::Struct(parts) => match parts.iter().as_slice() {
                [key, value] => L::Map(child(key)?, child(value)?),
                [..] => return Err(unsupported(field)),
            },
            _ => return Err(unsupported(field)),
        },
        // What has parts or no bytes could be said much more often than it was sent.
        DataType::Dictionary(_, values) if values.is_nested() || values.is_null() => {
            return Err(unsupported(field));
        }
        DataType::Dictionary(_, values) => logical(&Field::new(field.name(), (**values).clone(), true))?,
        _ => return Err(unsupported(field)),
    })
}

fn unsupported(field: &Field) -> Diagnostic {
    let message = format!("Arrow type {} of column \"{}\" is not supported", field.data_type(), field.name());
    Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message)
        .with_hint("Cast the column before it is sent.")
}

/// Fills the start of a vector, whose type is [`logical`]'s, with an array.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not stored alike goes value by value")]
pub(super) fn fill(vector: &mut VectorMut<'_>, array: &dyn Array) -> Result<(), Diagnostic> {
    let filled = match array.data_type() {
        DataType::Int8 => copy::<Int8Type>(vector, array),
        DataType::Int16 => copy::<Int16Type>(vector, array),
        DataType::Int32 => copy::<Int32Type>(vector, array),
        DataType::Int64 => copy::<Int64Type>(vector, array),
        DataType::UInt8 => copy::<UInt8Type>(vector, array),
        DataType::UInt16 => copy::<UInt16Type>(vector, array),
        DataType::UInt32 => copy::<UInt32Type>(vector, array),
        DataType::UInt64 => copy::<UInt64Type>(vector, array),
        DataType::Float32 => copy::<Float32Type>(vector, array),
        DataType::Float64 => copy::<Float64Type>(vector, array),
        DataType::Date32 => checked::<Date32Type>(vector, array, range::date)?,
        DataType::Date64 => checked::<Date64Type>(vector, array, range::timestamp_ms)?,
        DataType::Time64(TimeUnit::Microsecond) => {
            checked::<Time64MicrosecondType>(vector, array, range::time)?
        }
        DataType::Time64(TimeUnit::Nanosecond) => {
            checked::<Time64NanosecondType>(vector, array, range::time_ns)?
        }
        DataType::Timestamp(TimeUnit::Second, None) => {
            checked::<TimestampSecondType>(vector, array, range::timestamp_s)?
        }
        DataType::Timestamp(TimeUnit::Millisecond, None) => {
            checked::<TimestampMillisecondType>(vector, array, range::timestamp_ms)?
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            checked::<TimestampMicrosecondType>(vector, array, range::timestamp)?
        }
        DataType::Timestamp(TimeUnit::Nanosecond, None) => {
            checked::<TimestampNanosecondType>(vector, array, range::timestamp_ns)?
        }
        _ => false,
    };
    let valid = |row: &usize| array.is_valid(*row);
    match array.data_type() {
        _ if filled => {}
        DataType::Decimal128(precision, _) => {
            let values = array.as_primitive::<Decimal128Type>();
            for row in (0..array.len()).filter(valid) {
                put_decimal(vector, row, values.value(row), *precision)?;
            }
        }
        DataType::FixedSizeBinary(16) if *vector.logical_type() == LogicalType::Uuid => {
            let values = array.as_fixed_size_binary();
            for row in (0..array.len()).filter(valid) {
                let bytes = values.value(row).try_into().map(u128::from_be_bytes).unwrap_or_default();
                vector.set_value(row, &Value::Uuid(bytes)).map_err(|error| refused(&error))?;
            }
        }
        DataType::Utf8 => {
            let values = array.as_string::<i32>();
            for row in (0..array.len()).filter(valid) {
                vector.set_string(row, values.value(row).as_bytes()).map_err(|error| refused(&error))?;
            }
        }
        _ => {
            for row in (0..array.len()).filter(valid) {
                vector.set_value(row, &value(array, row)?).map_err(|error| refused(&error))?;
            }
        }
    }
    fill_nulls(vector, array)
}

fn fill_nulls(vector: &mut VectorMut<'_>, array: &dyn Array) -> Result<(), Diagnostic> {
    let is_nested = array.data_type().is_nested();
    let nulls = array.logical_nulls();
    let is_null = |row: &usize| nulls.as_ref().is_some_and(|nulls| nulls.is_null(*row));
    for row in (0..array.len()).filter(is_null) {
        if is_nested {
            // The parts of a NULL have to be NULL as well.
            vector.set_value(row, &Value::Null).map_err(|error| refused(&error))?;
        } else {
            vector.set_null(row);
        }
    }
    Ok(())
}

fn refused(error: &engine::Error) -> Diagnostic {
    Diagnostic::error(SqlState::BAD_COPY_FILE_FORMAT, error.message.clone())
}

fn copy<T: ArrowPrimitiveType>(vector: &mut VectorMut<'_>, array: &dyn Array) -> bool
where
    T::Native: Fixed,
{
    let values = array.as_primitive::<T>().values();
    match vector.values_mut::<T::Native>().and_then(|slots| slots.get_mut(..values.len())) {
        Some(slots) => {
            slots.copy_from_slice(values);
            true
        }
        None => false,
    }
}

/// As [`copy`], but not every value is one of DuckDB's.
fn checked<T: ArrowPrimitiveType>(
    vector: &mut VectorMut<'_>,
    array: &dyn Array,
    check: impl Fn(T::Native) -> Result<T::Native, Diagnostic>,
) -> Result<bool, Diagnostic>
where
    T::Native: Fixed,
{
    let values = array.as_primitive::<T>().values();
    let Some(slots) = vector.values_mut::<T::Native>().and_then(|slots| slots.get_mut(..values.len())) else {
        return Ok(false);
    };
    for (row, (slot, value)) in slots.iter_mut().zip(values).enumerate() {
        // Whatever stands where a NULL is does not matter, but must not get in.
        *slot = if array.is_valid(row) { check(*value)? } else { T::Native::default() };
    }
    Ok(true)
}

/// One value of an array.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types were refused")]
fn value(array: &dyn Array, row: usize) -> Result<Value, Diagnostic> {
    if array.is_null(row) {
        return Ok(Value::Null);
    }
    macro_rules! number {
        ($kind:ty) => {
            array.as_primitive::<$kind>().value(row)
        };
    }
    Ok(match array.data_type() {
        DataType::Boolean => Value::Boolean(array.as_boolean().value(row)),
        DataType::Int8 => Value::TinyInt(number!(Int8Type)),
        DataType::Int16 => Value::SmallInt(number!(Int16Type)),
        DataType::Int32 => Value::Integer(number!(Int32Type)),
        DataType::Int64 => Value::BigInt(number!(Int64Type)),
        DataType::UInt8 => Value::UTinyInt(number!(UInt8Type)),
        DataType::UInt16 => Value::USmallInt(number!(UInt16Type)),
        DataType::UInt32 => Value::UInteger(number!(UInt32Type)),
        DataType::UInt64 => Value::UBigInt(number!(UInt64Type)),
        DataType::Float16 => Value::Float(number!(Float16Type).to_f32()),
        DataType::Float32 => Value::Float(number!(Float32Type)),
        DataType::Float64 => Value::Double(number!(Float64Type)),
        DataType::Decimal128(width, scale) => {
            let scale = u8::try_from(*scale).unwrap_or(0);
            let value = number!(Decimal128Type);
            check_decimal(value, *width)?;
            Value::Decimal { value, width: *width, scale }
        }
        DataType::Utf8 => Value::Varchar(array.as_string::<i32>().value(row).to_owned()),
        DataType::LargeUtf8 => Value::Varchar(array.as_string::<i64>().value(row).to_owned()),
        DataType::Utf8View => Value::Varchar(array.as_string_view().value(row).to_owned()),
        DataType::Binary => Value::Blob(array.as_binary::<i32>().value(row).to_vec()),
        DataType::LargeBinary => Value::Blob(array.as_binary::<i64>().value(row).to_vec()),
        DataType::BinaryView => Value::Blob(array.as_binary_view().value(row).to_vec()),
        DataType::FixedSizeBinary(_) => Value::Blob(array.as_fixed_size_binary().value(row).to_vec()),
        DataType::Date32 => Value::Date(range::date(number!(Date32Type))?),
        DataType::Date64 => Value::TimestampMs(range::timestamp_ms(number!(Date64Type))?),
        DataType::Time32(TimeUnit::Second) => {
            Value::Time(range::time(i64::from(number!(Time32SecondType)) * 1_000_000)?)
        }
        DataType::Time32(_) => Value::Time(range::time(i64::from(number!(Time32MillisecondType)) * 1000)?),
        DataType::Time64(TimeUnit::Microsecond) => Value::Time(range::time(number!(Time64MicrosecondType))?),
        DataType::Time64(_) => Value::TimeNs(range::time_ns(number!(Time64NanosecondType))?),
        DataType::Timestamp(unit, zone) => timestamp(array, row, *unit, zone.is_some())?,
        DataType::Duration(_) | DataType::Interval(_) => Value::Interval(interval(array, row)?),
        DataType::List(field) => list(field, array.as_list::<i32>().value(row).as_ref())?,
        DataType::LargeList(field) => list(field, array.as_list::<i64>().value(row).as_ref())?,
        DataType::FixedSizeList(field, _) => list(field, array.as_fixed_size_list().value(row).as_ref())?,
        DataType::Struct(fields) => {
            let columns = array.as_struct().columns().iter().zip(fields);
            let values = columns.map(|(column, field)| {
                Ok((field.name().clone(), logical(field)?, value(column.as_ref(), row)?))
            });
            Value::Struct(values.collect::<Result<_, Diagnostic>>()?)
        }
        DataType::Map(entries, _) => map(entries, array, row)?,
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            value(dictionary.values().as_ref(), key(dictionary.keys(), row))?
        }
        _ => Value::Null,
    })
}

/// Where in a dictionary a row's value is; keys were checked against it when they were read.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types are no keys")]
pub(super) fn key(keys: &dyn Array, row: usize) -> usize {
    macro_rules! index {
        ($kind:ty) => {
            usize::try_from(keys.as_primitive::<$kind>().value(row)).unwrap_or(0)
        };
    }
    match keys.data_type() {
        DataType::Int8 => index!(Int8Type),
        DataType::Int16 => index!(Int16Type),
        DataType::Int32 => index!(Int32Type),
        DataType::Int64 => index!(Int64Type),
        DataType::UInt8 => index!(UInt8Type),
        DataType::UInt16 => index!(UInt16Type),
        DataType::UInt32 => index!(UInt32Type),
        DataType::UInt64 => index!(UInt64Type),
        _ => 0,
    }
}

fn timestamp(array: &dyn Array, row: usize, unit: TimeUnit, has_zone: bool) -> Result<Value, Diagnostic> {
    let value = match unit {
        TimeUnit::Second => array.as_primitive::<TimestampSecondType>().value(row),
        TimeUnit::Millisecond => array.as_primitive::<TimestampMillisecondType>().value(row),
        TimeUnit::Microsecond => array.as_primitive::<TimestampMicrosecondType>().value(row),
        TimeUnit::Nanosecond => array.as_primitive::<TimestampNanosecondType>().value(row),
    };
    let micros = |factor: i64| value.checked_mul(factor).ok_or_else(|| range::exceeded("timestamp"));
    Ok(match (unit, has_zone) {
        (TimeUnit::Second, false) => Value::TimestampS(range::timestamp_s(value)?),
        (TimeUnit::Millisecond, false) => Value::TimestampMs(range::timestamp_ms(value)?),
        (TimeUnit::Microsecond, false) => Value::Timestamp(range::timestamp(value)?),
        (TimeUnit::Nanosecond, false) => Value::TimestampNs(range::timestamp_ns(value)?),
        (TimeUnit::Second, true) => Value::TimestampTz(range::timestamp(micros(1_000_000)?)?),
        (TimeUnit::Millisecond, true) => Value::TimestampTz(range::timestamp(micros(1000)?)?),
        (TimeUnit::Microsecond, true) => Value::TimestampTz(range::timestamp(value)?),
        (TimeUnit::Nanosecond, true) => Value::TimestampTz(value.div_euclid(1000)),
    })
}

/// One interval, of any kind.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types were refused")]
fn interval(array: &dyn Array, row: usize) -> Result<Interval, Diagnostic> {
    let of_micros = |micros: Option<i64>| {
        let micros = micros.ok_or_else(|| range::exceeded("interval"))?;
        Ok(Interval { months: 0, days: 0, micros })
    };
    match array.data_type() {
        DataType::Duration(TimeUnit::Second) => {
            of_micros(array.as_primitive::<DurationSecondType>().value(row).checked_mul(1_000_000))
        }
        DataType::Duration(TimeUnit::Millisecond) => {
            of_micros(array.as_primitive::<DurationMillisecondType>().value(row).checked_mul(1000))
        }
        DataType::Duration(TimeUnit::Microsecond) => {
            of_micros(Some(array.as_primitive::<DurationMicrosecondType>().value(row)))
        }
        DataType::Duration(TimeUnit::Nanosecond) => {
            of_micros(Some(array.as_primitive::<DurationNanosecondType>().value(row) / 1000))
        }
        DataType::Interval(IntervalUnit::YearMonth) => {
            let months = array.as_primitive::<IntervalYearMonthType>().value(row);
            Ok(Interval { months, days: 0, micros: 0 })
        }
        DataType::Interval(IntervalUnit::DayTime) => {
            let value = array.as_primitive::<IntervalDayTimeType>().value(row);
            Ok(Interval { months: 0, days: value.days, micros: i64::from(value.milliseconds) * 1000 })
        }
        _ => {
            let value = array.as_primitive::<IntervalMonthDayNanoType>().value(row);
            Ok(Interval { months: value.months, days: value.days, micros: value.nanoseconds / 1000 })
        }
    }
}

fn list(field: &Field, items: &dyn Array) -> Result<Value, Diagnostic> {
    let values = (0..items.len()).map(|row| value(items, row));
    Ok(Value::List(logical(field)?, values.collect::<Result<_, _>>()?))
}

fn map(entries: &Field, array: &dyn Array, row: usize) -> Result<Value, Diagnostic> {
    let items = array.as_map().value(row);
    let (Ok(LogicalType::Struct(parts)), [keys, values]) = (logical(entries), items.columns()) else {
        return Err(unsupported(entries));
    };
    let mut types = parts.into_iter().map(|(_, logical)| logical);
    let (Some(key_type), Some(value_type)) = (types.next(), types.next()) else {
        return Err(unsupported(entries));
    };
    let pairs = (0..items.len()).map(|row| Ok((value(keys.as_ref(), row)?, value(values.as_ref(), row)?)));
    Ok(Value::Map(key_type, value_type, pairs.collect::<Result<_, Diagnostic>>()?))
}
