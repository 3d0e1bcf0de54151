//! From an archive to a data directory. Nothing is written before all of the archive has been looked at; the store comes last,
//! and a mark says until then that the folder is not finished.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use super::{
    BackupError, Summary,
    archive::{Archive, Listed},
    file_error,
};
use crate::{
    home::{self, Home, UNFINISHED},
    store::sqlite::SqliteStore,
};

/// Where the store lies.
const STORE: &str = "store.sqlite";

/// Restores everything that is in an archive.
///
/// # Errors
/// A damaged archive, a folder that is not empty, what the system refuses.
pub fn restore(archive: &Path, data_directory: &Path) -> Result<Summary, BackupError> {
    let mut archive = Archive::open(archive)?;
    prepare(data_directory)?;
    let mark = data_directory.join(UNFINISHED);
    home::write_file(&mark, b"")?;
    let draft = data_directory.join(format!("{STORE}.restored"));
    archive.extract(&mut |listed, content| {
        let path = if listed.path == STORE { draft.clone() } else { place(data_directory, listed)? };
        write(&path, listed, content).map_err(file_error(&path))
    })?;
    let store = data_directory.join(STORE);
    fs::rename(&draft, &store).map_err(file_error(&store))?;
    home::sync_folder(data_directory)?;
    fs::remove_file(&mark).map_err(file_error(&mark))?;
    home::sync_folder(data_directory)?;
    // It is brought to the newest form, and seen to be one.
    let home = Home::open(data_directory)?;
    SqliteStore::open(&home)?;
    Ok(archive.manifest.summary)
}

/// What a restore makes in a folder, and nobody else beside it.
const OWN: [&str; 8] =
    ["accounts", "shares", "tls", "ca.pem", "ca-bundle.pem", "truststore.p12", STORE, UNFINISHED];

/// An empty folder, or what an earlier attempt has left of one.
fn prepare(folder: &Path) -> Result<(), BackupError> {
    if folder.join(UNFINISHED).exists() {
        for entry in fs::read_dir(folder).map_err(file_error(folder))? {
            let name = entry.map_err(file_error(folder))?.file_name();
            let is_draft = name == *format!("{STORE}.restored");
            if !is_draft && !OWN.iter().any(|own| name == *own) {
                return Err(BackupError::Occupied(folder.to_owned()));
            }
        }
        fs::remove_dir_all(folder).map_err(file_error(folder))?;
    }
    home::create_folder(folder)?;
    let mut entries = fs::read_dir(folder).map_err(file_error(folder))?;
    if entries.next().is_some() {
        return Err(BackupError::Occupied(folder.to_owned()));
    }
    Ok(())
}

/// Where a file comes: only where such files are, whatever the archive says.
fn place(folder: &Path, listed: &Listed) -> Result<PathBuf, BackupError> {
    let parts: Vec<&str> = listed.path.split('/').collect();
    let is_number =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    let is_file = |name: &str| name.strip_suffix(".duckdb").is_some_and(is_number);
    let is_plain = |name: &str| {
        !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let is_known = match parts.as_slice() {
        ["accounts", account, "db", file] => {
            is_number(account) && is_file(file.strip_suffix(".wal").unwrap_or(file))
        }
        ["accounts", account, "snapshots", file] => is_number(account) && is_file(file),
        ["shares", file] => is_file(file),
        ["tls", file] => is_plain(file),
        // For clients.
        ["ca.pem" | "ca-bundle.pem" | "truststore.p12"] => true,
        _ => false,
    };
    if !is_known {
        let reason = format!("{:?} belongs nowhere", listed.path);
        return Err(BackupError::Damaged { path: folder.to_owned(), reason });
    }
    let path = folder.join(&listed.path);
    home::create_folder(path.parent().unwrap_or(folder))?;
    Ok(path)
}

fn write(path: &Path, listed: &Listed, content: &mut dyn Read) -> io::Result<()> {
    // Shares are read by ducklings of other users, and written by nobody.
    let mode = if listed.path.starts_with("shares/") { 0o444 } else { 0o600 };
    let mut file: File = OpenOptions::new().create_new(true).write(true).mode(mode).open(path)?;
    io::copy(content, &mut file)?;
    file.sync_all()
}
