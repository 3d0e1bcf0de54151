//! Administration of accounts, tokens and databases: one set of requests for the command line, whether
//! a server runs (over its unix socket) or not (on the store itself).
//!
//! Frames are those of the control link: a length and JSON. Whoever can open the socket may do
//! everything: it lies in the data directory (0700) with mode 0600.

pub mod client;
pub mod socket;
pub mod perform;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
pub use wire::link::platform::ShareInfo;

use crate::{
    backup::Summary,
    store::{Account, Database, IfExists, Name, SealedSecret, SecretRow, Token, TokenId, TokenKind},
};

/// What can be asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Make an account.
    AccountCreate {
        /// Its name.
        name: Name,
    },
    /// List the accounts.
    AccountList,
    /// Forget an account and remove its data.
    AccountDrop {
        /// Its name.
        name: Name,
    },
    /// Give an account a password, or take it away; its sessions that came in by the former one end.
    AccountPassword {
        /// Its name.
        name: Name,
        /// What is kept of the password; nothing takes it away.
        verifier: Option<String>,
    },
    /// Make a token.
    TokenCreate {
        /// Whose.
        account: Name,
        /// Its name; one is made up without it.
        name: Option<Name>,
        /// What it allows.
        kind: TokenKind,
        /// Seconds until it expires; never without it.
        ttl_seconds: Option<u64>,
    },
    /// List tokens.
    TokenList {
        /// Whose; everybody's without it.
        account: Option<Name>,
    },
    /// Revoke a token and end its sessions.
    TokenRevoke {
        /// Which.
        id: TokenId,
    },
    /// The same by the name that it has in its account, or else by its number, if it is the account's.
    TokenRevokeNamed {
        /// Whose.
        account: Name,
        /// Its name.
        name: Name,
    },
    /// List what an account sees.
    DatabaseList {
        /// Whose.
        account: Name,
    },
    /// List the shares that an account has made.
    ShareList {
        /// Whose.
        account: Name,
    },
    /// Keep a secret for remote data.
    SecretCreate {
        /// Whose.
        account: Name,
        /// It, sealed with the server's key file.
        secret: SealedSecret,
        /// What happens when there is one of the name.
        if_exists: IfExists,
    },
    /// List secrets.
    SecretList {
        /// Whose; everybody's without it.
        account: Option<Name>,
    },
    /// Write everything, or an account, into a file.
    Backup {
        /// Where the server finds it.
        file: PathBuf,
        /// Whose; everybody's without it.
        account: Option<Name>,
    },
    /// Forget a secret.
    SecretDrop {
        /// Whose.
        account: Name,
        /// Its name.
        name: String,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum Answer {
    /// The account made or dropped.
    Account {
        /// It.
        account: Account,
    },
    /// The accounts.
    Accounts {
        /// They.
        accounts: Vec<Account>,
    },
    /// The new token with its secret, which is shown this once.
    NewToken {
        /// The token.
        token: Token,
        /// Its text.
        secret: String,
    },
    /// The token revoked.
    Token {
        /// It.
        token: Token,
    },
    /// The tokens.
    Tokens {
        /// They.
        tokens: Vec<Token>,
    },
    /// The databases and shares.
    Databases {
        /// They.
        databases: Vec<Database>,
    },
    /// The shares that an account has made.
    Shares {
        /// They.
        shares: Vec<ShareInfo>,
    },
    /// The archive is there.
    Backup {
        /// What is in it.
        summary: Summary,
    },
    /// The secret is kept, or forgotten.
    Secret {
        /// Its name.
        name: String,
    },
    /// The secrets, sealed.
    Secrets {
        /// They.
        secrets: Vec<SecretRow>,
    },
    /// It was not done.
    Refused {
        /// Why.
        message: String,
    },
}
