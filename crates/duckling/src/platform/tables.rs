//! Who writes to which table, and who changes it. DuckDB 1.5.5 lets both happen at once and does not survive that: an index
//! that is made beside writes misses rows, a delete that is cleaned up when an index has come in between ends the instance,
//! and what is committed while ALTER runs may be lost. So, as PostgreSQL's locks have it, whoever changes a table or its
//! indexes waits for the transactions that have written to it (for indexes: for all that are older and have used the
//! database), and others' writes wait for him until his transaction has ended. Deliberately absent: how a table is made
//! anew (`own.cpp` of the shim).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::PoisonError,
    time::{Duration, Instant},
};

use wire::{Diagnostic, SqlState};

use super::{
    IsStopped, Member, Workspace, key,
    members::{Entry, InUse, MemberId},
    workspace::{State, canceled},
};
use crate::sql::quote_text;

/// How long a change waits for others: meanwhile no new writers begin.
const OTHERS_WAIT: Duration = Duration::from_secs(5);

/// How often somebody who waits looks.
const LOOK: Duration = Duration::from_millis(2);

/// Database, schema and name of a table, in small letters. What is empty is not known: it may be any.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableName(String, String, String);

impl TableName {
    pub(crate) fn new(database: &str, schema: &str, table: &str) -> Self {
        Self(key(database), key(schema), key(table))
    }

    fn may_be(&self, other: &Self) -> bool {
        let may_be = |one: &String, other: &String| one.is_empty() || other.is_empty() || one == other;
        may_be(&self.0, &other.0) && may_be(&self.1, &other.1) && may_be(&self.2, &other.2)
    }
}

/// What a transaction has to do with tables.
#[derive(Clone, Debug, Default)]
pub(super) struct Tables {
    /// When it began, if it has, by the account's count.
    since: Option<u64>,
    /// Whether it waits to write, and the engine has nothing open for it.
    waits: bool,
    written: BTreeSet<TableName>,
    changed: BTreeMap<TableName, Change>,
}

/// A change of a table.
#[derive(Clone, Copy, Debug)]
struct Change {
    /// Who began before this is waited for.
    since: u64,
    /// Whether there may be writers still, who are let through.
    is_waiting: bool,
}

impl Tables {
    /// The transaction has ended.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// Whether it has written to any, or changed one.
    pub(super) fn has_changes(&self) -> bool {
        !self.written.is_empty() || !self.changed.is_empty()
    }

    fn writes(&self, table: &TableName) -> bool {
        self.written.iter().any(|written| written.may_be(table))
    }

    /// Whether it began then or before, and does not just wait for its turn with nothing open.
    fn is_open_since(&self, since: u64) -> bool {
        !self.waits && self.since.is_some_and(|began| began <= since)
    }

    fn changes(&self, table: &TableName) -> bool {
        self.changed.keys().any(|changed| changed.may_be(table))
    }

    /// Whether a writer that began then waits for a change of it.
    fn holds_up(&self, table: &TableName, since: Option<u64>) -> bool {
        let is_older = |change: &Change| since.is_some_and(|since| since <= change.since);
        let mut changes = self.changed.iter().filter(|(changed, _)| changed.may_be(table));
        // Who is waited for is let through.
        changes.any(|(_, change)| !(change.is_waiting && is_older(change)))
    }
}

/// What was committed when, by the account's count.
#[derive(Debug, Default)]
pub(super) struct Commits {
    count: u64,
    /// The last one that wrote to each table.
    written: BTreeMap<TableName, u64>,
    /// The last one that changed it.
    changed: BTreeMap<TableName, u64>,
}

impl Commits {
    /// A transaction had this to do with tables. What was before `oldest` is nobody's concern any more.
    pub(super) fn note(&mut self, tables: &Tables, oldest: u64) {
        self.count += 1;
        let (count, is_of_concern) = (self.count, |_: &TableName, at: &mut u64| *at > oldest);
        self.written.retain(is_of_concern);
        self.written.extend(tables.written.iter().map(|table| (table.clone(), count)));
        self.changed.retain(is_of_concern);
        self.changed.extend(tables.changed.keys().map(|table| (table.clone(), count)));
    }
}

impl Workspace {
    /// Whether a table of this name has indexes, for everybody.
    pub(crate) fn has_indexes(&self, table: &TableName) -> bool {
        let Some(control) = self.control.upgrade() else { return false };
        let control = control.lock().unwrap_or_else(PoisonError::into_inner);
        let sql = format!(
            "SELECT index_name FROM duckdb_indexes() WHERE lower(table_name) = {} LIMIT 1",
            quote_text(&table.2)
        );
        // When it cannot be told, it is better to wait.
        control.texts(&sql).map_or(true, |found| !found.is_empty())
    }
}

impl Member {
    /// The engine is about to do something in its transaction.
    pub(crate) fn enters(&self) {
        let mut state = self.workspace().state();
        let now = state.commits.count;
        if let Some(entry) = state.members.get_mut(self.id()) {
            entry.tables.since.get_or_insert(now);
        }
    }

    /// Its transaction, which the engine may have begun, is about to write to a table: waits until nobody else changes it.
    ///
    /// # Errors
    /// 40001 when the table is not what the transaction sees, 57014 when the statement is stopped.
    pub(crate) fn write_table(
        &self,
        table: &TableName,
        has_begun: bool,
        is_stopped: &IsStopped<'_>,
    ) -> Result<(), Diagnostic> {
        self.retry(is_stopped, |state, id| {
            let since = state.members.get(id).and_then(|entry| entry.tables.since);
            let is_held_up = others(state, id, |entry| entry.tables.holds_up(table, since)).next().is_some();
            if is_held_up && has_begun {
                // Whoever changes the table waits for what this transaction has open.
                return Err(is_stale("write to the table: another session is changing it"));
            }
            if let Some(entry) = state.members.get_mut(id) {
                entry.tables.waits = is_held_up;
            }
            if is_held_up {
                return Ok(false);
            }
            let is_younger = |changed: &u64| has_begun && since.is_some_and(|since| *changed > since);
            let mut changes = state.commits.changed.iter().filter(|(changed, _)| changed.may_be(table));
            if changes.any(|(_, changed)| is_younger(changed)) {
                return Err(is_stale(
                    "write to the table: another session has changed it since the transaction began",
                ));
            }
            if let Some(entry) = state.members.get_mut(id) {
                entry.tables.written.insert(table.clone());
            }
            Ok(true)
        })
    }

    /// Its transaction is about to change a table, or its indexes: waits until nobody else does, for those that have written
    /// to it, and, if it is strict, for all that are older and have used its database.
    ///
    /// # Errors
    /// 55P03 when these do not end in time, 57014 when the statement is stopped.
    pub(crate) fn change_table(
        &self,
        table: &TableName,
        is_strict: bool,
        is_stopped: &IsStopped<'_>,
    ) -> Result<(), Diagnostic> {
        let mut is_new = false;
        self.retry(is_stopped, |state, id| {
            let is_own = state.members.get(id).is_some_and(|entry| entry.tables.changes(table));
            if !is_own && others(state, id, |entry| entry.tables.changes(table)).next().is_some() {
                return Ok(false);
            }
            let since = state.commits.count;
            if let Some(entry) = state.members.get_mut(id).filter(|_| !is_own) {
                entry.tables.changed.insert(table.clone(), Change { since, is_waiting: true });
                is_new = true;
            }
            // Whoever begins from here on is younger.
            state.commits.count += 1;
            Ok(true)
        })?;
        if !is_new {
            return Ok(());
        }
        let begun = Instant::now();
        let mut are_writers_gone = false;
        let waited = self.retry(is_stopped, |state, id| {
            let now = state.commits.count;
            let change = state.members.get(id).and_then(|entry| entry.tables.changed.get(table)).copied();
            let since = change.map_or(now, |change| change.since);
            let users: Vec<MemberId> = if are_writers_gone {
                others(state, id, |entry| entry.tables.is_open_since(since) && has_used(entry, table))
                    .collect()
            } else {
                others(state, id, |entry| entry.tables.writes(table)).collect()
            };
            if !users.is_empty() {
                let is_over = begun.elapsed() > OTHERS_WAIT;
                return if is_over {
                    Err(is_used(table, &state.members.in_use(&table.0, &users)))
                } else {
                    Ok(false)
                };
            }
            if are_writers_gone {
                return Ok(true);
            }
            // From now on no writer is let through; what the last one has written may still be unsettled, for whoever has a
            // transaction open now.
            are_writers_gone = true;
            if let Some(entry) = state.members.get_mut(id) {
                entry.tables.changed.insert(table.clone(), Change { since: now, is_waiting: false });
            }
            state.commits.count += 1;
            Ok(!is_strict)
        });
        if waited.is_err() {
            self.change(|entry| {
                let _ = entry.tables.changed.remove(table);
            });
        }
        waited
    }

    /// What its transaction sees of a table that it is about to change is what is there.
    ///
    /// # Errors
    /// 40001 when others have written to it since the transaction began.
    pub(crate) fn expect_fresh(&self, table: &TableName) -> Result<(), Diagnostic> {
        let state = self.workspace().state();
        let since = state.members.get(self.id()).and_then(|entry| entry.tables.since);
        let is_younger = |written: &u64| since.is_some_and(|since| *written > since);
        let mut writes = state.commits.written.iter().filter(|(written, _)| written.may_be(table));
        if writes.any(|(_, written)| is_younger(written)) {
            return Err(is_stale("change the table: others have written to it since the transaction began"));
        }
        Ok(())
    }

    /// Tries until it can be done.
    fn retry(
        &self,
        is_stopped: &IsStopped<'_>,
        mut attempt: impl FnMut(&mut State, MemberId) -> Result<bool, Diagnostic>,
    ) -> Result<(), Diagnostic> {
        loop {
            if attempt(&mut self.workspace().state(), self.id())? {
                return Ok(());
            }
            if is_stopped() {
                return Err(canceled());
            }
            std::thread::sleep(LOOK);
        }
    }
}

fn has_used(entry: &Entry, table: &TableName) -> bool {
    table.0.is_empty() || entry.touched.is_empty() || entry.touched.contains(&table.0)
}

fn others(state: &State, me: MemberId, is_meant: impl Fn(&Entry) -> bool) -> impl Iterator<Item = MemberId> {
    state.members.numbered().filter(move |(id, entry)| *id != me && is_meant(entry)).map(|(id, _)| id)
}

/// The transaction that began longest ago, by the account's count.
pub(super) fn oldest(state: &State) -> u64 {
    state.members.all().filter_map(|entry| entry.tables.since).min().unwrap_or(state.commits.count)
}

/// 40001.
fn is_stale(what: &str) -> Diagnostic {
    let message = format!("could not {what}");
    Diagnostic::error(SqlState::T_R_SERIALIZATION_FAILURE, message).with_hint("Roll back and try again.")
}

/// 55P03.
fn is_used(table: &TableName, users: &InUse) -> Diagnostic {
    let message = match table.2.as_str() {
        "" => "the indexes cannot be changed while other transactions use their database".to_owned(),
        name => format!("table \"{name}\" cannot be changed while other transactions use it"),
    };
    let detail = users.diagnostic("").detail;
    let diagnostic = Diagnostic::error(SqlState::LOCK_NOT_AVAILABLE, message)
        .with_hint("Try again when these transactions have ended.");
    match detail {
        Some(detail) => diagnostic.with_detail(detail),
        None => diagnostic,
    }
}
