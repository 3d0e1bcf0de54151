//! CREATE SNAPSHOT.

use super::{
    PlatformStatement,
    reader::{Malformed, Reader},
};

/// CREATE SNAPSHOT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreateSnapshot {
    /// Its name, if it gets one.
    pub name: Option<String>,
    /// Of which database.
    pub database: String,
}

pub(super) fn create(mut reader: Reader<'_, '_>) -> Result<PlatformStatement, Malformed> {
    let mut ahead = reader;
    let is_unnamed = ahead.word("of") && !ahead.is_empty() && !ahead.word("of");
    let name = if is_unnamed { None } else { reader.optional_name() };
    reader.expect_word("of")?;
    let database = reader.name()?;
    reader.end(PlatformStatement::CreateSnapshot(CreateSnapshot { name, database }))
}
