//! Through what accounts read shares: hard links to immutable files, in a folder of each account.
//!
//! That folder says what the account's duckling may have open. Whoever changes it holds one lock until the duckling is
//! told, so that it hears of a new state never before it was given the former one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use tokio::time::sleep;
use wire::link::{Mount, ShareChange};

use super::{Inner, Platform};
use crate::{
    home::{self, HomeError, Layout},
    store::{AccountId, Database, DatabaseSource, Edition, ShareId, StoreError},
};

/// A share that is published so often while it is looked for is not readable in practice.
const ATTEMPTS: u32 = 10;

/// A duckling that was given a link, and is told of another one at once, may still be about to open the first.
const FORMER_GRACE: Duration = Duration::from_secs(10);

impl Inner {
    /// The file of a database of the account's; a share's is linked to for it.
    pub(super) fn mount(&self, account: AccountId, database: &Database) -> Result<Mount, StoreError> {
        let (path, read_only) = match database.source {
            DatabaseSource::Own(id) => (self.layout.database(account, id), false),
            DatabaseSource::Share(edition) => {
                // The number means nothing to anybody else.
                let missing = |error| {
                    let is_missing = matches!(error, StoreError::Missing { .. });
                    let name = database.name.clone();
                    if is_missing { StoreError::Missing { what: "share", name } } else { error }
                };
                (self.link(account, edition).map_err(missing)?, true)
            }
        };
        Ok(Mount { name: database.name.clone(), path: text(&path), read_only })
    }

    fn link(&self, account: AccountId, edition: Edition) -> Result<PathBuf, StoreError> {
        self.with_present(account, edition, |edition| home::link_share(&self.layout, account, edition))
    }

    /// Uses the present state of a share, which may have changed since it was looked up.
    pub(super) fn with_present<T>(
        &self,
        account: AccountId,
        mut edition: Edition,
        use_it: impl Fn(Edition) -> Result<T, HomeError>,
    ) -> Result<T, StoreError> {
        let share = edition.share;
        let gone = || StoreError::Missing { what: "share", name: share.to_string() };
        for _ in 0..ATTEMPTS {
            match use_it(edition) {
                Err(HomeError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                    let present = self.records.blocking().readable(account, share)?;
                    edition = present.filter(|present| *present != edition).ok_or_else(gone)?;
                }
                used => return Ok(used?),
            }
        }
        Err(gone())
    }

    /// Brings the links of an account whose duckling runs to the present state, and tells it what has changed; of these
    /// shares, or of all. Answers the links that are to go when it has had the time to use the new ones.
    pub(super) fn bring_up_to_date(
        &self,
        reader: &dyn Reader,
        (shares, reason): (Option<&[ShareId]>, &str),
    ) -> Result<Vec<PathBuf>, StoreError> {
        let account = reader.account_id();
        let is_meant = |edition: &Edition| shares.is_none_or(|shares| shares.contains(&edition.share));
        let mut formers = Vec::new();
        for former in editions(&self.layout.links(account))?.into_iter().filter(is_meant) {
            let link = self.layout.link(account, former);
            match self.records.blocking().readable(account, former.share)? {
                Some(present) if present == former => {}
                Some(present) => {
                    let path = text(&self.link(account, present)?);
                    reader.tell(ShareChange::Published { former: text(&link), path });
                    formers.push(link);
                }
                None => {
                    let reason = format!("the share may not be read any more: {reason}");
                    reader.tell(ShareChange::Gone { path: text(&link), reason });
                    remove(&link)?;
                }
            }
        }
        Ok(formers)
    }

    /// Removes the files of a share that show a former state.
    pub(super) fn remove_former(&self, shares: Option<&[ShareId]>) -> Result<(), StoreError> {
        // Looked at in this order: a file is in its place before the row that names it is committed.
        let files = editions(&self.layout.shares())?;
        let present = self.records.blocking().editions()?;
        let is_meant = |edition: &Edition| shares.is_none_or(|shares| shares.contains(&edition.share));
        for former in files.into_iter().filter(is_meant) {
            if !present.contains(&former) {
                remove(&self.layout.edition(former))?;
            }
        }
        Ok(())
    }
}

/// A duckling that reads shares.
pub trait Reader: Send {
    /// Whose it is.
    fn account_id(&self) -> AccountId;

    /// Whether it has not ended. The links of one that has are the next one's.
    fn is_running(&self) -> bool;

    /// Tells it.
    fn tell(&self, change: ShareChange);
}

impl Platform {
    /// Tells ducklings what has become of shares; of all shares without a list.
    pub async fn tell_readers(
        &self,
        readers: Vec<Box<dyn Reader>>,
        shares: Option<Vec<ShareId>>,
        reason: &'static str,
    ) {
        let inner = Arc::clone(&self.inner);
        let told = tokio::task::spawn_blocking(move || {
            let links = inner.links.clone().blocking_lock_owned();
            let mut formers = Vec::new();
            for reader in readers.iter().filter(|reader| reader.is_running()) {
                match inner.bring_up_to_date(reader.as_ref(), (shares.as_deref(), reason)) {
                    Ok(more) => formers.extend(more),
                    Err(error) => {
                        let account = reader.account_id();
                        tracing::error!(%account, %error, "an account's links to shares are not up to date");
                    }
                }
            }
            if let Err(error) = inner.remove_former(shares.as_deref()) {
                tracing::warn!(%error, "former states of shares are not removed");
            }
            drop(links);
            formers
        });
        match told.await {
            Ok(formers) if formers.is_empty() => {}
            Ok(formers) => drop(tokio::spawn(remove_later(formers))),
            Err(_) => tracing::error!("readers of shares were not told"),
        }
    }
}

/// Removes former links. What a crash leaves of them goes when the account's next duckling starts.
async fn remove_later(links: Vec<PathBuf>) {
    sleep(FORMER_GRACE).await;
    let removed = tokio::task::spawn_blocking(move || links.iter().try_for_each(|link| remove(link)));
    if let Ok(Err(error)) = removed.await {
        tracing::warn!(%error, "a former link to a share is not removed");
    }
}

/// Removes a file that may be gone.
fn remove(path: &Path) -> Result<(), HomeError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(HomeError::io(path)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The states of shares whose files, or links to them, are in a folder.
pub(super) fn editions(folder: &Path) -> Result<Vec<Edition>, HomeError> {
    let entries = fs::read_dir(folder).map_err(HomeError::io(folder))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    Ok(names.filter_map(|name| name.strip_suffix(".duckdb")?.parse().ok()).collect())
}

pub(super) fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Removes everything in an account's folder of links but these.
pub(super) fn keep_links(layout: &Layout, account: AccountId, kept: &[String]) -> Result<(), HomeError> {
    let folder = layout.links(account);
    for entry in fs::read_dir(&folder).map_err(HomeError::io(&folder))? {
        let path = entry.map_err(HomeError::io(&folder))?.path();
        if !kept.contains(&text(&path)) {
            remove(&path)?;
        }
    }
    Ok(())
}
