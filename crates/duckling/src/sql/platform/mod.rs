//! The platform's statements: databases, shares, snapshots, tokens, secrets. DuckDB cannot parse most of them.
//!
//! They are recognised by their leading words, before DuckDB sees anything; from there on the grammar is this module's,
//! and what does not follow it is a syntax error of ours. One file each for what belongs together; every statement has
//! `read`. Deliberately absent: carrying them out, which is the session's and, for what outlives it, the gateway's.

mod reader;
mod database;
mod attachment;
mod share;
mod snapshot;
mod token;
mod secret;

use self::reader::Reader;
pub(crate) use self::{
    attachment::{Attach, Detach, Refresh, Use},
    database::{CopyDatabase, CopyPart, CreateDatabase, DatabaseSource, DropDatabase},
    reader::Malformed,
    secret::{CreateSecret, is_about_secrets},
    share::{CreateShare, Grant},
    snapshot::CreateSnapshot,
    token::CreateToken,
};
use super::{quote_text, token::Tokens};

/// One of the platform's statements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PlatformStatement {
    /// CREATE DATABASE.
    CreateDatabase(CreateDatabase),
    /// DROP DATABASE.
    DropDatabase(DropDatabase),
    /// UNDROP DATABASE, with its name.
    UndropDatabase(String),
    /// ALTER DATABASE … RENAME TO, and SET ALIAS, which would leave stock DuckDB broken: the old name and the new.
    RenameDatabase(String, String),
    /// COPY FROM DATABASE … TO.
    CopyDatabase(CopyDatabase),
    /// SHOW ALL DATABASES.
    ShowAllDatabases,
    /// USE.
    Use(Use),
    /// ATTACH of something that the platform knows (`md:…`).
    Attach(Attach),
    /// DETACH.
    Detach(Detach),
    /// REFRESH DATABASE or DATABASES.
    Refresh(Refresh),
    /// CREATE SHARE.
    CreateShare(CreateShare),
    /// DROP SHARE.
    DropShare {
        /// Its name.
        name: String,
        /// No error when there is none.
        if_exists: bool,
    },
    /// UPDATE SHARE, with its name.
    UpdateShare(String),
    /// LIST SHARES.
    ListShares,
    /// DESCRIBE SHARE, with its name or URL.
    DescribeShare(String),
    /// GRANT and REVOKE READ ON SHARE.
    Grant(Grant),
    /// CREATE SNAPSHOT.
    CreateSnapshot(CreateSnapshot),
    /// CREATE TOKEN.
    CreateToken(CreateToken),
    /// SHOW TOKENS.
    ShowTokens,
    /// DROP TOKEN, with its name.
    DropToken {
        /// Its name.
        name: String,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// CREATE SECRET … IN MOTHERDUCK.
    CreateSecret(CreateSecret),
    /// DROP SECRET.
    DropSecret {
        /// Its name.
        name: String,
        /// IF EXISTS.
        if_exists: bool,
    },
    /// SHUTDOWN.
    Shutdown {
        /// TERMINATE: what runs is not waited for.
        terminate: bool,
    },
    /// One that the reference has, in a form that is not there yet.
    Unavailable,
}

impl PlatformStatement {
    /// Reads one statement's tokens; nothing when it is none of these.
    ///
    /// # Errors
    /// When it begins as one of these and goes on otherwise.
    pub(crate) fn read(tokens: Tokens<'_, '_>) -> Option<Result<Self, Malformed>> {
        let mut reader = Reader::new(tokens);
        let verbs = [
            "create", "drop", "undrop", "alter", "copy", "show", "use", "attach", "detach", "refresh",
            "update", "list", "describe", "grant", "revoke", "shutdown",
        ];
        let verb = reader.one_of(&verbs)?;
        match verb {
            "create" => create(reader),
            "drop" => drop_object(reader),
            "undrop" => reader.word("database").then(|| database::undrop(reader)),
            "alter" => reader.word("database").then(|| database::alter(reader)),
            "copy" => reader.words(&["from", "database"]).then(|| database::copy(reader)),
            "show" => show(reader),
            "use" => Some(attachment::use_database(reader)),
            "attach" => attachment::attach(reader),
            "detach" => Some(attachment::detach(reader)),
            "refresh" => attachment::refresh(reader),
            "update" => share::update(reader),
            "list" => reader.word("shares").then(|| reader.end(Self::ListShares)),
            "describe" => share::describe(reader),
            "grant" | "revoke" => share::grant(reader, verb == "grant"),
            _ => Some(shutdown(reader)),
        }
    }
}

impl PlatformStatement {
    /// The query that answers it, for those that only tell something.
    #[must_use]
    pub(crate) fn query(&self) -> Option<String> {
        match self {
            Self::ShowAllDatabases => Some("FROM md_all_databases()".to_owned()),
            Self::ListShares => Some("FROM md_list_database_shares()".to_owned()),
            Self::DescribeShare(share) => Some(format!("FROM md_describe_share({})", quote_text(share))),
            Self::ShowTokens => Some("FROM md_tokens()".to_owned()),
            Self::CreateDatabase(_)
            | Self::DropDatabase(_)
            | Self::UndropDatabase(_)
            | Self::RenameDatabase(..)
            | Self::CopyDatabase(_)
            | Self::Use(_)
            | Self::Attach(_)
            | Self::Detach(_)
            | Self::Refresh(_)
            | Self::CreateShare(_)
            | Self::DropShare { .. }
            | Self::UpdateShare(_)
            | Self::Grant(_)
            | Self::CreateSnapshot(_)
            | Self::CreateToken(_)
            | Self::DropToken { .. }
            | Self::CreateSecret(_)
            | Self::DropSecret { .. }
            | Self::Shutdown { .. }
            | Self::Unavailable => None,
        }
    }

    /// Whether it cannot be a part of a transaction.
    #[must_use]
    pub(crate) fn stands_alone(&self) -> bool {
        matches!(
            self,
            Self::CreateDatabase(_)
                | Self::DropDatabase(_)
                | Self::UndropDatabase(_)
                | Self::RenameDatabase(..)
                | Self::CopyDatabase(_)
        )
    }

    /// The databases whose names it is about, as far as the statement says.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::CreateDatabase(create) => vec![&create.name],
            Self::DropDatabase(drop) => vec![&drop.name],
            Self::UndropDatabase(name) => vec![name],
            Self::RenameDatabase(from, to) => vec![from, to],
            Self::CopyDatabase(copy) => vec![&copy.to],
            Self::Attach(attach) => attach.target().into_iter().collect(),
            Self::Detach(detach) => vec![&detach.name],
            Self::Use(_)
            | Self::Refresh(_)
            | Self::CreateShare(_)
            | Self::DropShare { .. }
            | Self::UpdateShare(_)
            | Self::Grant(_)
            | Self::CreateSnapshot(_)
            | Self::CreateToken(_)
            | Self::DropToken { .. }
            | Self::CreateSecret(_)
            | Self::DropSecret { .. }
            | Self::Shutdown { .. }
            | Self::ShowAllDatabases
            | Self::ListShares
            | Self::DescribeShare(_)
            | Self::ShowTokens
            | Self::Unavailable => Vec::new(),
        }
    }

    /// What messages call it.
    #[must_use]
    pub(crate) fn tag(&self) -> &'static str {
        match self {
            Self::CreateDatabase(_) => "CREATE DATABASE",
            Self::DropDatabase(_) => "DROP DATABASE",
            Self::UndropDatabase(_) => "UNDROP DATABASE",
            Self::RenameDatabase(..) | Self::Unavailable => "ALTER DATABASE",
            Self::CopyDatabase(_) => "COPY FROM DATABASE",
            Self::ShowAllDatabases | Self::ListShares | Self::ShowTokens => "SHOW",
            Self::DescribeShare(_) => "DESCRIBE",
            Self::Use(_) => "USE",
            Self::Attach(_) => "ATTACH",
            Self::Detach(_) => "DETACH",
            Self::Refresh(_) => "REFRESH DATABASE",
            Self::CreateShare(_) => "CREATE SHARE",
            Self::DropShare { .. } => "DROP SHARE",
            Self::UpdateShare(_) => "UPDATE SHARE",
            Self::Grant(Grant { is_granted: true, .. }) => "GRANT",
            Self::Grant(Grant { is_granted: false, .. }) => "REVOKE",
            Self::CreateSnapshot(_) => "CREATE SNAPSHOT",
            Self::CreateToken(_) => "CREATE TOKEN",
            Self::DropToken { .. } => "DROP TOKEN",
            Self::CreateSecret(_) => "CREATE SECRET",
            Self::DropSecret { .. } => "DROP SECRET",
            Self::Shutdown { .. } => "SHUTDOWN",
        }
    }
}

type Read = Option<Result<PlatformStatement, Malformed>>;

fn create(mut reader: Reader<'_, '_>) -> Read {
    let or_replace = reader.words(&["or", "replace"]);
    if let Some(read) = secret::create(reader, or_replace) {
        return Some(read);
    }
    match reader.one_of(&["database", "share", "snapshot", "token"])? {
        "database" => Some(database::create(reader, or_replace)),
        "share" => Some(share::create(reader, or_replace)),
        "snapshot" if !or_replace => Some(snapshot::create(reader)),
        "token" if !or_replace => Some(token::create(reader)),
        _ => None,
    }
}

fn drop_object(mut reader: Reader<'_, '_>) -> Read {
    if let Some(read) = secret::drop_secret(reader) {
        return Some(read);
    }
    Some(match reader.one_of(&["database", "share", "token"])? {
        "database" => database::drop_database(reader),
        "share" => share::drop_share(reader),
        _ => token::drop_token(reader),
    })
}

fn show(mut reader: Reader<'_, '_>) -> Read {
    let statement = if reader.words(&["all", "databases"]) {
        PlatformStatement::ShowAllDatabases
    } else {
        reader.word("tokens").then_some(PlatformStatement::ShowTokens)?
    };
    Some(reader.end(statement))
}

/// `SHUTDOWN [NORMAL | TERMINATE [(REASON '…')]]`.
fn shutdown(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let terminate = reader.one_of(&["normal", "terminate"]) == Some("terminate");
    if terminate && let Some(mut options) = reader.group() {
        options.expect_word("reason")?;
        options.string()?;
        options.end(())?;
    }
    reader.end(PlatformStatement::Shutdown { terminate })
}

#[cfg(test)]
mod tests;
