//! Bringing files and rows together: before an account's duckling starts, at the server's start, and as time goes by.
//!
//! What is answered is in the store, and its file was in place before. So a file that no row names is what something
//! that was not answered, or has ended, has left.

use std::{fs::File, io::Read, sync::Arc, time::Duration};

use tokio::time::{MissedTickBehavior, interval, timeout};
use wire::link::Mount;

use super::{Inner, Platform, Turn, copying::DRAFT, folder::Folder, links, room};
use crate::{
    home,
    store::{AccountId, Followed, Moment, StoreError},
};

/// How often dropped databases are looked at.
const PURGE_INTERVAL: Duration = Duration::from_hours(1);

/// How often a start looks for whom it waits.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What DuckDB writes first into a new file: three headers. A shorter one holds nothing, and cannot be opened.
const HEADERS_BYTES: u64 = 3 * 4096;

/// After a checksum these stand at the beginning of DuckDB's files.
const MAGIC: &[u8] = b"DUCK";
const MAGIC_END: usize = 12;

/// What an account's duckling begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beginning {
    /// The workspace's files.
    pub mounts: Vec<Mount>,
    /// Where sessions begin that name no database.
    pub default_database: String,
    /// Databases whose shares do not show what is in them.
    pub unpublished: Vec<String>,
}

impl Platform {
    /// Puts an account's folder in order, and answers what its duckling begins with. None must be running.
    ///
    /// # Errors
    /// A failure of the store or the files.
    pub async fn begin(&self, account: AccountId) -> Result<Beginning, StoreError> {
        let inner = Arc::clone(&self.inner);
        let turn = self.turn_to_begin(account).await;
        let begun = tokio::task::spawn_blocking(move || {
            let begun = inner.begin(account);
            drop(turn);
            begun
        });
        begun.await.map_err(|_| StoreError::Gone)?
    }

    /// The turn, unless somebody has it who changes nothing and may be waiting for this very duckling.
    async fn turn_to_begin(&self, account: AccountId) -> Option<Turn> {
        while !self.inner.backups.holds(account) {
            if let Ok(turn) = timeout(LOOK_AGAIN, self.turn(account)).await {
                return Some(turn);
            }
        }
        None
    }

    /// Puts everything in order; for a server that serves nobody yet.
    ///
    /// # Errors
    /// A failure of the store or the files.
    pub async fn put_in_order(&self) -> Result<(), StoreError> {
        let inner = Arc::clone(&self.inner);
        let done = tokio::task::spawn_blocking(move || inner.put_in_order());
        done.await.map_err(|_| StoreError::Gone)?
    }

    /// Purges dropped databases whose time is over, for ever.
    pub async fn purge(&self) {
        let mut ticks = interval(PURGE_INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let inner = Arc::clone(&self.inner);
            let purged = tokio::task::spawn_blocking(move || inner.purge()).await;
            if let Err(error) = purged.unwrap_or(Err(StoreError::Gone)) {
                tracing::error!(%error, "dropped databases are not purged");
            }
        }
    }
}

impl Inner {
    pub(super) fn put_in_order(&self) -> Result<(), StoreError> {
        for account in self.records.blocking().accounts()? {
            home::create_account_folders(&self.layout, account.id)?;
            self.remove_nameless(account.id)?;
        }
        Folder::open(&self.layout.shares())?.remove_all(|name| name.ends_with(DRAFT))?;
        self.remove_former(None)
    }

    pub(super) fn begin(&self, account: AccountId) -> Result<Beginning, StoreError> {
        home::create_account_folders(&self.layout, account)?;
        self.remove_nameless(account)?;
        let links = self.links.blocking_lock();
        let store = self.records.blocking();
        let mut mounts = Vec::new();
        for database in store.databases(account)? {
            match self.mount(account, &database) {
                Ok(mount) => mounts.push(mount),
                // The rest of the account is as good without it.
                Err(error) => {
                    tracing::error!(%account, database = database.name, %error, "a share cannot be read");
                }
            }
        }
        let paths: Vec<String> = mounts.iter().map(|mount| mount.path.clone()).collect();
        links::keep_links(&self.layout, account, &paths)?;
        drop(links);
        let followed = store.followed(account)?.into_iter();
        let unpublished = followed.filter(|database| self.has_changed(account, database));
        let unpublished = unpublished.map(|database| database.name).collect();
        // It need not be attached.
        let default = store.connectable(account)?.into_iter().find(|database| database.is_default);
        let default_database = default.map(|database| database.name).unwrap_or_default();
        Ok(Beginning { mounts, default_database, unpublished })
    }

    /// Whether its files are not as they were when its shares were published. In doubt they are not.
    fn has_changed(&self, account: AccountId, database: &Followed) -> bool {
        let path = self.layout.database(account, database.id);
        let written = std::fs::symlink_metadata(&path).and_then(|metadata| metadata.modified());
        let is_same = written.is_ok_and(|time| Moment::from(time) == database.source);
        !is_same || room::size(&path.with_added_extension("wal")) > 0
    }

    /// Removes files of databases and snapshots that no row names, and drafts.
    fn remove_nameless(&self, account: AccountId) -> Result<(), StoreError> {
        let known = self.records.blocking().known(account)?;
        let databases: Vec<i64> = known.databases.iter().map(|id| id.0).collect();
        let snapshots: Vec<i64> = known.snapshots.iter().map(|id| id.0).collect();
        for (folder, known) in
            [(self.layout.databases(account), databases), (self.layout.snapshots(account), snapshots)]
        {
            Folder::open(&folder)?.remove_all(|name| {
                let nameless = number(name).is_some_and(|id| !known.contains(&id));
                if nameless {
                    tracing::info!(%account, file = name, "a file that belongs to nothing is removed");
                }
                nameless || name.ends_with(DRAFT)
            })?;
        }
        self.remove_unmade(account)
    }

    /// Removes files that DuckDB was about to make, for databases that were just created: it makes them anew.
    fn remove_unmade(&self, account: AccountId) -> Result<(), StoreError> {
        let path = self.layout.databases(account);
        let folder = Folder::open(&path)?;
        Ok(folder.remove_all(|name| {
            let is_database = name.strip_suffix(".duckdb").is_some_and(|id| id.parse::<i64>().is_ok());
            let is_unmade = is_database
                && room::size(&path.join(name)) < HEADERS_BYTES
                && room::size(&path.join(format!("{name}.wal"))) == 0
                && folder.read(name).is_ok_and(|file| file.is_some_and(has_begun));
            if is_unmade {
                tracing::info!(%account, file = name, "a file that was never finished is removed");
            }
            is_unmade
        })?)
    }

    /// Forgets dropped databases whose time is over, and removes their files.
    pub(super) fn purge(&self) -> Result<(), StoreError> {
        let purged = self.records.blocking().purge(Moment::now().before(self.settings.retention))?;
        for purged in &purged {
            tracing::info!(account = %purged.account, database = %purged.database, "dropped database purged");
            room::remove_purged(&self.layout, purged)?;
        }
        Ok(())
    }
}

/// Whether it is empty, or begins as DuckDB's files do: what else it may be is not ours to remove.
fn has_begun(file: File) -> bool {
    let mut begun = Vec::new();
    let read = file.take(u64::try_from(MAGIC_END).unwrap_or(u64::MAX)).read_to_end(&mut begun);
    let is_zero = begun.iter().all(|byte| *byte == 0);
    read.is_ok() && (is_zero || begun.ends_with(MAGIC))
}

/// The number in the name of a database's file, or of one that DuckDB has put beside it.
fn number(name: &str) -> Option<i64> {
    let (number, rest) = name.split_once('.')?;
    rest.starts_with("duckdb").then(|| number.parse().ok()).flatten()
}
