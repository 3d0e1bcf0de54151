//! What a duckling's sessions are running: read from a file in memory that the duckling keeps up to date and that
//! outlives it, so that it is known after a crash too.
//!
//! The duckling may be anybody's by then: nothing of what is read is trusted beyond its own account.

use std::{collections::BTreeSet, os::fd::OwnedFd};

use wire::link::{Fingerprint, Note, SessionId};

/// More notes are not read.
const NOTES_MAX: usize = 64 * 1024;

/// The file.
#[derive(Debug)]
pub(super) struct Notes {
    file: OwnedFd,
    count: usize,
}

impl Notes {
    /// Room for so many sessions.
    pub(super) fn new(file: OwnedFd, sessions_max: usize) -> Self {
        Self { file, count: sessions_max.saturating_mul(2).min(NOTES_MAX) }
    }

    /// The statements that are running, or those of the given sessions only.
    pub(super) fn running(&self, of: Option<&BTreeSet<SessionId>>) -> BTreeSet<Fingerprint> {
        let mut bytes = vec![0; self.count * Note::LENGTH_BYTES];
        let mut filled = 0;
        while let Some(room) = bytes.get_mut(filled..).filter(|room| !room.is_empty()) {
            let offset = u64::try_from(filled).unwrap_or(u64::MAX);
            // What cannot be read is as good as not noted.
            match rustix::io::pread(&self.file, room, offset) {
                Ok(count) if count > 0 => filled += count,
                Ok(_) | Err(_) => break,
            }
        }
        let (notes, _) = bytes.get(..filled).unwrap_or_default().as_chunks();
        let notes = notes.iter().map(|bytes| Note::decode(*bytes));
        let meant =
            notes.filter(|note| of.is_none_or(|sessions| sessions.contains(&SessionId(note.session))));
        meant.filter_map(|note| note.fingerprint).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn what_runs_is_read_and_idle_sessions_are_not() {
        let mut file = tempfile::tempfile().unwrap();
        let (one, two) = (Fingerprint::of("select 1"), Fingerprint::of("select 2"));
        for (session, fingerprint) in [(5, Some(one)), (6, None), (7, Some(two))] {
            file.write_all(&Note { session, fingerprint }.encode()).unwrap();
        }
        let notes = Notes::new(file.into(), 10);
        assert_eq!(notes.running(None), [one, two].into());
        assert_eq!(notes.running(Some(&[SessionId(7)].into())), [two].into());
    }

    #[test]
    fn what_is_no_file_says_nothing() {
        let (end, _other) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(Notes::new(end.into(), 10).running(None).is_empty());
    }
}
