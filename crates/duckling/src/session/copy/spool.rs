//! Files that COPY keeps for as long as it runs: whole files are spooled in the account's spill directory,
//! under names that are made up at random and told to nobody.
//!
//! Each goes with its [`SpoolFile`]; what a killed duckling left behind goes when the next one starts. All
//! files of an account together keep within `spill_limit`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use rustix::rand::{GetRandomFlags, getrandom};
use wire::{Diagnostic, SqlState};

/// What the files' names begin with.
const PREFIX: &str = "copy-";

/// Where an account's files are.
#[derive(Debug)]
pub(crate) struct CopySpool {
    directory: PathBuf,
    limit_bytes: u64,
    used_bytes: AtomicU64,
}

/// Why a file could not be kept.
#[derive(Debug, thiserror::Error)]
pub(super) enum SpoolError {
    /// `spill_limit` is reached.
    #[error("the files of COPY exceed spill_limit ({limit_bytes} bytes)")]
    Full {
        /// The limit.
        limit_bytes: u64,
    },
    /// The directory does not take them.
    #[error("cannot keep the file of a COPY: {0}")]
    Io(#[from] io::Error),
}

impl From<SpoolError> for Diagnostic {
    fn from(error: SpoolError) -> Self {
        let code = match &error {
            SpoolError::Full { .. } => SqlState::CONFIGURATION_LIMIT_EXCEEDED,
            SpoolError::Io(error) if error.kind() == io::ErrorKind::StorageFull => SqlState::DISK_FULL,
            SpoolError::Io(_) => SqlState::IO_ERROR,
        };
        let diagnostic = Self::error(code, error.to_string());
        match error {
            SpoolError::Full { .. } => diagnostic.with_hint("Copy the data in several files, or as csv."),
            SpoolError::Io(_) => diagnostic,
        }
    }
}

impl CopySpool {
    /// The files in a directory, of which those of an earlier process are removed.
    #[must_use]
    pub(crate) fn open(directory: PathBuf, limit_bytes: u64) -> Self {
        for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().starts_with(PREFIX)
                && let Err(error) = fs::remove_file(entry.path())
            {
                tracing::warn!(%error, "a file of a COPY that ended could not be removed");
            }
        }
        Self { directory, limit_bytes, used_bytes: AtomicU64::new(0) }
    }

    /// A name for a file that is to be written.
    pub(super) fn file(self: &Arc<Self>) -> Result<SpoolFile, SpoolError> {
        let mut random = [0; 16];
        getrandom(&mut random, GetRandomFlags::empty()).map_err(io::Error::from)?;
        let name = format!("{PREFIX}{:032x}", u128::from_ne_bytes(random));
        let path = self.directory.join(name);
        Ok(SpoolFile { spool: Arc::clone(self), path, file: None, bytes: 0 })
    }
}

/// A file that is removed with this.
#[derive(Debug)]
pub(super) struct SpoolFile {
    spool: Arc<CopySpool>,
    path: PathBuf,
    file: Option<File>,
    /// How much of it counts against the limit.
    bytes: u64,
}

impl SpoolFile {
    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How much it holds, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Appends to it.
    pub(super) fn write(&mut self, data: &[u8]) -> Result<(), SpoolError> {
        self.grow(u64::try_from(data.len()).unwrap_or(u64::MAX))?;
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(File::options().create_new(true).write(true).open(&self.path)?),
        };
        Ok(file.write_all(data)?)
    }

    /// Counts what somebody else has written to it so far.
    pub(super) fn measure(&mut self) -> Result<(), SpoolError> {
        let length = fs::metadata(&self.path).map_or(0, |metadata| metadata.len());
        self.grow(length.saturating_sub(self.bytes))
    }

    /// What it holds, for reading.
    pub(super) fn read(&self) -> io::Result<File> {
        File::open(&self.path)
    }

    fn grow(&mut self, bytes: u64) -> Result<(), SpoolError> {
        let used = self.spool.used_bytes.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        self.bytes = self.bytes.saturating_add(bytes);
        let limit_bytes = self.spool.limit_bytes;
        if used > limit_bytes { Err(SpoolError::Full { limit_bytes }) } else { Ok(()) }
    }
}

impl Drop for SpoolFile {
    fn drop(&mut self) {
        self.spool.used_bytes.fetch_sub(self.bytes, Ordering::Relaxed);
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the file of a COPY could not be removed");
            }
            Ok(()) | Err(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_go_with_their_handles_and_leftovers_at_the_start() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("copy-old"), "x").unwrap();
        fs::write(directory.path().join("other"), "x").unwrap();
        let spool = Arc::new(CopySpool::open(directory.path().to_owned(), 10));
        let mut first = spool.file().unwrap();
        let mut second = spool.file().unwrap();
        first.write(b"12345").unwrap();
        second.write(b"123").unwrap();
        assert!(matches!(second.write(b"678"), Err(SpoolError::Full { limit_bytes: 10 })));
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 3);
        drop(second);
        first.write(b"67890").unwrap();
        drop(first);
        let left: Vec<_> =
            fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["other"]);
    }
}
