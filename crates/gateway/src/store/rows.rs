//! What is in the store: accounts, tokens, databases, shares, snapshots, and what new ones are to be.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use wire::link::platform::ShareOptions;

use super::{
    AccountId, DatabaseId, Edition, Moment, Name, ShareId, SnapshotId, StoreError, Timestamp, TokenId,
};
use crate::{scram::Verifier, token::TokenHash};

/// Somebody who has databases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
}

/// What a token allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Everything.
    ReadWrite,
    /// Reading, from replicas.
    ReadScaling,
}

impl TokenKind {
    /// Its word, as in SQL and on the command line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::ReadWrite => "read_write",
            Self::ReadScaling => "read_scaling",
        }
    }
}

impl std::str::FromStr for TokenKind {
    type Err = StoreError;

    fn from_str(word: &str) -> Result<Self, StoreError> {
        match word {
            "read_write" => Ok(Self::ReadWrite),
            "read_scaling" => Ok(Self::ReadScaling),
            other => Err(StoreError::Damaged(format!("token kind {other:?}"))),
        }
    }
}

/// A token, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its number.
    pub id: TokenId,
    /// Its number for programs.
    pub uuid: Uuid,
    /// The account's name.
    pub account: String,
    /// Its name.
    pub name: String,
    /// What it allows.
    pub kind: TokenKind,
    /// When it was made.
    pub created: Timestamp,
    /// When it ends to be valid by itself.
    pub expires: Option<Timestamp>,
    /// When it last opened a session, to the minute.
    pub last_used: Option<Timestamp>,
    /// When it was revoked.
    pub revoked: Option<Timestamp>,
}

/// What a new token is to be.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The account's name.
    pub account: Name,
    /// Its own name.
    pub name: Name,
    /// What it allows.
    pub kind: TokenKind,
    /// The hash of its text.
    pub hash: TokenHash,
    /// When it ends to be valid by itself.
    pub expires: Option<Timestamp>,
}

/// Who has been let in, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub account: Account,
    /// What was shown.
    pub credential: Credential,
    /// What it allows.
    pub kind: TokenKind,
}

/// What lets somebody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credential {
    /// A token.
    Token {
        /// Which.
        id: TokenId,
        /// Its name.
        name: String,
        /// When it ends to be valid by itself.
        expires: Option<Timestamp>,
    },
    /// The account's password.
    Password {
        /// Which of those that it has had.
        version: i64,
    },
    /// A TLS client certificate, to which the server's rules give the account.
    Certificate,
}

impl Credential {
    /// The token's number.
    #[must_use]
    pub fn token(&self) -> Option<TokenId> {
        match self {
            Self::Token { id, .. } => Some(*id),
            Self::Password { .. } | Self::Certificate => None,
        }
    }

    /// The token's name, by which the configuration has settings for it.
    #[must_use]
    pub fn token_name(&self) -> Option<&str> {
        match self {
            Self::Token { name, .. } => Some(name),
            Self::Password { .. } | Self::Certificate => None,
        }
    }
}

/// The password of an account, as far as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Password {
    /// Whose.
    pub account: Account,
    /// What checks it.
    pub verifier: Verifier,
    /// Which of those that the account has had.
    pub version: i64,
}

/// A secret for remote data, as far as it is kept in the clear.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedSecret {
    /// Its name.
    pub name: String,
    /// DuckDB's type of secret.
    pub kind: String,
    /// The prefixes of the addresses that it is for.
    pub scopes: Vec<String>,
    /// Its parameters, sealed by the vault.
    pub sealed: Vec<u8>,
    /// When it was made.
    pub created: Timestamp,
}

/// A secret and whose it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretRow {
    /// The account's name.
    pub account: String,
    /// The secret.
    pub secret: SealedSecret,
}

/// A database or a share, as an account sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// The name that SQL uses.
    pub name: String,
    /// Whether sessions begin in it when they name none.
    pub is_default: bool,
    /// What it is made of.
    #[serde(flatten)]
    pub source: DatabaseSource,
}

/// Where a database's rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum DatabaseSource {
    /// The account's own file.
    Own(DatabaseId),
    /// A share, read-only.
    Share(Edition),
}

/// The files that the rows of a store name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Databases that were not dropped.
    pub databases: Vec<OwnFile>,
    /// Their snapshots.
    pub snapshots: Vec<(AccountId, SnapshotId)>,
    /// The present states of shares.
    pub editions: Vec<Edition>,
}

/// A database's file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFile {
    /// Whose.
    pub account: AccountId,
    /// Its number.
    pub id: DatabaseId,
    /// Its name.
    pub name: String,
}

/// What happens when the name of something new is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// It is an error.
    Refuse,
    /// What there is stays, and is answered.
    Keep,
    /// What there is gives way.
    Replace,
}

/// What a new database is to be.
#[derive(Clone, Debug)]
pub struct NewDatabase {
    /// Whose.
    pub account: AccountId,
    /// Its name.
    pub name: Name,
    /// What becomes of the one that has the name.
    pub if_exists: IfExists,
    /// How many the account may have.
    pub limit: usize,
    /// Whether the workspace attaches it. Otherwise it only keeps the one that is replaced, if it had it.
    pub persist: bool,
}

/// Which dropped database may come back, and how.
#[derive(Clone, Copy, Debug)]
pub struct Undrop {
    /// It was not dropped before.
    pub since: Moment,
    /// How many the account may have.
    pub limit: usize,
    /// Whether the workspace attaches it.
    pub persist: bool,
}

/// A database that was made, or was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeDatabase {
    /// It.
    pub database: Database,
    /// Whether it was made.
    pub is_new: bool,
    /// Shares that went with the one that it replaces.
    pub gone_shares: Vec<ShareId>,
}

/// What a new share is to be.
#[derive(Clone, Debug)]
pub struct NewShare {
    /// Whose.
    pub owner: AccountId,
    /// Its name.
    pub name: Name,
    /// The account's own database that it shows.
    pub database: String,
    /// Its options.
    pub options: ShareOptions,
    /// What becomes of the one that has the name.
    pub if_exists: IfExists,
    /// How many the account may have.
    pub limit: usize,
}

/// A share that was made, or was there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MadeShare {
    /// It.
    pub share: OwnShare,
    /// Whether it was made.
    pub is_new: bool,
    /// The one that it replaces.
    pub gone_shares: Vec<ShareId>,
}

/// The address of a share: `md:_share/DATABASE/UUID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The name of the database that it showed when it was made.
    pub database: String,
    /// Its number, which nobody can guess.
    pub uuid: Uuid,
}

/// How addresses of shares begin.
const SHARE: &str = "md:_share/";

impl std::fmt::Display for Address {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{SHARE}{}/{}", self.database, self.uuid)
    }
}

impl Address {
    /// The address in this text, if it is one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (database, uuid) = text.strip_prefix(SHARE)?.rsplit_once('/')?;
        Some(Self { database: database.to_owned(), uuid: Uuid::try_parse(uuid).ok()? })
    }
}

/// One of the account's own databases, in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDatabase {
    /// Its number.
    pub id: DatabaseId,
    /// Its number for clients.
    pub uuid: Uuid,
    /// Its name.
    pub name: String,
    /// When it was made.
    pub created: Moment,
    /// Whether sessions begin in it when they name none.
    pub is_default: bool,
    /// Whether the workspace has it attached.
    pub is_attached: bool,
}

/// A share of the account's own, in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnShare {
    /// Its present state.
    pub edition: Edition,
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// The database that it shows.
    pub database: OwnDatabase,
    /// When it was made.
    pub created: Moment,
    /// When what it shows was taken.
    pub published: Moment,
    /// Its options.
    pub options: ShareOptions,
    /// The accounts that it was granted to.
    pub grants: Vec<String>,
}

/// A share of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenShare {
    /// Its name.
    pub name: String,
    /// Its address.
    pub address: Address,
    /// When it was made.
    pub created: Moment,
    /// Its options.
    pub options: ShareOptions,
    /// Its name in the workspace.
    pub attached_as: Option<String>,
}

/// What a new snapshot is to be.
#[derive(Clone, Debug)]
pub struct NewSnapshot {
    /// Whose.
    pub account: AccountId,
    /// The account's own database.
    pub database: String,
    /// Its name, if it gets one.
    pub name: Option<Name>,
    /// When it was taken.
    pub created: Moment,
    /// Its size.
    pub bytes: u64,
    /// How many the account may have.
    pub limit: usize,
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// Its number.
    pub id: SnapshotId,
    /// Its number for clients.
    pub uuid: Uuid,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// The database that it was taken of.
    pub database: OwnDatabase,
    /// When it was taken.
    pub created: Moment,
    /// Its size.
    pub bytes: u64,
}

/// Everything that an account may know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inventory {
    /// The account's number for clients.
    pub account: Uuid,
    /// Its databases, in the order in which they were made.
    pub databases: Vec<OwnDatabase>,
    /// Its shares.
    pub shares: Vec<OwnShare>,
    /// The shares of others, of which it may know.
    pub seen: Vec<SeenShare>,
    /// Its snapshots.
    pub snapshots: Vec<Snapshot>,
}

/// Rows whose files are to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Purged {
    /// Whose.
    pub account: AccountId,
    /// The database.
    pub database: DatabaseId,
    /// Its snapshots.
    pub snapshots: Vec<SnapshotId>,
}

/// The files of an account that rows name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Its databases, those that can be brought back too.
    pub databases: Vec<DatabaseId>,
    /// Its snapshots.
    pub snapshots: Vec<SnapshotId>,
}

/// A database whose shares follow it by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Followed {
    /// Its number.
    pub id: DatabaseId,
    /// Its name.
    pub name: String,
    /// When its file had been written last, as the oldest of the shares shows it.
    pub source: Moment,
}

/// When the content of a share was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// It was taken.
    pub at: Moment,
    /// The database's file had been written last.
    pub source: Moment,
}
