//! Through what accounts read shares: hard links to immutable files, in a folder of each account.
//!
//! That folder says what the account's duckling may have open. Whoever changes it holds one lock until the duckling is
//! told, so that it hears of a new state never before it was given the former one.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use wire::link::{Mount, ShareChange};

use super::{Inner, Platform};
use crate::{
    home::{self, HomeError, Layout},
    store::{AccountId, Database, DatabaseSource, Edition, ShareId, StoreError},
};

/// A share that is published so often while it is looked for is not readable in practice.
const ATTEMPTS: u32 = 10;

impl Inner {
    /// The file of a database of the account's; a share's is linked to for it.
    pub(super) fn mount(&self, account: AccountId, database: &Database) -> Result<Mount, StoreError> {
        let (path, read_only) = match database.source {
            DatabaseSource::Own(id) => (self.layout.database(account, id), false),
            DatabaseSource::Share(edition) => (self.link(account, edition)?, true),
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
    /// shares, or of all.
    pub(super) fn bring_up_to_date(
        &self,
        account: AccountId,
        (shares, reason): (Option<&[ShareId]>, &str),
        tell: &dyn Fn(ShareChange),
    ) -> Result<(), StoreError> {
        let is_meant = |edition: &Edition| shares.is_none_or(|shares| shares.contains(&edition.share));
        for former in editions(&self.layout.links(account))?.into_iter().filter(is_meant) {
            let link = self.layout.link(account, former);
            match self.records.blocking().readable(account, former.share)? {
                Some(present) if present == former => continue,
                Some(present) => {
                    let path = text(&self.link(account, present)?);
                    tell(ShareChange::Published { former: text(&link), path });
                }
                None => {
                    let reason = format!("the share may not be read any more: {reason}");
                    tell(ShareChange::Gone { path: text(&link), reason });
                }
            }
            fs::remove_file(&link).map_err(HomeError::io(&link))?;
        }
        Ok(())
    }

    /// Removes the files of a share that show a former state.
    pub(super) fn remove_former(&self, shares: Option<&[ShareId]>) -> Result<(), StoreError> {
        let present = self.records.blocking().editions()?;
        let is_meant = |edition: &Edition| shares.is_none_or(|shares| shares.contains(&edition.share));
        for former in editions(&self.layout.shares())?.into_iter().filter(is_meant) {
            if !present.contains(&former) {
                let path = self.layout.edition(former);
                fs::remove_file(&path).map_err(HomeError::io(&path))?;
            }
        }
        Ok(())
    }
}

/// Tells a duckling.
pub type Tell = Box<dyn Fn(ShareChange) + Send>;

impl Platform {
    /// Has the ducklings of these accounts told what has become of shares; of all shares without a list.
    pub async fn tell_readers(
        &self,
        readers: Vec<(AccountId, Tell)>,
        shares: Option<Vec<ShareId>>,
        reason: &'static str,
    ) {
        let inner = Arc::clone(&self.inner);
        let told = tokio::task::spawn_blocking(move || {
            let links = inner.links.clone().blocking_lock_owned();
            for (account, tell) in readers {
                if let Err(error) =
                    inner.bring_up_to_date(account, (shares.as_deref(), reason), tell.as_ref())
                {
                    tracing::error!(%account, %error, "an account's links to shares are not up to date");
                }
            }
            if let Err(error) = inner.remove_former(shares.as_deref()) {
                tracing::warn!(%error, "former states of shares are not removed");
            }
            drop(links);
        });
        if told.await.is_err() {
            tracing::error!("readers of shares were not told");
        }
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
            fs::remove_file(&path).map_err(HomeError::io(&path))?;
        }
    }
    Ok(())
}
