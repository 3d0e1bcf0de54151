//! The sessions of the account, as far as databases go: where each is, what its transaction has touched, what it sees.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    sync::Arc,
    time::Instant,
};

use wire::{Diagnostic, SqlState};

use super::{key, tables::Tables};

/// Numbers a session within its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct MemberId(pub u64);

/// The statement that a session runs, or ran last.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub text: Arc<str>,
    pub begun: Instant,
    /// Whether it is over.
    pub is_over: bool,
}

/// What others may do to a session, and may know of what it is at.
pub(crate) trait Handle: Send + Sync {
    /// Stops what it is doing.
    fn cancel(&self);

    /// Has it end.
    fn terminate(&self);

    /// How much of its statement is done, in percent, where that is known.
    fn progress(&self) -> Option<f64>;
}

/// One session.
#[derive(Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts of a session")]
pub(super) struct Entry {
    /// Its number for clients.
    pub connection: String,
    /// What its client says of itself.
    pub agent: String,
    /// How many statements it has begun.
    pub statements: u64,
    /// The last of them.
    pub statement: Option<Statement>,
    /// Whether its transaction goes on after the statement at hand.
    pub in_block: bool,
    /// Since when it has a transaction open.
    pub transaction_since: Option<Instant>,
    /// How it is stopped.
    pub handle: Option<Arc<dyn Handle>>,
    /// The name that it has given itself, or none.
    pub session_name: String,
    /// Its client's address and port.
    pub address: Option<SocketAddr>,
    /// What others are told of it: its process id, and its name if it has one.
    pub label: String,
    /// The process id that its client was told.
    pub process_id: u32,
    /// Since when it is there.
    pub joined: Option<Instant>,
    /// Whether its token only reads.
    pub is_reader: bool,
    /// Whether it has a message to answer.
    pub is_awake: bool,
    /// Its current database.
    pub place: String,
    /// Where a ROLLBACK leads it back to.
    pub back: Option<String>,
    /// The tables that its transaction writes to and changes.
    pub tables: Tables,
    /// The databases whose indexes its transaction has changed.
    pub indexed: BTreeSet<String>,
    /// The databases that its transaction has touched.
    pub touched: BTreeSet<String>,
    /// The databases that its transaction has written to.
    pub written: BTreeSet<String>,
    /// Whether it sees nothing of the workspace (attach mode single).
    pub is_single: bool,
    /// What it sees by itself.
    pub own: BTreeSet<String>,
    /// Remote files that it has attached.
    pub remote: BTreeSet<String>,
    /// Databases that were taken away from under it, and what to tell it.
    pub evicted: BTreeMap<String, String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Entry")
            .field("label", &self.label)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// A database is in use by others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct InUse {
    pub(super) database: String,
    pub(super) users: Vec<String>,
}

/// Users that are named, at most.
const NAMED_MAX: usize = 10;

impl InUse {
    /// 55006, for a statement that this is in the way of.
    #[must_use]
    pub(crate) fn diagnostic(&self, hint: &str) -> Diagnostic {
        let mut users: Vec<&str> = self.users.iter().take(NAMED_MAX).map(String::as_str).collect();
        let others = self.users.len().saturating_sub(NAMED_MAX);
        let more = format!("{others} more");
        if others > 0 {
            users.push(&more);
        }
        let message = format!("database \"{}\" is being accessed by other sessions", self.database);
        let diagnostic = Diagnostic::error(SqlState::OBJECT_IN_USE, message).with_hint(hint);
        // They may have gone since.
        if users.is_empty() {
            return diagnostic;
        }
        diagnostic.with_detail(format!("It is used by {}.", users.join(", ")))
    }
}

/// All sessions.
#[derive(Debug, Default)]
pub(super) struct Members(BTreeMap<MemberId, Entry>);

impl Members {
    pub(super) fn add(&mut self, id: MemberId, entry: Entry) {
        self.0.insert(id, entry);
    }

    pub(super) fn remove(&mut self, id: MemberId) {
        self.0.remove(&id);
    }

    pub(super) fn get(&self, id: MemberId) -> Option<&Entry> {
        self.0.get(&id)
    }

    pub(super) fn get_mut(&mut self, id: MemberId) -> Option<&mut Entry> {
        self.0.get_mut(&id)
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }

    pub(super) fn numbered(&self) -> impl Iterator<Item = (MemberId, &Entry)> {
        self.0.iter().map(|(id, entry)| (*id, entry))
    }

    pub(super) fn all_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.0.values_mut()
    }

    /// The other sessions that are in a database, or go back there, or have touched it in a transaction that is open.
    pub(super) fn users(&self, but: Option<MemberId>, database: &str) -> Vec<MemberId> {
        let key = key(database);
        // From whom it was taken away already uses nothing that has the name now.
        let uses = |entry: &Entry| {
            let is_in = entry.place == key || entry.back.as_ref() == Some(&key);
            !entry.evicted.contains_key(&key) && (is_in || entry.touched.contains(&key))
        };
        self.0.iter().filter(|(id, entry)| Some(**id) != but && uses(entry)).map(|(id, _)| *id).collect()
    }

    /// Whether a session uses a database only for the length of a statement.
    pub(super) fn is_passing(&self, id: MemberId, key: &str) -> bool {
        let is_in = |entry: &Entry| entry.place == key || entry.back.as_deref() == Some(key);
        self.0.get(&id).is_none_or(|entry| !entry.in_block && !is_in(entry))
    }

    /// Whether a transaction that is open has touched a database.
    pub(super) fn touches(&self, database: &str) -> Vec<MemberId> {
        let key = key(database);
        self.0.iter().filter(|(_, entry)| entry.touched.contains(&key)).map(|(id, _)| *id).collect()
    }

    /// Whose transaction would find two databases of a name if another one got it now: those that have touched one. From
    /// whom that was taken away ends the transaction as soon as it awakes.
    pub(super) fn would_meet_two(&self, database: &str) -> Vec<MemberId> {
        let key = key(database);
        let is_meant = |entry: &Entry| {
            entry.touched.contains(&key) && (entry.is_awake || !entry.evicted.contains_key(&key))
        };
        self.0.iter().filter(|(_, entry)| is_meant(entry)).map(|(id, _)| *id).collect()
    }

    /// Whether a transaction of several statements has touched a database.
    pub(super) fn holds(&self, database: &str) -> bool {
        let key = key(database);
        self.0.values().any(|entry| entry.in_block && entry.touched.contains(&key))
    }

    /// A database is taken away from these sessions, and they are to be told why.
    pub(super) fn evict(&mut self, users: &[MemberId], key: &str, reason: &str) {
        for user in users {
            if let Some(entry) = self.0.get_mut(user) {
                entry.evicted.insert(key.to_owned(), reason.to_owned());
            }
        }
    }

    /// Whether any session sees a database by itself.
    pub(super) fn is_seen(&self, database: &str) -> bool {
        let key = key(database);
        self.0.values().any(|entry| entry.own.contains(&key))
    }

    pub(super) fn in_use(&self, database: &str, users: &[MemberId]) -> InUse {
        let users = users.iter().filter_map(|id| self.0.get(id)).map(|entry| entry.label.clone()).collect();
        InUse { database: database.to_owned(), users }
    }
}
