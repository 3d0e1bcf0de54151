//! Rows of text and csv: lines found, taken apart, and handed to the loader field by field.

use wire::{Diagnostic, SqlState};

use super::{
    CopyFormat, CopyOptions, Header,
    fields::Fields,
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
                Ok(None) => return Ok(used),
                Err(error) => return Err(self.next_place().of_line(error)),
            };
            used += line.taken;
            self.is_ended = line.is_last;
            if !line.is_end {
                self.read(rest.get(..line.length).unwrap_or_default(), line, loader, take)?;
            }
        }
        Ok(data.len())
    }

    fn read(
        &mut self,
        row: &[u8],
        line: Line,
        loader: &mut Loader,
        take: &mut Take<'_>,
    ) -> Result<(), Diagnostic> {
        if row.len() > self.max_value_bytes {
            let message = format!("row of COPY data exceeds the limit of {} bytes", self.max_value_bytes);
            let error = Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
            return Err(self.next_place().of_line(error));
        }
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
            return self.match_header(row, loader).map_err(|error| place.of_content(error, row));
        }
        loader.store(&self.fields, row, place, take)
    }

    /// The header line has to name the columns, all of them and in their order.
    fn match_header(&self, row: &[u8], loader: &Loader) -> Result<(), Diagnostic> {
        let (count, expected) = (self.fields.len(), loader.targets.len());
        if count != expected {
            let what = format!("field count is {count}, expected {expected}");
            return Err(malformed(format!("wrong number of fields in header line: {what}")));
        }
        for (index, (field, target)) in self.fields.iter(row).zip(&loader.targets).enumerate() {
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
