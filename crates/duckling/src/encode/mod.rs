//! Result rows: from DuckDB's column vectors to DataRow messages.
//!
//! What a column's bytes look like is decided once per result (type × format × style). Then each chunk is
//! encoded column by column, one typed loop each, into that column's own reused buffer, and rows are put
//! together from those by copying. No value is boxed, nothing is allocated per row. The session decides
//! when rows leave; COPY uses the same columns.

mod rows;
mod window;
mod column;
mod array;
mod nested;
mod binary;
mod text;
mod fields;
mod field_type;

pub(crate) use crate::decode::Style;
pub(crate) use column::Column;
pub(crate) use field_type::{effective_format, field_type, has_nulls_only, is_enum, numbered, sent_type};
pub(crate) use fields::Fields;
pub(crate) use rows::RowEncoder;
pub(crate) use window::Window;

use wire::{Diagnostic, SqlState, types::ValueError};

/// Why a value cannot be sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EncodeError {
    /// It is longer than the limit.
    #[error("value of {length_bytes} bytes exceeds the limit of {limit_bytes} bytes")]
    TooLong {
        /// How long it is.
        length_bytes: usize,
        /// How long it may be.
        limit_bytes: usize,
    },
    /// All values of a row together are longer than a message can be.
    #[error("row of {length_bytes} bytes is too long for one message")]
    RowTooLong {
        /// How long it is.
        length_bytes: usize,
    },
    /// A list of lists that are not all as long as each other, or not all there.
    #[error("lists that differ in length have no binary form as an array")]
    Ragged,
    /// It has no form that PostgreSQL's clients can read.
    #[error(transparent)]
    Value(#[from] ValueError),
    /// DuckDB's vector does not hold what its type says, or the type cannot be read.
    #[error("cannot read values of DuckDB's type {0}")]
    Unreadable(String),
}

impl From<EncodeError> for Diagnostic {
    fn from(error: EncodeError) -> Self {
        let message = error.to_string();
        match error {
            EncodeError::TooLong { .. } => Self::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
                .with_hint("Fetch the value in parts, or raise max_value_bytes."),
            EncodeError::RowTooLong { .. } => Self::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
                .with_hint("Select fewer columns, or fetch long values in parts."),
            EncodeError::Ragged => Self::error(SqlState::ARRAY_SUBSCRIPT_ERROR, message)
                .with_hint("Cast the column to JSON, or ask for its text."),
            EncodeError::Value(error) => error.into(),
            EncodeError::Unreadable(_) => {
                Self::error(SqlState::FEATURE_NOT_SUPPORTED, message).with_hint("Cast the column to VARCHAR.")
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
#[cfg(test)]
mod bench;
