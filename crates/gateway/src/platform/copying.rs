//! Copies of database files: by reference where the file system can, else byte by byte, with what was done in the log.
//!
//! A copy is a draft first, which is gone with this value; whoever wants it gives it a name. So what a crash leaves is a
//! draft, or a file that no row names, and both are removed before anybody looks for them.

use std::{
    fs::{File, Permissions},
    io::{self, Read, Write},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, Instant},
};

use rustix::fs::ioctl_ficlone;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;
use wire::{Diagnostic, SqlState};

use super::folder::Folder;
use crate::{
    home::HomeError,
    store::{Moment, Taken},
};

/// How the names of drafts end.
pub(super) const DRAFT: &str = ".draft";

/// So much is copied between two looks at whether it is still wanted.
const CHUNK_BYTES: usize = 4 << 20;

/// How often the log tells how far a copy is.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

/// What is copied.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) taken: Taken,
}

impl Source {
    /// An open file, as it is now.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let metadata = file.metadata()?;
        let taken = Taken { at: Moment::now(), source: Moment::from(metadata.modified()?) };
        Ok(Self { file, bytes: metadata.len(), taken })
    }
}

/// How the copy is to be.
#[derive(Clone, Debug)]
pub(super) struct Manner<'m> {
    /// For the log.
    pub(super) account: &'m str,
    /// Its mode.
    pub(super) mode: u32,
    /// Cancelled when nobody wants it any more.
    pub(super) cancel: &'m CancellationToken,
}

/// A whole copy, durable, without a name that would mean anything.
#[derive(Debug)]
pub struct Draft {
    folder: Folder,
    name: String,
}

impl Draft {
    /// Opens it to be read.
    ///
    /// # Errors
    /// When it is not there any more, or the system refuses.
    pub fn open(&self) -> Result<File, HomeError> {
        let gone = || HomeError::io(Path::new(&self.name))(io::ErrorKind::NotFound.into());
        self.folder.read(&self.name)?.ok_or_else(gone)
    }

    /// Gives it a name, durably, in the place of what a change that was not committed has left there.
    pub(super) fn place(&self, name: &str) -> Result<(), HomeError> {
        self.folder.remove_all(|other| other.starts_with(name))?;
        self.folder.link(&self.name, name)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Err(error) = self.folder.remove(&self.name) {
            // Removed at the next start.
            tracing::warn!(%error, "draft not removed");
        }
    }
}

/// Copies a file into a folder.
pub(super) fn copy(source: &Source, folder: &Path, manner: &Manner<'_>) -> Result<Draft, Diagnostic> {
    let folder = Folder::open(folder).map_err(|error| failed(&error))?;
    let name = format!("{}{DRAFT}", Uuid::new_v4());
    let file = folder.create(&name).map_err(|error| failed(&error))?;
    let draft = Draft { folder, name };
    fill(source, &file, manner)?;
    let finish = || {
        file.set_permissions(Permissions::from_mode(manner.mode))?;
        file.sync_all()
    };
    finish().map_err(|error| unwritable(&error))?;
    Ok(draft)
}

fn fill(source: &Source, file: &File, manner: &Manner<'_>) -> Result<(), Diagnostic> {
    if manner.cancel.is_cancelled() {
        return Err(canceled());
    }
    match ioctl_ficlone(file, &source.file) {
        Ok(()) => return Ok(()),
        Err(error) => tracing::debug!(%error, "the file system copies nothing by reference"),
    }
    let began = Instant::now();
    let mut told = began;
    let mut left = source.bytes;
    let mut buffer = vec![0; CHUNK_BYTES.min(usize::try_from(left).unwrap_or(CHUNK_BYTES)).max(1)];
    let (mut from, mut to) = (&source.file, file);
    while left > 0 {
        if manner.cancel.is_cancelled() {
            return Err(canceled());
        }
        let length = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let chunk = buffer.get_mut(..length).unwrap_or_default();
        from.read_exact(chunk).and_then(|()| to.write_all(chunk)).map_err(|error| unwritable(&error))?;
        left = left.saturating_sub(u64::try_from(length).unwrap_or(u64::MAX));
        if told.elapsed() >= PROGRESS_INTERVAL {
            told = Instant::now();
            let (account, copied_mib, mib) =
                (manner.account, (source.bytes - left) >> 20, source.bytes >> 20);
            tracing::info!(account, copied_mib, mib, "copying a database");
        }
    }
    if began.elapsed() >= PROGRESS_INTERVAL {
        tracing::info!(account = manner.account, mib = source.bytes >> 20, elapsed = ?began.elapsed(), "database copied");
    }
    Ok(())
}

/// Nobody wants it any more.
pub(super) fn canceled() -> Diagnostic {
    Diagnostic::error(SqlState::QUERY_CANCELED, "canceling statement due to user request")
}

fn unwritable(error: &io::Error) -> Diagnostic {
    if !matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) {
        return failed(error);
    }
    tracing::warn!(%error, "database not copied");
    Diagnostic::error(SqlState::DISK_FULL, "the server's disk is full")
        .with_hint("Try again when there is more room. DROP is possible now.")
}

/// What is wrong with the files is for the log.
pub(super) fn failed(error: &dyn std::error::Error) -> Diagnostic {
    tracing::error!(%error, "the account's files cannot be used");
    Diagnostic::error(SqlState::IO_ERROR, "the database's file cannot be copied")
        .with_hint("The server's log has the cause.")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn manner(cancel: &CancellationToken) -> Manner<'_> {
        Manner { account: "ann", mode: 0o444, cancel }
    }

    fn source(path: &Path, content: &[u8]) -> Source {
        fs::write(path, content).unwrap();
        Source::new(File::open(path).unwrap()).unwrap()
    }

    #[test]
    fn a_copy_is_whole_and_takes_the_place_of_what_was_left_there() {
        let place = tempfile::tempdir().unwrap();
        let (from, to) = (place.path().join("from"), place.path().join("to"));
        fs::create_dir(&to).unwrap();
        let content: Vec<u8> = (0..=255).cycle().take(CHUNK_BYTES + 77).collect();
        let source = source(&from, &content);
        for left in ["7.duckdb", "7.duckdb.wal"] {
            fs::write(to.join(left), "left").unwrap();
        }
        let draft = copy(&source, &to, &manner(&CancellationToken::new())).unwrap();
        draft.place("7.duckdb").unwrap();
        drop(draft);
        assert_eq!(fs::read(to.join("7.duckdb")).unwrap(), content);
        assert_eq!(fs::metadata(to.join("7.duckdb")).unwrap().permissions().mode() & 0o777, 0o444);
        assert_eq!(fs::read_dir(&to).unwrap().count(), 1);
    }

    #[test]
    fn one_that_nobody_wants_leaves_nothing() {
        let place = tempfile::tempdir().unwrap();
        let source = source(&place.path().join("from"), &[7; 100]);
        let to = place.path().join("to");
        fs::create_dir(&to).unwrap();
        let cancel = CancellationToken::new();
        cancel.cancel();
        let copied = copy(&source, &to, &manner(&cancel));
        assert_eq!(copied.unwrap_err().code, SqlState::QUERY_CANCELED);
        assert_eq!(fs::read_dir(&to).unwrap().count(), 0);
    }
}
