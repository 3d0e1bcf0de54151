//! Rows put together from columns, as DataRow messages.

use std::ops::Range;

use engine::{Chunk, LogicalType};
use wire::{Diagnostic, backend::MAX_MESSAGE_BYTES, frontend::Format, types::append};

use super::{EncodeError, Style, Window};

/// Encodes the rows of one result.
pub(crate) struct RowEncoder {
    window: Window,
    max_value_bytes: usize,
}

impl RowEncoder {
    /// An encoder for columns of these types in these formats. A format that a type does not have becomes
    /// text ([`super::effective_format`]), as RowDescription must say too. A value longer than
    /// `max_value_bytes` is an error.
    #[must_use]
    pub(crate) fn new(columns: &[(LogicalType, Format)], style: &Style, max_value_bytes: usize) -> Self {
        Self { window: Window::new(columns, style), max_value_bytes }
    }

    /// Begins another chunk: what was encoded of the one before is forgotten. Values are encoded as their
    /// rows are asked for.
    ///
    /// # Errors
    /// None as yet; callers are to treat it as the fallible start of a chunk.
    #[expect(clippy::unnecessary_wraps, reason = "to callers the start of a chunk may fail")]
    pub(crate) fn begin(&mut self, _chunk: &Chunk) -> Result<(), Diagnostic> {
        self.window.forget();
        Ok(())
    }

    /// Appends rows of the chunk that was begun, until they are all there or `out` holds `full_bytes` or
    /// more. Answers how many rows it appended, at least one if there are any; a column is not encoded
    /// again when the rest of its rows are asked for later.
    ///
    /// # Errors
    /// 54000 for a value or row that is too long, 22008 for a moment that has no binary form. `out` then
    /// ends at a row's end.
    pub(crate) fn encode(
        &mut self,
        chunk: &Chunk,
        rows: Range<usize>,
        full_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Diagnostic> {
        let mut next = rows.start;
        while next < rows.end {
            let held = self.window.hold(chunk, &(next..rows.end))?;
            let written = self.append(held, full_bytes, out)?;
            next += written;
            if out.len() >= full_bytes || written == 0 {
                break;
            }
        }
        Ok(next - rows.start)
    }

    /// Appends rows that the columns hold, counted from their first.
    fn append(&self, rows: Range<usize>, full_bytes: usize, out: &mut Vec<u8>) -> Result<usize, EncodeError> {
        let columns = self.window.columns();
        let [count_high, count_low] = u16::try_from(columns.len()).unwrap_or(u16::MAX).to_be_bytes();
        let first = rows.start;
        let mut values: Vec<_> = columns.iter().map(|column| column.fields().framed_from(first)).collect();
        for row in rows.clone() {
            let start = out.len();
            out.extend_from_slice(&[b'D', 0, 0, 0, 0, count_high, count_low]);
            for value in &mut values {
                let framed = value.next().unwrap_or_default();
                if framed.len() > self.max_value_bytes.saturating_add(4) {
                    out.truncate(start);
                    let (length_bytes, limit_bytes) = (framed.len() - 4, self.max_value_bytes);
                    return Err(EncodeError::TooLong { length_bytes, limit_bytes });
                }
                append(out, framed);
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
            if out.len() >= full_bytes {
                return Ok(row + 1 - first);
            }
        }
        Ok(rows.len())
    }
}
