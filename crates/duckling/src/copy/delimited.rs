//! Rows of text and csv: lines found, taken apart, and handed to the loader field by field.

use wire::{Diagnostic, SqlState};

use super::{
    CopyFormat, CopyOptions, Header,
    fields::{Field, Fields},
    lines::{Line, Lines},
    load::{Loader, Take, malformed},
    place::Place,
};
use crate::decode;

/// Reads text or csv.
pub(super) struct Delimited {
    options: CopyOptions,
    table: String,
    max_value_bytes: usize,
    lines: Lines,
    fields: Fields,
    /// Lines read so far.
    line: u64,
    header: Header,
    is_ended: bool,
}

impl Delimited {
    pub(super) fn new(options: &CopyOptions, table: &str, max_value_bytes: usize) -> Self {
        Self {
            table: table.to_owned(),
            max_value_bytes,
            lines: Lines::new(options),
            fields: Fields::default(),
            line: 0,
            header: options.header,
            is_ended: false,
            options: options.clone(),
        }
    }

    /// Lines read so far.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The line that would come next.
    pub(super) fn next_place(&self) -> Place<'_> {
        Place { table: &self.table, line: self.line + 1 }
    }

    /// Reads all rows whose ends are in the data; answers how much of it they were, which is all of it
    /// once the end was marked.
    pub(super) fn consume(
        &mut self,
        data: &[u8],
        at_end: bool,
        loader: &mut Loader,
        take: &mut Take<'_>,
    ) -> Result<usize, Diagnostic> {
        let mut used = 0;
        while !self.is_ended {
            let rest = data.get(used..).unwrap_or_default();
            let line = match self.lines.next(rest, at_end) {
                Ok(Some(line)) => line,
                Ok(None) => {
                    return if at_end { self.end(loader).map(|()| used) } else { Ok(used) };
                }
                Err(error) => return Err(self.next_place().of_line(error)),
            };
            used += line.taken;
            self.is_ended = line.is_last;
            if !line.is_end {
                self.read(rest.get(..line.taken).unwrap_or_default(), line, loader, take)?;
            }
        }
        if at_end {
            self.end(loader)?;
        }
        Ok(data.len())
    }

    /// Data without a line has no header that matches.
    fn end(&mut self, loader: &Loader) -> Result<(), Diagnostic> {
        if self.header != Header::Match {
            return Ok(());
        }
        let split = self.fields.split(b"", true, &self.options);
        let matched = split.and_then(|()| self.match_header(b"", loader));
        matched.map_err(|error| self.next_place().of_content(error, b""))
    }

    fn read(
        &mut self,
        whole: &[u8],
        line: Line,
        loader: &mut Loader,
        take: &mut Take<'_>,
    ) -> Result<(), Diagnostic> {
        let row = whole.get(..line.length).unwrap_or_default();
        if row.len() > self.max_value_bytes {
            let message = format!("row of COPY data exceeds the limit of {} bytes", self.max_value_bytes);
            let error = Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
            return Err(self.next_place().of_line(error));
        }
        self.line += 1;
        if !line.is_plain && self.options.format == CopyFormat::Csv {
            let inside = memchr::memchr_iter(line.inner_newline, row).count();
            self.line += u64::try_from(inside).unwrap_or(0);
        }
        let place = Place { table: &self.table, line: self.line };
        if let Err(error) = decode::utf8(row) {
            // PostgreSQL shows what follows too, be it the line's end.
            return Err(place.of_line(decode::utf8(whole).err().unwrap_or(error)));
        }
        let header = std::mem::replace(&mut self.header, Header::No);
        if header == Header::Yes {
            return Ok(());
        }
        let split = self.fields.split(row, line.is_plain, &self.options);
        split.map_err(|error| place.of_content(error, row))?;
        if header == Header::Match {
            return self.match_header(row, loader).map_err(|error| place.of_content(error, row));
        }
        loader.store(&self.fields, row, place, take)
    }

    /// The header line has to name the columns, all of them and in their order.
    fn match_header(&self, row: &[u8], loader: &Loader) -> Result<(), Diagnostic> {
        let (count, expected) = (self.fields.len(), loader.targets.len());
        if count != expected {
            let message = format!("wrong number of fields in header line: got {count}, expected {expected}");
            return Err(malformed(message));
        }
        for (index, (field, target)) in self.fields.iter(row).zip(&loader.targets).enumerate() {
            let got = match field {
                Field::Value(name) if name == target.name.as_bytes() => continue,
                Field::Value(name) => format!("got \"{}\"", String::from_utf8_lossy(name)),
                Field::Null => format!("got null value (\"{}\")", self.options.null),
                Field::Default => {
                    format!("got \"{}\"", self.options.default.as_deref().unwrap_or_default())
                }
            };
            let (number, name) = (index + 1, &target.name);
            let message =
                format!("column name mismatch in header line field {number}: {got}, expected \"{name}\"");
            return Err(malformed(message));
        }
        Ok(())
    }
}
