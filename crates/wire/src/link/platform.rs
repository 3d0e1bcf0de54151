//! What a duckling asks of the gateway: databases, shares, snapshots, tokens.
//!
//! A duckling sees its own folder and nothing else; names, other accounts and files outside it are the gateway's. So a
//! session's statement becomes a [`PlatformRequest`] on the control link, which the gateway decides for the account at the
//! other end, and answers once (`ToDuckling::Reply`). Whatever is answered is durable. What other accounts do to a share
//! comes unasked, as a [`ShareChange`].

use serde::{Deserialize, Serialize};

use super::{
    control::Mount,
    egress::{Hidden, Secret},
    history::HistoryPage,
};
use crate::Diagnostic;

/// What a session's statement needs of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum PlatformRequest {
    /// Everything that the account may know: [`PlatformReply::Overview`].
    Overview,
    /// CREATE DATABASE: [`PlatformReply::Database`]. The duckling holds the checkpoints of a source that is the account's
    /// own until it has the answer.
    CreateDatabase {
        /// Its name.
        name: String,
        /// A database of the name is dropped in the same step, with its shares.
        or_replace: bool,
        /// One of the name is answered as it is, with `is_new` false.
        if_not_exists: bool,
        /// What it is made from.
        source: Option<DatabaseSource>,
        /// The account's workspace attaches it. Otherwise it only keeps the one that is replaced, if it had it.
        persist: bool,
    },
    /// DROP DATABASE: [`PlatformReply::Done`], or [`PlatformReply::Missing`] when there is none.
    DropDatabase {
        /// Its name.
        name: String,
        /// With its shares; without this they are an error.
        cascade: bool,
    },
    /// UNDROP DATABASE, of the one of that name that was dropped last: [`PlatformReply::Database`].
    UndropDatabase {
        /// Its name.
        name: String,
        /// The account's workspace attaches it.
        persist: bool,
    },
    /// ALTER DATABASE … RENAME TO: [`PlatformReply::Database`].
    RenameDatabase {
        /// Its name.
        from: String,
        /// Its name from then on.
        to: String,
    },
    /// ATTACH: [`PlatformReply::Database`].
    Attach {
        /// `md:NAME` or `md:_share/NAME/UUID`.
        url: String,
        /// Another name for a share; an own database has none but its own.
        alias: Option<String>,
        /// The account's workspace remembers it.
        persist: bool,
    },
    /// DETACH, as far as the workspace remembers: [`PlatformReply::Done`].
    Detach {
        /// The name in the workspace.
        name: String,
    },
    /// CREATE SHARE: [`PlatformReply::Share`]. The duckling holds the database's checkpoints until it has the answer.
    CreateShare {
        /// Its name.
        name: String,
        /// The account's own database that it shows.
        database: String,
        /// One of the name is replaced, and its address with it.
        or_replace: bool,
        /// One of the name is answered as it is.
        if_not_exists: bool,
        /// Its options.
        options: ShareOptions,
    },
    /// UPDATE SHARE: [`PlatformReply::Done`]. The duckling holds the database's checkpoints until it has the answer.
    UpdateShare {
        /// Its name.
        name: String,
    },
    /// Publishes every share of a database that updates by itself: [`PlatformReply::Done`]. The duckling holds the
    /// database's checkpoints until it has the answer.
    PublishShares {
        /// The account's own database.
        database: String,
    },
    /// DROP SHARE: [`PlatformReply::Done`], or [`PlatformReply::Missing`].
    DropShare {
        /// Its name.
        name: String,
    },
    /// GRANT and REVOKE READ ON SHARE: [`PlatformReply::Done`].
    Grant {
        /// Its name.
        share: String,
        /// Whose names.
        accounts: Vec<String>,
        /// GRANT, not REVOKE.
        is_granted: bool,
    },
    /// CREATE SNAPSHOT: [`PlatformReply::Snapshot`]. The duckling holds the database's checkpoints until it has the answer.
    CreateSnapshot {
        /// Its name, if it gets one.
        name: Option<String>,
        /// The account's own database.
        database: String,
    },
    /// CREATE TOKEN: [`PlatformReply::Token`].
    CreateToken {
        /// Its name.
        name: String,
        /// For how long it is valid, in seconds; for ever when it is not given.
        ttl_seconds: Option<u64>,
        /// Whether it only reads.
        is_read_scaling: bool,
    },
    /// SHOW TOKENS: [`PlatformReply::Tokens`].
    Tokens,
    /// DROP TOKEN: [`PlatformReply::Done`], or [`PlatformReply::Missing`].
    DropToken {
        /// Its name.
        name: String,
    },
    /// Whether a secret may be made; nothing is kept: [`PlatformReply::Done`].
    CheckSecret {
        /// It.
        secret: Secret,
    },
    /// CREATE SECRET … IN MOTHERDUCK: [`PlatformReply::Done`]; the account's secrets come before
    /// ([`super::ToDuckling::Secrets`]).
    CreateSecret {
        /// It.
        secret: Secret,
        /// One of the name is replaced.
        or_replace: bool,
        /// One of the name stays as it is.
        if_not_exists: bool,
    },
    /// DROP SECRET: [`PlatformReply::Done`], or [`PlatformReply::Missing`].
    DropSecret {
        /// Its name.
        name: String,
    },
    /// The answer to [`super::ToDuckling::BackUp`]: [`PlatformReply::Done`], or [`PlatformReply::Missing`] when it is not
    /// wanted any more. The duckling holds the database's checkpoints until it has the answer.
    BackUp {
        /// Which copy.
        number: u64,
        /// Why the file is not held.
        obstacle: Option<Diagnostic>,
    },
    /// `QUERY_HISTORY`: [`PlatformReply::History`].
    History {
        /// Where the part begins; nothing for the newest rows.
        before: Option<i64>,
    },
    /// SHUTDOWN: [`PlatformReply::Done`], and then the process is ended.
    ShutDown {
        /// What runs is not waited for.
        terminate: bool,
    },
}

/// What a new database is made from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", content = "name", rename_all = "snake_case")]
pub enum DatabaseSource {
    /// The account's own database of this name.
    Own(String),
    /// The share under this name in the account's workspace, or of this address.
    Share(String),
    /// The snapshot of this name or number (UUID).
    Snapshot(String),
}

/// What the gateway answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum PlatformReply {
    /// It is so, durably.
    Done,
    /// There is none of that name; nothing was done.
    Missing,
    /// A database that the account may attach from now on.
    Database {
        /// Its name, its file, and whether it may be written to.
        mount: Mount,
        /// Whether it was made by this request.
        is_new: bool,
    },
    /// A share.
    Share {
        /// Its address.
        url: String,
        /// Whether it was made by this request.
        is_new: bool,
    },
    /// A snapshot.
    Snapshot {
        /// Its number (UUID).
        id: String,
        /// Its name, if it has one.
        name: Option<String>,
    },
    /// A token, which is shown this once.
    Token {
        /// Its text.
        secret: Hidden,
    },
    /// The account's tokens, without their texts.
    Tokens {
        /// Those that are not revoked.
        tokens: Vec<TokenInfo>,
    },
    /// Everything that the account may know.
    Overview(Box<Overview>),
    /// A part of the account's history.
    History(HistoryPage),
}

/// Options of a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareOptions {
    /// ACCESS.
    pub access: Access,
    /// VISIBILITY.
    pub visibility: Visibility,
    /// UPDATE.
    pub update: UpdateMode,
}

/// Who may attach a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Access {
    /// Every account of this server.
    #[default]
    Organization,
    /// Whoever knows its address.
    Unrestricted,
    /// Those that it was granted to.
    Restricted,
}

/// Who is shown a share.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Visibility {
    /// Everybody who may attach it.
    #[default]
    Discoverable,
    /// Only its owner, and whoever it was granted to.
    Hidden,
}

/// When a share shows what is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum UpdateMode {
    /// At UPDATE SHARE.
    #[default]
    Manual,
    /// When changes have settled.
    Automatic,
}

/// Everything that an account may know of databases and shares. Times are microseconds since 1970 (UTC).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The account's number, as a UUID.
    pub account_id: String,
    /// Its own databases, in the order in which they were made.
    pub databases: Vec<DatabaseInfo>,
    /// The shares that it made.
    pub owned_shares: Vec<ShareInfo>,
    /// The shares of others that it may know of, and all that it has attached, its own too.
    pub shared_with_me: Vec<SharedInfo>,
    /// Its snapshots.
    pub snapshots: Vec<SnapshotInfo>,
    /// What its snapshots and the files of its shares hold, in bytes: beside its databases they count in its disk quota.
    pub kept_bytes: u64,
}

/// One of the account's own databases.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatabaseInfo {
    /// Its name.
    pub name: String,
    /// Its number (UUID), which a rename does not change.
    pub id: String,
    /// When it was made.
    pub created_us: i64,
    /// Whether it is the one that `md:` means.
    pub is_default: bool,
    /// Whether the workspace has it attached.
    pub is_attached: bool,
    /// How long it can be brought back after DROP, in seconds.
    pub retention_s: u64,
    /// Bytes of its files.
    pub active_bytes: u64,
    /// Bytes of its snapshots.
    pub historical_bytes: u64,
}

/// A share of the account's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShareInfo {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// The database that it shows.
    pub database: String,
    /// That one's number (UUID).
    pub database_id: String,
    /// When it was made.
    pub created_us: i64,
    /// When what it shows was taken.
    pub published_us: i64,
    /// Its options.
    pub options: ShareOptions,
    /// The accounts that it was granted to.
    pub grants: Vec<String>,
}

/// A share of somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedInfo {
    /// Its name.
    pub name: String,
    /// Its address.
    pub url: String,
    /// When it was made.
    pub created_us: i64,
    /// Its options.
    pub options: ShareOptions,
    /// The name under which the workspace has it attached.
    pub attached_as: Option<String>,
}

/// A snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    /// The database that it was taken of.
    pub database: String,
    /// That one's number (UUID).
    pub database_id: String,
    /// Its number (UUID).
    pub id: String,
    /// Its name, if it has one.
    pub name: Option<String>,
    /// When it was taken.
    pub created_us: i64,
    /// Its size.
    pub bytes: u64,
}

/// A token, without its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenInfo {
    /// Its name.
    pub name: String,
    /// `read_write` or `read_scaling`.
    pub kind: String,
    /// When it was made.
    pub created_us: i64,
    /// When it ends to be valid by itself.
    pub expires_us: Option<i64>,
    /// When it last opened a session.
    pub last_used_us: Option<i64>,
}

/// What somebody else did to a share that the account has attached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum ShareChange {
    /// There is something new in it: this file is to take the place of the one under this path.
    Published {
        /// Where the former version is.
        former: String,
        /// Where the new one is.
        path: String,
    },
    /// It may not be read any more.
    Gone {
        /// Where it was.
        path: String,
        /// Why, in words for its readers.
        reason: String,
    },
}
