//! Rows as CopyData messages, in text, csv and binary (`copyto.c`).

use std::ops::Range;

use engine::{Chunk, LogicalType};
use wire::{
    Diagnostic,
    backend::{self, MAX_MESSAGE_BYTES},
    frontend::Format,
    types::append,
};

use super::{
    CopyFormat, CopyOptions, Header,
    arrow::{ArrowOut, END},
    binary::{HEADER, TRAILER},
};
use crate::encode::{EncodeError, Style, Window};

/// Writes the rows of one COPY TO STDOUT, a message each.
pub(crate) struct CopyOut {
    options: CopyOptions,
    names: Vec<String>,
    /// Of each column: quote every value that is not NULL.
    force_quote: Vec<bool>,
    /// Of each column: whether its values never hold anything that has to be escaped or quoted.
    is_plain: Vec<bool>,
    /// The bytes that have to be.
    special: Box<[bool; 256]>,
    window: Window,
    /// The writer of an Arrow stream, which takes whole chunks.
    arrow: Option<ArrowOut>,
    max_value_bytes: usize,
    /// What a binary row begins with.
    count: [u8; 2],
    /// Whether the binary header has yet to go out, with the first row.
    owes_header: bool,
}

/// What comes after all rows of a COPY TO STDOUT.
pub(crate) struct Trailer {
    format: CopyFormat,
}

impl Trailer {
    /// Appends it; `rows` is how many came before.
    pub(crate) fn append(&self, rows: u64, out: &mut Vec<u8>) {
        match self.format {
            CopyFormat::Binary => backend::message(out, b'd', |out| {
                if rows == 0 {
                    out.extend_from_slice(&HEADER);
                }
                out.extend_from_slice(&TRAILER.to_be_bytes());
            }),
            CopyFormat::Arrow => backend::copy_data(out, &END),
            CopyFormat::Text | CopyFormat::Csv | CopyFormat::Parquet => {}
        }
    }
}

impl CopyOut {
    /// A writer for columns of these names and types.
    ///
    /// # Errors
    /// 42P10 for an option that names another column.
    pub(crate) fn new(
        options: &CopyOptions,
        columns: &[(String, LogicalType)],
        style: &Style,
        max_value_bytes: usize,
    ) -> Result<Self, Diagnostic> {
        let names = columns.iter().map(|(name, _)| name.as_str());
        let format = options.format.columns();
        let formats: Vec<_> = columns.iter().map(|(_, logical)| (logical.clone(), format)).collect();
        let arrow = match options.format {
            CopyFormat::Arrow => Some(ArrowOut::new(columns, style, max_value_bytes)?),
            CopyFormat::Text | CopyFormat::Csv | CopyFormat::Binary | CopyFormat::Parquet => None,
        };
        Ok(Self {
            arrow,
            is_plain: columns.iter().map(|(_, logical)| is_plain(logical, options)).collect(),
            special: Box::new(special(options)),
            force_quote: options.force_quote.flags("FORCE_QUOTE", names)?,
            options: options.clone(),
            names: columns.iter().map(|(name, _)| name.clone()).collect(),
            window: Window::new(&formats, style),
            count: i16::try_from(columns.len()).unwrap_or(i16::MAX).to_be_bytes(),
            owes_header: false,
            max_value_bytes,
        })
    }

    /// The format of the columns, as CopyOutResponse says it.
    #[must_use]
    pub(crate) fn format(&self) -> Format {
        self.options.format.columns()
    }

    /// Appends what comes before all rows: the header line, where one was asked for.
    pub(crate) fn header(&mut self, out: &mut Vec<u8>) {
        if let Some(arrow) = &mut self.arrow {
            return pieces(&arrow.take(), out);
        }
        // The binary header shares its message with the first row, as in PostgreSQL: clients take each message for a
        // row, the first for header and row.
        self.owes_header = self.options.format == CopyFormat::Binary;
        if self.owes_header || self.options.header == Header::No {
            return;
        }
        backend::message(out, b'd', |out| {
            for (index, name) in self.names.iter().enumerate() {
                if index > 0 {
                    out.push(self.options.delimiter);
                }
                self.value(out, name.as_bytes(), false);
            }
            out.push(b'\n');
        });
    }

    /// What comes after all rows.
    #[must_use]
    pub(crate) fn trailer(&self) -> Trailer {
        Trailer { format: self.options.format }
    }

    /// Begins another chunk: what was encoded of the one before is forgotten.
    pub(crate) fn begin(&mut self) {
        self.window.forget();
    }

    /// Appends rows of the chunk that was begun, until they are all there or `out` holds `full_bytes` or
    /// more. Answers how many rows it appended, at least one if there are any.
    ///
    /// # Errors
    /// 54000 for a value or row that is too long. `out` then ends at a row's end.
    pub(crate) fn encode(
        &mut self,
        chunk: &Chunk,
        rows: Range<usize>,
        full_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Diagnostic> {
        if let Some(arrow) = &mut self.arrow {
            let count = arrow.write(chunk, rows)?;
            pieces(&arrow.take(), out);
            return Ok(count);
        }
        let mut next = rows.start;
        while next < rows.end {
            let held = self.window.hold(chunk, &(next..rows.end))?;
            for row in held {
                self.row(row, out)?;
                self.owes_header = false;
                next += 1;
                if out.len() >= full_bytes {
                    return Ok(next - rows.start);
                }
            }
        }
        Ok(next - rows.start)
    }

    fn row(&self, row: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let start = out.len();
        out.extend_from_slice(b"d\0\0\0\0");
        if self.owes_header {
            out.extend_from_slice(&HEADER);
        }
        let written = match self.options.format {
            CopyFormat::Binary => self.binary_row(row, out),
            CopyFormat::Text | CopyFormat::Csv | CopyFormat::Parquet | CopyFormat::Arrow => {
                self.delimited_row(row, out)
            }
        };
        if let Err(error) = written {
            out.truncate(start);
            return Err(error);
        }
        let length_bytes = out.len() - start - 1;
        if length_bytes > MAX_MESSAGE_BYTES {
            out.truncate(start);
            return Err(EncodeError::RowTooLong { length_bytes });
        }
        let length = u32::try_from(length_bytes).unwrap_or(u32::MAX).to_be_bytes();
        if let Some(slot) = out.get_mut(start + 1..start + 5) {
            slot.copy_from_slice(&length);
        }
        Ok(())
    }

    fn delimited_row(&self, row: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let flags = self.force_quote.iter().zip(&self.is_plain);
        for (index, (column, (force_quote, is_plain))) in self.window.columns().iter().zip(flags).enumerate()
        {
            if index > 0 {
                out.push(self.options.delimiter);
            }
            match column.fields().value(row) {
                None => out.extend_from_slice(self.options.null.as_bytes()),
                Some(value) if *is_plain && !force_quote => append(out, value),
                Some(value) => {
                    self.check_length(value.len())?;
                    self.value(out, value, *force_quote);
                }
            }
        }
        out.push(b'\n');
        Ok(())
    }

    fn binary_row(&self, row: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        out.extend_from_slice(&self.count);
        for column in self.window.columns() {
            let framed = column.fields().framed(row);
            self.check_length(framed.len().saturating_sub(4))?;
            append(out, framed);
        }
        Ok(())
    }

    fn check_length(&self, length_bytes: usize) -> Result<(), EncodeError> {
        let limit_bytes = self.max_value_bytes;
        if length_bytes > limit_bytes {
            Err(EncodeError::TooLong { length_bytes, limit_bytes })
        } else {
            Ok(())
        }
    }

    fn value(&self, out: &mut Vec<u8>, value: &[u8], force_quote: bool) {
        match self.options.format {
            CopyFormat::Csv => self.csv(out, value, force_quote),
            CopyFormat::Text | CopyFormat::Binary | CopyFormat::Parquet | CopyFormat::Arrow => {
                self.text(out, value);
            }
        }
    }

    /// How far it is to the first byte that is special.
    #[inline]
    fn plain_length(&self, value: &[u8]) -> usize {
        let is_special = |byte: &u8| self.special.get(usize::from(*byte)).copied().unwrap_or_default();
        value.iter().position(is_special).unwrap_or(value.len())
    }

    /// `CopyAttributeOutText`.
    fn text(&self, out: &mut Vec<u8>, value: &[u8]) {
        let mut rest = value;
        loop {
            let plain = self.plain_length(rest);
            let (head, tail) = rest.split_at_checked(plain).unwrap_or_default();
            out.extend_from_slice(head);
            let Some((byte, tail)) = tail.split_first() else {
                return;
            };
            let escaped = match byte {
                0x08 => b'b',
                0x0c => b'f',
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                0x0b => b'v',
                _ => *byte,
            };
            out.extend_from_slice(&[b'\\', escaped]);
            rest = tail;
        }
    }

    /// `CopyAttributeOutCSV`.
    fn csv(&self, out: &mut Vec<u8>, value: &[u8], force_quote: bool) {
        let CopyOptions { quote, escape, .. } = self.options;
        let quoted = force_quote
            || value == self.options.null.as_bytes()
            || (self.names.len() == 1 && value == b"\\.")
            || self.plain_length(value) < value.len();
        if !quoted {
            return append(out, value);
        }
        out.push(quote);
        for byte in value {
            if *byte == quote || *byte == escape {
                out.push(escape);
            }
            out.push(*byte);
        }
        out.push(quote);
    }
}

/// Bytes without rows, as messages that are not too long.
fn pieces(data: &[u8], out: &mut Vec<u8>) {
    const PIECE_BYTES: usize = 64 << 10;
    for piece in data.chunks(PIECE_BYTES) {
        backend::copy_data(out, piece);
    }
}

/// The bytes that text escapes, or that csv quotes for.
fn special(options: &CopyOptions) -> [bool; 256] {
    let mut special = [false; 256];
    let csv = [options.delimiter, options.quote, b'\n', b'\r'];
    let text = [0x08, b'\t', b'\n', 0x0b, 0x0c, b'\r', b'\\', options.delimiter];
    let bytes = if options.format == CopyFormat::Csv { csv.as_slice() } else { text.as_slice() };
    for byte in bytes {
        if let Some(slot) = special.get_mut(usize::from(*byte)) {
            *slot = true;
        }
    }
    special
}

/// Whether a type's values are of letters, digits and what stands in numbers and times, and none of that means
/// anything to the options.
fn is_plain(logical: &LogicalType, options: &CopyOptions) -> bool {
    use LogicalType as L;
    let is_simple = matches!(
        logical,
        L::Boolean
            | L::TinyInt
            | L::SmallInt
            | L::Integer
            | L::BigInt
            | L::HugeInt
            | L::UTinyInt
            | L::USmallInt
            | L::UInteger
            | L::UBigInt
            | L::UHugeInt
            | L::BigNum
            | L::Float
            | L::Double
            | L::Decimal { .. }
            | L::Uuid
            | L::Date
            | L::Time
            | L::TimeNs
            | L::TimeTz
            | L::Timestamp
            | L::TimestampS
            | L::TimestampMs
            | L::TimestampNs
            | L::TimestampTz
    );
    let in_values = |byte: u8| byte.is_ascii_alphanumeric() || b" +-./:".contains(&byte);
    let is_csv = options.format == CopyFormat::Csv;
    // A value that reads as NULL does has to be quoted in csv.
    let is_null = is_csv && !options.null.is_empty() && options.null.bytes().all(in_values);
    let means_something = in_values(options.delimiter) || (is_csv && in_values(options.quote));
    is_simple && !is_null && !means_something
}
