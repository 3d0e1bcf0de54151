//! CREATE, DROP, UNDROP, ALTER and COPY FROM DATABASE.

use super::{
    PlatformStatement,
    reader::{Malformed, Reader},
};

/// CREATE DATABASE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateDatabase {
    /// Its name.
    pub name: String,
    /// OR REPLACE.
    pub or_replace: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// FROM.
    pub source: Option<DatabaseSource>,
}

/// What a new database is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DatabaseSource {
    /// A database of this name.
    Database(String),
    /// The session's own.
    Current,
    /// A snapshot of this name.
    Snapshot(String),
    /// Something in a string: a share's URL, or what is refused (a file).
    Url(String),
}

/// DROP DATABASE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DropDatabase {
    /// Its name.
    pub name: String,
    /// IF EXISTS.
    pub if_exists: bool,
    /// CASCADE: with its shares, and whoever uses it.
    pub cascade: bool,
}

/// COPY FROM DATABASE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CopyDatabase {
    /// Copied.
    pub from: String,
    /// Into this one, which is made when it does not exist.
    pub to: String,
    /// (OVERWRITE).
    pub overwrite: bool,
    /// (SCHEMA): without the rows. (DATA): only the rows.
    pub part: Option<CopyPart>,
}

/// What is copied when it is not everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CopyPart {
    /// The definitions.
    Schema,
    /// The rows.
    Data,
}

pub(super) fn create(mut reader: Reader<'_, '_>, or_replace: bool) -> Result<PlatformStatement, Malformed> {
    let condition = reader;
    let if_not_exists = reader.words(&["if", "not", "exists"]);
    if if_not_exists && or_replace {
        return Err(condition.malformed());
    }
    let name = reader.name()?;
    let source = if reader.word("from") { Some(source(&mut reader)?) } else { None };
    let mut ahead = reader;
    if ahead.group().is_some_and(|group| !group.is_empty()) && ahead.is_empty() {
        // TRANSIENT, TYPE DUCKLAKE, SNAPSHOT_RETENTION_DAYS and their kin.
        return Ok(PlatformStatement::Unavailable);
    }
    let statement = CreateDatabase { name, or_replace, if_not_exists, source };
    reader.end(PlatformStatement::CreateDatabase(statement))
}

fn source(reader: &mut Reader<'_, '_>) -> Result<DatabaseSource, Malformed> {
    if let Some(url) = reader.optional_string() {
        return Ok(DatabaseSource::Url(url));
    }
    let ahead = *reader;
    let name = reader.name()?;
    if let Some(arguments) = reader.group() {
        arguments.end(())?;
        let is_current = name.eq_ignore_ascii_case("current_database");
        return if is_current { Ok(DatabaseSource::Current) } else { Err(ahead.malformed()) };
    }
    if name.eq_ignore_ascii_case("snapshot") && !reader.is_empty() {
        return Ok(DatabaseSource::Snapshot(reader.name_or_string()?));
    }
    Ok(DatabaseSource::Database(name))
}

pub(super) fn drop_database(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let if_exists = reader.words(&["if", "exists"]);
    let name = reader.name()?;
    let cascade = reader.one_of(&["cascade", "restrict"]) == Some("cascade");
    reader.end(PlatformStatement::DropDatabase(DropDatabase { name, if_exists, cascade }))
}

pub(super) fn undrop(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let name = reader.name()?;
    reader.end(PlatformStatement::UndropDatabase(name))
}

/// `ALTER DATABASE a RENAME TO b`, and DuckDB's `SET ALIAS TO b`, which is the same here.
pub(super) fn alter(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let name = reader.name()?;
    match reader.expect_one_of(&["rename", "set"])? {
        "rename" => {}
        _ if reader.word("alias") => {}
        // Snapshots, retention, and PostgreSQL's settings of a database.
        _ => return Ok(PlatformStatement::Unavailable),
    }
    reader.expect_word("to")?;
    let new = reader.name()?;
    reader.end(PlatformStatement::RenameDatabase(name, new))
}

pub(super) fn copy(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let from = reader.name()?;
    reader.expect_word("to")?;
    let to = reader.name()?;
    let (mut overwrite, mut part) = (false, None);
    if let Some(mut options) = reader.group() {
        match options.expect_one_of(&["overwrite", "schema", "data"])? {
            "overwrite" => overwrite = true,
            "schema" => part = Some(CopyPart::Schema),
            _ => part = Some(CopyPart::Data),
        }
        options.end(())?;
    }
    reader.end(PlatformStatement::CopyDatabase(CopyDatabase { from, to, overwrite, part }))
}
