//! Copies of database files for a backup: the gateway tells the account's duckling, which keeps the file as it is and asks back,
//! and the copy is made then.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;
use wire::{Diagnostic, link::PlatformReply};

use super::{
    Done, Platform, Turn, Work,
    copying::{Draft, Manner, copy},
};
use crate::store::{AccountId, DatabaseId};

/// What comes of a copy; nothing where DuckDB has not made the file yet.
pub type Copied = Result<Option<Draft>, Diagnostic>;

/// Copies that ducklings have been told of.
#[derive(Debug, Default)]
pub(super) struct Backups {
    table: Mutex<Table>,
}

/// The turns of accounts that are backed up, for as long as this value lives.
#[derive(Debug)]
pub struct Held {
    platform: Platform,
    turns: Vec<(AccountId, Turn)>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut table = self.platform.inner.backups.table();
        for (account, _) in &self.turns {
            table.held.remove(account);
        }
    }
}

#[derive(Debug, Default)]
struct Table {
    last: u64,
    wanted: HashMap<u64, Wanted>,
    /// Accounts of which somebody has the turn who may need their ducklings started.
    held: HashSet<AccountId>,
}

/// A copy that is wanted.
#[derive(Debug)]
struct Wanted {
    account: AccountId,
    database: DatabaseId,
    folder: PathBuf,
    copied: oneshot::Sender<Copied>,
}

impl Backups {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a duckling of this account is started within somebody's turn, who changes nothing.
    pub(super) fn holds(&self, account: AccountId) -> bool {
        self.table().held.contains(&account)
    }
}

impl Platform {
    /// Waits until nothing is changed for these accounts, and keeps it so; their ducklings can be started meanwhile.
    pub async fn hold(&self, accounts: &[AccountId]) -> Held {
        let mut held = Held { platform: self.clone(), turns: Vec::new() };
        for account in accounts {
            let turn = self.turn(*account).await;
            self.inner.backups.table().held.insert(*account);
            held.turns.push((*account, turn));
        }
        held
    }

    /// A copy of a database's file is wanted in a folder: the number to tell the account's duckling, and what comes of it.
    #[must_use]
    pub fn want_copy(
        &self,
        account: AccountId,
        database: DatabaseId,
        folder: &Path,
    ) -> (u64, oneshot::Receiver<Copied>) {
        let (copied, receiver) = oneshot::channel();
        let mut table = self.inner.backups.table();
        table.last += 1;
        let number = table.last;
        table.wanted.insert(number, Wanted { account, database, folder: folder.to_owned(), copied });
        (number, receiver)
    }

    /// It is not wanted any more.
    pub fn unwant_copy(&self, number: u64) {
        self.inner.backups.table().wanted.remove(&number);
    }
}

impl Work {
    /// The duckling holds the file as it is, or says why it cannot.
    pub(super) fn back_up(&self, number: u64, obstacle: Option<Diagnostic>) -> Done {
        let wanted = {
            let mut table = self.inner.backups.table();
            // Nobody says anything of another account's.
            let is_own = table.wanted.get(&number).is_some_and(|wanted| wanted.account == self.account.id);
            is_own.then(|| table.wanted.remove(&number)).flatten()
        };
        let Some(wanted) = wanted else { return PlatformReply::Missing.into() };
        let copied = match obstacle {
            Some(obstacle) => Err(obstacle),
            None => self.copy_for_backup(wanted.database, &wanted.folder),
        };
        // Who wanted it may have gone.
        drop(wanted.copied.send(copied));
        PlatformReply::Done.into()
    }

    fn copy_for_backup(&self, database: DatabaseId, folder: &Path) -> Copied {
        let source = self.own_source(database)?;
        // It is not the account's, and does not count for its quota.
        let manner = Manner { account: &self.account.name, mode: 0o600, cancel: &self.cancel };
        source.map(|source| copy(&source, folder, &manner)).transpose()
    }
}
