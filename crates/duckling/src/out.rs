//! What a session says: backend messages gathered into batches for the gateway.
//!
//! Whole messages are appended to one buffer, which leaves when it is full, when the session waits for
//! the client, or when rows have waited for [`LINGER`]. Writing blocks; that is the backpressure.

use std::{
    io,
    time::{Duration, Instant},
};

use wire::{
    Diagnostic, Severity,
    backend::{self, TransactionStatus},
    link::{
        BatchHeader, BatchKind, SessionStatus,
        batch::{FULL_BATCH_BYTES, MAX_BATCH_BYTES},
    },
};

/// Rows wait no longer than this for their batch to fill.
pub(crate) const LINGER: Duration = Duration::from_millis(5);

/// Where batches go.
pub(crate) trait Sink {
    /// Sends one batch, waiting until there is room for it.
    ///
    /// # Errors
    /// When the gateway is gone.
    fn send(&mut self, header: BatchHeader, bytes: &[u8]) -> io::Result<()>;
}

/// The outgoing side of a session.
pub(crate) struct Out {
    buffer: Vec<u8>,
    oldest: Option<Instant>,
    consumed_bytes: u64,
    has_state: bool,
    /// Whether the client has been told why its session ends.
    is_dismissed: bool,
    sink: Box<dyn Sink + Send>,
}

impl Out {
    /// An empty buffer in front of a sink.
    #[must_use]
    pub(crate) fn new(sink: Box<dyn Sink + Send>) -> Self {
        Self {
            buffer: Vec::new(),
            oldest: None,
            consumed_bytes: 0,
            has_state: false,
            is_dismissed: false,
            sink,
        }
    }

    /// Notes how many bytes of the client's messages have been taken so far.
    pub(crate) fn consumed(&mut self, bytes: u64) {
        self.consumed_bytes += bytes;
    }

    /// Notes whether the session has state that a new duckling would lack.
    pub(crate) fn set_has_state(&mut self, has_state: bool) {
        self.has_state = has_state;
    }

    /// The buffer, to append whole messages to.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.buffer
    }

    /// Appends an ErrorResponse or NoticeResponse.
    pub(crate) fn diagnostic(&mut self, diagnostic: &Diagnostic) {
        self.is_dismissed |= matches!(diagnostic.severity, Severity::Fatal | Severity::Panic);
        backend::diagnostic(&mut self.buffer, diagnostic);
    }

    /// Sends what there is if it fills a batch.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn flush_if_full(&mut self) -> io::Result<()> {
        if self.buffer.len() >= FULL_BATCH_BYTES {
            return self.flush();
        }
        if self.oldest.is_none() && !self.buffer.is_empty() {
            self.oldest = Some(Instant::now());
        }
        Ok(())
    }

    /// Sends what there is if its oldest part has waited long enough.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn flush_if_lingering(&mut self) -> io::Result<()> {
        if self.oldest.is_some_and(|oldest| oldest.elapsed() >= LINGER) { self.flush() } else { Ok(()) }
    }

    /// Sends what there is, in the middle of an answer.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn flush(&mut self) -> io::Result<()> {
        if self.buffer.is_empty() { Ok(()) } else { self.send(SessionStatus::Busy) }
    }

    /// Says ReadyForQuery and sends everything.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn ready(&mut self, status: TransactionStatus) -> io::Result<()> {
        backend::ready_for_query(&mut self.buffer, status);
        self.send(match status {
            TransactionStatus::Idle => SessionStatus::Idle,
            TransactionStatus::InTransaction => SessionStatus::InTransaction,
            TransactionStatus::Failed => SessionStatus::Failed,
        })
    }

    /// Tells the gateway where an idle session stands without telling the client anything: after a
    /// session was taken up again in a new duckling.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn resumed(&mut self) -> io::Result<()> {
        self.send(SessionStatus::Idle)
    }

    /// Sends everything; the session is over and the client's connection is to be closed.
    ///
    /// # Errors
    /// When the gateway is gone.
    pub(crate) fn close(&mut self) -> io::Result<()> {
        let is_dismissed = self.is_dismissed;
        self.send(if is_dismissed { SessionStatus::Dismissed } else { SessionStatus::Closed })
    }

    fn send(&mut self, status: SessionStatus) -> io::Result<()> {
        self.oldest = None;
        let buffer = std::mem::take(&mut self.buffer);
        let sent = self.send_parts(&buffer, status);
        self.buffer = buffer;
        self.buffer.clear();
        // One long message should not hold its memory for the rest of the session.
        self.buffer.shrink_to(4 * MAX_BATCH_BYTES);
        sent
    }

    /// Cuts the buffer at message boundaries into batches of at most [`MAX_BATCH_BYTES`].
    fn send_parts(&mut self, buffer: &[u8], status: SessionStatus) -> io::Result<()> {
        let mut rest = buffer;
        while rest.len() > MAX_BATCH_BYTES {
            let whole = whole_messages(rest);
            if whole == 0 {
                rest = self.send_fragments(rest)?;
            } else {
                let (batch, tail) = rest.split_at(whole);
                self.send_one(BatchKind::Messages, SessionStatus::Busy, batch)?;
                rest = tail;
            }
        }
        if rest.is_empty() && status == SessionStatus::Busy {
            return Ok(());
        }
        self.send_one(BatchKind::Messages, status, rest)
    }

    /// Sends the first message, which is longer than a batch, and gives what follows it.
    fn send_fragments<'b>(&mut self, buffer: &'b [u8]) -> io::Result<&'b [u8]> {
        let (message, tail) = buffer.split_at(message_length(buffer).min(buffer.len()));
        let mut pieces = message.chunks(MAX_BATCH_BYTES).peekable();
        while let Some(piece) = pieces.next() {
            let kind = if pieces.peek().is_some() { BatchKind::Fragment } else { BatchKind::LastFragment };
            self.send_one(kind, SessionStatus::Busy, piece)?;
        }
        Ok(tail)
    }

    fn send_one(&mut self, kind: BatchKind, status: SessionStatus, bytes: &[u8]) -> io::Result<()> {
        let length_bytes = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let header = BatchHeader {
            length_bytes,
            kind,
            status,
            has_state: self.has_state,
            consumed_bytes: self.consumed_bytes,
        };
        self.sink.send(header, bytes)
    }
}

/// How many bytes of whole messages fit into one batch; 0 when the first message alone does not.
fn whole_messages(buffer: &[u8]) -> usize {
    let mut taken = 0;
    while let Some(rest) = buffer.get(taken..).filter(|rest| !rest.is_empty()) {
        let next = taken + message_length(rest);
        if next > MAX_BATCH_BYTES {
            break;
        }
        taken = next;
    }
    taken
}

/// The length of the message at the start of a buffer, type byte included.
fn message_length(buffer: &[u8]) -> usize {
    let length = buffer.get(1..5).and_then(|bytes| bytes.try_into().ok()).map_or(0, u32::from_be_bytes);
    1 + usize::try_from(length).unwrap_or(usize::MAX - 1)
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    type Sent = Arc<Mutex<Vec<(BatchHeader, Vec<u8>)>>>;

    struct Recorder(Sent);

    impl Sink for Recorder {
        fn send(&mut self, header: BatchHeader, bytes: &[u8]) -> io::Result<()> {
            self.0.lock().unwrap().push((header, bytes.to_vec()));
            Ok(())
        }
    }

    fn recorded() -> (Out, Sent) {
        let sent = Sent::default();
        (Out::new(Box::new(Recorder(Arc::clone(&sent)))), sent)
    }

    #[test]
    fn batches_hold_whole_messages_and_long_ones_travel_in_fragments() {
        let (mut out, sent) = recorded();
        for _ in 0..3 {
            backend::copy_data(out.buffer(), &vec![1; 60_000]);
        }
        backend::copy_data(out.buffer(), &vec![2; 300_000]);
        out.consumed(9);
        out.ready(TransactionStatus::Idle).unwrap();
        let sent = sent.lock().unwrap();
        let kinds: Vec<_> = sent.iter().map(|(header, bytes)| (header.kind, bytes.len())).collect();
        let expected = [
            (BatchKind::Messages, 120_010),
            (BatchKind::Messages, 60_005),
            (BatchKind::Fragment, MAX_BATCH_BYTES),
            (BatchKind::Fragment, MAX_BATCH_BYTES),
            (BatchKind::LastFragment, 300_005 - 2 * MAX_BATCH_BYTES),
            (BatchKind::Messages, 6),
        ];
        assert_eq!(kinds, expected);
        let last = sent.last().unwrap().0;
        assert_eq!((last.status, last.consumed_bytes), (SessionStatus::Idle, 9));
        assert!(sent.iter().take(5).all(|(header, _)| header.status == SessionStatus::Busy));
    }

    #[test]
    fn nothing_is_sent_when_there_is_nothing() {
        let (mut out, sent) = recorded();
        out.flush().unwrap();
        assert!(sent.lock().unwrap().is_empty());
        out.close().unwrap();
        assert_eq!(sent.lock().unwrap()[0].0.status, SessionStatus::Closed);
    }
}
