//! CREATE, DROP, UPDATE, DESCRIBE SHARE; GRANT and REVOKE on one.

use wire::link::platform::{Access, ShareOptions, UpdateMode, Visibility};

use super::{
    PlatformStatement,
    reader::{Malformed, Reader},
};

/// CREATE SHARE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateShare {
    /// Its name; the database's when there is none.
    pub name: Option<String>,
    /// Which database; the current one when there is none.
    pub database: Option<String>,
    /// OR REPLACE.
    pub or_replace: bool,
    /// IF NOT EXISTS.
    pub if_not_exists: bool,
    /// Its options.
    pub options: ShareOptions,
}

/// GRANT and REVOKE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    /// Which share.
    pub share: String,
    /// To or from which accounts.
    pub accounts: Vec<String>,
    /// GRANT, not REVOKE.
    pub is_granted: bool,
}

pub(super) fn create(mut reader: Reader<'_, '_>, or_replace: bool) -> Result<PlatformStatement, Malformed> {
    let condition = reader;
    let if_not_exists = reader.words(&["if", "not", "exists"]);
    if if_not_exists && or_replace {
        return Err(condition.malformed());
    }
    let mut ahead = reader;
    // Without a name of its own it is `CREATE SHARE FROM db`.
    let is_unnamed = reader.is_empty() || (ahead.word("from") && !ahead.is_empty());
    let name = if is_unnamed { None } else { Some(reader.name()?) };
    let database = if reader.word("from") { Some(reader.name()?) } else { None };
    let options = match reader.group() {
        Some(group) => options(group)?,
        None => ShareOptions::default(),
    };
    let share = CreateShare { name, database, or_replace, if_not_exists, options };
    reader.end(PlatformStatement::CreateShare(share))
}

fn options(mut group: Reader<'_, '_>) -> Result<ShareOptions, Malformed> {
    let (mut options, mut given) = (ShareOptions::default(), Vec::new());
    loop {
        let repeated = group.malformed();
        let option = group.expect_one_of(&["access", "visibility", "update"])?;
        if given.contains(&option) {
            return Err(repeated);
        }
        given.push(option);
        match option {
            "access" => {
                options.access = match group.expect_one_of(&["organization", "unrestricted", "restricted"])? {
                    "organization" => Access::Organization,
                    "unrestricted" => Access::Unrestricted,
                    _ => Access::Restricted,
                }
            }
            "visibility" => {
                options.visibility = match group.expect_one_of(&["discoverable", "hidden"])? {
                    "discoverable" => Visibility::Discoverable,
                    _ => Visibility::Hidden,
                }
            }
            _ => {
                options.update = match group.expect_one_of(&["manual", "automatic"])? {
                    "manual" => UpdateMode::Manual,
                    _ => UpdateMode::Automatic,
                }
            }
        }
        if !group.symbol(",") {
            return group.end(options);
        }
    }
}

pub(super) fn drop_share(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let if_exists = reader.words(&["if", "exists"]);
    let name = reader.name()?;
    reader.end(PlatformStatement::DropShare { name, if_exists })
}

/// Nothing for `UPDATE share SET …`, which is about a table.
pub(super) fn update(mut reader: Reader<'_, '_>) -> Option<Result<PlatformStatement, Malformed>> {
    reader.word("share").then_some(())?;
    let mut ahead = reader;
    let is_table = reader.is_empty() || ahead.word("set") || ahead.word("as") || ahead.symbol(".");
    (!is_table).then(|| named(reader, PlatformStatement::UpdateShare))
}

/// Nothing for `DESCRIBE share`, which is about a table.
pub(super) fn describe(mut reader: Reader<'_, '_>) -> Option<Result<PlatformStatement, Malformed>> {
    reader.word("share").then_some(())?;
    let mut ahead = reader;
    let is_table = reader.is_empty() || ahead.symbol(".");
    (!is_table).then(|| named(reader, PlatformStatement::DescribeShare))
}

fn named(
    mut reader: Reader<'_, '_>,
    statement: fn(String) -> PlatformStatement,
) -> Result<PlatformStatement, Malformed> {
    let name = reader.name_or_string()?;
    reader.end(statement(name))
}

/// Nothing for grants on anything but shares.
pub(super) fn grant(
    mut reader: Reader<'_, '_>,
    is_granted: bool,
) -> Option<Result<PlatformStatement, Malformed>> {
    reader.words(&["read", "on", "share"]).then(|| grant_on_share(reader, is_granted))
}

fn grant_on_share(mut reader: Reader<'_, '_>, is_granted: bool) -> Result<PlatformStatement, Malformed> {
    let share = reader.name()?;
    reader.expect_word(if is_granted { "to" } else { "from" })?;
    let mut accounts = vec![reader.name_or_string()?];
    while reader.symbol(",") {
        accounts.push(reader.name_or_string()?);
    }
    reader.end(PlatformStatement::Grant(Grant { share, accounts, is_granted }))
}
