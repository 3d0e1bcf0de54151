//! From the duckling to the client: batches, each forwarded only when all of it is there.
//!
//! While nothing comes there is no buffer; it appears with the first byte, grows once to a full batch
//! and goes again when the session is idle. A read never reaches further than the header after the
//! batch that is expected, so that next to no payload is ever moved.

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::unix::ReadHalf,
};
use wire::link::{BatchHeader, SessionStatus, batch::MAX_BATCH_BYTES};

use super::progress::Progress;

const SMALL_BUFFER_BYTES: usize = 8 * 1024;
/// A stream's batches differ by less than this: each ends with the row that fills it.
const BATCH_VARIANCE_BYTES: usize = 1024;

const HEADER_BYTES: usize = BatchHeader::LENGTH_BYTES;

/// A batch between its header and the next one.
const LARGE_BUFFER_BYTES: usize = HEADER_BYTES + MAX_BATCH_BYTES + HEADER_BYTES;

/// The duckling's bytes: `start..end` of the buffer waits to be forwarded.
#[derive(Debug, Default)]
pub(super) struct Outbound {
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// The last batch with its header; the next one is likely as long.
    last_bytes: usize,
}

/// Why forwarding ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum OutboundEnd {
    /// The session is over, and the client has all of it.
    SessionClosed,
    /// The session has ended itself, and told its client why.
    SessionDismissed,
    /// The session socket ended without that: the duckling has died.
    DucklingGone,
    /// The client cannot be written to.
    ClientGone,
}

/// Why no batch can be had.
enum Unread {
    Gone,
}

impl Outbound {
    /// Forwards until one side ends.
    pub(super) async fn forward<W: AsyncWrite + Unpin>(
        &mut self,
        session: &mut ReadHalf<'_>,
        writer: &mut W,
        progress: &Progress,
    ) -> OutboundEnd {
        loop {
            let Ok(header) = self.next_batch(session).await else {
                return OutboundEnd::DucklingGone;
            };
            progress.begin_batch();
            if self.write(writer, &header).await.is_err() {
                return OutboundEnd::ClientGone;
            }
            progress.end_batch(&header);
            match header.status {
                SessionStatus::Closed => return OutboundEnd::SessionClosed,
                SessionStatus::Dismissed => return OutboundEnd::SessionDismissed,
                SessionStatus::Busy
                | SessionStatus::Idle
                | SessionStatus::InTransaction
                | SessionStatus::Failed => {}
            }
            if self.start == self.end && header.status != SessionStatus::Busy {
                // Reads of an idle session begin with a new, small buffer.
                *self = Self::default();
            }
        }
    }

    /// Writes the payload of the batch whose header has been read, and flushes unless more is at hand.
    async fn write<W: AsyncWrite + Unpin>(&mut self, writer: &mut W, header: &BatchHeader) -> io::Result<()> {
        let payload_start = self.start + HEADER_BYTES;
        let payload_end = payload_start + length(header);
        let payload = self.buffer.get(payload_start..payload_end).unwrap_or_default();
        writer.write_all(payload).await?;
        self.start = payload_end;
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        // With more than a header at hand the next write follows at once.
        if self.end - self.start <= HEADER_BYTES {
            writer.flush().await?;
        }
        Ok(())
    }

    /// Reads until a whole batch is there; answers its header.
    async fn next_batch(&mut self, session: &mut ReadHalf<'_>) -> Result<BatchHeader, Unread> {
        let likely = (self.last_bytes + BATCH_VARIANCE_BYTES).clamp(SMALL_BUFFER_BYTES, LARGE_BUFFER_BYTES);
        self.read_until(session, HEADER_BYTES, likely).await?;
        let bytes = self.buffer.get(self.start..).and_then(|bytes| bytes.first_chunk());
        let header = bytes.copied().and_then(BatchHeader::decode);
        let Some(header) = header else {
            tracing::error!("a duckling wrote what is no batch");
            return Err(Unread::Gone);
        };
        let total = HEADER_BYTES + length(&header);
        self.read_until(session, total, total + HEADER_BYTES).await?;
        self.last_bytes = total;
        Ok(header)
    }

    /// Reads until `wanted` bytes are there, and at most `limit` together with what is there already.
    async fn read_until(
        &mut self,
        session: &mut ReadHalf<'_>,
        wanted: usize,
        limit: usize,
    ) -> Result<(), Unread> {
        while self.end - self.start < wanted {
            if self.buffer.is_empty() {
                session.readable().await.map_err(|_| Unread::Gone)?;
            }
            self.make_room(limit);
            let limit = (self.start + limit).min(self.buffer.len());
            let room = self.buffer.get_mut(self.end..limit).unwrap_or_default();
            match session.read(room).await {
                Ok(0) | Err(_) => return Err(Unread::Gone),
                Ok(count) => self.end += count,
            }
        }
        Ok(())
    }

    /// Makes the buffer long enough for `limit` bytes from `start` on.
    fn make_room(&mut self, limit: usize) {
        if self.start > 0 && self.start + limit > self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buffer.len() < limit {
            let length = if limit <= SMALL_BUFFER_BYTES { SMALL_BUFFER_BYTES } else { LARGE_BUFFER_BYTES };
            self.buffer.resize(length, 0);
        }
    }
}

fn length(header: &BatchHeader) -> usize {
    // At most MAX_BATCH_BYTES: decoding has checked it.
    usize::try_from(header.length_bytes).unwrap_or(MAX_BATCH_BYTES)
}
