//! What sessions are running, noted where the gateway finds it after a crash; and the statements that are not to be run
//! for a while, since they have crashed an earlier process.
//!
//! The notes are a file in memory whose descriptor the gateway has too: one entry a session, written when what it
//! runs changes, without any locking. Statements are known by their fingerprints.

use std::{
    collections::{BTreeSet, HashMap},
    io,
    os::fd::OwnedFd,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rustix::fs::{MemfdFlags, memfd_create};
use wire::{
    Diagnostic, SqlState,
    link::{Fingerprint, Note, Suspect},
};

/// Statements of the session's own that run nothing: without them nobody gets out of a transaction.
const HARMLESS: [&str; 10] =
    ["begin", "start", "commit", "end", "rollback", "abort", "set", "show", "reset", "discard"];

/// A longer text is more than one of those.
const HARMLESS_MAX_BYTES: usize = 100;

/// Told of a statement that has run to its end although it was suspected.
type Absolve = Box<dyn Fn(Fingerprint) + Send + Sync>;

/// The notes of all sessions.
pub(crate) struct Notes {
    file: Option<OwnedFd>,
    entries: Mutex<Entries>,
    suspects: Mutex<HashMap<Fingerprint, Suspicion>>,
    absolve: Absolve,
}

/// Which entries of the file are free.
#[derive(Default)]
struct Entries {
    free: BTreeSet<u64>,
    used: u64,
}

#[derive(Clone, Copy)]
struct Suspicion {
    refused_until: Instant,
    crashes: u32,
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notes")
    }
}

/// A file for the notes.
///
/// # Errors
/// When the system has none.
pub(crate) fn file() -> io::Result<OwnedFd> {
    Ok(memfd_create("pintail-notes", MemfdFlags::CLOEXEC)?)
}

impl Notes {
    /// Notes in a file, or nowhere.
    pub(crate) fn new(file: Option<OwnedFd>, suspects: &[Suspect], absolve: Absolve) -> Self {
        let now = Instant::now();
        let suspicion = |suspect: &Suspect| {
            let refused_until = now.checked_add(Duration::from_millis(suspect.refuse_ms)).unwrap_or(now);
            (suspect.fingerprint, Suspicion { refused_until, crashes: suspect.crashes })
        };
        let suspects = suspects.iter().map(suspicion).collect();
        Self { file, entries: Mutex::default(), suspects: Mutex::new(suspects), absolve }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn suspects(&self) -> MutexGuard<'_, HashMap<Fingerprint, Suspicion>> {
        self.suspects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The entry of a new session.
    pub(crate) fn entry(self: &Arc<Self>, session: u64) -> Entry {
        let mut entries = self.entries();
        let number = entries.free.pop_first().unwrap_or(entries.used);
        entries.used = entries.used.max(number.saturating_add(1));
        drop(entries);
        Entry { notes: Arc::clone(self), number, session, running: None }
    }

    /// # Errors
    /// 54000 while a statement is refused.
    fn expect_runnable(&self, fingerprint: Fingerprint) -> Result<(), Diagnostic> {
        let suspects = self.suspects();
        let Some(suspicion) = suspects.get(&fingerprint) else {
            return Ok(());
        };
        let left = suspicion.refused_until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let seconds = left.as_secs().saturating_add(1);
        let message = "statement is refused because it has ended the account's process";
        let times = match suspicion.crashes {
            0 | 1 => "once".to_owned(),
            crashes => format!("{crashes} times"),
        };
        Err(Diagnostic::error(SqlState::PROGRAM_LIMIT_EXCEEDED, message)
            .with_detail(format!(
                "It was running when the process crashed, or did not stop when it was canceled ({times})."
            ))
            .with_hint(format!("Write it in another way, or try it again in {seconds} s.")))
    }

    fn finished(&self, fingerprint: Fingerprint) {
        if self.suspects().remove(&fingerprint).is_some() {
            (self.absolve)(fingerprint);
        }
    }

    fn write(&self, number: u64, note: Note) {
        if let Some(file) = &self.file {
            let length = u64::try_from(Note::LENGTH_BYTES).unwrap_or_default();
            // What is not noted is not known after a crash; nothing else comes of it.
            let _ = rustix::io::pwrite(file, &note.encode(), number.saturating_mul(length));
        }
    }
}

/// The entry of one session.
#[derive(Debug)]
pub(crate) struct Entry {
    notes: Arc<Notes>,
    number: u64,
    session: u64,
    running: Option<Fingerprint>,
}

impl Entry {
    /// The session begins to work on the statements of this text.
    ///
    /// # Errors
    /// 54000 while they are refused.
    pub(crate) fn begin(&mut self, text: &str) -> Result<Fingerprint, Diagnostic> {
        if is_harmless(text) {
            return Ok(Fingerprint(0));
        }
        let fingerprint = Fingerprint::of(text);
        self.go_on(fingerprint).map(|()| fingerprint)
    }

    /// The session goes on with the statements of a text that came before.
    ///
    /// # Errors
    /// 54000 while they are refused.
    pub(crate) fn go_on(&mut self, fingerprint: Fingerprint) -> Result<(), Diagnostic> {
        if fingerprint.0 == 0 || self.running == Some(fingerprint) {
            return Ok(());
        }
        self.notes.expect_runnable(fingerprint)?;
        self.notes.write(self.number, Note { session: self.session, fingerprint: Some(fingerprint) });
        if let Some(former) = self.running.replace(fingerprint) {
            self.notes.finished(former);
        }
        Ok(())
    }

    /// The session is idle.
    pub(crate) fn end(&mut self) {
        if let Some(former) = self.running.take() {
            self.notes.write(self.number, Note { session: self.session, fingerprint: None });
            self.notes.finished(former);
        }
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.end();
        self.notes.entries().free.insert(self.number);
    }
}

fn is_harmless(text: &str) -> bool {
    let word: String = text.trim_start().chars().take_while(char::is_ascii_alphabetic).collect();
    text.len() <= HARMLESS_MAX_BYTES
        && !text.trim_end().trim_end_matches(';').contains(';')
        && HARMLESS.iter().any(|harmless| word.eq_ignore_ascii_case(harmless))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn suspect(text: &str, refuse_ms: u64) -> Suspect {
        Suspect { fingerprint: Fingerprint::of(text), refuse_ms, crashes: 2 }
    }

    #[test]
    fn what_a_session_runs_stands_in_its_entry_until_it_is_idle() {
        let file = file().unwrap();
        let read = file.try_clone().unwrap();
        let notes = Arc::new(Notes::new(Some(file), &[], Box::new(|_| {})));
        let first = notes.entry(7);
        let mut second = notes.entry(8);
        let fingerprint = second.begin("select 1").unwrap();
        let note = || {
            let mut bytes = [0; 16];
            rustix::io::pread(&read, &mut bytes, 16).unwrap();
            Note::decode(bytes)
        };
        assert_eq!(note(), Note { session: 8, fingerprint: Some(fingerprint) });
        second.end();
        assert_eq!(note(), Note { session: 8, fingerprint: None });
        drop(first);
        assert_eq!(notes.entry(9).number, 0, "an entry is used again");
    }

    #[test]
    fn a_culprit_is_refused_and_a_suspect_that_ends_is_absolved() {
        let (told, absolved) = mpsc::channel();
        let absolve = Box::new(move |fingerprint| told.send(fingerprint).unwrap());
        let suspects = [suspect("crash()", 60_000), suspect("innocent()", 0)];
        let notes = Arc::new(Notes::new(None, &suspects, absolve));
        let mut entry = notes.entry(1);
        for _ in 0..2 {
            let refused = entry.begin("crash()").unwrap_err();
            assert_eq!(refused.code, SqlState::PROGRAM_LIMIT_EXCEEDED);
            assert!(refused.hint.unwrap().contains("60 s"));
        }
        entry.begin("innocent()").unwrap();
        entry.end();
        assert_eq!(absolved.try_recv(), Ok(Fingerprint::of("innocent()")));
        entry.begin("other()").unwrap();
        entry.end();
        assert!(absolved.try_recv().is_err());
    }

    #[test]
    fn nobody_is_kept_in_a_transaction() {
        for text in ["ROLLBACK", " commit; ", "set x to 1"] {
            assert!(is_harmless(text), "{text}");
        }
        for text in ["select 1", "begin; select 1", "endless()"] {
            assert!(!is_harmless(text), "{text}");
        }
    }
}
