//! The rows of a statement that runs: from DuckDB's stream into the batch.

use std::{
    ops::Range,
    path::Path,
    time::{Duration, Instant},
};

use engine::{Chunk, Error, Execution, Step};
use wire::Diagnostic;

use super::{
    Failure,
    activity::Activity,
    spool::{Spool, SpoolError},
};
use crate::{
    copy::CopyOut,
    encode::RowEncoder,
    out::{LINGER, Out},
};

/// How long to wait when DuckDB's tasks wait for something else.
const BLOCKED: Duration = Duration::from_micros(100);

/// Rows are encoded into the batch until it holds this much; then the batch leaves.
const FULL_BYTES: usize = wire::link::batch::FULL_BATCH_BYTES;

/// The rows that a statement still has to send.
pub(super) struct Rows {
    execution: Option<Execution>,
    /// The chunk that is being sent, and the first of its rows that has not been.
    chunk: Option<(Chunk, usize)>,
    encoder: Box<dyn Encoder>,
    spool: Spool,
    /// What went wrong while the rest was put into the spool.
    failed: Option<Broken>,
    /// Whether the last chunk was longer in coming than rows may linger.
    is_slow: bool,
    /// Rows sent so far.
    pub(super) sent: u64,
}

/// What makes messages of a chunk's rows.
pub(super) trait Encoder {
    /// Another chunk follows.
    fn begin(&mut self, chunk: &Chunk) -> Result<(), Diagnostic>;

    /// Appends rows of the chunk until `out` holds `full_bytes`; answers how many.
    fn encode(
        &mut self,
        chunk: &Chunk,
        rows: Range<usize>,
        full_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Diagnostic>;
}

impl Encoder for RowEncoder {
    fn begin(&mut self, chunk: &Chunk) -> Result<(), Diagnostic> {
        Self::begin(self, chunk)
    }

    fn encode(
        &mut self,
        chunk: &Chunk,
        rows: Range<usize>,
        full_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Diagnostic> {
        Self::encode(self, chunk, rows, full_bytes, out)
    }
}

impl Encoder for CopyOut {
    fn begin(&mut self, _chunk: &Chunk) -> Result<(), Diagnostic> {
        Self::begin(self);
        Ok(())
    }

    fn encode(
        &mut self,
        chunk: &Chunk,
        rows: Range<usize>,
        full_bytes: usize,
        out: &mut Vec<u8>,
    ) -> Result<usize, Diagnostic> {
        Self::encode(self, chunk, rows, full_bytes, out)
    }
}

/// How far sending came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// As many rows as were asked for; there may be more.
    Suspended,
    /// All rows.
    Complete,
}

/// Why sending stopped.
pub(super) enum Broken {
    Engine(Error),
    Failure(Failure),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::Engine(error)
    }
}

impl From<std::io::Error> for Broken {
    fn from(error: std::io::Error) -> Self {
        Self::Failure(Failure::Gone(error))
    }
}

impl From<Diagnostic> for Broken {
    fn from(diagnostic: Diagnostic) -> Self {
        Self::Failure(diagnostic.into())
    }
}

impl Rows {
    pub(super) fn new(execution: Execution, encoder: Box<dyn Encoder>) -> Self {
        Self {
            execution: Some(execution),
            chunk: None,
            encoder,
            spool: Spool::default(),
            failed: None,
            is_slow: false,
            sent: 0,
        }
    }

    /// Whether DuckDB's stream is still open.
    pub(super) fn is_streaming(&self) -> bool {
        self.execution.is_some()
    }

    /// Sends up to so many rows.
    pub(super) fn send(
        &mut self,
        max_rows: u64,
        activity: &Activity,
        out: &mut Out,
    ) -> Result<Progress, Broken> {
        let mut left = max_rows;
        while left > 0 {
            let moved = self.spool.pop(left, FULL_BYTES, out.buffer())?;
            let moved = if moved > 0 { moved } else { self.encode(left, out.buffer())? };
            if moved > 0 {
                self.sent += moved;
                left -= moved;
                // A step of the engine may be long: rows of a slow statement do not wait for the next one.
                if self.is_slow && self.chunk.is_none() {
                    out.flush()?;
                } else {
                    out.flush_if_full()?;
                }
            } else if let Some(error) = self.failed.take() {
                return Err(error);
            } else if !self.next_chunk(activity, Some(out))? {
                return Ok(Progress::Complete);
            }
        }
        Ok(Progress::Suspended)
    }

    /// Encodes rows of the present chunk; 0 when there are none.
    fn encode(&mut self, max_rows: u64, buffer: &mut Vec<u8>) -> Result<u64, Broken> {
        let Some((chunk, next)) = &mut self.chunk else {
            return Ok(0);
        };
        let left = chunk.len() - *next;
        let wanted = usize::try_from(max_rows).unwrap_or(usize::MAX).min(left);
        let written = self.encoder.encode(chunk, *next..*next + wanted, FULL_BYTES, buffer)?;
        *next += written;
        if *next == chunk.len() {
            self.chunk = None;
        }
        Ok(u64::try_from(written).unwrap_or(u64::MAX))
    }

    /// Waits for the next chunk; false when there is none. While it waits, rows do not linger.
    fn next_chunk(&mut self, activity: &Activity, mut out: Option<&mut Out>) -> Result<bool, Broken> {
        let begun = Instant::now();
        let Some(execution) = &mut self.execution else {
            return Ok(false);
        };
        loop {
            match execution.step()? {
                Step::Chunk(chunk) => {
                    if chunk.len() > 0 {
                        self.encoder.begin(&chunk)?;
                        self.chunk = Some((chunk, 0));
                        self.is_slow = begun.elapsed() >= LINGER;
                        return Ok(true);
                    }
                }
                Step::Finished => {
                    self.execution = None;
                    return Ok(false);
                }
                Step::NotReady => {}
                Step::Blocked => std::thread::sleep(BLOCKED),
            }
            if let Some(out) = out.as_deref_mut() {
                out.flush_if_lingering()?;
            }
            if activity.stopping() {
                // The engine was interrupted; should it finish all the same, the session still says so.
                activity.interrupt();
            }
        }
    }

    /// Takes the rest out of DuckDB's stream, so that the connection is free for another statement. When the
    /// limit is reached the stream stays as it is, and can go on later.
    pub(super) fn keep_rest(
        &mut self,
        activity: &Activity,
        directory: &Path,
        limit_bytes: u64,
    ) -> Result<(), SpoolError> {
        let mut buffer = Vec::new();
        while self.is_streaming() || self.chunk.is_some() {
            if self.spool.waiting_bytes() >= limit_bytes {
                return Err(SpoolError::Full);
            }
            let step = match self.encode(u64::MAX, &mut buffer) {
                Ok(0) => self.next_chunk(activity, None).map(|_| ()),
                Ok(_) => Ok(()),
                Err(broken) => Err(broken),
            };
            self.spool.push(&buffer, directory)?;
            buffer.clear();
            if let Err(broken) = step {
                // The portal's own error, for whoever fetches from it; the other statement goes on.
                (self.execution, self.chunk) = (None, None);
                self.failed = Some(broken);
            }
        }
        Ok(())
    }
}
