//! The store in a SQLite file: WAL, every commit synced, foreign keys on.
//!
//! One connection behind a mutex: the calls take microseconds (a commit some milliseconds) and logins
//! are the only frequent ones. The process that has the data directory's lock is the only one that
//! opens it. What the calls do stands in a file for each kind of thing.

mod accounts;
mod tokens;
mod passwords;
mod secrets;
mod databases;
mod attachments;
mod dropped;
mod shares;
mod editions;
mod snapshots;
mod copying;

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, Transaction, TransactionBehavior};
use uuid::Uuid;

use super::{
    Account, AccountId, Address, Contents, Database, DatabaseId, Edition, Followed, IfExists, Inventory,
    Known, Login, MadeDatabase, MadeShare, Moment, Name, NewDatabase, NewShare, NewSnapshot, NewToken,
    OwnDatabase, OwnShare, Password, Place, Purged, SealedSecret, SecretRow, ShareId, Snapshot, SnapshotId,
    Store, StoreError, Taken, Timestamp, Token, TokenId, Undrop, schema,
};
use crate::{
    home::{self, Home, Layout},
    scram::Verifier,
    token::TokenHash,
};

/// The store in a data directory.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Mutex<Connection>,
    layout: Layout,
}

impl SqliteStore {
    /// Opens the store of a data directory, making or upgrading it.
    ///
    /// # Errors
    /// When the file cannot be used, or is from a newer version.
    pub fn open(home: &Home) -> Result<Self, StoreError> {
        let path = home.layout().store();
        create_private(&path)?;
        let mut connection = Connection::open(&path)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), layout: home.layout().clone() })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic in another call left no transaction open: they roll back when dropped.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Several reads that see one state.
    fn look<T>(&self, look: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        look(&self.connection().transaction()?)
    }

    fn change<T>(
        &self,
        change: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let value = change(&transaction)?;
        transaction.commit()?;
        Ok(value)
    }
}

/// SQLite makes its side files with the mode of the main one.
fn create_private(path: &Path) -> Result<(), StoreError> {
    if path.exists() { Ok(()) } else { Ok(home::write_file(path, b"")?) }
}

impl Store for SqliteStore {
    fn create_account(&self, name: &Name, database: &Name) -> Result<Account, StoreError> {
        self.change(|transaction| accounts::create(transaction, &self.layout, name, database))
    }

    fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        accounts::all(&self.connection())
    }

    fn account(&self, name: &str) -> Result<Option<Account>, StoreError> {
        match accounts::find(&self.connection(), name) {
            Ok(account) => Ok(Some(account)),
            Err(StoreError::NoAccount(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn drop_account(&self, name: &Name) -> Result<Account, StoreError> {
        self.change(|transaction| accounts::remove(transaction, name))
    }

    fn create_token(&self, token: &NewToken) -> Result<Token, StoreError> {
        self.change(|transaction| tokens::create(transaction, token))
    }

    fn tokens(&self, account: Option<&Name>) -> Result<Vec<Token>, StoreError> {
        tokens::all(&self.connection(), account)
    }

    fn revoke_token(&self, token: TokenId) -> Result<Token, StoreError> {
        self.change(|transaction| tokens::revoke(transaction, token))
    }

    fn revoke_named_token(&self, account: AccountId, name: &str) -> Result<Option<Token>, StoreError> {
        self.change(|transaction| tokens::revoke_named(transaction, account, name))
    }

    fn login(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError> {
        tokens::login(&self.connection(), hash, now)
    }

    fn admits(&self, login: &Login, now: Timestamp) -> Result<bool, StoreError> {
        passwords::admits(&self.connection(), login, now)
    }

    fn set_password(&self, account: &Name, verifier: Option<&Verifier>) -> Result<Account, StoreError> {
        self.change(|transaction| passwords::set(transaction, account, verifier))
    }

    fn password(&self, account: &str) -> Result<Option<Password>, StoreError> {
        passwords::find(&self.connection(), account)
    }

    fn put_secret(
        &self,
        account: &Name,
        secret: &SealedSecret,
        if_exists: IfExists,
        limit: usize,
    ) -> Result<bool, StoreError> {
        self.change(|transaction| secrets::put(transaction, account, secret, (if_exists, limit)))
    }

    fn secrets(&self, account: Option<&Name>) -> Result<Vec<SecretRow>, StoreError> {
        secrets::all(&self.connection(), account)
    }

    fn drop_secret(&self, account: &Name, name: &str) -> Result<bool, StoreError> {
        self.change(|transaction| secrets::remove(transaction, account, name))
    }

    fn mock_secret(&self) -> Result<[u8; 32], StoreError> {
        passwords::mock_secret(&self.connection())
    }

    fn databases(&self, account: AccountId) -> Result<Vec<Database>, StoreError> {
        databases::workspace(&self.connection(), account)
    }

    fn connectable(&self, account: AccountId) -> Result<Vec<Database>, StoreError> {
        databases::connectable(&self.connection(), account)
    }

    fn inventory(&self, account: AccountId) -> Result<Inventory, StoreError> {
        self.look(|transaction| {
            Ok(Inventory {
                account: accounts::uuid(transaction, account)?,
                databases: databases::own(transaction, account)?,
                shares: shares::own(transaction, account)?,
                seen: shares::seen(transaction, account)?,
                snapshots: snapshots::all(transaction, account)?,
            })
        })
    }

    fn check_database(&self, new: &NewDatabase) -> Result<Option<Database>, StoreError> {
        self.look(|transaction| databases::check(transaction, new))
    }

    fn create_database(
        &self,
        new: &NewDatabase,
        place: Place<'_, DatabaseId>,
    ) -> Result<MadeDatabase, StoreError> {
        self.change(|transaction| databases::create(transaction, new, place))
    }

    fn drop_database(
        &self,
        account: AccountId,
        name: &str,
        cascade: bool,
    ) -> Result<Option<(DatabaseId, Vec<ShareId>)>, StoreError> {
        self.change(|transaction| dropped::remove(transaction, account, name, cascade))
    }

    fn undrop_database(&self, account: AccountId, name: &str, how: Undrop) -> Result<Database, StoreError> {
        self.change(|transaction| dropped::bring_back(transaction, account, name, how))
    }

    fn rename_database(&self, account: AccountId, from: &str, to: &Name) -> Result<Database, StoreError> {
        self.change(|transaction| databases::rename(transaction, account, from, to))
    }

    fn find_database(&self, account: AccountId, name: &str) -> Result<Option<Database>, StoreError> {
        databases::find(&self.connection(), account, name)
    }

    fn attach_database(
        &self,
        account: AccountId,
        name: &str,
        alias: Option<&Name>,
        persist: bool,
    ) -> Result<(Database, bool), StoreError> {
        self.change(|transaction| attachments::attach_database(transaction, account, name, (alias, persist)))
    }

    fn attach_share(
        &self,
        account: AccountId,
        address: &Address,
        alias: Option<&Name>,
        persist: bool,
    ) -> Result<(Database, bool), StoreError> {
        self.change(|transaction| attachments::attach_share(transaction, account, address, (alias, persist)))
    }

    fn detach(&self, account: AccountId, name: &str) -> Result<(), StoreError> {
        self.change(|transaction| attachments::detach(transaction, account, name))
    }

    fn purge(&self, before: Moment) -> Result<Vec<Purged>, StoreError> {
        self.change(|transaction| dropped::purge(transaction, before))
    }

    fn purge_oldest(&self, account: AccountId, keep: usize) -> Result<Option<Purged>, StoreError> {
        self.change(|transaction| dropped::purge_oldest(transaction, account, keep))
    }

    fn dropped(&self, account: AccountId) -> Result<Vec<Purged>, StoreError> {
        self.look(|transaction| dropped::dropped(transaction, account))
    }

    fn known(&self, account: AccountId) -> Result<Known, StoreError> {
        self.look(|transaction| dropped::known(transaction, account))
    }

    fn common_share(&self, name: &Name) -> Result<Option<ShareId>, StoreError> {
        editions::common(&self.connection(), name.as_str())
    }

    fn create_common_share(
        &self,
        name: &Name,
        uuid: Uuid,
        place: Place<'_, Edition>,
    ) -> Result<ShareId, StoreError> {
        self.change(|transaction| editions::create_common(transaction, name, uuid, place))
    }

    fn check_share(&self, new: &NewShare) -> Result<(Option<OwnShare>, OwnDatabase), StoreError> {
        self.look(|transaction| shares::check(transaction, new))
    }

    fn create_share(
        &self,
        new: &NewShare,
        taken: Taken,
        place: Place<'_, Edition>,
    ) -> Result<MadeShare, StoreError> {
        self.change(|transaction| shares::create(transaction, new, taken, place))
    }

    fn find_share(&self, owner: AccountId, name: &str) -> Result<OwnShare, StoreError> {
        self.look(|transaction| shares::find(transaction, owner, name))
    }

    fn automatic_shares(&self, owner: AccountId, database: &str) -> Result<Vec<OwnShare>, StoreError> {
        self.look(|transaction| shares::automatic(transaction, owner, database))
    }

    fn followed(&self, owner: AccountId) -> Result<Vec<Followed>, StoreError> {
        editions::followed(&self.connection(), owner)
    }

    fn publish_share(
        &self,
        share: ShareId,
        taken: Taken,
        place: Place<'_, Edition>,
    ) -> Result<Option<Edition>, StoreError> {
        self.change(|transaction| editions::publish(transaction, share, taken, place))
    }

    fn drop_share(&self, owner: AccountId, name: &str) -> Result<Option<ShareId>, StoreError> {
        self.change(|transaction| shares::remove(transaction, owner, name))
    }

    fn grant(
        &self,
        owner: AccountId,
        share: &str,
        accounts: &[String],
        is_granted: bool,
    ) -> Result<ShareId, StoreError> {
        self.change(|transaction| shares::grant(transaction, (owner, share), accounts, is_granted))
    }

    fn readable(&self, account: AccountId, share: ShareId) -> Result<Option<Edition>, StoreError> {
        editions::readable(&self.connection(), account, share)
    }

    fn addressed(&self, account: AccountId, address: &Address) -> Result<Edition, StoreError> {
        editions::addressed(&self.connection(), account, address)
    }

    fn editions(&self) -> Result<Vec<Edition>, StoreError> {
        editions::all(&self.connection())
    }

    fn check_snapshot(&self, new: &NewSnapshot) -> Result<OwnDatabase, StoreError> {
        self.look(|transaction| snapshots::check(transaction, new))
    }

    fn create_snapshot(
        &self,
        new: &NewSnapshot,
        place: Place<'_, SnapshotId>,
    ) -> Result<Snapshot, StoreError> {
        self.change(|transaction| snapshots::create(transaction, new, place))
    }

    fn back_up(&self, path: &Path, account: Option<&Name>) -> Result<Contents, StoreError> {
        copying::copy(&self.connection(), path, account)
    }

    fn find_snapshot(&self, account: AccountId, text: &str) -> Result<Snapshot, StoreError> {
        self.look(|transaction| snapshots::find(transaction, account, text))
    }
}

/// Turns a broken uniqueness into "already exists".
fn taken<'n>(what: &'static str, name: &'n str) -> impl FnOnce(rusqlite::Error) -> StoreError + 'n {
    move |error| {
        let extended = error.sqlite_error().map(|error| error.extended_code);
        if extended == Some(rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE) {
            StoreError::Exists { what, name: name.to_owned() }
        } else {
            error.into()
        }
    }
}

/// A limit on how many there may be.
fn not_full(what: &'static str, count: i64, limit: usize) -> Result<(), StoreError> {
    let is_full = usize::try_from(count).unwrap_or(usize::MAX) >= limit;
    if is_full { Err(StoreError::Full { what, limit }) } else { Ok(()) }
}

/// A number for clients, as a column has it.
fn uuid(text: &str) -> Result<Uuid, StoreError> {
    Uuid::try_parse(text).map_err(|_| StoreError::Damaged(format!("uuid {text:?}")))
}

#[cfg(test)]
mod tests;
