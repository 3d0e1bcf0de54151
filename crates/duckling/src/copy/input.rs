//! CopyData into chunks: pieces cut anywhere are put together and read as the format says.
//!
//! What a row is in text and csv stands in `delimited`, in PostgreSQL's binary format in `binary`; both
//! hand their fields to the loader.

use engine::{ChunkBuilder, LogicalType};
use wire::{Diagnostic, SqlState};

use super::{
    CopyFormat, CopyOptions, CopyTarget,
    binary::Binary,
    delimited::Delimited,
    load::{Loader, Take},
};
use crate::decode::Style;

/// Reads the data of one COPY FROM STDIN.
pub(crate) struct CopyIn {
    reader: Reader,
    loader: Loader,
    max_value_bytes: usize,
    /// The start of a row whose end has not come.
    pending: Vec<u8>,
}

enum Reader {
    Delimited(Box<Delimited>),
    Binary(Binary),
}

impl CopyIn {
    /// A reader for a table's columns.
    ///
    /// # Errors
    /// 42P10 for an option that names another column.
    pub(crate) fn new(
        options: &CopyOptions,
        target: &CopyTarget,
        style: &Style,
        max_value_bytes: usize,
    ) -> Result<Self, Diagnostic> {
        let reader = match options.format {
            CopyFormat::Binary => Reader::Binary(Binary::new(&target.table, max_value_bytes)),
            CopyFormat::Text | CopyFormat::Csv | CopyFormat::Parquet | CopyFormat::Arrow => {
                Reader::Delimited(Box::new(Delimited::new(options, &target.table, max_value_bytes)))
            }
        };
        let loader = Loader::new(options, target, style)?;
        Ok(Self { reader, loader, max_value_bytes, pending: Vec::new() })
    }

    /// The columns that the appender is made with: names, and the table's types, except that types which
    /// are not decoded here are VARCHAR, to be cast by the statement that reads `appended_data`. After them
    /// a BOOLEAN for each column whose default can be meant ([`marker_name`](super::marker_name)).
    pub(crate) fn appended(&self) -> Vec<(&str, LogicalType)> {
        self.loader.appended()
    }

    /// How many columns the data has.
    #[must_use]
    pub(crate) fn column_count(&self) -> usize {
        self.loader.targets.len()
    }

    /// The line that was read last, counted from 1; a row, in the binary format.
    #[must_use]
    pub(crate) fn line(&self) -> u64 {
        match &self.reader {
            Reader::Delimited(reader) => reader.line(),
            Reader::Binary(reader) => reader.line(),
        }
    }

    /// Rows read so far.
    #[must_use]
    pub(crate) fn rows(&self) -> u64 {
        self.loader.rows()
    }

    /// Takes a piece of the data, cut anywhere, and hands every full chunk to `take`.
    ///
    /// # Errors
    /// PostgreSQL's for data that is not right (22P04, 22P02, 22021…), with the line and column as its
    /// context; 54000 for a row that is too long; what `take` fails with.
    pub(crate) fn push(
        &mut self,
        data: &[u8],
        mut take: impl FnMut(&ChunkBuilder) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        if self.pending.is_empty() {
            let used = self.consume(data, false, &mut take)?;
            self.pending.extend_from_slice(data.get(used..).unwrap_or_default());
        } else {
            let mut pending = std::mem::take(&mut self.pending);
            pending.extend_from_slice(data);
            let used = self.consume(&pending, false, &mut take)?;
            pending.drain(..used);
            self.pending = pending;
        }
        // One long row should not hold its memory for the rest of the data.
        self.pending.shrink_to(KEPT_BYTES.max(2 * self.pending.len()));
        if self.pending.len() <= self.max_value_bytes {
            return Ok(());
        }
        let message = format!("row of COPY data exceeds the limit of {} bytes", self.max_value_bytes);
        let error = Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
        Err(match &self.reader {
            Reader::Delimited(reader) => reader.next_place().of_line(error),
            Reader::Binary(reader) => reader.place().of_line(error),
        })
    }

    /// Takes the end of the data: the last row may lack its newline. Hands over the rows that are left and
    /// answers how many there were in all.
    ///
    /// # Errors
    /// As [`CopyIn::push`].
    pub(crate) fn finish(
        &mut self,
        mut take: impl FnMut(&ChunkBuilder) -> Result<(), Diagnostic>,
    ) -> Result<u64, Diagnostic> {
        let pending = std::mem::take(&mut self.pending);
        self.consume(&pending, true, &mut take)?;
        self.loader.hand_over(&mut take)?;
        Ok(self.rows())
    }

    /// Reads all rows whose ends are in the data; answers how much of it they were.
    fn consume(&mut self, data: &[u8], at_end: bool, take: &mut Take<'_>) -> Result<usize, Diagnostic> {
        match &mut self.reader {
            Reader::Delimited(reader) => reader.consume(data, at_end, &mut self.loader, take),
            Reader::Binary(reader) => reader.consume(data, at_end, &mut self.loader, take),
        }
    }
}

/// What the buffer for the start of a row may hold on to.
const KEPT_BYTES: usize = 1 << 20;
