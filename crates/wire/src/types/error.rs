//! What can be wrong with a value, in PostgreSQL's words and codes (sources: its `errmsg` calls in
//! `utils/adt`).

use crate::{Diagnostic, SqlState};

/// Why a value was not taken or cannot be given.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ValueError {
    /// The text is no value of the type.
    #[error("invalid input syntax for type {type_name}: \"{input}\"")]
    Syntax {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
        /// The text.
        input: String,
    },
    /// The text is no value of a date or time type.
    #[error("invalid input syntax for type {type_name}: \"{input}\"")]
    DatetimeSyntax {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
        /// The text.
        input: String,
    },
    /// An integer outside the type's range.
    #[error("value \"{input}\" is out of range for type {type_name}")]
    Range {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
        /// The text.
        input: String,
    },
    /// A floating point number outside the type's range.
    #[error("\"{input}\" is out of range for type {type_name}")]
    FloatRange {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
        /// The text.
        input: String,
    },
    /// A number that a cast to the type cannot take.
    #[error("{type_name} out of range")]
    CastRange {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
    },
    /// A month, day, hour… outside its range.
    #[error("date/time field value out of range: \"{input}\"")]
    DatetimeField {
        /// The text.
        input: String,
        /// Whether another order of day and month might make sense of it.
        maybe_order: bool,
    },
    /// A date or timestamp outside the type's range.
    #[error("{type_name} out of range: \"{input}\"")]
    DatetimeRange {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
        /// The text.
        input: String,
    },
    /// A date or timestamp that has no binary form, since it lies beyond PostgreSQL's range.
    #[error("{type_name} out of range")]
    DatetimeForm {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
    },
    /// An interval field outside its range.
    #[error("interval field value out of range: \"{input}\"")]
    IntervalField {
        /// The text.
        input: String,
    },
    /// A UTC offset outside its range.
    #[error("time zone displacement out of range: \"{input}\"")]
    ZoneDisplacement {
        /// The text.
        input: String,
    },
    /// A name that is no time zone.
    #[error("time zone \"{name}\" not recognized")]
    ZoneName {
        /// The name.
        name: String,
    },
    /// A numeric too large for any numeric.
    #[error("value overflows numeric format")]
    NumericOverflow,
    /// A numeric too large for its precision and scale.
    #[error("numeric field overflow")]
    NumericField {
        /// Digits in all.
        precision: u8,
        /// Digits after the point.
        scale: u8,
    },
    /// A character that is no hexadecimal digit.
    #[error("invalid hexadecimal digit: \"{digit}\"")]
    HexDigit {
        /// The character.
        digit: String,
    },
    /// Half a byte.
    #[error("invalid hexadecimal data: odd number of digits")]
    HexOdd,
    /// A bad escape in a bytea.
    #[error("invalid input syntax for type bytea")]
    ByteaEscape,
    /// A character that is no binary digit.
    #[error("\"{digit}\" is not a valid {} digit", if *.hexadecimal { "hexadecimal" } else { "binary" })]
    BitDigit {
        /// The character.
        digit: String,
        /// Whether the string was in the hexadecimal form.
        hexadecimal: bool,
    },
    /// A text that is no array.
    #[error("malformed array literal: \"{input}\"")]
    ArrayLiteral {
        /// The text.
        input: String,
        /// What is wrong with it.
        detail: &'static str,
    },
    /// More dimensions than PostgreSQL has.
    #[error("number of array dimensions exceeds the maximum allowed (6)")]
    ArrayDimensions,
    /// The binary form is not that of the type.
    #[error("incorrect binary data format for type {type_name}")]
    Binary {
        /// PostgreSQL's name of the type.
        type_name: &'static str,
    },
    /// The binary form says something that the type does not allow.
    #[error("{message}")]
    BinaryContent {
        /// PostgreSQL's message.
        message: &'static str,
    },
}

impl ValueError {
    pub(crate) fn syntax(type_name: &'static str, input: &[u8]) -> Self {
        Self::Syntax { type_name, input: lossy(input) }
    }

    pub(crate) fn datetime(type_name: &'static str, input: &[u8]) -> Self {
        Self::DatetimeSyntax { type_name, input: lossy(input) }
    }

    pub(crate) fn range(type_name: &'static str, input: &[u8]) -> Self {
        Self::Range { type_name, input: lossy(input) }
    }

    pub(crate) fn field(input: &[u8], maybe_order: bool) -> Self {
        Self::DatetimeField { input: lossy(input), maybe_order }
    }

    pub(crate) fn datetime_range(type_name: &'static str, input: &[u8]) -> Self {
        Self::DatetimeRange { type_name, input: lossy(input) }
    }

    /// The SQLSTATE.
    #[must_use]
    pub fn code(&self) -> SqlState {
        match self {
            Self::Syntax { .. } | Self::ByteaEscape | Self::BitDigit { .. } | Self::ArrayLiteral { .. } => {
                SqlState::INVALID_TEXT_REPRESENTATION
            }
            Self::DatetimeSyntax { .. } => SqlState::INVALID_DATETIME_FORMAT,
            Self::Range { .. }
            | Self::FloatRange { .. }
            | Self::CastRange { .. }
            | Self::NumericOverflow
            | Self::NumericField { .. } => SqlState::NUMERIC_VALUE_OUT_OF_RANGE,
            Self::DatetimeField { .. } | Self::DatetimeRange { .. } | Self::DatetimeForm { .. } => {
                SqlState::DATETIME_FIELD_OVERFLOW
            }
            // interval_field_overflow and invalid_time_zone_displacement_value
            Self::IntervalField { .. } => SqlState::parse("22015").unwrap_or(SqlState::DATA_EXCEPTION),
            Self::ZoneDisplacement { .. } => SqlState::parse("22009").unwrap_or(SqlState::DATA_EXCEPTION),
            Self::ZoneName { .. } | Self::HexDigit { .. } | Self::HexOdd => SqlState::INVALID_PARAMETER_VALUE,
            Self::ArrayDimensions => SqlState::PROGRAM_LIMIT_EXCEEDED,
            Self::Binary { .. } | Self::BinaryContent { .. } => SqlState::INVALID_BINARY_REPRESENTATION,
        }
    }

    /// The detail, where PostgreSQL gives one.
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::ArrayLiteral { detail, .. } => Some((*detail).to_owned()),
            Self::NumericField { precision, scale } => {
                let power = precision.saturating_sub(*scale);
                let limit = if power == 0 { "1".to_owned() } else { format!("10^{power}") };
                Some(format!(
                    "A field with precision {precision}, scale {scale} must round to an absolute value \
                     less than {limit}."
                ))
            }
            Self::Syntax { .. }
            | Self::DatetimeSyntax { .. }
            | Self::Range { .. }
            | Self::FloatRange { .. }
            | Self::CastRange { .. }
            | Self::DatetimeField { .. }
            | Self::DatetimeRange { .. }
            | Self::DatetimeForm { .. }
            | Self::IntervalField { .. }
            | Self::ZoneDisplacement { .. }
            | Self::ZoneName { .. }
            | Self::NumericOverflow
            | Self::HexDigit { .. }
            | Self::HexOdd
            | Self::ByteaEscape
            | Self::BitDigit { .. }
            | Self::ArrayDimensions
            | Self::Binary { .. }
            | Self::BinaryContent { .. } => None,
        }
    }

    /// The hint, where PostgreSQL gives one.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        matches!(self, Self::DatetimeField { maybe_order: true, .. })
            .then_some("Perhaps you need a different \"datestyle\" setting.")
    }
}

impl From<ValueError> for Diagnostic {
    fn from(error: ValueError) -> Self {
        let mut diagnostic = Self::error(error.code(), error.to_string());
        diagnostic.detail = error.detail();
        diagnostic.hint = error.hint().map(str::to_owned);
        diagnostic
    }
}

pub(crate) fn lossy(input: &[u8]) -> String {
    String::from_utf8_lossy(input).into_owned()
}
