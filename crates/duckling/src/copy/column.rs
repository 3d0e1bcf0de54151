//! A column that COPY fills: from a field's text straight into the appender's vector.

use std::collections::HashMap;

use engine::{Fixed, LogicalType, VectorMut};
use wire::{
    Diagnostic, SqlState,
    types::{ValueError, boolean, bytea, date, float, integer, interval, numeric, time, timestamp, uuid},
};

use crate::decode::{self, Style, stored};

/// A column of the target table.
pub(super) struct Target {
    pub(super) name: String,
    /// The type the appender gets: the table's, or VARCHAR where DuckDB's own cast reads the text.
    pub(super) logical: LogicalType,
    /// Whether the text, which DuckDB is given as it is, has to be JSON.
    is_json: bool,
    /// Of an enum: each word's index.
    words: HashMap<Box<str>, u32>,
}

impl Target {
    #[expect(clippy::wildcard_enum_match_arm, reason = "only enums have words")]
    pub(super) fn new(name: &str, table_type: &LogicalType) -> Self {
        let words = match table_type {
            LogicalType::Enum(words) => {
                (0u32..).zip(words.iter()).map(|(index, word)| (word.clone(), index)).collect()
            }
            _ => HashMap::new(),
        };
        let is_json = *table_type == LogicalType::Json;
        Self { name: name.to_owned(), logical: appended_as(table_type), is_json, words }
    }

    /// Sets a row to the value that a field's text means.
    ///
    /// # Errors
    /// PostgreSQL's for text that is no such value, without the context.
    #[expect(clippy::wildcard_enum_match_arm, reason = "all other types are read the general way")]
    pub(super) fn set(
        &self,
        vector: &mut VectorMut<'_>,
        row: usize,
        text: &[u8],
        style: &Style,
    ) -> Result<(), Diagnostic> {
        use LogicalType as L;
        match &self.logical {
            L::Varchar => {
                self.check_json(text)?;
                vector.set_string(row, text).map_err(|error| refused(&error))?;
            }
            L::Blob => vector.set_string(row, &bytea::parse(text)?).map_err(|error| refused(&error))?,
            L::Boolean => vector.set_bool(row, boolean::parse(text)?),
            L::TinyInt => put(vector, row, small::<i8>(text, "tinyint")?),
            L::UTinyInt => put(vector, row, small::<u8>(text, "utinyint")?),
            L::USmallInt => put(vector, row, small::<u16>(text, "usmallint")?),
            L::UInteger => put(vector, row, small::<u32>(text, "uinteger")?),
            L::SmallInt => put(vector, row, integer::parse::<i16>(text)?),
            L::Integer => put(vector, row, integer::parse::<i32>(text)?),
            L::BigInt => put(vector, row, integer::parse::<i64>(text)?),
            L::Float => put(vector, row, float::parse_f32(text)?),
            L::Double => put(vector, row, float::parse_f64(text)?),
            L::Decimal { width, scale } => {
                put_decimal(vector, row, numeric::parse_fixed(text, *width, *scale)?, *width)?;
            }
            L::Uuid => put(vector, row, stored::uuid_to_stored(uuid::parse(text)?)),
            L::Interval => {
                let value = interval::parse(text, style.values.interval_style)?;
                let interval::Interval { months, days, micros } = value;
                put(vector, row, engine::Interval { months, days, micros });
            }
            L::Enum(words) => return self.set_word(vector, row, text, words.len()),
            L::Date => put(vector, row, date::parse(text, style.values.date_order)?),
            L::Time => put(vector, row, time::parse(text, style.values.date_order)?),
            L::Timestamp => put(vector, row, timestamp::parse(text, style.values.date_order)?),
            L::TimestampTz => {
                let zone = &style.zone;
                let resolve = |name: Option<&str>, local| zone.resolve(name, local);
                put(vector, row, timestamp::parse_tz(text, style.values.date_order, resolve)?);
            }
            other => {
                let value = decode::text_value(other, text, style)?;
                vector.set_value(row, &value).map_err(|error| refused(&error))?;
            }
        }
        Ok(())
    }

    /// Checked here, where the line and column are known. What is nested too deep for this is DuckDB's to read.
    pub(super) fn check_json(&self, text: &[u8]) -> Result<(), Diagnostic> {
        if !self.is_json {
            return Ok(());
        }
        match serde_json::from_slice::<serde::de::IgnoredAny>(text) {
            Err(error) if !error.to_string().starts_with("recursion limit exceeded") => {
                let message = "invalid input syntax for type json";
                Err(Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message))
            }
            Ok(_) | Err(_) => Ok(()),
        }
    }

    fn set_word(
        &self,
        vector: &mut VectorMut<'_>,
        row: usize,
        text: &[u8],
        count: usize,
    ) -> Result<(), Diagnostic> {
        let word = decode::utf8(text)?;
        let Some(index) = self.words.get(word).copied() else {
            let message = format!("invalid input value for enum: \"{word}\"");
            return Err(Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, message));
        };
        match count {
            0..=255 => put(vector, row, u8::try_from(index).unwrap_or(0)),
            256..=65_535 => put(vector, row, u16::try_from(index).unwrap_or(0)),
            _ => put(vector, row, index),
        }
        Ok(())
    }
}

pub(super) fn refused(error: &engine::Error) -> Diagnostic {
    Diagnostic::error(SqlState::INVALID_TEXT_REPRESENTATION, error.message.clone())
}

/// What the appender is told a column is.
#[expect(clippy::wildcard_enum_match_arm, reason = "all other types are read here")]
fn appended_as(table_type: &LogicalType) -> LogicalType {
    use LogicalType as L;
    match table_type {
        L::List(element) | L::Array(element, _) if decode::is_scalar(element) && **element != L::Json => {
            table_type.clone()
        }
        // A JSON column would take any text unread; the cast checks it.
        L::Json
        | L::Geometry
        | L::Variant
        | L::List(_)
        | L::Array(..)
        | L::Struct(_)
        | L::Map(..)
        | L::Union(_)
        | L::SqlNull
        | L::Unknown
        | L::Other(_) => L::Varchar,
        scalar => scalar.clone(),
    }
}

#[inline]
pub(super) fn put<T: Fixed>(vector: &mut VectorMut<'_>, row: usize, value: T) {
    if let Some(slot) = vector.values_mut::<T>().and_then(|values| values.get_mut(row)) {
        *slot = value;
    }
}

/// A decimal's width decides how it is stored, and which values there are.
///
/// # Errors
/// 22003 for a value of more digits.
pub(super) fn put_decimal(
    vector: &mut VectorMut<'_>,
    row: usize,
    value: i128,
    width: u8,
) -> Result<(), Diagnostic> {
    check_decimal(value, width)?;
    match width {
        0..=4 => put(vector, row, i16::try_from(value).unwrap_or(0)),
        5..=9 => put(vector, row, i32::try_from(value).unwrap_or(0)),
        10..=18 => put(vector, row, i64::try_from(value).unwrap_or(0)),
        19.. => put(vector, row, value),
    }
    Ok(())
}

/// Whether a decimal has so many digits at most.
///
/// # Errors
/// 22003 for more.
pub(super) fn check_decimal(value: i128, width: u8) -> Result<(), Diagnostic> {
    let limit = 10u128.checked_pow(u32::from(width));
    if limit.is_some_and(|limit| value.unsigned_abs() < limit) {
        return Ok(());
    }
    let detail = format!("The value has more than {width} digits.");
    let error = Diagnostic::error(SqlState::NUMERIC_VALUE_OUT_OF_RANGE, "numeric field overflow");
    Err(error.with_detail(detail))
}

/// The integers that PostgreSQL does not have.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other errors stay as they are")]
fn small<T: TryFrom<i64>>(text: &[u8], type_name: &'static str) -> Result<T, ValueError> {
    let value = integer::parse::<i64>(text).map_err(|error| match error {
        ValueError::Syntax { input, .. } => ValueError::Syntax { type_name, input },
        ValueError::Range { input, .. } => ValueError::Range { type_name, input },
        other => other,
    })?;
    let input = || String::from_utf8_lossy(text).into_owned();
    T::try_from(value).map_err(|_| ValueError::Range { type_name, input: input() })
}
