//! USE, ATTACH, DETACH and REFRESH: what a session sees.

use super::{
    PlatformStatement,
    reader::{Malformed, Reader},
};

/// USE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Use {
    /// The database, or a schema of the current one.
    pub name: String,
    /// The schema, if both were named.
    pub schema: Option<String>,
    /// USE DATABASE: the name is no schema's.
    pub is_database: bool,
}

/// ATTACH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attach {
    /// `md:NAME`, `md:_share/NAME/UUID`, or a bare name.
    pub url: String,
    /// AS.
    pub alias: Option<String>,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// `(READ_ONLY)`.
    pub read_only: bool,
}

/// Whether this comes after `md:` in a share's address.
fn is_share(rest: &str) -> bool {
    rest.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("_share/"))
}

impl Attach {
    /// Whether it is about a share.
    pub(crate) fn is_share(&self) -> bool {
        self.url.get(3..).is_some_and(is_share)
    }

    /// The name under which it attaches.
    pub(crate) fn target(&self) -> Option<&str> {
        let rest = || self.url.get(3..);
        let written = || match rest() {
            Some(rest) if is_share(rest) => rest.get(7..)?.split('/').next(),
            other => other,
        };
        self.alias.as_deref().or_else(written)
    }
}

/// DETACH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Detach {
    /// Its name.
    pub name: String,
    /// IF EXISTS.
    pub if_exists: bool,
}

/// REFRESH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refresh {
    /// One database, or all of them.
    pub name: Option<String>,
}

pub(super) fn use_database(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let mut ahead = reader;
    // `database` may be a database's own name.
    let is_database = ahead.word("database") && !ahead.is_empty() && !ahead.symbol(".");
    if is_database {
        reader.expect_word("database")?;
    }
    let name = reader.name_or_string()?;
    let schema = if !is_database && reader.symbol(".") { Some(reader.name()?) } else { None };
    reader.end(PlatformStatement::Use(Use { name, schema, is_database }))
}

/// Nothing for what is not the platform's: files and other systems, which the guard refuses.
pub(super) fn attach(mut reader: Reader<'_, '_>) -> Option<Result<PlatformStatement, Malformed>> {
    let _ = reader.word("database");
    let if_not_exists = reader.words(&["if", "not", "exists"]);
    let _ = reader.word("database");
    let url = reader.optional_string()?;
    let is_ours = url.get(..3).is_some_and(|scheme| scheme.eq_ignore_ascii_case("md:"));
    is_ours.then(|| attach_url(reader, &url, if_not_exists))
}

fn attach_url(
    mut reader: Reader<'_, '_>,
    url: &str,
    if_not_exists: bool,
) -> Result<PlatformStatement, Malformed> {
    let url = format!("md:{}", url.get(3..).unwrap_or_default());
    let alias = if reader.word("as") { Some(reader.name()?) } else { None };
    let options = reader.group();
    let read_only = options.is_some();
    if let Some(mut options) = options {
        options.expect_word("read_only")?;
        options.end(())?;
    }
    reader.end(PlatformStatement::Attach(Attach { url, alias, if_not_exists, read_only }))
}

pub(super) fn detach(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let mut ahead = reader;
    if ahead.word("database") && !ahead.is_empty() {
        reader.expect_word("database")?;
    }
    let if_exists = reader.words(&["if", "exists"]);
    let name = reader.name_or_string()?;
    reader.end(PlatformStatement::Detach(Detach { name, if_exists }))
}

pub(super) fn refresh(mut reader: Reader<'_, '_>) -> Option<Result<PlatformStatement, Malformed>> {
    Some(match reader.one_of(&["database", "databases"])? {
        "databases" => reader.end(PlatformStatement::Refresh(Refresh { name: None })),
        _ => refresh_one(reader),
    })
}

fn refresh_one(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let name = reader.name_or_string()?;
    reader.end(PlatformStatement::Refresh(Refresh { name: Some(name) }))
}
