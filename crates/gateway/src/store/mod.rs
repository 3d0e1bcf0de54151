//! What the gateway remembers: accounts, tokens, databases, shares. One trait, one implementation.
//!
//! The trait is blocking; [`Records`] carries calls to the blocking threads so that no connection ever
//! waits for another one's disk. Names live here and files have numbers, so that a rename is one row.

pub mod sqlite;
mod schema;

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

pub use crate::ids::{AccountId, DatabaseId, ShareId, Timestamp, TokenId};
use crate::token::TokenHash;

/// A name for an account, a token or a database: 1 to 63 characters without control characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Name(String);

impl Name {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Name {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        let length_fits = (1..=63).contains(&text.chars().count());
        let is_plain = !text.chars().any(char::is_control) && text.trim() == text;
        if length_fits && is_plain { Ok(Self(text)) } else { Err(StoreError::BadName(text)) }
    }
}

impl From<Name> for String {
    fn from(name: Name) -> Self {
        name.0
    }
}

impl std::str::FromStr for Name {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        Self::try_from(text.to_owned())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

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

/// Who a valid token lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The account.
    pub account: Account,
    /// The token.
    pub token: TokenId,
    /// Its name.
    pub token_name: String,
    /// What it allows.
    pub kind: TokenKind,
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
    Share(ShareId),
}

/// What can go wrong in the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such account.
    #[error("account {0:?} does not exist")]
    NoAccount(String),
    /// There is no such token.
    #[error("token {0} does not exist")]
    NoToken(TokenId),
    /// The name is taken.
    #[error("{what} {name:?} already exists")]
    Exists {
        /// Account, token, database or share.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Not a name.
    #[error("{0:?} cannot be a name: 1 to 63 characters, no control characters, no outer spaces")]
    BadName(String),
    /// Not a name of an account.
    #[error(
        "{0:?} cannot be an account's name: a letter or digit, then letters, digits, '_', '-' and '.', 63 characters at most"
    )]
    BadAccountName(String),
    /// A newer pintail made this store.
    #[error("the store has schema version {found}; this pintail knows {known}: use a newer one")]
    Newer {
        /// What the store says.
        found: i64,
        /// What this program knows.
        known: i64,
    },
    /// The content makes no sense.
    #[error("the store is damaged: {0}")]
    Damaged(String),
    /// SQLite failed.
    #[error("the store cannot be used: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// A folder that belongs to the change could not be made.
    #[error(transparent)]
    Home(#[from] crate::home::HomeError),
    /// The blocking call did not come back.
    #[error("the store's thread has ended")]
    Gone,
}

/// The accounts store. Every method is one transaction, durable when it returns.
pub trait Store: Send + Sync + 'static {
    /// Makes an account with its folders and its first database, the default one.
    ///
    /// # Errors
    /// [`StoreError::Exists`], or a failure of the store.
    fn create_account(&self, name: &Name, database: &Name) -> Result<Account, StoreError>;

    /// All accounts, by number.
    ///
    /// # Errors
    /// A failure of the store.
    fn accounts(&self) -> Result<Vec<Account>, StoreError>;

    /// Forgets an account with its tokens and databases; its folder is the caller's to remove.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], or a failure of the store.
    fn drop_account(&self, name: &Name) -> Result<Account, StoreError>;

    /// Keeps a new token.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], [`StoreError::Exists`], or a failure of the store.
    fn create_token(&self, token: &NewToken) -> Result<Token, StoreError>;

    /// The tokens of one account, or of all.
    ///
    /// # Errors
    /// [`StoreError::NoAccount`], or a failure of the store.
    fn tokens(&self, account: Option<&Name>) -> Result<Vec<Token>, StoreError>;

    /// Makes a token invalid from now on.
    ///
    /// # Errors
    /// [`StoreError::NoToken`], or a failure of the store.
    fn revoke_token(&self, token: TokenId) -> Result<Token, StoreError>;

    /// Whom this token lets in at the given time; nobody when it is unknown, revoked or expired.
    ///
    /// # Errors
    /// A failure of the store.
    fn login(&self, hash: &TokenHash, now: Timestamp) -> Result<Option<Login>, StoreError>;

    /// What the account sees: its own databases in the order they were made, then shares.
    ///
    /// # Errors
    /// A failure of the store.
    fn databases(&self, account: AccountId) -> Result<Vec<Database>, StoreError>;

    /// The share of this name that every account sees, if there is one.
    ///
    /// # Errors
    /// A failure of the store.
    fn common_share(&self, name: &Name) -> Result<Option<ShareId>, StoreError>;

    /// Makes a share that every account sees; `publish` puts its file in place.
    ///
    /// # Errors
    /// [`StoreError::Exists`], what `publish` answers, or a failure of the store.
    fn create_common_share(
        &self,
        name: &Name,
        publish: &mut dyn FnMut(ShareId) -> Result<(), StoreError>,
    ) -> Result<ShareId, StoreError>;
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
