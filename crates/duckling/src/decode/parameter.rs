//! One parameter of a Bind message.

use engine::{LogicalType, Value};
use wire::{Diagnostic, SqlState, frontend::Format, oid, types::ValueError};

use super::{Style, array, binary, coerce, json, text};

/// What is known about a parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter<'p> {
    /// Its number, from 1.
    pub(crate) number: usize,
    /// The PostgreSQL type that the client declared or was told; its bytes are of that type.
    pub(crate) oid: u32,
    /// The type that DuckDB wants, where it knows.
    pub(crate) target: Option<&'p LogicalType>,
}

/// Why a value could not be read.
#[derive(Debug)]
pub(super) enum DecodeError {
    Value(ValueError),
    /// Text that is not UTF-8, or a value with a diagnostic of its own.
    Other(Box<Diagnostic>),
}

impl From<ValueError> for DecodeError {
    fn from(error: ValueError) -> Self {
        Self::Value(error)
    }
}

impl From<Diagnostic> for DecodeError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Other(Box::new(diagnostic))
    }
}

/// Reads a parameter's value; nothing is NULL.
///
/// # Errors
/// PostgreSQL's, with its codes: 22P02, 22003, 22007, 22008, 22021, 22P03…
pub(crate) fn parameter(
    parameter: &Parameter<'_>,
    bytes: Option<&[u8]>,
    format: Format,
    style: &Style,
) -> Result<Value, Diagnostic> {
    let Some(bytes) = bytes else {
        return Ok(Value::Null);
    };
    let read = value(parameter.oid, parameter.target, bytes, format, style);
    read.map_err(|error| match error {
        DecodeError::Value(ValueError::Binary { .. }) => {
            let message = format!("incorrect binary data format in bind parameter {}", parameter.number);
            Diagnostic::error(SqlState::INVALID_BINARY_REPRESENTATION, message)
        }
        DecodeError::Value(error) => error.into(),
        DecodeError::Other(diagnostic) => *diagnostic,
    })
}

/// Reads a text as a value of a DuckDB type, as a parameter of that type would be read.
///
/// # Errors
/// PostgreSQL's for the type that stands for it.
pub(crate) fn text_value(target: &LogicalType, text: &[u8], style: &Style) -> Result<Value, Diagnostic> {
    let typed = Parameter { number: 1, oid: super::logical_to_oid(target), target: Some(target) };
    parameter(&typed, Some(text), Format::Text, style)
}

/// Reads a binary form as a value of a DuckDB type, as the receive function of the type that stands for it.
///
/// # Errors
/// PostgreSQL's; 08P01 for a value that ends too early.
pub(crate) fn binary_value(target: &LogicalType, bytes: &[u8], style: &Style) -> Result<Value, Diagnostic> {
    let read = value(super::logical_to_oid(target), Some(target), bytes, Format::Binary, style);
    read.map_err(|error| match error {
        DecodeError::Value(ValueError::Binary { .. }) => {
            Diagnostic::error(SqlState::PROTOCOL_VIOLATION, "insufficient data left in message")
        }
        DecodeError::Value(error) => error.into(),
        DecodeError::Other(diagnostic) => *diagnostic,
    })
}

/// Reads bytes of a type, and makes the target's value of them.
pub(super) fn value(
    type_oid: u32,
    target: Option<&LogicalType>,
    bytes: &[u8],
    format: Format,
    style: &Style,
) -> Result<Value, DecodeError> {
    if let Some(element_oid) = super::element_of(type_oid) {
        return array::value(element_oid, target, bytes, format, style);
    }
    if matches!(type_oid, oid::JSON | oid::JSONB) && target.is_none_or(|target| *target == LogicalType::Json)
    {
        json::check(bytes, type_oid, format)?;
    }
    let natural = match format {
        Format::Text => text::value(type_oid, bytes, style)?,
        Format::Binary => binary::value(type_oid, bytes)?,
    };
    match target {
        Some(target) => coerce::to(natural, target, style),
        None => coerce::natural(natural),
    }
}
