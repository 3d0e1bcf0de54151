//! A column: how it is encoded, and what it has encoded.

use std::ops::Range;

use engine::{Fixed, LogicalType, Vector};
use wire::frontend::Format;

use super::{EncodeError, Fields, Style, binary, nested::Nested, text};

/// A column of a chunk stops being encoded when it has this many bytes; the rest of the chunk follows
/// when those rows are gone. A single value may be longer.
const WINDOW_BYTES: usize = 8 << 20;

/// Nested columns are encoded so many rows at a time, children first.
const NESTED_ROWS: usize = 256;

/// How one column's values become bytes, and the bytes of the rows at hand.
pub(crate) struct Column {
    logical: LogicalType,
    form: Form,
    style: Style,
    fields: Fields,
}

enum Form {
    Text,
    Binary,
    Nested(Box<Nested>),
}

impl Column {
    /// A column of a type in a format, which must be the effective one.
    #[must_use]
    pub(crate) fn new(logical: &LogicalType, format: Format, style: &Style) -> Self {
        let form = match (Nested::new(logical, format, style), format) {
            (Some(nested), _) => Form::Nested(Box::new(nested)),
            (None, Format::Text) => Form::Text,
            (None, Format::Binary) => Form::Binary,
        };
        let fields = Fields::new(WINDOW_BYTES);
        Self { logical: logical.clone(), form, style: style.clone(), fields }
    }

    /// The same for a column inside a nested one, which is always encoded whole.
    pub(super) fn child(logical: &LogicalType, format: Format, style: &Style) -> Self {
        Self { fields: Fields::new(usize::MAX), ..Self::new(logical, format, style) }
    }

    /// A column whose values become JSON texts inside a nested value.
    pub(super) fn json(logical: &LogicalType, style: &Style) -> Self {
        Self {
            logical: logical.clone(),
            form: Form::Nested(Box::new(Nested::json(logical, style))),
            style: style.clone(),
            fields: Fields::new(usize::MAX),
        }
    }

    /// What was encoded last.
    #[must_use]
    pub(crate) fn fields(&self) -> &Fields {
        &self.fields
    }

    /// Encodes rows of a vector, in place of those before. May stop early, after one row at least, when
    /// values are long; answers how many rows it did.
    ///
    /// # Errors
    /// [`EncodeError`], except for lengths, which the caller checks.
    pub(crate) fn encode(&mut self, vector: Vector<'_>, rows: Range<usize>) -> Result<usize, EncodeError> {
        self.fields.clear();
        match &mut self.form {
            Form::Text => text::encode(vector, rows, &mut self.fields, &self.logical, &mut self.style)?,
            Form::Binary => binary::encode(vector, rows, &mut self.fields, &self.logical)?,
            Form::Nested(nested) => {
                let mut next = rows.start;
                while next < rows.end && !self.fields.is_full() {
                    let end = rows.end.min(next + NESTED_ROWS);
                    nested.encode(vector, next..end, &mut self.fields)?;
                    next = end;
                }
            }
        }
        Ok(self.fields.len())
    }

    /// The DuckDB type.
    #[must_use]
    pub(crate) fn logical_type(&self) -> &LogicalType {
        &self.logical
    }
}

/// One typed loop over rows of fixed width.
#[inline]
pub(super) fn each<T: Fixed>(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    mut write: impl FnMut(&mut Fields, T) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let values = vector.values::<T>().and_then(|values| values.get(rows.clone()));
    let values = values.ok_or_else(|| unreadable(vector))?;
    fields.reserve(values.len(), 16);
    let validity = vector.validity();
    if validity.all_valid() {
        for value in values {
            write(fields, *value)?;
        }
    } else {
        for (row, value) in rows.zip(values) {
            if validity.is_valid(row) {
                write(fields, *value)?;
            } else {
                fields.push_null();
            }
        }
    }
    Ok(())
}

/// One loop over rows of byte strings, which stops when there is enough.
#[inline]
pub(super) fn each_string(
    vector: Vector<'_>,
    rows: Range<usize>,
    fields: &mut Fields,
    mut write: impl FnMut(&mut Fields, &[u8]) -> Result<(), EncodeError>,
) -> Result<(), EncodeError> {
    let strings = vector.strings().ok_or_else(|| unreadable(vector))?;
    let validity = vector.validity();
    for row in rows {
        if validity.is_valid(row) {
            write(fields, strings.bytes(row))?;
        } else {
            fields.push_null();
        }
        if fields.is_full() {
            break;
        }
    }
    Ok(())
}

pub(super) fn unreadable(vector: Vector<'_>) -> EncodeError {
    EncodeError::Unreadable(vector.logical_type().sql())
}
