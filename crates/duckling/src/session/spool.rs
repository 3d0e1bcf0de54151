//! Rows that a suspended portal has not sent yet, when DuckDB's stream must make room for another
//! statement: whole DataRow messages, in memory first and in an unnamed file of the account's spill
//! directory beyond that.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    path::Path,
};

use wire::{Diagnostic, SqlState};

/// What is kept in memory before the file is begun.
const MEMORY_BYTES: usize = 4 * 1024 * 1024;

/// Rows in waiting.
#[derive(Debug, Default)]
pub(super) struct Spool {
    /// The oldest rows, or all of them.
    front: VecDeque<u8>,
    /// Rows that follow, on disk.
    file: Option<File>,
    file_bytes: u64,
    read_bytes: u64,
}

/// Why rows could not be kept.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// `portal_spool_limit` is reached.
    #[error("the rows that a suspended portal has left exceed portal_spool_limit")]
    Full,
    /// The spill directory does not take them.
    #[error("cannot keep the rows of a suspended portal: {0}")]
    Io(#[from] io::Error),
}

impl From<SpoolError> for Diagnostic {
    fn from(error: SpoolError) -> Self {
        let code = match &error {
            SpoolError::Full => SqlState::CONFIGURATION_LIMIT_EXCEEDED,
            SpoolError::Io(_) => SqlState::IO_ERROR,
        };
        Self::error(code, error.to_string())
            .with_hint("Fetch the portal's rows, or close it, before the next statement.")
    }
}

impl Spool {
    /// Bytes of the rows that wait.
    #[must_use]
    pub(super) fn waiting_bytes(&self) -> u64 {
        u64::try_from(self.front.len()).unwrap_or(u64::MAX) + self.file_bytes - self.read_bytes
    }

    /// Adds whole messages.
    ///
    /// # Errors
    /// When the disk does not take them.
    pub(super) fn push(&mut self, rows: &[u8], directory: &Path) -> io::Result<()> {
        let added = u64::try_from(rows.len()).unwrap_or(u64::MAX);
        if self.file.is_none() && self.front.len() + rows.len() <= MEMORY_BYTES {
            self.front.extend(rows);
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(unnamed_file(directory)?),
        };
        file.seek(SeekFrom::Start(self.file_bytes))?;
        file.write_all(rows)?;
        self.file_bytes += added;
        Ok(())
    }

    /// Moves up to so many rows into a buffer, stopping when it holds `full_bytes`; gives how many.
    ///
    /// # Errors
    /// When the file cannot be read back.
    pub(super) fn pop(&mut self, rows: u64, full_bytes: usize, out: &mut Vec<u8>) -> io::Result<u64> {
        let mut moved = 0;
        while moved < rows && out.len() < full_bytes {
            let Some(length) = self.next_length()? else { break };
            self.fill(length)?;
            out.extend(self.front.drain(..length.min(self.front.len())));
            moved += 1;
        }
        Ok(moved)
    }

    /// The length of the next message, type byte included.
    fn next_length(&mut self) -> io::Result<Option<usize>> {
        self.fill(5)?;
        let mut head = self.front.iter().skip(1).take(4);
        let mut next = || head.next().copied();
        let (Some(a), Some(b), Some(c), Some(d)) = (next(), next(), next(), next()) else {
            return Ok(None);
        };
        Ok(usize::try_from(u32::from_be_bytes([a, b, c, d])).ok().map(|length| length + 1))
    }

    /// Brings bytes from the file until the front holds so many, or all there are.
    fn fill(&mut self, bytes: usize) -> io::Result<()> {
        let Some(file) = &mut self.file else { return Ok(()) };
        while self.front.len() < bytes && self.read_bytes < self.file_bytes {
            let wanted = u64::try_from(bytes.max(MEMORY_BYTES)).unwrap_or(u64::MAX);
            file.seek(SeekFrom::Start(self.read_bytes))?;
            let mut piece = Vec::new();
            let left = self.file_bytes - self.read_bytes;
            Read::by_ref(file).take(wanted.min(left)).read_to_end(&mut piece)?;
            if piece.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.read_bytes += u64::try_from(piece.len()).unwrap_or(u64::MAX);
            self.front.extend(piece);
        }
        Ok(())
    }
}

/// A file without a name: it goes with its last descriptor, whatever happens to the process.
fn unnamed_file(directory: &Path) -> io::Result<File> {
    use rustix::fs::{CWD, Mode, OFlags, openat};
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    Ok(File::from(openat(CWD, directory, flags, Mode::RUSR | Mode::WUSR)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(size: usize) -> Vec<u8> {
        let mut row = Vec::new();
        wire::backend::message(&mut row, b'D', |out| out.resize(out.len() + size, 7));
        row
    }

    #[test]
    fn rows_come_back_in_order_through_memory_and_file() {
        let directory = tempfile::tempdir().unwrap();
        let mut spool = Spool::default();
        let sizes: Vec<u16> = (0..300).map(|index| index * 100).collect();
        for &size in &sizes {
            spool.push(&row(size.into()), directory.path()).unwrap();
        }
        assert_eq!(spool.waiting_bytes(), sizes.iter().map(|&size| u64::from(size) + 5).sum::<u64>());
        assert!(spool.file.is_some());
        let mut seen = Vec::new();
        while spool.waiting_bytes() > 0 {
            let mut out = Vec::new();
            assert_eq!(spool.pop(1, usize::MAX, &mut out).unwrap(), 1);
            seen.push(u16::try_from(out.len() - 5).unwrap());
        }
        assert_eq!(seen, sizes);
    }
}
