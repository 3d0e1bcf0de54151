//! Room for copies: the account's quota, and what must stay free on the disk. Dropped databases give way to what is new,
//! if that makes the room.
//!
//! What a duckling writes it judges itself, by the same two numbers. Shares lie outside the account's folder and count
//! here all the same.

use std::{fs, path::Path};

use wire::{Diagnostic, SqlState};

use super::{Work, copying::failed};
use crate::store::{Edition, Purged, StoreError};

/// The reserve is never more than this part of the file system.
const RESERVE_PART_MAX: u64 = 5;

/// An account's folder is not deeper.
const DEPTH_MAX: u32 = 4;

/// What others share with the account, in its folder.
const SHARES: &str = "shares";

/// More dropped databases are not kept.
const DROPPED_MAX: usize = 1000;

/// Above nine tenths of its quota an account keeps no dropped databases.
const FULL_TENTHS: u64 = 9;

impl Work {
    /// Whether so many bytes may be added; dropped databases go for it, the oldest first.
    ///
    /// # Errors
    /// 53100.
    pub(super) fn expect_room(&self, bytes: u64) -> Result<(), Diagnostic> {
        let quota = self.allowance().disk_quota_bytes;
        if quota > 0 {
            // What does not make the room is not purged for it.
            let kept = self.used_bytes()?.saturating_sub(self.dropped_bytes()?);
            if kept.saturating_add(bytes) > quota {
                return Err(quota_used_up(kept, bytes, quota));
            }
        }
        self.expect_disk(bytes)?;
        while quota > 0 && self.used_bytes()?.saturating_add(bytes) > quota {
            if !self.purge_oldest(0)? {
                return Err(quota_used_up(self.used_bytes()?, bytes, quota));
            }
        }
        Ok(())
    }

    fn expect_disk(&self, bytes: u64) -> Result<(), Diagnostic> {
        let Ok(status) = rustix::fs::statvfs(self.layout().root()) else {
            // Where nothing can be known nothing is refused.
            return Ok(());
        };
        let (free, total) = (
            status.f_bavail.saturating_mul(status.f_frsize),
            status.f_blocks.saturating_mul(status.f_frsize),
        );
        let reserve = self.inner.settings.disk_reserve_bytes.min(total / RESERVE_PART_MAX);
        if free.saturating_sub(reserve) < bytes {
            return Err(Diagnostic::error(SqlState::DISK_FULL, "the server's disk is almost full")
                .with_hint("Try again when there is more room. DROP is possible now."));
        }
        Ok(())
    }

    /// After a drop, which is done: dropped databases are kept only where there is room for them, and not without end.
    pub(super) fn trim_dropped(&self) {
        let trim = || {
            while self.purge_oldest(DROPPED_MAX)? {}
            let full = self.allowance().disk_quota_bytes / 10 * FULL_TENTHS;
            while full > 0 && self.used_bytes()? >= full && self.purge_oldest(0)? {}
            Ok::<_, Diagnostic>(())
        };
        if let Err(error) = trim() {
            tracing::warn!(account = self.account.name, error = error.message, "dropped databases stay");
        }
    }

    fn purge_oldest(&self, keep: usize) -> Result<bool, Diagnostic> {
        let purged = self.store().purge_oldest(self.account.id, keep)?;
        if let Some(purged) = &purged {
            let account = &self.account.name;
            tracing::info!(account, database = %purged.database, "dropped database purged before its time");
            remove_purged(self.layout(), purged).map_err(|error| failed(&error))?;
        }
        Ok(purged.is_some())
    }

    /// What of that goes with its dropped databases.
    fn dropped_bytes(&self) -> Result<u64, StoreError> {
        let (layout, account) = (self.layout(), self.account.id);
        let databases = layout.databases(account);
        let files = self.store().dropped(account)?.into_iter().map(|dropped| {
            let own =
                [".duckdb", ".duckdb.wal"].map(|end| databases.join(format!("{}{end}", dropped.database)));
            let taken = dropped.snapshots.iter().map(|id| layout.snapshot(account, *id));
            own.iter().map(|path| size(path)).chain(taken.map(|path| size(&path))).sum::<u64>()
        });
        Ok(files.sum())
    }

    /// What the account holds: its folder but for others' shares, and its own shares.
    fn used_bytes(&self) -> Result<u64, StoreError> {
        let folder = fs::read_dir(self.layout().account(self.account.id)).into_iter().flatten().flatten();
        let own = folder.filter(|entry| entry.file_name() != SHARES);
        let own: u64 = own.map(|entry| entry_bytes(&entry, DEPTH_MAX)).sum();
        let shares = self.store().inventory(self.account.id)?.shares;
        let file = |edition: Edition| size(&self.layout().edition(edition));
        Ok(own.saturating_add(shares.iter().map(|share| file(share.edition)).sum()))
    }
}

fn quota_used_up(kept: u64, bytes: u64, quota: u64) -> Diagnostic {
    let (kept, bytes, quota) = (kept >> 20, bytes >> 20, quota >> 20);
    Diagnostic::error(SqlState::DISK_FULL, "the account's disk quota is used up")
        .with_detail(format!(
            "It holds {kept} MiB beside dropped databases, the copy takes {bytes} MiB, the quota is {quota} MiB."
        ))
        .with_hint("DROP what is not needed, or ask for a larger disk_quota.")
}

/// Removes the files of rows that are gone.
pub(super) fn remove_purged(
    layout: &crate::home::Layout,
    purged: &Purged,
) -> Result<(), crate::home::HomeError> {
    let folder = super::folder::Folder::open(&layout.databases(purged.account))?;
    let name = format!("{}.duckdb", purged.database);
    folder.remove_all(|other| other.starts_with(&name))?;
    if purged.snapshots.is_empty() {
        return Ok(());
    }
    let folder = super::folder::Folder::open(&layout.snapshots(purged.account))?;
    purged.snapshots.iter().try_for_each(|snapshot| folder.remove(&format!("{snapshot}.duckdb")))
}

/// A file's size; none when it is not there.
pub(super) fn size(path: &Path) -> u64 {
    fs::symlink_metadata(path).map_or(0, |metadata| metadata.len())
}

/// What the files of a folder hold.
pub(super) fn held_bytes(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry_bytes(&entry, 0)).sum()
}

fn entry_bytes(entry: &fs::DirEntry, depth: u32) -> u64 {
    // A file that has just gone holds nothing.
    let Ok(metadata) = entry.metadata() else {
        return 0;
    };
    if !metadata.is_dir() {
        return metadata.len();
    }
    let inner = fs::read_dir(entry.path()).into_iter().flatten().flatten();
    depth.checked_sub(1).map_or(0, |depth| inner.map(|entry| entry_bytes(&entry, depth)).sum())
}
