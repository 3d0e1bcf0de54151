//! A user of the duckling's own, where it begins as root: the account's files are made that user's, then the process
//! becomes it.
//!
//! Shares are hard links to files that others read too, and stay root's.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::Path,
};

use rustix::{
    fs::{AtFlags, CWD, chownat},
    process::{Gid, Uid, geteuid},
    thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid},
};
use wire::link::Configuration;

/// Of the account's folder: what the duckling writes.
pub(super) const WRITTEN: [&str; 2] = ["db", "spill"];

/// Of the account's folder: what others have shared, to be read only.
const SHARES: &str = "shares";

const ROOT: u32 = 0;

/// Becomes this user, with the account's files. Called while the process has one thread.
///
/// # Errors
/// Whatever the system answers.
pub(super) fn become_user(id: u32, configuration: &Configuration) -> io::Result<()> {
    let account = Path::new(&configuration.directory);
    give(account, id)?;
    for folder in WRITTEN {
        give_all(&account.join(folder), id)?;
    }
    open_shares(&account.join(SHARES))?;
    let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
    set_thread_groups(&[])?;
    set_thread_res_gid(group, group, group)?;
    set_thread_res_uid(user, user, user)?;
    Ok(())
}

/// Makes the account's files root's again, where no other user can be had: without its capabilities root cannot open what
/// belongs to others.
pub(super) fn take_back(configuration: &Configuration) {
    if !geteuid().is_root() {
        return;
    }
    let account = Path::new(&configuration.directory);
    let taken = give(account, ROOT)
        .and_then(|()| WRITTEN.into_iter().try_for_each(|folder| give_all(&account.join(folder), ROOT)));
    if let Err(error) = taken {
        tracing::warn!(%error, "the account's files belong to another user");
    }
}

/// A folder and what is in it; folders in it too.
fn give_all(folder: &Path, id: u32) -> io::Result<()> {
    give(folder, id)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            give_all(&entry.path(), id)?;
        } else if kind.is_file() && entry.metadata()?.nlink() == 1 {
            // A file with a second name might be somebody else's, put here to be given away.
            give(&entry.path(), id)?;
        }
    }
    Ok(())
}

/// Lets the user read the shares, which stay root's; only this account's folder leads to these links.
fn open_shares(folder: &Path) -> io::Result<()> {
    fs::set_permissions(folder, Permissions::from_mode(0o755))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let metadata = entry.metadata()?;
        if metadata.is_file() && metadata.mode() & 0o777 != 0o444 {
            fs::set_permissions(entry.path(), Permissions::from_mode(0o444))?;
        }
    }
    Ok(())
}

fn give(path: &Path, id: u32) -> io::Result<()> {
    if fs::symlink_metadata(path)?.uid() != id {
        let (user, group) = (Uid::from_raw(id), Gid::from_raw(id));
        chownat(CWD, path, Some(user), Some(group), AtFlags::SYMLINK_NOFOLLOW)?;
    }
    Ok(())
}
