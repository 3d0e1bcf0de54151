//! Batches: how backend messages travel from a duckling's session to the gateway.
//!
//! The gateway forwards a batch only when all of it is there, so that it always stands at a message
//! boundary and can still answer for a duckling that died. A message longer than [`MAX_BATCH_BYTES`]
//! travels as fragments, forwarded as they come.

/// A batch of whole messages leaves when it holds at least this many bytes: each one costs a switch between
/// the processes, and a row more must still fit below [`MAX_BATCH_BYTES`].
pub const FULL_BATCH_BYTES: usize = 112 * 1024;

/// No batch is longer than this; a single longer message travels in fragments of this size.
pub const MAX_BATCH_BYTES: usize = 128 * 1024;

/// What the bytes of a batch are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BatchKind {
    /// One or more whole messages.
    Messages,
    /// A part of one long message; more follows.
    Fragment,
    /// The last part of a long message.
    LastFragment,
}

/// Where the session stands at the end of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionStatus {
    /// In the middle of answering.
    Busy,
    /// The batch ends with ReadyForQuery, outside a transaction block.
    Idle,
    /// The batch ends with ReadyForQuery, inside a transaction block.
    InTransaction,
    /// The batch ends with ReadyForQuery, inside a failed transaction block.
    Failed,
    /// The session is over; the gateway closes the client's connection after this batch.
    Closed,
    /// The same, and the batch ends with the FATAL error that says why: nothing is left to be said.
    Dismissed,
}

/// The 16 bytes in front of every batch.
///
/// Layout, integers big-endian: length of what follows (4), kind (1), status (1), flags (1: bit 0 = the
/// session has state that a new duckling would lack), zero (1), consumed (8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHeader {
    /// Bytes after the header; at most [`MAX_BATCH_BYTES`].
    pub length_bytes: u32,
    /// What the bytes are.
    pub kind: BatchKind,
    /// Where the session stands after them.
    pub status: SessionStatus,
    /// Whether the session has state (settings, named statements, …) that would be lost with the duckling.
    pub has_state: bool,
    /// Bytes of client messages that the session has taken and acted on since it began. Equal to what
    /// the gateway has sent: nothing is under way.
    pub consumed_bytes: u64,
}

impl BatchHeader {
    /// The header's own length.
    pub const LENGTH_BYTES: usize = 16;

    /// The header as bytes.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LENGTH_BYTES] {
        let kind = match self.kind {
            BatchKind::Messages => 0,
            BatchKind::Fragment => 1,
            BatchKind::LastFragment => 2,
        };
        let status = match self.status {
            SessionStatus::Busy => 0,
            SessionStatus::Idle => b'I',
            SessionStatus::InTransaction => b'T',
            SessionStatus::Failed => b'E',
            SessionStatus::Closed => b'X',
            SessionStatus::Dismissed => b'F',
        };
        let [l0, l1, l2, l3] = self.length_bytes.to_be_bytes();
        let [c0, c1, c2, c3, c4, c5, c6, c7] = self.consumed_bytes.to_be_bytes();
        let flags = u8::from(self.has_state);
        [l0, l1, l2, l3, kind, status, flags, 0, c0, c1, c2, c3, c4, c5, c6, c7]
    }

    /// The header from its bytes; nothing when they are not a header (a duckling that writes such is
    /// broken and is to be ended).
    #[must_use]
    pub fn decode(bytes: [u8; Self::LENGTH_BYTES]) -> Option<Self> {
        let [l0, l1, l2, l3, kind, status, flags, zero, c0, c1, c2, c3, c4, c5, c6, c7] = bytes;
        let length_bytes = u32::from_be_bytes([l0, l1, l2, l3]);
        let kind = match kind {
            0 => BatchKind::Messages,
            1 => BatchKind::Fragment,
            2 => BatchKind::LastFragment,
            _ => return None,
        };
        let status = match status {
            0 => SessionStatus::Busy,
            b'I' => SessionStatus::Idle,
            b'T' => SessionStatus::InTransaction,
            b'E' => SessionStatus::Failed,
            b'X' => SessionStatus::Closed,
            b'F' => SessionStatus::Dismissed,
            _ => return None,
        };
        let fits = usize::try_from(length_bytes).is_ok_and(|length| length <= MAX_BATCH_BYTES);
        if !fits || flags > 1 || zero != 0 {
            return None;
        }
        let consumed_bytes = u64::from_be_bytes([c0, c1, c2, c3, c4, c5, c6, c7]);
        Some(Self { length_bytes, kind, status, has_state: flags == 1, consumed_bytes })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_decoded_header_encodes_to_the_same_bytes(bytes: [u8; 16], kind in 0u8..4, status in prop::sample::select(vec![0, b'I', b'T', b'E', b'X', b'F', b'?'])) {
            let mut bytes = bytes;
            bytes[0] = 0;
            bytes[1] &= 3;
            bytes[4] = kind;
            bytes[5] = status;
            bytes[6] &= 3;
            bytes[7] &= 1;
            match BatchHeader::decode(bytes) {
                Some(header) => prop_assert_eq!(header.encode(), bytes),
                None => prop_assert!(kind == 3 || status == b'?' || bytes[6] > 1 || bytes[7] != 0 || u32::from_be_bytes([0, bytes[1], bytes[2], bytes[3]]) > 131_072),
            }
        }
    }
}
