//! CREATE SNAPSHOT: a copy of a database's file that stays with the database.

use wire::{Diagnostic, link::PlatformReply};

use super::{Done, Work, shares::unmade};
use crate::store::{Moment, Name, NewSnapshot};

const MODE: u32 = 0o600;

impl Work {
    pub(super) fn create_snapshot(&self, name: Option<&str>, database: String) -> Result<Done, Diagnostic> {
        let name = name.map(str::parse::<Name>).transpose()?;
        let (account, limit) = (self.account.id, self.allowance().snapshots);
        let wanted = NewSnapshot { account, database, name, created: Moment::now(), bytes: 0, limit };
        let database = self.store().check_snapshot(&wanted)?;
        let source = self.own_source(database.id)?.ok_or_else(|| unmade(&database.name))?;
        let draft = self.copy(&source, &self.layout().snapshots(account), MODE)?;
        let new = NewSnapshot { created: source.taken.at, bytes: source.bytes, ..wanted };
        let made = self.store().create_snapshot(&new, &mut |id| Ok(draft.place(&format!("{id}.duckdb"))?))?;
        Ok(PlatformReply::Snapshot { id: made.uuid.to_string(), name: made.name }.into())
    }
}
