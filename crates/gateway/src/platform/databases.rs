//! CREATE, DROP, UNDROP, RENAME of the account's databases.

use std::{fs::File, path::Path};

use wire::{
    Diagnostic, SqlState,
    link::{Mount, PlatformReply, platform::DatabaseSource as Origin},
};

use super::{
    Done, News, Work,
    copying::{self, Draft, Manner, Source, failed},
    folder::Folder,
};
use crate::{
    home::HomeError,
    store::{
        Address, Database, DatabaseId, DatabaseSource, IfExists, Moment, Name, NewDatabase, StoreError,
        Undrop,
    },
};

/// A database's file is its account's alone.
const MODE: u32 = 0o600;

const REPLACED: &str = "its database was replaced by its owner";
const DROPPED: &str = "its database was dropped by its owner";

impl Work {
    pub(super) fn create_database(
        &self,
        name: &str,
        if_exists: IfExists,
        origin: Option<Origin>,
        persist: bool,
    ) -> Result<Done, Diagnostic> {
        let (account, limit) = (self.account.id, self.allowance().databases);
        let new = NewDatabase { account, name: Name::database(name)?, if_exists, limit, persist };
        // Before anything long is done for it.
        let found = self.store().check_database(&new)?;
        if let Some(found) = found.filter(|_| if_exists == IfExists::Keep) {
            return self.mounted(&found, false);
        }
        let draft = match origin {
            Some(origin) => self.copy_of(&origin)?,
            None => None,
        };
        let mut place = |id| Ok(self.place_database(id, draft.as_ref())?);
        let made = self.store().create_database(&new, &mut place)?;
        if !made.gone_shares.is_empty() || if_exists == IfExists::Replace {
            self.trim_dropped();
        }
        let done = self.mounted(&made.database, made.is_new)?;
        Ok(Done { news: News::of(made.gone_shares, REPLACED), ..done })
    }

    /// A file that is a copy; none where DuckDB is to make one.
    fn place_database(&self, id: DatabaseId, draft: Option<&Draft>) -> Result<(), HomeError> {
        let name = format!("{id}.duckdb");
        match draft {
            Some(draft) => draft.place(&name),
            // What a change that was not committed has left.
            None => Folder::open(&self.layout().databases(self.account.id))?
                .remove_all(|other| other.starts_with(&name)),
        }
    }

    fn copy_of(&self, origin: &Origin) -> Result<Option<Draft>, Diagnostic> {
        let account = self.account.id;
        let source = match origin {
            Origin::Own(name) | Origin::Share(name) => match self.origin(name)? {
                DatabaseSource::Own(id) => self.own_source(id)?,
                DatabaseSource::Share(edition) => {
                    let open = |edition| open(&self.layout().edition(edition));
                    Some(self.inner.with_present(account, edition, open)?)
                }
            },
            Origin::Snapshot(text) => {
                let snapshot = self.store().find_snapshot(account, text)?;
                let opened = open(&self.layout().snapshot(account, snapshot.id));
                Some(opened.map_err(|error| failed(&error))?)
            }
        };
        // DuckDB has not made it yet: it is empty, and so is its copy.
        let Some(source) = source else {
            return Ok(None);
        };
        self.copy(&source, &self.layout().databases(account), MODE).map(Some)
    }

    /// What a name or an address means.
    fn origin(&self, text: &str) -> Result<DatabaseSource, StoreError> {
        if let Some(address) = Address::parse(text) {
            return Ok(DatabaseSource::Share(self.store().addressed(self.account.id, &address)?));
        }
        let found = self.store().find_database(self.account.id, text)?;
        let missing = || StoreError::Missing { what: "database", name: text.to_owned() };
        Ok(found.ok_or_else(missing)?.source)
    }

    /// Copies a file into a folder, if there is room. Meanwhile others may change the account: what was checked is checked
    /// again by the store.
    pub(super) fn copy(&self, source: &Source, folder: &Path, mode: u32) -> Result<Draft, Diagnostic> {
        self.expect_room(source.bytes)?;
        let manner = Manner { account: &self.account.name, mode, cancel: &self.cancel };
        let long = || copying::copy(source, folder, &manner);
        match &self.turn {
            Some(turn) => turn.aside(long),
            None => long(),
        }
    }

    /// A file of the account's own, which its duckling writes; none before DuckDB has made it.
    pub(super) fn own_source(&self, id: DatabaseId) -> Result<Option<Source>, Diagnostic> {
        let open = || Folder::open(&self.layout().databases(self.account.id))?.read(&format!("{id}.duckdb"));
        let file = open().map_err(|error| failed(&error))?;
        file.map(Source::new).transpose().map_err(|error| failed(&error))
    }

    pub(super) fn drop_database(&self, name: &str, cascade: bool) -> Result<Done, Diagnostic> {
        let Some((_, shares)) = self.store().drop_database(self.account.id, name, cascade)? else {
            return Ok(PlatformReply::Missing.into());
        };
        self.trim_dropped();
        Ok(Done { news: News::of(shares, DROPPED), ..PlatformReply::Done.into() })
    }

    pub(super) fn undrop_database(&self, name: &str, persist: bool) -> Result<Done, Diagnostic> {
        let retention = self.inner.settings.retention;
        let since = Moment::now().before(retention);
        let how = Undrop { since, limit: self.allowance().databases, persist };
        match self.store().undrop_database(self.account.id, name, how) {
            Ok(database) => self.mounted(&database, false),
            Err(StoreError::Missing { name, .. }) => {
                let message = format!("there is no dropped database \"{name}\"");
                Err(Diagnostic::error(SqlState::INVALID_CATALOG_NAME, message).with_hint(format!(
                    "A dropped database can be brought back for {}, as long as the account's quota has room for it.",
                    in_words(retention.as_secs())
                )))
            }
            Err(other) => Err(other.into()),
        }
    }

    pub(super) fn rename_database(&self, from: &str, to: &str) -> Result<Done, Diagnostic> {
        let database = self.store().rename_database(self.account.id, from, &Name::database(to)?)?;
        self.mounted(&database, false)
    }

    pub(super) fn mounted(&self, database: &Database, is_new: bool) -> Result<Done, Diagnostic> {
        let is_share = matches!(database.source, DatabaseSource::Share(_));
        let links = is_share.then(|| self.inner.links.clone().blocking_lock_owned());
        let mount: Mount = self.inner.mount(self.account.id, database)?;
        Ok(Done { links, ..PlatformReply::Database { mount, is_new }.into() })
    }
}

/// A file that only this process writes.
fn open(path: &Path) -> Result<Source, HomeError> {
    File::open(path).and_then(Source::new).map_err(HomeError::io(path))
}

/// The largest unit that gives a whole number.
fn in_words(seconds: u64) -> String {
    let units = [("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1)];
    let fitting = units.into_iter().find(|(_, unit)| seconds >= *unit && seconds.is_multiple_of(*unit));
    let (word, unit) = fitting.unwrap_or(("second", 1));
    let count = seconds / unit;
    if count == 1 { format!("1 {word}") } else { format!("{count} {word}s") }
}
