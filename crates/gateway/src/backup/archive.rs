//! The archive's file: written once from beginning to end, and believed only when every byte of it is as it was written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{BackupError, Summary, file_error};
use crate::home;

/// The list of what is in it: the last entry.
const MANIFEST: &str = "manifest.json";

/// Which form this is.
const FORMAT: u32 = 1;

/// What an archive ends with: this, the SHA-256 of all before it in hexadecimal, a line's end.
const SEAL: &[u8] = b"sha256:";
const SEAL_BYTES: u64 = 72;

/// Bytes that are read at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// A list has this many bytes at most.
const MANIFEST_BYTES_MAX: u64 = 256 << 20;

/// The list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) pintail: String,
    pub(super) created: i64,
    pub(super) summary: Summary,
    pub(super) files: Vec<Listed>,
}

/// A file in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// Its path in the data directory.
    pub(super) path: String,
    pub(super) bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub(super) sha256: String,
}

/// Looks at an entry: its name, its length, its content.
type Look<'l> = dyn FnMut(&str, u64, &mut dyn Read) -> Result<(), BackupError> + 'l;

/// An archive that is being written, under another name until it is whole.
pub(super) struct Writer {
    path: PathBuf,
    draft: PathBuf,
    tar: Option<tar::Builder<BufWriter<Hashed<File>>>>,
    files: Vec<Listed>,
}

/// Hashes what goes through it.
struct Hashed<T> {
    inner: T,
    digest: Sha256,
}

impl<T> Hashed<T> {
    fn new(inner: T) -> Self {
        Self { inner, digest: Sha256::new() }
    }
}

impl<T: Write> Write for Hashed<T> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<T: Read> Read for Hashed<T> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(bytes)?;
        self.digest.update(bytes.get(..count).unwrap_or_default());
        Ok(count)
    }
}

impl Writer {
    /// Begins one. Nothing is overwritten.
    pub(super) fn create(path: &Path) -> Result<Self, BackupError> {
        if path.exists() {
            return Err(file_error(path)(io::ErrorKind::AlreadyExists.into()));
        }
        // One of its own, which nobody has put there.
        let draft = path.with_added_extension(format!("{}.part", Uuid::new_v4().simple()));
        let opened = OpenOptions::new().create_new(true).write(true).mode(0o600).open(&draft);
        let file = opened.map_err(file_error(&draft))?;
        let tar = tar::Builder::new(BufWriter::with_capacity(CHUNK_BYTES, Hashed::new(file)));
        Ok(Self { path: path.to_owned(), draft, tar: Some(tar), files: Vec::new() })
    }

    /// Adds a file under its path in the data directory.
    pub(super) fn add(&mut self, path: &str, file: File) -> Result<(), BackupError> {
        let listed = self.append(path, file).map_err(file_error(&self.draft))?;
        self.files.push(listed);
        Ok(())
    }

    fn append(&mut self, path: &str, mut file: File) -> io::Result<Listed> {
        let tar = self.tar.as_mut().ok_or_else(|| io::Error::other("the archive is finished"))?;
        file.seek(SeekFrom::Start(0))?;
        let metadata = file.metadata()?;
        let bytes = metadata.len();
        let mut source = Hashed::new(BufReader::with_capacity(CHUNK_BYTES, file.take(bytes)));
        let mut header = header(bytes);
        tar.append_data(&mut header, path, &mut source)?;
        Ok(Listed { path: path.to_owned(), bytes, sha256: hex(source.digest) })
    }

    /// Ends it: from here on it has its name, durably.
    pub(super) fn finish(mut self, summary: Summary) -> Result<Summary, BackupError> {
        let manifest = Manifest {
            format: FORMAT,
            pintail: env!("CARGO_PKG_VERSION").to_owned(),
            created: crate::ids::Timestamp::now().0,
            summary: Summary { bytes: self.files.iter().map(|file| file.bytes).sum(), ..summary },
            files: std::mem::take(&mut self.files),
        };
        self.seal(&manifest).map_err(file_error(&self.draft))?;
        home::sync_folder(self.path.parent().unwrap_or(Path::new(".")))?;
        Ok(manifest.summary)
    }

    fn seal(&mut self, manifest: &Manifest) -> io::Result<()> {
        let mut tar = self.tar.take().ok_or_else(|| io::Error::other("the archive is finished"))?;
        let text = serde_json::to_vec(manifest)?;
        let mut header = header(u64::try_from(text.len()).unwrap_or(u64::MAX));
        tar.append_data(&mut header, MANIFEST, text.as_slice())?;
        let Hashed { inner: mut file, digest } =
            tar.into_inner()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.write_all(&[SEAL, hex(digest).as_bytes(), b"\n"].concat())?;
        file.sync_all()?;
        // Somebody else may have made one meanwhile.
        fs::hard_link(&self.draft, &self.path)
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        // It has its name by then, or is none.
        let _ = fs::remove_file(&self.draft);
    }
}

fn header(bytes: u64) -> tar::Header {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Regular);
    header.set_size(bytes);
    header.set_mode(0o600);
    header.set_mtime(u64::try_from(crate::ids::Timestamp::now().0).unwrap_or_default());
    header
}

fn hex(digest: Sha256) -> String {
    use std::fmt::Write;
    digest.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// An archive every byte of which is as it was written.
pub(super) struct Archive {
    path: PathBuf,
    file: File,
    length: u64,
    pub(super) manifest: Manifest,
}

impl Archive {
    /// Opens one and looks at all of it.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let damaged =
            |reason: &str| BackupError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
        let error = || file_error(path);
        let mut file = File::open(path).map_err(error())?;
        let length = file.metadata().map_err(error())?.len();
        let length = length.checked_sub(SEAL_BYTES).ok_or_else(|| damaged("it is too short"))?;
        let mut source = Hashed::new(BufReader::with_capacity(CHUNK_BYTES, (&file).take(length)));
        let read = io::copy(&mut source, &mut io::sink()).map_err(error())?;
        let expected = [SEAL, hex(source.digest).as_bytes(), b"\n"].concat();
        let mut found = Vec::new();
        file.seek(SeekFrom::Start(length)).map_err(error())?;
        (&file).take(SEAL_BYTES).read_to_end(&mut found).map_err(error())?;
        if read != length || found != expected {
            return Err(damaged("its checksum does not fit; it is cut off, or was changed"));
        }
        let mut archive = Self { path: path.to_owned(), file, length, manifest: empty() };
        let mut manifest = None;
        archive.each(&mut |name, bytes, content| {
            if name == MANIFEST && bytes <= MANIFEST_BYTES_MAX {
                let mut text = Vec::new();
                content.read_to_end(&mut text).map_err(error())?;
                manifest = serde_json::from_slice::<Manifest>(&text).ok();
            }
            Ok(())
        })?;
        let manifest = manifest.ok_or_else(|| damaged("it has no list of its files"))?;
        if manifest.format != FORMAT {
            return Err(damaged(&format!(
                "it has the form {}, which a newer pintail knows",
                manifest.format
            )));
        }
        Ok(Self { manifest, ..archive })
    }

    /// Gives every file of the list to `place`, which says where it comes; and checks it again on its way.
    pub(super) fn extract(
        &mut self,
        place: &mut dyn FnMut(&Listed, &mut dyn Read) -> Result<(), BackupError>,
    ) -> Result<(), BackupError> {
        let path = self.path.clone();
        let damaged = |reason: String| BackupError::Damaged { path: path.clone(), reason };
        let mut left: std::collections::HashMap<String, Listed> =
            self.manifest.files.iter().map(|file| (file.path.clone(), file.clone())).collect();
        self.each(&mut |name, bytes, content| {
            if name == MANIFEST {
                return Ok(());
            }
            let listed = left.remove(name).ok_or_else(|| damaged(format!("{name} is not in its list")))?;
            let mut source = Hashed::new(content);
            place(&listed, &mut source)?;
            if bytes != listed.bytes || hex(source.digest) != listed.sha256 {
                return Err(damaged(format!("the checksum of {name} does not fit")));
            }
            Ok(())
        })?;
        match left.into_keys().next() {
            Some(missing) => Err(damaged(format!("{missing} is missing"))),
            None => Ok(()),
        }
    }

    fn each(&mut self, look: &mut Look<'_>) -> Result<(), BackupError> {
        let path = self.path.clone();
        self.file.seek(SeekFrom::Start(0)).map_err(file_error(&path))?;
        let source = BufReader::with_capacity(CHUNK_BYTES, (&self.file).take(self.length));
        let mut tar = tar::Archive::new(source);
        for entry in tar.entries().map_err(file_error(&path))? {
            let mut entry = entry.map_err(file_error(&path))?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let bytes = entry.size();
            look(&name, bytes, &mut entry)?;
        }
        Ok(())
    }
}

fn empty() -> Manifest {
    let summary = Summary { accounts: Vec::new(), databases: 0, copies: 0, bytes: 0 };
    Manifest { format: 0, pintail: String::new(), created: 0, summary, files: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(folder: &Path) -> PathBuf {
        let path = folder.join("a.tar");
        let source = folder.join("source");
        fs::write(&source, b"content of a file").unwrap();
        let mut writer = Writer::create(&path).unwrap();
        writer.add("accounts/1/db/2.duckdb", File::open(&source).unwrap()).unwrap();
        writer.add("store.sqlite", File::open(&source).unwrap()).unwrap();
        let summary = Summary { accounts: vec!["ann".to_owned()], databases: 1, copies: 0, bytes: 0 };
        assert_eq!(writer.finish(summary).unwrap().bytes, 34);
        path
    }

    fn contents(path: &Path) -> Result<Vec<(String, Vec<u8>)>, BackupError> {
        let mut found = Vec::new();
        Archive::open(path)?.extract(&mut |listed, content| {
            let mut bytes = Vec::new();
            content.read_to_end(&mut bytes).unwrap();
            found.push((listed.path.clone(), bytes));
            Ok(())
        })?;
        Ok(found)
    }

    #[test]
    fn what_was_put_in_comes_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = archive(folder.path());
        let found = contents(&path).unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0], ("accounts/1/db/2.duckdb".to_owned(), b"content of a file".to_vec()));
        assert!(matches!(Writer::create(&path), Err(BackupError::File { .. })), "nothing is overwritten");
        let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(!names.into_iter().any(|name| name.to_string_lossy().ends_with(".part")));
    }

    #[test]
    fn a_changed_byte_anywhere_and_a_missing_one_are_found() {
        let folder = tempfile::tempdir().unwrap();
        let whole = fs::read(archive(folder.path())).unwrap();
        let path = folder.path().join("changed.tar");
        for at in (0..whole.len()).step_by(61).chain([whole.len() - 1]) {
            let mut changed = whole.clone();
            changed[at] ^= 0x20;
            fs::write(&path, &changed).unwrap();
            assert!(matches!(contents(&path), Err(BackupError::Damaged { .. })), "byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(matches!(contents(&path), Err(BackupError::Damaged { .. })), "{at} bytes");
        }
        fs::write(&path, [&whole[..], b"more"].concat()).unwrap();
        assert!(contents(&path).is_err());
    }
}
