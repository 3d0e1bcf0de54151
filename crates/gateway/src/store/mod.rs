//! What the gateway remembers: accounts, tokens, databases, shares, snapshots. One trait, one implementation.
//!
//! The trait is blocking; [`Records`] carries calls to the blocking threads so that no connection ever
//! waits for another one's disk. Names live here and files have numbers, so that a rename is one row.

pub mod sqlite;
mod schema;
mod rows;
mod name;
mod error;

use std::{fmt, path::Path, sync::Arc};

use uuid::Uuid;

pub use self::{error::StoreError, name::Name, rows::*, schema::SAMPLE_DATA};
pub use crate::ids::{AccountId, DatabaseId, Edition, Moment, ShareId, SnapshotId, Timestamp, TokenId};
use crate::{scram::Verifier, token::TokenHash};

/// Puts the file of something new in its place, as the last step before the commit that names it. A failure undoes the
/// change.
pub type Place<'p, N> = &'p mut dyn FnMut(N) -> Result<(), StoreError>;

/// The accounts store. Every method is one transaction, durable when it returns, and fails when the store does.
#[expect(clippy::missing_errors_doc, reason = "every method fails when the store does; what else, it says")]
pub trait Store: Send + Sync + 'static {
    /// Makes an account with its folders and its first database, the default one. [`StoreError::Exists`].
    fn create_account(&self, name: &Name, database: &Name) -> Result<Account, StoreError>;

    /// All accounts, by number.
    fn accounts(&self) -> Result<Vec<Account>, StoreError>;

    /// The account of this name, if there is one.
    fn account(&self, name: &str) -> Result<Option<Account>, StoreError>;

    /// Forgets an account with its tokens, databases and shares; its folder is the caller's to remove.
    /// [`StoreError::NoAccount`].
    fn drop_account(&self, name: &Name) -> Result<Account, StoreError>;

    /// Keeps a new token. [`StoreError::NoAccount`], [`StoreError::Exists`].
    fn create_token(&self, token: &NewToken) -> Result<Token, StoreError>;

    /// The tokens of one account, or of all. [`StoreError::NoAccount`].
    fn tokens(&self, account: Option<&Name>) -> Result<Vec<Token>, StoreError>;

    /// Makes a token invalid from now on. [`StoreError::NoToken`].
    fn revoke_token(&self, token: TokenId) -> Result<Token, StoreError>;

    /// The same by the name that it has in its account; nothing when there is none.
    fn revoke_named_token(&self, account: AccountId, name: &str) -> Result<Option<Token>, StoreError>;

    /// Whom this token lets in at the given time; nobody when it is unknown, revoked or expired.
    fn login(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError>;

    /// Whether what let somebody in still would.
    fn admits(&self, login: &Login, now: Timestamp) -> Result<bool, StoreError>;

    /// Gives an account a password, or takes it away. [`StoreError::NoAccount`].
    fn set_password(&self, account: &Name, verifier: Option<&Verifier>) -> Result<Account, StoreError>;

    /// The password of the account of this name; nothing when it has none, or there is no such account.
    fn password(&self, account: &str) -> Result<Option<Password>, StoreError>;

    /// Keeps a sealed secret of the account's; whether it was not there before. [`StoreError::NoAccount`],
    /// [`StoreError::Exists`], [`StoreError::Full`].
    fn put_secret(
        &self,
        account: &Name,
        secret: &SealedSecret,
        if_exists: IfExists,
        limit: usize,
    ) -> Result<bool, StoreError>;

    /// The secrets of one account, or of all. [`StoreError::NoAccount`].
    fn secrets(&self, account: Option<&Name>) -> Result<Vec<SecretRow>, StoreError>;

    /// Forgets a secret; whether there was one. [`StoreError::NoAccount`].
    fn drop_secret(&self, account: &Name, name: &str) -> Result<bool, StoreError>;

    /// What this server alone knows, to make up what an account without a password shows.
    fn mock_secret(&self) -> Result<[u8; 32], StoreError>;

    /// The account's workspace: its own databases that are attached, in the order they were made, then shares.
    fn databases(&self, account: AccountId) -> Result<Vec<Database>, StoreError>;

    /// Where sessions may begin: the workspace, and own databases that are not attached.
    fn connectable(&self, account: AccountId) -> Result<Vec<Database>, StoreError>;

    /// Everything that the account may know.
    fn inventory(&self, account: AccountId) -> Result<Inventory, StoreError>;

    /// What stands in the way of a new database, or the one that is answered in its place. What
    /// [`Self::create_database`] would say.
    fn check_database(&self, new: &NewDatabase) -> Result<Option<Database>, StoreError>;

    /// Makes a database. [`StoreError::Exists`], [`StoreError::Full`].
    fn create_database(
        &self,
        new: &NewDatabase,
        place: Place<'_, DatabaseId>,
    ) -> Result<MadeDatabase, StoreError>;

    /// Drops a database, which can be brought back for a while, and its shares if they may go; nothing when there is
    /// none. [`StoreError::IsDefault`], [`StoreError::HasShares`], [`StoreError::IsShare`].
    fn drop_database(
        &self,
        account: AccountId,
        name: &str,
        cascade: bool,
    ) -> Result<Option<(DatabaseId, Vec<ShareId>)>, StoreError>;

    /// Brings back the database of this name that was dropped last. [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::Full`].
    fn undrop_database(&self, account: AccountId, name: &str, how: Undrop) -> Result<Database, StoreError>;

    /// Renames a database. [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::IsShare`].
    fn rename_database(&self, account: AccountId, from: &str, to: &Name) -> Result<Database, StoreError>;

    /// The database or attached share of this name, wherever [`Self::connectable`] has it.
    fn find_database(&self, account: AccountId, name: &str) -> Result<Option<Database>, StoreError>;

    /// Has the workspace attach an own database, or a server's share by its name; whether it was not attached before.
    /// [`StoreError::Missing`], [`StoreError::NoAlias`], and those of [`Self::attach_share`].
    fn attach_database(
        &self,
        account: AccountId,
        name: &str,
        alias: Option<&Name>,
        persist: bool,
    ) -> Result<(Database, bool), StoreError>;

    /// Has the workspace attach a share; whether it was not attached before. Without `persist` it is only checked.
    /// [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::Attached`].
    fn attach_share(
        &self,
        account: AccountId,
        address: &Address,
        alias: Option<&Name>,
        persist: bool,
    ) -> Result<(Database, bool), StoreError>;

    /// Has the workspace detach what it has under this name, if anything.
    fn detach(&self, account: AccountId, name: &str) -> Result<(), StoreError>;

    /// Forgets databases that were dropped before this time, with their snapshots.
    fn purge(&self, before: Moment) -> Result<Vec<Purged>, StoreError>;

    /// Forgets the one of the account's dropped databases that was dropped first; nothing when there is none, or no
    /// more of them than `keep`.
    fn purge_oldest(&self, account: AccountId, keep: usize) -> Result<Option<Purged>, StoreError>;

    /// The account's dropped databases that can still be brought back, with their snapshots.
    fn dropped(&self, account: AccountId) -> Result<Vec<Purged>, StoreError>;

    /// The files of the account that rows name.
    fn known(&self, account: AccountId) -> Result<Known, StoreError>;

    /// The share of this name that every account sees, if there is one.
    fn common_share(&self, name: &Name) -> Result<Option<ShareId>, StoreError>;

    /// Makes a share that every account sees, under this number for clients. [`StoreError::Exists`].
    fn create_common_share(
        &self,
        name: &Name,
        uuid: Uuid,
        place: Place<'_, Edition>,
    ) -> Result<ShareId, StoreError>;

    /// What stands in the way of a new share, or the one that is answered in its place; the database that it shows.
    fn check_share(&self, new: &NewShare) -> Result<(Option<OwnShare>, OwnDatabase), StoreError>;

    /// Makes a share of what was taken. [`StoreError::Missing`], [`StoreError::Exists`],
    /// [`StoreError::Full`].
    fn create_share(
        &self,
        new: &NewShare,
        taken: Taken,
        place: Place<'_, Edition>,
    ) -> Result<MadeShare, StoreError>;

    /// The account's share of this name. [`StoreError::Missing`].
    fn find_share(&self, owner: AccountId, name: &str) -> Result<OwnShare, StoreError>;

    /// The account's shares of a database that follow it by themselves. [`StoreError::Missing`].
    fn automatic_shares(&self, owner: AccountId, database: &str) -> Result<Vec<OwnShare>, StoreError>;

    /// The account's databases that have such shares.
    fn followed(&self, owner: AccountId) -> Result<Vec<Followed>, StoreError>;

    /// Gives a share a new state, if it is still there.
    fn publish_share(
        &self,
        share: ShareId,
        taken: Taken,
        place: Place<'_, Edition>,
    ) -> Result<Option<Edition>, StoreError>;

    /// Drops the account's share of this name; nothing when there is none.
    fn drop_share(&self, owner: AccountId, name: &str) -> Result<Option<ShareId>, StoreError>;

    /// Grants the account's share to accounts, or takes it from them. [`StoreError::Missing`],
    /// [`StoreError::NoAccount`].
    fn grant(
        &self,
        owner: AccountId,
        share: &str,
        accounts: &[String],
        is_granted: bool,
    ) -> Result<ShareId, StoreError>;

    /// The present state of a share, if the account may read it.
    fn readable(&self, account: AccountId, share: ShareId) -> Result<Option<Edition>, StoreError>;

    /// The present state of the share of this address, if the account may read it. [`StoreError::Missing`].
    fn addressed(&self, account: AccountId, address: &Address) -> Result<Edition, StoreError>;

    /// The present states of all shares.
    fn editions(&self) -> Result<Vec<Edition>, StoreError>;

    /// What stands in the way of a new snapshot; the database that it is to be taken of.
    fn check_snapshot(&self, new: &NewSnapshot) -> Result<OwnDatabase, StoreError>;

    /// Makes a snapshot. [`StoreError::Missing`], [`StoreError::Exists`], [`StoreError::Full`].
    fn create_snapshot(
        &self,
        new: &NewSnapshot,
        place: Place<'_, SnapshotId>,
    ) -> Result<Snapshot, StoreError>;

    /// Copies the store as it is to a path where nothing is, of all accounts or of one; what files the copy's rows name.
    /// [`StoreError::NoAccount`].
    fn back_up(&self, path: &Path, account: Option<&Name>) -> Result<Contents, StoreError>;

    /// The account's snapshot of this name or number. [`StoreError::Missing`], [`StoreError::Ambiguous`].
    fn find_snapshot(&self, account: AccountId, text: &str) -> Result<Snapshot, StoreError>;
}

/// The store, for async code.
#[derive(Clone)]
pub struct Records {
    store: Arc<dyn Store>,
}

impl Records {
    /// Wraps a store.
    pub fn new(store: impl Store) -> Self {
        Self { store: Arc::new(store) }
    }

    /// The store itself, for code that may block.
    #[must_use]
    pub fn blocking(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// Runs the calls on a blocking thread.
    ///
    /// # Errors
    /// What the calls answer.
    pub async fn run<T: Send + 'static>(
        &self,
        calls: impl FnOnce(&dyn Store) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let store = Arc::clone(&self.store);
        tokio::task::spawn_blocking(move || calls(store.as_ref())).await.map_err(|_| StoreError::Gone)?
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Records")
    }
}
