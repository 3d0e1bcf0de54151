//! Record batches into chunks.

use std::panic::{AssertUnwindSafe, catch_unwind};

use arrow_array::{Array, RecordBatch};
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_schema::{ArrowError, Schema};
use engine::{ChunkBuilder, LogicalType};
use wire::{Diagnostic, SqlState};

use super::{
    size::{Size, size},
    values,
};
use crate::copy::load::malformed;

/// A chunk is handed over before it takes up much more than this, but has a row at least.
const FULL_CHUNK_BYTES: usize = 16 << 20;

/// So many values may be in one row, those in nested ones counted: they are made one by one.
const MAX_ROW_VALUES: usize = 1 << 20;

/// Reads one stream.
pub(crate) struct ArrowIn {
    decoder: StreamDecoder,
    table: String,
    /// How many columns it has to have.
    column_count: usize,
    max_batch_bytes: usize,
    /// Bytes taken since the last batch.
    pending_bytes: usize,
    /// The chunk that is filled, and its types, once the stream has said which.
    chunk: Option<(ChunkBuilder, Vec<LogicalType>)>,
    rows: u64,
}

/// Takes a full chunk of these types away.
type Take<'t> = dyn FnMut(&[LogicalType], &ChunkBuilder) -> Result<(), Diagnostic> + 't;

impl ArrowIn {
    /// A reader for a table's columns. A batch may be so long, in bytes.
    #[must_use]
    pub(crate) fn new(table: &str, column_count: usize, max_batch_bytes: usize) -> Self {
        Self {
            decoder: StreamDecoder::new(),
            table: table.to_owned(),
            column_count,
            max_batch_bytes,
            pending_bytes: 0,
            chunk: None,
            rows: 0,
        }
    }

    /// How many columns the stream has to have.
    #[must_use]
    pub(crate) fn column_count(&self) -> usize {
        self.column_count
    }

    /// Where in the data it is: streams have rows, not lines.
    #[must_use]
    pub(crate) fn place(&self) -> String {
        format!("COPY {}, line {}", self.table, self.rows + 1)
    }

    /// Takes a piece of the stream, cut anywhere, and hands its rows to `take` in chunks.
    ///
    /// # Errors
    /// 22P04 for what is no stream, or has other columns; 54000 for a batch that is too long; what `take`
    /// fails with.
    pub(crate) fn push(
        &mut self,
        data: &[u8],
        mut take: impl FnMut(&[LogicalType], &ChunkBuilder) -> Result<(), Diagnostic>,
    ) -> Result<(), Diagnostic> {
        self.pending_bytes = self.pending_bytes.saturating_add(data.len());
        self.check_bytes(self.pending_bytes)?;
        let mut buffer = Buffer::from(data);
        while !buffer.is_empty() {
            let Some(batch) = self.decode(&mut buffer)? else { break };
            self.pending_bytes = buffer.len();
            self.batch(&batch, &mut take)?;
        }
        Ok(())
    }

    /// Takes the end of the stream; answers how many rows it had.
    ///
    /// # Errors
    /// As [`ArrowIn::push`].
    pub(crate) fn finish(&mut self) -> Result<u64, Diagnostic> {
        let finished = self.decoder.finish();
        finished.map_err(|error| self.invalid(&error))?;
        match self.decoder.schema() {
            Some(schema) => self.check(&schema)?,
            None => return Err(self.invalid(&ArrowError::IpcError("there is no schema".to_owned()))),
        }
        Ok(self.rows)
    }

    fn check_bytes(&self, bytes: usize) -> Result<(), Diagnostic> {
        if bytes <= self.max_batch_bytes {
            return Ok(());
        }
        let message = format!("Arrow record batch exceeds the limit of {} bytes", self.max_batch_bytes);
        let error = Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
        Err(error.with_hint("Write smaller record batches.").with_context(self.place()))
    }

    /// Nothing made up by a peer may end the process: what the library did not foresee is an error too.
    fn decode(&mut self, buffer: &mut Buffer) -> Result<Option<RecordBatch>, Diagnostic> {
        let stream = &mut self.decoder;
        let outcome = catch_unwind(AssertUnwindSafe(|| stream.decode(buffer)));
        let outcome = outcome.unwrap_or_else(|_| Err(ArrowError::IpcError("malformed message".to_owned())));
        outcome.map_err(|error| self.invalid(&error))
    }

    fn invalid(&self, error: &ArrowError) -> Diagnostic {
        // What the library says of compressed buffers, for which it was not built: it would take their word for
        // how long they are.
        let text = error.to_string();
        if text.contains("IPC decompression requires") || text.contains("compression type") {
            let error = Diagnostic::error(
                SqlState::FEATURE_NOT_SUPPORTED,
                "compressed Arrow streams are not supported",
            );
            return error.with_hint("Write the stream without compression.").with_context(self.place());
        }
        malformed("invalid Arrow stream").with_detail(format!("{error}.")).with_context(self.place())
    }

    fn check(&self, schema: &Schema) -> Result<(), Diagnostic> {
        let (found, expected) = (schema.fields().len(), self.column_count);
        if found == expected {
            return Ok(());
        }
        let message = format!("Arrow stream has {found} columns, expected {expected}");
        Err(malformed(message).with_context(format!("COPY {}", self.table)))
    }

    /// The chunk for a stream's columns.
    fn begin(&self, schema: &Schema) -> Result<(ChunkBuilder, Vec<LogicalType>), Diagnostic> {
        self.check(schema)?;
        let types = schema.fields().iter().map(|field| values::logical(field));
        let types = types.collect::<Result<Vec<_>, _>>()?;
        let chunk = ChunkBuilder::new(&types).map_err(|error| malformed(error.message.clone()))?;
        Ok((chunk, types))
    }

    fn batch(&mut self, batch: &RecordBatch, take: &mut Take<'_>) -> Result<(), Diagnostic> {
        let (mut chunk, types) = match self.chunk.take() {
            Some(begun) => begun,
            None => self.begin(&batch.schema())?,
        };
        let of = |start, count| {
            let sizes = batch.columns().iter().map(|array| size(array.as_ref(), start, count));
            sizes.fold(Size::default(), Size::and)
        };
        // What was said in a few bytes counts as if it had been written out.
        self.check_bytes(of(0, batch.num_rows()).sent_bytes())?;
        let mut start = 0;
        while start < batch.num_rows() {
            let rest = ChunkBuilder::CAPACITY.min(batch.num_rows() - start);
            let count = if of(start, rest).chunk_bytes() <= FULL_CHUNK_BYTES {
                rest
            } else {
                self.fitting(start, rest, of)?
            };
            for (index, array) in batch.columns().iter().enumerate() {
                if let Some(mut vector) = chunk.column_mut(index) {
                    values::fill(&mut vector, array.slice(start, count).as_ref())
                        .map_err(|error| error.with_context(self.place()))?;
                }
            }
            chunk.set_len(count);
            take(&types, &chunk)?;
            chunk.reset();
            start += count;
            self.rows += u64::try_from(count).unwrap_or(0);
        }
        self.chunk = Some((chunk, types));
        Ok(())
    }

    /// How many rows make a full chunk, one at least.
    fn fitting(
        &self,
        start: usize,
        rest: usize,
        of: impl Fn(usize, usize) -> Size,
    ) -> Result<usize, Diagnostic> {
        let mut total = Size::default();
        for count in 0..rest {
            let row = of(start + count, 1);
            if row.values > MAX_ROW_VALUES {
                let message = format!("row of an Arrow stream exceeds the limit of {MAX_ROW_VALUES} values");
                let error = Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message);
                return Err(error.with_hint("Write shorter lists.").with_context(self.place()));
            }
            total = total.and(row);
            if total.chunk_bytes() > FULL_CHUNK_BYTES {
                return Ok(count.max(1));
            }
        }
        Ok(rest.max(1))
    }
}
