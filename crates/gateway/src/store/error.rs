//! What the store refuses, and what can go wrong in it. What clients are told is made of this in `platform`.

use super::TokenId;

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such account.
    #[error("account {0:?} does not exist")]
    NoAccount(String),
    /// There is no such token.
    #[error("token {0} does not exist")]
    NoToken(TokenId),
    /// There is none of this name, or none that the account may know of.
    #[error("{what} {name:?} does not exist")]
    Missing {
        /// Database, share or snapshot.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The name is taken.
    #[error("{what} {name:?} already exists")]
    Exists {
        /// Account, token, database, share or snapshot.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// The share is in the workspace already, under another name.
    #[error("the share is already attached as {0:?}")]
    Attached(String),
    /// A database of the account's own has one name only.
    #[error("{0:?} cannot have another name in the workspace")]
    NoAlias(String),
    /// Not a name.
    #[error("{0:?} cannot be a name: 1 to 63 characters, no control characters, no outer spaces")]
    BadName(String),
    /// Not a name of an account.
    #[error(
        "{0:?} cannot be an account's name: a letter or digit, then letters, digits, '_', '-' and '.', 63 characters at most"
    )]
    BadAccountName(String),
    /// A name that has a meaning of its own.
    #[error("{0:?} is a reserved name")]
    Reserved(String),
    /// It is a share where a database of the account's own is meant.
    #[error("{0:?} is a share")]
    IsShare(String),
    /// The default database cannot go.
    #[error("{0:?} is the default database")]
    IsDefault(String),
    /// Shares show the database.
    #[error("shares show database {name:?}")]
    HasShares {
        /// The database.
        name: String,
        /// They.
        shares: Vec<String>,
    },
    /// The account has as many as it may.
    #[error("too many {what}: {limit} are allowed")]
    Full {
        /// Databases, shares or snapshots.
        what: &'static str,
        /// How many there may be.
        limit: usize,
    },
    /// Several have this name.
    #[error("{name:?} is ambiguous")]
    Ambiguous {
        /// The name.
        name: String,
        /// What tells them apart.
        candidates: Vec<String>,
    },
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
    /// A file or folder that belongs to the change could not be put in place.
    #[error(transparent)]
    Home(#[from] crate::home::HomeError),
    /// The blocking call did not come back.
    #[error("the store's thread has ended")]
    Gone,
}
