//! How far the two directions of one session have come: what decides whether it is idle.
//!
//! Both directions run in one task; the atomics are there only because that task moves between
//! threads, and carry no order between different cells.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use wire::link::{BatchHeader, BatchKind, SessionStatus};

/// Counters of one session in one duckling.
#[derive(Debug, Default)]
pub(super) struct Progress {
    forwarded_bytes: AtomicU64,
    consumed_bytes: AtomicU64,
    ready: AtomicBool,
    has_state: AtomicBool,
    inside_message: AtomicBool,
    writing: AtomicBool,
    begun: AtomicBool,
}

/// How a session stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// The client waits for nothing and is in no transaction.
    pub(super) is_idle: bool,
    /// The session has state that a new duckling would lack.
    pub(super) has_state: bool,
    /// The client has got a part of a message, or of a batch, and cannot be told anything any more.
    pub(super) inside_message: bool,
}

impl Progress {
    /// A client that has been talking already is idle before its first batch from a new duckling.
    pub(super) fn resumed() -> Self {
        let progress = Self::default();
        progress.ready.store(true, Relaxed);
        progress.begun.store(true, Relaxed);
        progress
    }

    /// So many bytes of client messages went to the duckling.
    pub(super) fn forwarded(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.forwarded_bytes.fetch_add(bytes, Relaxed);
    }

    /// A batch begins to go to the client.
    pub(super) fn begin_batch(&self) {
        self.writing.store(true, Relaxed);
        self.begun.store(true, Relaxed);
    }

    /// The batch has gone to the client.
    pub(super) fn end_batch(&self, header: &BatchHeader) {
        self.consumed_bytes.store(header.consumed_bytes, Relaxed);
        self.ready.store(header.status == SessionStatus::Idle, Relaxed);
        self.has_state.store(header.has_state, Relaxed);
        self.inside_message.store(header.kind == BatchKind::Fragment, Relaxed);
        self.writing.store(false, Relaxed);
    }

    /// Whether the client has heard of this duckling, or has sent it something.
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Relaxed) || self.forwarded_bytes.load(Relaxed) > 0
    }

    /// So many bytes of client messages went to the duckling; nothing when the session is idle.
    pub(super) fn sent_unless_idle(&self) -> Option<u64> {
        // In this order: what is sent in between is a later statement.
        let sent_bytes = self.forwarded_bytes.load(Relaxed);
        (!self.standing().is_idle).then_some(sent_bytes)
    }

    /// How the session stands now.
    pub(super) fn standing(&self) -> Standing {
        let is_read = self.consumed_bytes.load(Relaxed) == self.forwarded_bytes.load(Relaxed);
        let inside_message = self.inside_message.load(Relaxed) || self.writing.load(Relaxed);
        Standing {
            is_idle: is_read && self.ready.load(Relaxed) && !inside_message,
            has_state: self.has_state.load(Relaxed),
            inside_message,
        }
    }
}
