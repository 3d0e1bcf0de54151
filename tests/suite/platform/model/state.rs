//! What an account's store must be, and where its sessions are.

use std::collections::{BTreeMap, BTreeSet};

/// A database of the account's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Database {
    pub id: u64,
    /// In small letters: names are the same in capitals.
    pub name: String,
    /// Committed rows of its table `t`; none without that table.
    pub rows: Option<u64>,
    pub is_attached: bool,
    pub is_default: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub name: String,
    pub database: u64,
    /// Empty until it is known.
    pub url: String,
    /// What it shows.
    pub rows: Option<u64>,
    /// What it showed before: readers may see that until they REFRESH.
    #[expect(clippy::option_option, reason = "whether there was one, and what it showed")]
    pub former: Option<Option<u64>>,
    /// ACCESS, VISIBILITY, UPDATE.
    pub options: [&'static str; 3],
    pub grants: BTreeSet<String>,
    /// The name under which its owner has it attached.
    pub attached_as: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Snapshot {
    pub name: Option<String>,
    pub database: u64,
    pub rows: Option<u64>,
}

/// One account.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct State {
    pub databases: Vec<Database>,
    /// In the order in which they were dropped.
    pub dropped: Vec<Database>,
    pub shares: Vec<Share>,
    pub snapshots: Vec<Snapshot>,
    pub tokens: BTreeSet<String>,
    pub last: u64,
}

/// A transaction that BEGIN has opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// To where ROLLBACK goes back.
    pub place: u64,
    /// Committed rows when it began.
    pub before: BTreeMap<u64, Option<u64>>,
    pub touched: BTreeSet<u64>,
    /// The database that it has written to, and how many rows.
    pub written: Option<(u64, u64)>,
    /// It has failed, and can only be rolled back.
    pub is_failed: bool,
    /// A database that it has used was taken away.
    pub is_lost: bool,
    /// What was taken away from it.
    pub lost: BTreeSet<u64>,
}

/// One session.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub(crate) struct SessionState {
    /// The current database; none when it was taken away since the last statement.
    pub place: Option<u64>,
    pub block: Option<Block>,
}

/// What a name means.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Named<'s> {
    Own(&'s Database),
    /// One's own that is not attached.
    Detached(&'s Database),
    Share(&'s Share),
    Nothing,
}

impl State {
    /// As an account begins.
    pub(crate) fn new() -> Self {
        let first =
            Database { id: 1, name: "my_db".to_owned(), rows: None, is_attached: true, is_default: true };
        Self { databases: vec![first], last: 1, ..Self::default() }
    }

    pub(crate) fn named(&self, name: &str) -> Named<'_> {
        let share = self.shares.iter().find(|share| share.attached_as.as_deref() == Some(name));
        let own = self.databases.iter().find(|database| database.name == name);
        match (own, share) {
            (Some(database), _) if database.is_attached => Named::Own(database),
            (Some(database), _) => Named::Detached(database),
            (None, Some(share)) => Named::Share(share),
            (None, None) => Named::Nothing,
        }
    }

    pub(crate) fn own(&mut self, id: u64) -> &mut Database {
        self.databases.iter_mut().find(|database| database.id == id).expect("a live database")
    }

    pub(crate) fn find_own(&self, id: u64) -> Option<&Database> {
        self.databases.iter().find(|database| database.id == id)
    }

    pub(crate) fn default_id(&self) -> u64 {
        self.databases.iter().find(|database| database.is_default).expect("a default database").id
    }

    pub(crate) fn share(&self, name: &str) -> Option<&Share> {
        self.shares.iter().find(|share| share.name == name)
    }

    /// Snapshots of this name of databases that are there.
    pub(crate) fn snapshots_named(&self, name: &str) -> Vec<&Snapshot> {
        let live = |snapshot: &&Snapshot| self.find_own(snapshot.database).is_some();
        self.snapshots.iter().filter(live).filter(|snapshot| snapshot.name.as_deref() == Some(name)).collect()
    }

    /// Adds a database.
    pub(crate) fn add(&mut self, name: &str, rows: Option<u64>, is_default: bool) -> u64 {
        self.last += 1;
        let database = Database { id: self.last, name: name.to_owned(), rows, is_attached: true, is_default };
        self.databases.push(database);
        self.last
    }

    /// Drops a database, and its shares with it.
    pub(crate) fn drop(&mut self, id: u64) {
        let at = self.databases.iter().position(|database| database.id == id).expect("a live database");
        let mut database = self.databases.remove(at);
        database.is_default = false;
        self.dropped.push(database);
        self.shares.retain(|share| share.database != id);
    }
}

/// What SQL shows of an account: lines that can be compared.
impl State {
    /// `alias|is_attached|type|fully_qualified_name`, in small letters, without sample data.
    pub(crate) fn all_databases(&self) -> Vec<String> {
        let own = self.databases.iter().map(|database| {
            let attached = if database.is_attached { 't' } else { 'f' };
            format!("{0}|{attached}|motherduck|md:{0}", database.name)
        });
        let shares = self.shares.iter().filter_map(|share| {
            let name = share.attached_as.as_ref()?;
            Some(format!("{name}|t|motherduck share|{}", share.url))
        });
        sorted(own.chain(shares))
    }

    /// `name|source_db_name|url|access|visibility|update|number of grants`, in small letters.
    pub(crate) fn owned_shares(&self) -> Vec<String> {
        sorted(self.shares.iter().map(|share| {
            let database = self.find_own(share.database).map_or("", |database| database.name.as_str());
            let [access, visibility, update] = share.options;
            let grants = share.grants.len();
            format!("{}|{database}|{}|{access}|{visibility}|{update}|{grants}", share.name, share.url)
        }))
    }

    /// `snapshot_name|database_name`, in small letters.
    pub(crate) fn all_snapshots(&self) -> Vec<String> {
        sorted(self.snapshots.iter().filter_map(|snapshot| {
            let database = self.find_own(snapshot.database)?;
            Some(format!("{}|{}", snapshot.name.as_deref().unwrap_or("null"), database.name))
        }))
    }

    /// The databases' names.
    pub(crate) fn names(&self) -> Vec<String> {
        sorted(self.databases.iter().map(|database| database.name.clone()))
    }
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}
