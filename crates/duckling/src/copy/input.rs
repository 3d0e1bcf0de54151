//! CopyData into chunks: rows and fields found, decoded, and put into columns as they come.

use engine::{ChunkBuilder, LogicalType};
use wire::{Diagnostic, SqlState};

use super::{
    CopyFormat, CopyOptions, Header,
    fields::Fields,
    lines::{Line, Lines},
    load::{Loader, Take, malformed},
    place::Place,
};
use crate::decode::{self, Style};

/// Reads the data of one COPY FROM STDIN.
pub(crate) struct CopyIn {
    options: CopyOptions,
    table: String,
    max_value_bytes: usize,
    lines: Lines,
    fields: Fields,
    loader: Loader,
    /// The start of a row whose end has not come.
    pending: Vec<u8>,
    /// Lines read so far.
    line: u64,
    rows: u64,
    header: Header,
    is_ended: bool,
}

impl CopyIn {
    /// A reader for columns of these names and table types, in the order of the data.
    ///
    /// # Errors
    /// 42P10 for an option that names another column; 0A000 for the binary format.
    pub(crate) fn new(
        options: &CopyOptions,
        table: &str,
        columns: &[(String, LogicalType)],
        style: &Style,
        max_value_bytes: usize,
    ) -> Result<Self, Diagnostic> {
        if options.format == CopyFormat::Binary {
            let message = "COPY in binary format is not supported";
            return Err(Diagnostic::error(SqlState::FEATURE_NOT_SUPPORTED, message)
                .with_hint("Use the text or csv format."));
        }
        Ok(Self {
            table: table.to_owned(),
            max_value_bytes,
            lines: Lines::new(options),
            fields: Fields::default(),
            loader: Loader::new(options, columns, style)?,
            pending: Vec::new(),
            line: 0,
            rows: 0,
            header: options.header,
            is_ended: false,
            options: options.clone(),
        })
    }

    /// The columns that the appender is made with: names, and the table's types, except that types which
    /// are not decoded here are VARCHAR, to be cast by the statement that reads `appended_data`.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &LogicalType)> {
        self.loader.targets.iter().map(|target| (target.name.as_str(), &target.logical))
    }

    /// Rows read so far.
    #[must_use]
    pub(crate) fn rows(&self) -> u64 {
        self.rows
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
        if self.is_ended {
            self.pending = Vec::new();
        }
        self.check_length(self.pending.len())
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
        self.is_ended = true;
        self.loader.hand_over(&mut take)?;
        Ok(self.rows)
    }

    fn check_length(&self, bytes: usize) -> Result<(), Diagnostic> {
        if bytes <= self.max_value_bytes {
            return Ok(());
        }
        let message = format!("row of COPY data exceeds the limit of {} bytes", self.max_value_bytes);
        Err(self.next_place().of_line(Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message)))
    }

    fn next_place(&self) -> Place<'_> {
        Place { table: &self.table, line: self.line + 1 }
    }

    /// Reads all rows whose ends are in the data; answers how much of it they were.
    fn consume(&mut self, data: &[u8], at_end: bool, take: &mut Take<'_>) -> Result<usize, Diagnostic> {
        let mut used = 0;
        while !self.is_ended {
            let rest = data.get(used..).unwrap_or_default();
            let line = match self.lines.next(rest, at_end) {
                Ok(Some(line)) => line,
                Ok(None) => break,
                Err(error) => return Err(self.next_place().of_line(error)),
            };
            used += line.taken;
            self.is_ended = line.is_last;
            if !line.is_end {
                self.read(rest.get(..line.length).unwrap_or_default(), line, take)?;
            }
        }
        Ok(used)
    }

    fn read(&mut self, row: &[u8], line: Line, take: &mut Take<'_>) -> Result<(), Diagnostic> {
        self.check_length(row.len())?;
        self.line += 1;
        if !line.is_plain && self.options.format == CopyFormat::Csv {
            let inside = memchr::memchr_iter(b'\n', row).count();
            self.line += u64::try_from(inside).unwrap_or(0);
        }
        let place = Place { table: &self.table, line: self.line };
        decode::utf8(row).map_err(|error| place.of_line(error))?;
        let header = std::mem::replace(&mut self.header, Header::No);
        if header == Header::Yes {
            return Ok(());
        }
        let split = self.fields.split(row, line.is_plain, &self.options);
        split.map_err(|error| place.of_content(error, row))?;
        if header == Header::Match {
            return self.match_header(row).map_err(|error| place.of_content(error, row));
        }
        self.loader.store(&self.fields, row, place, take)?;
        self.rows += 1;
        Ok(())
    }

    /// The header line has to name the columns, all of them and in their order.
    fn match_header(&self, row: &[u8]) -> Result<(), Diagnostic> {
        let (count, expected) = (self.fields.len(), self.loader.targets.len());
        if count != expected {
            let what = format!("field count is {count}, expected {expected}");
            return Err(malformed(format!("wrong number of fields in header line: {what}")));
        }
        for (index, (field, target)) in self.fields.iter(row).zip(&self.loader.targets).enumerate() {
            let got = match field {
                Some(name) if name == target.name.as_bytes() => continue,
                Some(name) => format!("got \"{}\"", String::from_utf8_lossy(name)),
                None => format!("got null value (\"{}\")", self.options.null),
            };
            let (number, name) = (index + 1, &target.name);
            let message =
                format!("column name mismatch in header line field {number}: {got}, expected \"{name}\"");
            return Err(malformed(message));
        }
        Ok(())
    }
}
