//! The columns of a result and the rows of the present chunk that they hold encoded.

use std::ops::Range;

use engine::{Chunk, LogicalType};
use wire::frontend::Format;

use super::{Column, EncodeError, Style, effective_format};

/// A result's columns. What puts rows together asks it for ranges of encoded rows.
pub(crate) struct Window {
    columns: Vec<Column>,
    rows: Range<usize>,
}

impl Window {
    /// Columns of these types in these formats; a format that a type does not have becomes text.
    #[must_use]
    pub(crate) fn new(columns: &[(LogicalType, Format)], style: &Style) -> Self {
        let columns = columns
            .iter()
            .map(|(logical, format)| Column::new(logical, effective_format(logical, *format), style));
        Self { columns: columns.collect(), rows: 0..0 }
    }

    /// Forgets what was encoded: another chunk begins.
    pub(crate) fn forget(&mut self) {
        self.rows = 0..0;
    }

    /// The columns.
    #[must_use]
    pub(crate) fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// Has the columns hold the first of these rows and as many of the others as they can: to the chunk's
    /// end, or less when values are long. Answers which of the asked rows are there, counted from the
    /// columns' first; never none.
    ///
    /// # Errors
    /// [`EncodeError`].
    pub(crate) fn hold(&mut self, chunk: &Chunk, rows: &Range<usize>) -> Result<Range<usize>, EncodeError> {
        if !self.rows.contains(&rows.start) {
            let mut count = chunk.len().saturating_sub(rows.start);
            self.rows = 0..0;
            for (index, column) in self.columns.iter_mut().enumerate() {
                let vector = chunk.column(index);
                let vector = vector.ok_or_else(|| EncodeError::Unreadable(column.logical_type().sql()))?;
                count = count.min(column.encode(vector, rows.start..rows.start + count)?);
            }
            self.rows = rows.start..rows.start + count;
        }
        Ok(rows.start - self.rows.start..rows.end.min(self.rows.end) - self.rows.start)
    }
}
