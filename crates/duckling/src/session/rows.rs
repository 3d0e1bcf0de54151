//! The rows of a statement that runs: from DuckDB's stream into the batch.
//!
//! When the connection is needed for another statement, the rest of the stream is kept aside as values, in
//! the engine's own memory, and encoded when it is asked for.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use engine::{Chunk, Collection, Error, Execution, LogicalType, Step};
use wire::{Diagnostic, SqlState, link::SessionLimits};

use super::{Failure, activity::Activity, limits::Budget};
use crate::{
    copy::CopyOut,
    encode::RowEncoder,
    out::{LINGER, Out},
};

/// How long to wait when DuckDB's tasks wait for something else.
pub(super) const BLOCKED: Duration = Duration::from_micros(100);

/// Rows are encoded into the batch until it holds this much; then the batch leaves.
const FULL_BYTES: usize = wire::link::batch::FULL_BATCH_BYTES;

/// The rows that a statement still has to send.
pub(super) struct Rows {
    execution: Option<Execution>,
    /// Rows that were kept aside, and the first of their chunks that has not been sent. They come before
    /// those of the execution.
    kept: Option<(Collection, usize)>,
    /// The chunk that is being sent, and the first of its rows that has not been.
    chunk: Option<(Chunk, usize)>,
    encoder: Box<dyn Encoder>,
    /// The types as the client is told of them.
    pub(super) types: Vec<LogicalType>,
    /// What went wrong while the rest was kept aside.
    failed: Option<Broken>,
    /// Whether the last chunk was longer in coming than rows may linger.
    is_slow: bool,
    /// Rows sent, or passed over, so far.
    pub(super) sent: u64,
    /// What may still be sent.
    budget: Budget,
}

/// What makes messages of a chunk's rows.
pub(super) trait Encoder {
    /// Another chunk follows.
    fn begin(&mut self, chunk: &Chunk) -> Result<(), Diagnostic>;

    /// How many rows the client gets of the chunk that was begun.
    fn rows(&self, chunk: &Chunk) -> usize {
        chunk.len()
    }

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
    pub(super) fn new(execution: Execution, encoder: Box<dyn Encoder>, limits: SessionLimits) -> Self {
        Self {
            execution: Some(execution),
            kept: None,
            chunk: None,
            encoder,
            types: Vec::new(),
            failed: None,
            is_slow: false,
            sent: 0,
            budget: Budget::new(limits),
        }
    }

    /// Whether DuckDB's stream is still open.
    pub(super) fn is_streaming(&self) -> bool {
        self.execution.is_some()
    }

    /// What went wrong while the rest was kept aside, if anything did and it is wanted now.
    pub(super) fn take_failure_if(&mut self, is_wanted: bool) -> Option<Broken> {
        if is_wanted { self.failed.take() } else { None }
    }

    /// What the rows take up that were kept aside, in bytes.
    pub(super) fn kept_bytes(&self) -> u64 {
        let kept = self.kept.as_ref().map_or(0, |(kept, _)| kept.bytes());
        u64::try_from(kept).unwrap_or(u64::MAX)
    }

    /// Has the rest of the rows encoded in another way.
    pub(super) fn set_encoder(&mut self, mut encoder: Box<dyn Encoder>) -> Result<(), Diagnostic> {
        if let Some((chunk, _)) = &self.chunk {
            encoder.begin(chunk)?;
        }
        self.encoder = encoder;
        Ok(())
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
            let moved = self.encode(left, out.buffer())?;
            if moved > 0 {
                self.sent += moved;
                left -= moved;
                // A step of the engine may be long: rows of a slow statement do not wait for the next one.
                if self.is_slow && self.chunk.is_none() {
                    out.flush()?;
                } else {
                    out.flush_if_full()?;
                }
            } else if !self.next_chunk(activity, Some(out))? {
                return Ok(Progress::Complete);
            }
        }
        Ok(Progress::Suspended)
    }

    /// Passes over up to so many rows.
    pub(super) fn skip(&mut self, max_rows: u64, activity: &Activity) -> Result<Progress, Broken> {
        let mut left = max_rows;
        while left > 0 {
            let Some((chunk, next)) = &mut self.chunk else {
                if self.next_chunk(activity, None)? {
                    continue;
                }
                return Ok(Progress::Complete);
            };
            let rows = self.encoder.rows(chunk);
            let passed = usize::try_from(left).unwrap_or(usize::MAX).min(rows - *next);
            *next += passed;
            if *next == rows {
                self.chunk = None;
            }
            let passed = u64::try_from(passed).unwrap_or(u64::MAX);
            self.sent += passed;
            left -= passed;
        }
        Ok(Progress::Suspended)
    }

    /// Encodes rows of the present chunk; 0 when there are none.
    fn encode(&mut self, max_rows: u64, buffer: &mut Vec<u8>) -> Result<u64, Broken> {
        let Some((chunk, next)) = &mut self.chunk else {
            return Ok(0);
        };
        let rows = self.encoder.rows(chunk);
        let left = rows - *next;
        let allowed = self.budget.rows(max_rows)?;
        let wanted = usize::try_from(allowed).unwrap_or(usize::MAX).min(left);
        let before = buffer.len();
        let written = self.encoder.encode(chunk, *next..*next + wanted, FULL_BYTES, buffer)?;
        *next += written;
        if *next == rows {
            self.chunk = None;
        }
        let (rows, bytes) = (count(written), count(buffer.len() - before));
        if let Err(exceeded) = self.budget.take(rows, bytes) {
            buffer.truncate(before);
            return Err(exceeded.into());
        }
        Ok(rows)
    }

    /// Makes the next chunk the present one; false when there is none. While it waits, rows do not linger.
    fn next_chunk(&mut self, activity: &Activity, out: Option<&mut Out>) -> Result<bool, Broken> {
        let begun = Instant::now();
        let chunk = match self.next_kept()? {
            Some(chunk) => Some(chunk),
            None => self.next_streamed(activity, out)?,
        };
        let Some(chunk) = chunk else {
            return self.failed.take().map_or(Ok(false), Err);
        };
        self.encoder.begin(&chunk)?;
        self.chunk = Some((chunk, 0));
        self.is_slow = begun.elapsed() >= LINGER;
        Ok(true)
    }

    fn next_kept(&mut self) -> Result<Option<Chunk>, Broken> {
        let Some((kept, next)) = &mut self.kept else {
            return Ok(None);
        };
        let chunk = kept.chunk(*next)?;
        *next += 1;
        if chunk.is_none() {
            self.kept = None;
        }
        Ok(chunk)
    }

    fn next_streamed(
        &mut self,
        activity: &Activity,
        mut out: Option<&mut Out>,
    ) -> Result<Option<Chunk>, Broken> {
        let Some(execution) = &mut self.execution else {
            return Ok(None);
        };
        loop {
            match execution.step()? {
                Step::Chunk(chunk) if chunk.len() > 0 => return Ok(Some(chunk)),
                Step::Finished => {
                    self.execution = None;
                    return Ok(None);
                }
                Step::NotReady | Step::Chunk(_) => {}
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
    ///
    /// # Errors
    /// 53400 at the limit. What goes wrong with the rows themselves is kept for whoever fetches them; the
    /// other statement goes on.
    pub(super) fn keep_rest(&mut self, activity: &Activity, limit_bytes: u64) -> Result<(), Diagnostic> {
        while self.is_streaming() {
            if self.kept_bytes() >= limit_bytes {
                return Err(spool_full());
            }
            if let Err(broken) = self.keep_chunk(activity) {
                self.execution = None;
                self.failed = Some(broken);
            }
        }
        Ok(())
    }

    fn keep_chunk(&mut self, activity: &Activity) -> Result<(), Broken> {
        if let Some(chunk) = self.next_streamed(activity, None)? {
            let kept = match (&mut self.kept, &self.execution) {
                (Some((kept, _)), _) => kept,
                (none, Some(execution)) => &mut none.insert((execution.collection()?, 0)).0,
                (None, None) => return Ok(()),
            };
            kept.append(&chunk)?;
        }
        Ok(())
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn spool_full() -> Diagnostic {
    let message = "the rows that a suspended portal has left exceed portal_spool_limit";
    Diagnostic::error(SqlState::CONFIGURATION_LIMIT_EXCEEDED, message)
        .with_hint("Fetch the portal's rows, or close it, before the next statement.")
}
