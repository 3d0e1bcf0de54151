//! Limits that travel with the configuration of a duckling and with each session.
//!
//! Limits of the whole process (memory, threads, disk) are fields of the configuration; here are those that differ
//! from session to session, since a token may have stricter ones than its account. And here is how a statement is
//! named that is not to be run for a while: by its [`Fingerprint`], never by its text.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

/// What one session may do; 0 is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLimits {
    /// Rows of one result.
    pub result_rows: u64,
    /// Bytes of one result's row messages.
    pub result_bytes: u64,
    /// The most that `statement_timeout` can be, in milliseconds; 0 leaves it to the session.
    pub statement_timeout_ms: u64,
    /// The text of a Query or Parse message, in bytes.
    pub statement_text_bytes: u64,
    /// How deep expressions may be nested; 0 is DuckDB's own limit.
    pub expression_depth: u32,
}

impl SessionLimits {
    /// The stricter of two, limit by limit.
    #[must_use]
    pub fn strictest(self, other: Self) -> Self {
        Self {
            result_rows: stricter(self.result_rows, other.result_rows),
            result_bytes: stricter(self.result_bytes, other.result_bytes),
            statement_timeout_ms: stricter(self.statement_timeout_ms, other.statement_timeout_ms),
            statement_text_bytes: stricter(self.statement_text_bytes, other.statement_text_bytes),
            expression_depth: stricter(self.expression_depth, other.expression_depth),
        }
    }
}

/// The smaller of two numbers of which 0 is none.
fn stricter<N: Ord + Default>(one: N, other: N) -> N {
    let none = N::default();
    if one == none {
        other
    } else if other == none {
        one
    } else {
        one.min(other)
    }
}

/// Stands for the text of a client's Query or Parse message. It is made and compared by one and the same program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub u64);

impl Fingerprint {
    /// That of a text; never 0, which stands for no statement.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self(hasher.finish().max(1))
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:016x}", self.0)
    }
}

/// What is known of a statement that was running when an earlier process of the account ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspect {
    /// Which statement.
    pub fingerprint: Fingerprint,
    /// How long it is not to be run, in milliseconds from now; 0 when it may, since others ran beside it.
    pub refuse_ms: u64,
    /// How often it has ended a process.
    pub crashes: u32,
}

/// What a session is running, as the duckling notes it for the gateway in a file that outlives its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// The session's number.
    pub session: u64,
    /// What it runs; nothing when it is idle.
    pub fingerprint: Option<Fingerprint>,
}

impl Note {
    /// A note as bytes; notes stand one after the other in their file.
    pub const LENGTH_BYTES: usize = 16;

    /// As bytes.
    #[must_use]
    pub fn encode(self) -> [u8; Self::LENGTH_BYTES] {
        let fingerprint = self.fingerprint.map_or(0, |fingerprint| fingerprint.0);
        let both = (u128::from(self.session) << 64) | u128::from(fingerprint);
        both.to_be_bytes()
    }

    /// From bytes.
    #[must_use]
    pub fn decode(bytes: [u8; Self::LENGTH_BYTES]) -> Self {
        let [s0, s1, s2, s3, s4, s5, s6, s7, f0, f1, f2, f3, f4, f5, f6, f7] = bytes;
        let fingerprint = u64::from_be_bytes([f0, f1, f2, f3, f4, f5, f6, f7]);
        Self {
            session: u64::from_be_bytes([s0, s1, s2, s3, s4, s5, s6, s7]),
            fingerprint: (fingerprint != 0).then_some(Fingerprint(fingerprint)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_limits_the_stricter_counts_and_none_never_does() {
        let account = SessionLimits { result_rows: 100, statement_timeout_ms: 5, ..SessionLimits::default() };
        let token = SessionLimits { result_rows: 10, expression_depth: 7, ..SessionLimits::default() };
        let both = account.strictest(token);
        assert_eq!(both, token.strictest(account));
        assert_eq!((both.result_rows, both.statement_timeout_ms, both.expression_depth), (10, 5, 7));
        assert_eq!(both.result_bytes, 0);
    }

    #[test]
    fn a_note_survives_being_written() {
        for fingerprint in [None, Some(Fingerprint::of("select 1"))] {
            let note = Note { session: u64::MAX - 1, fingerprint };
            assert_eq!(Note::decode(note.encode()), note);
        }
        assert_eq!(Note::decode([0; 16]), Note { session: 0, fingerprint: None });
    }

    #[test]
    fn a_fingerprint_is_the_same_for_the_same_text() {
        assert_eq!(Fingerprint::of("select 1"), Fingerprint::of("select 1"));
        assert_ne!(Fingerprint::of("select 1"), Fingerprint::of("select 2"));
    }
}
