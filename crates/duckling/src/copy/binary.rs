//! PostgreSQL's binary format (reference page "COPY", "Binary Format"; `copyfromparse.c`).
//!
//! A signature, flags and an extension; then rows of a count and fields, each with its length; then −1. Only
//! lengths are read of a row that has not come whole, each of them once.

use wire::{Diagnostic, SqlState};

use super::{
    load::{Loader, Take, malformed},
    place::Place,
};

/// What every file begins with.
pub(super) const SIGNATURE: [u8; 11] = *b"PGCOPY\n\xff\r\n\0";
/// The signature, no flags, no extension.
pub(super) const HEADER: [u8; 19] = *b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";

/// What ends the rows, where their counts stand.
pub(super) const TRAILER: i16 = -1;

/// The flag of rows with OIDs, which are no more.
const OIDS_FLAG: i32 = 1 << 16;

/// Reads the binary format.
pub(super) struct Binary {
    table: String,
    max_value_bytes: usize,
    stage: Stage,
    /// Rows begun so far; PostgreSQL calls them lines.
    line: u64,
    /// Bytes of the row at hand that have to be there before it is worth another look.
    needed: usize,
    /// How far into that row the lengths have been read.
    measured: Measured,
}

/// The fields of a row that are there, and how long they are together.
#[derive(Clone, Copy, Debug, Default)]
struct Measured {
    fields: usize,
    bytes: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Header,
    /// So many bytes of the header's extension are still to come.
    Extension(usize),
    Rows,
    Ended,
}

/// How a row came out.
enum Row {
    /// It took so many bytes.
    Whole(usize),
    /// So many bytes have to be there for the column at an index.
    Needs(usize, usize),
    Trailer,
}

impl Binary {
    pub(super) fn new(table: &str, max_value_bytes: usize) -> Self {
        Self {
            table: table.to_owned(),
            max_value_bytes,
            stage: Stage::Header,
            line: 0,
            needed: 0,
            measured: Measured::default(),
        }
    }

    /// Rows begun so far.
    pub(super) fn line(&self) -> u64 {
        self.line
    }

    /// The row at hand.
    pub(super) fn place(&self) -> Place<'_> {
        Place { table: &self.table, line: self.line }
    }

    /// Reads all rows whose ends are in the data; answers how much of it they were.
    pub(super) fn consume(
        &mut self,
        data: &[u8],
        at_end: bool,
        loader: &mut Loader,
        take: &mut Take<'_>,
    ) -> Result<usize, Diagnostic> {
        let mut used = 0;
        loop {
            let rest = data.get(used..).unwrap_or_default();
            match self.stage {
                Stage::Header => match header(rest, at_end)? {
                    Some(extension) => {
                        used += SIGNATURE.len() + 8;
                        self.stage = Stage::Extension(extension);
                    }
                    None => return Ok(used),
                },
                Stage::Extension(left) => {
                    let skipped = left.min(rest.len());
                    used += skipped;
                    if skipped == left {
                        self.stage = Stage::Rows;
                    } else if at_end {
                        return Err(malformed("invalid COPY file header (wrong length)"));
                    } else {
                        self.stage = Stage::Extension(left - skipped);
                        return Ok(used);
                    }
                }
                // As PostgreSQL does, a lone byte at the very end is taken for the end.
                Stage::Rows if rest.len() < 2 || (rest.len() < self.needed && !at_end) => return Ok(used),
                Stage::Rows => {
                    self.line += 1;
                    match self.row(rest, loader)? {
                        Row::Whole(length) => {
                            used += length;
                            self.needed = 0;
                            loader.check_required().map_err(|error| self.place().of_line(error))?;
                            loader.end_row(take)?;
                        }
                        Row::Needs(_, index) if at_end => {
                            // What is wrong with the fields before comes first.
                            self.fields(rest.get(2..).unwrap_or_default(), index, loader)?;
                            let error = malformed("unexpected EOF in COPY data");
                            return Err(loader.of_column(error, index, self.place()));
                        }
                        Row::Needs(bytes, _) => {
                            self.line -= 1;
                            self.needed = bytes;
                            return Ok(used);
                        }
                        Row::Trailer => {
                            used += 2;
                            self.stage = Stage::Ended;
                        }
                    }
                }
                Stage::Ended if rest.is_empty() => return Ok(used),
                Stage::Ended => {
                    return Err(self.place().of_line(malformed("received copy data after EOF marker")));
                }
            }
        }
    }

    /// Reads the row at the start of the data into the loader, once all of it is there.
    fn row(&mut self, data: &[u8], loader: &mut Loader) -> Result<Row, Diagnostic> {
        let Some((count, fields)) = data.split_first_chunk::<2>() else {
            return Ok(Row::Needs(2, 0));
        };
        let (count, columns) = (i16::from_be_bytes(*count), loader.targets.len());
        if count == TRAILER {
            return Ok(Row::Trailer);
        }
        if usize::try_from(count) != Ok(columns) {
            let message = format!("row field count is {count}, expected {columns}");
            return Err(self.place().of_line(malformed(message)));
        }
        while self.measured.fields < columns {
            let Measured { fields: index, bytes } = self.measured;
            let rest = fields.get(bytes..).unwrap_or_default();
            let Some((length, after)) = rest.split_first_chunk::<4>() else {
                return Ok(Row::Needs(2 + bytes + 4, index));
            };
            let length = match self.length(*length) {
                Ok(length) => length,
                Err(error) => {
                    self.fields(fields, index, loader)?;
                    return Err(loader.of_column(error, index, self.place()));
                }
            };
            let length = length.unwrap_or(0);
            if after.len() < length {
                return Ok(Row::Needs(2 + bytes + 4 + length, index));
            }
            self.measured = Measured { fields: index + 1, bytes: bytes + 4 + length };
        }
        let length = 2 + std::mem::take(&mut self.measured).bytes;
        self.fields(fields, columns, loader)?;
        Ok(Row::Whole(length))
    }

    /// Reads the first fields of a row, which are there, into the loader.
    fn fields(&self, mut rest: &[u8], count: usize, loader: &mut Loader) -> Result<(), Diagnostic> {
        let place = self.place();
        for index in 0..count {
            let (length, after) = rest.split_first_chunk::<4>().unwrap_or((&[0xff; 4], &[]));
            rest = after;
            let value = match self.length(*length)? {
                Some(length) => {
                    let (value, after) = rest.split_at_checked(length).unwrap_or_default();
                    rest = after;
                    Some(value)
                }
                None => None,
            };
            loader.set_binary(index, value, place)?;
        }
        Ok(())
    }

    /// How long a field is; nothing for NULL.
    fn length(&self, length: [u8; 4]) -> Result<Option<usize>, Diagnostic> {
        let length = i32::from_be_bytes(length);
        match usize::try_from(length) {
            Ok(length) => self.check_length(length).map(|()| Some(length)),
            Err(_) if length == -1 => Ok(None),
            Err(_) => Err(malformed("invalid field size")),
        }
    }

    fn check_length(&self, length: usize) -> Result<(), Diagnostic> {
        if length <= self.max_value_bytes {
            return Ok(());
        }
        let limit = self.max_value_bytes;
        let message = format!("field of {length} bytes in COPY data exceeds the limit of {limit} bytes");
        Err(Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message))
    }
}

/// Reads signature and flags; answers how long the extension is that follows, nothing when more is needed.
fn header(data: &[u8], at_end: bool) -> Result<Option<usize>, Diagnostic> {
    let known = data.len().min(SIGNATURE.len());
    let is_cut = at_end && known < SIGNATURE.len();
    if is_cut || data.get(..known) != SIGNATURE.get(..known) {
        return Err(malformed("COPY file signature not recognized"));
    }
    let mut words = data.get(known..).unwrap_or_default().chunks(4);
    let mut word = |what: &str| match words.next().and_then(|word| word.try_into().ok()) {
        Some(word) => Ok(Some(i32::from_be_bytes(word))),
        None if at_end => Err(malformed(format!("invalid COPY file header (missing {what})"))),
        None => Ok(None),
    };
    let Some(flags) = word("flags")? else {
        return Ok(None);
    };
    if flags & OIDS_FLAG != 0 {
        return Err(malformed("invalid COPY file header (WITH OIDS)"));
    }
    if (flags & !OIDS_FLAG) >> 16 != 0 {
        return Err(malformed("unrecognized critical flags in COPY file header"));
    }
    let Some(length) = word("length")? else {
        return Ok(None);
    };
    let length = usize::try_from(length);
    length.map(Some).map_err(|_| malformed("invalid COPY file header (missing length)"))
}
