//! Rows of fields into the appender's chunks.

use engine::{ChunkBuilder, LogicalType};
use wire::{Diagnostic, SqlState};

use super::{CopyOptions, column::Target, fields::Fields, place::Place};
use crate::decode::Style;

/// Takes a full chunk away: the appender's `append`.
pub(super) type Take<'t> = dyn FnMut(&ChunkBuilder) -> Result<(), Diagnostic> + 't;

/// The columns, and the chunk that is being filled.
pub(super) struct Loader {
    pub(super) targets: Vec<Target>,
    /// Of each column: `FORCE_NOT_NULL` and `FORCE_NULL`.
    forced: Vec<(bool, bool)>,
    null: Vec<u8>,
    style: Style,
    chunk: ChunkBuilder,
    /// Rows in the chunk.
    filled: usize,
    rows: u64,
}

impl Loader {
    pub(super) fn new(
        options: &CopyOptions,
        columns: &[(String, LogicalType)],
        style: &Style,
    ) -> Result<Self, Diagnostic> {
        let names = columns.iter().map(|(name, _)| name.as_str());
        let not_null = options.force_not_null.flags("FORCE_NOT_NULL", names.clone())?;
        let null = options.force_null.flags("FORCE_NULL", names)?;
        let targets: Vec<_> = columns.iter().map(|(name, logical)| Target::new(name, logical)).collect();
        let types: Vec<_> = targets.iter().map(|target| target.logical.clone()).collect();
        let chunk = ChunkBuilder::new(&types)
            .map_err(|error| Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, error.message.clone()))?;
        Ok(Self {
            targets,
            forced: not_null.into_iter().zip(null).collect(),
            null: options.null.clone().into_bytes(),
            style: style.clone(),
            chunk,
            filled: 0,
            rows: 0,
        })
    }

    /// Adds a row, and hands the chunk over when it is full.
    pub(super) fn store(
        &mut self,
        fields: &Fields,
        row: &[u8],
        place: Place<'_>,
        take: &mut Take<'_>,
    ) -> Result<(), Diagnostic> {
        if fields.len() > self.targets.len() {
            let error = malformed("extra data after last expected column");
            return Err(place.of_content(error, row));
        }
        let mut values = fields.iter(row);
        for (index, (target, (not_null, null))) in self.targets.iter().zip(&self.forced).enumerate() {
            let Some(value) = values.next() else {
                let error = malformed(format!("missing data for column \"{}\"", target.name));
                return Err(place.of_content(error, row));
            };
            let value = match value {
                None if *not_null => Some(self.null.as_slice()),
                Some(value) if *null && value == self.null => None,
                value => value,
            };
            let Some(mut vector) = self.chunk.column_mut(index) else {
                continue;
            };
            match value {
                None => vector.set_null(self.filled),
                Some(value) => target
                    .set(&mut vector, self.filled, value, &self.style)
                    .map_err(|error| place.of_value(error, &target.name, Some(value)))?,
            }
        }
        self.end_row(take)
    }

    /// Rows added so far.
    pub(super) fn rows(&self) -> u64 {
        self.rows
    }

    /// Sets a column of the row under way from its binary form; nothing is NULL.
    pub(super) fn set_binary(
        &mut self,
        index: usize,
        value: Option<&[u8]>,
        place: Place<'_>,
    ) -> Result<(), Diagnostic> {
        let (Some(target), Some(mut vector)) = (self.targets.get(index), self.chunk.column_mut(index)) else {
            return Ok(());
        };
        let Some(value) = value else {
            vector.set_null(self.filled);
            return Ok(());
        };
        let set = target.set_binary(&mut vector, self.filled, value, &self.style);
        set.map_err(|error| place.of_column(error, &target.name))
    }

    /// An error about a field of a column, whose contents cannot be shown.
    pub(super) fn of_column(&self, error: Diagnostic, index: usize, place: Place<'_>) -> Diagnostic {
        match self.targets.get(index) {
            Some(target) => place.of_column(error, &target.name),
            None => place.of_line(error),
        }
    }

    /// Ends the row under way, and hands the chunk over when it is full.
    pub(super) fn end_row(&mut self, take: &mut Take<'_>) -> Result<(), Diagnostic> {
        self.filled += 1;
        self.rows += 1;
        if self.filled == ChunkBuilder::CAPACITY { self.hand_over(take) } else { Ok(()) }
    }

    /// Hands over the rows that there are.
    pub(super) fn hand_over(&mut self, take: &mut Take<'_>) -> Result<(), Diagnostic> {
        if self.filled == 0 {
            return Ok(());
        }
        self.chunk.set_len(self.filled);
        take(&self.chunk)?;
        self.chunk.reset();
        self.filled = 0;
        Ok(())
    }
}

pub(super) fn malformed(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(SqlState::BAD_COPY_FILE_FORMAT, message)
}
