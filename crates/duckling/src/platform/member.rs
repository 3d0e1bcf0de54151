//! One session's part in the workspace: what it sees, where it is, what it uses.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{Arc, MutexGuard},
    time::{Duration, Instant},
};

use wire::{Diagnostic, SqlState};

use super::{
    Workspace,
    changing::{Change, is_being_changed},
    connections::ConnectionInfo,
    key,
    members::{Entry, Handle, MemberId, Statement},
    tables::oldest,
    workspace::{Attached, State},
};
use crate::policy::{Names, Seen};

/// How long a statement waits for names that just get another meaning.
const SWITCH_WAIT: Duration = Duration::from_secs(1);

/// How often it looks.
const SWITCH_LOOK: Duration = Duration::from_millis(1);

/// What the server shows of itself: attached for everybody, and nobody's to write to.
pub(crate) const INFORMATION: &str = "md_information_schema";

/// What a session is called.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The process id that its client was told.
    pub process_id: u32,
    /// Its number for clients.
    pub connection: String,
    /// The name that it has given itself, or none.
    pub session: String,
    /// Its client's address and port.
    pub address: Option<SocketAddr>,
}

/// A session in the workspace, for as long as this value lives.
#[derive(Debug)]
pub(crate) struct Member {
    workspace: Arc<Workspace>,
    id: MemberId,
}

impl Drop for Member {
    fn drop(&mut self) {
        let mut state = self.workspace.state();
        let own = state.members.get(self.id).map(|entry| entry.own.clone()).unwrap_or_default();
        state.members.remove(self.id);
        state.orphans.extend(own);
        let has_orphans = !state.orphans.is_empty();
        drop(state);
        // Closing waits for nobody: whoever has the turn next sweeps.
        if has_orphans && let Some(_turn) = self.workspace.turns().try_take() {
            self.workspace.sweep();
        }
    }
}

impl Member {
    /// A session that is nowhere yet.
    pub(crate) fn join(workspace: &Arc<Workspace>) -> Arc<Self> {
        let mut state = workspace.state();
        state.last += 1;
        let id = MemberId(state.last);
        state.members.add(id, Entry::default());
        drop(state);
        Arc::new(Self { workspace: Arc::clone(workspace), id })
    }

    /// The workspace itself.
    pub(crate) fn workspace(&self) -> &Arc<Workspace> {
        &self.workspace
    }

    /// What others are told of it, and what they may do to it.
    pub(crate) fn name(&self, identity: Identity, handle: Arc<dyn Handle>) {
        let label = match identity.session.as_str() {
            "" => format!("process id {}", identity.process_id),
            name => format!("process id {} ({name})", identity.process_id),
        };
        self.change(|entry| {
            entry.label = label;
            entry.process_id = identity.process_id;
            entry.joined = Some(Instant::now());
            entry.connection = identity.connection;
            entry.session_name = identity.session;
            entry.address = identity.address;
            entry.handle = Some(handle);
        });
    }

    /// What its client says of itself, and the name that it has given the session.
    pub(crate) fn describe(&self, agent: &str, session: &str) {
        self.change(|entry| {
            agent.clone_into(&mut entry.agent);
            session.clone_into(&mut entry.session_name);
        });
    }

    /// It has a message to answer. What was taken away from under it is to be looked at after this, not before.
    pub(crate) fn wakes(&self) {
        self.change(|entry| entry.is_awake = true);
    }

    /// It runs a statement of this text.
    pub(crate) fn runs(&self, text: &Arc<str>, in_transaction: bool) {
        let now = Instant::now();
        self.change(|entry| {
            entry.statements += 1;
            entry.in_block = in_transaction;
            entry.statement = Some(Statement { text: Arc::clone(text), begun: now, is_over: false });
            let since = entry.transaction_since.filter(|_| in_transaction);
            entry.transaction_since = Some(since.unwrap_or(now));
        });
    }

    /// It waits for its client.
    pub(crate) fn rests(&self, in_transaction: bool) {
        self.change(|entry| {
            if let Some(statement) = &mut entry.statement {
                statement.is_over = true;
            }
            entry.is_awake = false;
            entry.in_block = in_transaction;
            entry.transaction_since = entry.transaction_since.filter(|_| in_transaction);
        });
    }

    /// The text of the statement that it runs.
    pub(crate) fn statement(&self) -> Option<Arc<str>> {
        let state = self.workspace.state();
        let statement = state.members.get(self.id)?.statement.as_ref()?;
        Some(Arc::clone(&statement.text))
    }

    /// Its number for clients.
    pub(crate) fn connection(&self) -> String {
        let state = self.workspace.state();
        state.members.get(self.id).map(|entry| entry.connection.clone()).unwrap_or_default()
    }

    /// Its client's address and port, with a space between.
    pub(crate) fn address(&self) -> String {
        let state = self.workspace.state();
        let address = state.members.get(self.id).and_then(|entry| entry.address);
        address
            .map(|address| format!("{} {}", address.ip().to_canonical(), address.port()))
            .unwrap_or_default()
    }

    /// How many statements it has begun.
    pub(crate) fn statements(&self) -> u64 {
        self.workspace.state().members.get(self.id).map_or(0, |entry| entry.statements)
    }

    /// Counts a statement that is not run; its number.
    pub(crate) fn count_statement(&self) -> u64 {
        self.change(|entry| entry.statements += 1);
        self.statements()
    }

    /// The number of the statement before the one at hand.
    pub(crate) fn last_query(&self) -> Option<String> {
        let state = self.workspace.state();
        let entry = state.members.get(self.id)?;
        let number = entry.statements.checked_sub(1).filter(|number| *number > 0)?;
        // The first half is the session's.
        Some(format!("{}-{number:012x}", entry.connection.get(..23)?))
    }

    /// All sessions of the account; in single mode those that are in databases which this one sees.
    pub(crate) fn connections(&self) -> Vec<ConnectionInfo> {
        let state = self.workspace.state();
        let own = state.members.get(self.id).filter(|own| own.is_single);
        let is_shown = |place: &String| {
            place.is_empty()
                || place == INFORMATION
                || own
                    .is_none_or(|own| state.databases.get(place).is_some_and(|found| sees(own, place, found)))
        };
        let all = state.members.all().filter(|entry| !entry.connection.is_empty() && is_shown(&entry.place));
        all.map(ConnectionInfo::of).collect()
    }

    /// Its token only reads.
    pub(crate) fn be_reader(&self) {
        self.change(|entry| entry.is_reader = true);
    }

    /// # Errors
    /// 25006 when its token only reads.
    pub(crate) fn expect_writer(&self, what: &str) -> Result<(), Diagnostic> {
        let is_reader = self.workspace.state().members.get(self.id).is_some_and(|entry| entry.is_reader);
        if !is_reader {
            return Ok(());
        }
        let message = format!("cannot {what} with a read_scaling token");
        let diagnostic = Diagnostic::error(SqlState::READ_ONLY_SQL_TRANSACTION, message);
        Err(diagnostic.with_hint("Connect with a read_write token."))
    }

    /// The session of the account that is meant, if there is one.
    ///
    /// # Errors
    /// 25006 for a session that may write, when this one may not.
    fn other(&self, is_meant: impl Fn(&Entry) -> bool) -> Result<Option<Arc<dyn Handle>>, Diagnostic> {
        let state = self.workspace.state();
        let found = state.members.all().find(|entry| is_meant(entry)).cloned();
        drop(state);
        let Some(found) = found else { return Ok(None) };
        if !found.is_reader {
            self.expect_writer("interrupt a session that may write")?;
        }
        Ok(found.handle)
    }

    /// Stops what the session of this number is doing; answers whether there is one.
    ///
    /// # Errors
    /// As [`Member::other`].
    pub(crate) fn interrupt(&self, connection: &str) -> Result<bool, Diagnostic> {
        let found = self.other(|entry| entry.connection == connection)?;
        Ok(found.inspect(|handle| handle.cancel()).is_some())
    }

    /// The same by its process id.
    ///
    /// # Errors
    /// As [`Member::other`].
    pub(crate) fn cancel(&self, process_id: u32) -> Result<bool, Diagnostic> {
        let found = self.other(|entry| entry.process_id == process_id)?;
        Ok(found.inspect(|handle| handle.cancel()).is_some())
    }

    /// Has the session of this process id end; answers whether there is one.
    ///
    /// # Errors
    /// As [`Member::other`].
    pub(crate) fn terminate(&self, process_id: u32) -> Result<bool, Diagnostic> {
        let found = self.other(|entry| entry.process_id == process_id)?;
        Ok(found.inspect(|handle| handle.terminate()).is_some())
    }

    /// Whether there is a session of this process id.
    pub(crate) fn is_there(&self, process_id: u32) -> bool {
        self.workspace.state().members.all().any(|entry| entry.process_id == process_id)
    }

    /// Sees nothing but what it attaches itself.
    pub(crate) fn be_single(&self) {
        self.change(|entry| entry.is_single = true);
    }

    /// Whether it sees nothing but what it attaches itself.
    pub(crate) fn is_single(&self) -> bool {
        self.workspace.state().members.get(self.id).is_some_and(|entry| entry.is_single)
    }

    /// Sees a database from now on, whether the workspace has it or not.
    pub(crate) fn show(&self, database: &str) {
        let key = key(database);
        self.change(|entry| {
            entry.own.insert(key);
        });
        self.workspace.raise_epoch();
    }

    /// Does not see a database any more; gives whether it was this session alone that did.
    pub(crate) fn hide(&self, database: &str) -> bool {
        let key = key(database);
        self.change(|entry| {
            entry.own.remove(&key);
        });
        self.workspace.raise_epoch();
        let state = self.workspace.state();
        state.databases.get(&key).is_some_and(|found| !found.in_workspace) && !state.members.is_seen(&key)
    }

    /// Its current database from now on, and where a ROLLBACK leads it back to.
    pub(crate) fn go(&self, database: &str, back: Option<&str>) {
        let (place, back) = (key(database), back.map(key));
        self.change(|entry| (entry.place, entry.back) = (place, back));
    }

    /// # Errors
    /// As [`Workspace::begin_change`], worded for the statement.
    pub(crate) fn begin_change(&self, database: &str, hint: &str) -> Result<Change<'_>, Diagnostic> {
        let change = self.workspace.begin_change(self.id, database);
        change.map_err(|in_use| in_use.diagnostic(hint))
    }

    /// A database is taken away from all others that use it, who are told why.
    pub(crate) fn take_away(&self, database: &str, reason: &str) {
        let mut state = self.workspace.state();
        let users = state.members.users(Some(self.id), database);
        state.members.evict(&users, &key(database), reason);
        drop(state);
        self.workspace.raise_epoch();
    }

    /// A statement is about to touch these databases, and to write to some. The current one is among them in any case: DuckDB
    /// looks there for every name.
    ///
    /// # Errors
    /// 55006 when one of them is just being taken away.
    pub(crate) fn touch(
        &self,
        reads: &BTreeSet<String>,
        writes: &BTreeSet<String>,
    ) -> Result<(), Diagnostic> {
        let named = || reads.iter().chain(writes);
        let mut state = self.unswitched(|entry, switching| {
            let place = (!entry.place.is_empty()).then_some(&entry.place);
            named()
                .chain(place)
                .any(|name| switching.contains(&key(name)) && !entry.touched.contains(&key(name)))
        });
        // What is only switched is looked up by its name once: as it was, or as it is then.
        let is_changing = |name: &&String| state.reserved.contains(&key(name));
        if let Some(name) = named().find(is_changing) {
            return Err(is_being_changed(name));
        }
        if let Some(entry) = state.members.get_mut(self.id) {
            entry.touched.extend(named().map(|name| key(name)));
            entry.written.extend(writes.iter().map(|name| key(name)));
            entry.touched.insert(entry.place.clone());
        }
        Ok(())
    }

    /// A statement lists what is in the databases: for that DuckDB opens every one of them.
    pub(crate) fn touch_all(&self) {
        let mut state = self.unswitched(|entry, switching| !switching.is_subset(&entry.touched));
        let all: Vec<String> = state.databases.keys().chain(&state.switching).cloned().collect();
        if let Some(entry) = state.members.get_mut(self.id) {
            entry.touched.extend(all);
        }
    }

    /// The state when no name is being switched that is waited for, or when that takes too long.
    fn unswitched(&self, waits: impl Fn(&Entry, &BTreeSet<String>) -> bool) -> MutexGuard<'_, State> {
        let begun = Instant::now();
        loop {
            let state = self.workspace.state();
            let is_waiting = state.members.get(self.id).is_some_and(|entry| waits(entry, &state.switching));
            if !is_waiting || begun.elapsed() > SWITCH_WAIT {
                return state;
            }
            drop(state);
            std::thread::sleep(SWITCH_LOOK);
        }
    }

    /// Its transaction has ended.
    pub(crate) fn settle(&self) {
        let mut state = self.workspace.state();
        let Some(entry) = state.members.get_mut(self.id) else { return };
        entry.touched.clear();
        let written = std::mem::take(&mut entry.written);
        let indexed = std::mem::take(&mut entry.indexed);
        if entry.tables.has_changes() {
            let tables = entry.tables.clone();
            let oldest = oldest(&state);
            state.commits.note(&tables, oldest);
        }
        drop(state);
        self.workspace.owe(indexed);
        // Others write again when what is owed is paid.
        self.change(|entry| entry.tables.clear());
        if !written.is_empty() {
            self.workspace.publisher().changed(&written);
        }
    }

    /// Its transaction has been rolled back.
    pub(crate) fn let_go(&self) {
        self.change(|entry| {
            entry.touched.clear();
            entry.written.clear();
            entry.indexed.clear();
            entry.tables.clear();
        });
    }

    /// Its transaction changes the indexes of this database, which owes a checkpoint when it is committed.
    pub(crate) fn owe(&self, database: &str) {
        self.change(|entry| {
            entry.indexed.insert(key(database));
        });
    }

    /// Whether its transaction has written to this database.
    pub(crate) fn has_written(&self, database: &str) -> bool {
        let state = self.workspace.state();
        state.members.get(self.id).is_some_and(|entry| entry.written.contains(&key(database)))
    }

    /// What was taken away from under it since this was last asked: the names, and what it is to be told.
    pub(crate) fn take_evictions(&self) -> Vec<(String, String)> {
        let mut state = self.workspace.state();
        let entry = state.members.get_mut(self.id);
        let evicted = entry.map(|entry| std::mem::take(&mut entry.evicted)).unwrap_or_default();
        evicted.into_iter().collect()
    }

    /// Why a database that its transaction has touched is not there any more.
    pub(crate) fn lost(&self) -> Option<String> {
        let state = self.workspace.state();
        let entry = state.members.get(self.id)?;
        let mut evicted = entry.evicted.iter();
        evicted.find(|(name, _)| entry.touched.contains(*name)).map(|(_, reason)| reason.clone())
    }

    /// Whether its transaction has touched this database.
    pub(crate) fn has_touched(&self, database: &str) -> bool {
        let state = self.workspace.state();
        state.members.get(self.id).is_some_and(|entry| entry.touched.contains(&key(database)))
    }

    /// Whether it has something attached that another process would not give it: for itself, beside the database that it
    /// began in, or as a remote file, which no workspace remembers.
    pub(crate) fn has_attached(&self, start: &str) -> bool {
        let (state, start) = (self.workspace.state(), key(start));
        let Some(entry) = state.members.get(self.id) else { return false };
        entry.own.iter().any(|name| *name != start) || !entry.remote.is_empty()
    }

    pub(super) fn id(&self) -> MemberId {
        self.id
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = self.workspace.state().members.get_mut(self.id) {
            change(entry);
        }
    }
}

fn sees(entry: &Entry, key: &str, database: &Attached) -> bool {
    (!entry.is_single && database.in_workspace) || entry.own.contains(key)
}

impl Names for Member {
    fn seen(&self, database: &str) -> Seen {
        let key = key(database);
        let state = self.workspace.state();
        let entry = state.members.get(self.id);
        match (state.databases.get(&key), entry) {
            (Some(found), Some(entry)) if sees(entry, &key, found) => match found {
                Attached { is_remote: true, .. } => Seen::Remote,
                Attached { read_only: true, .. } => Seen::Shared,
                Attached { .. } => Seen::Own,
            },
            (None, Some(_)) if key == INFORMATION => Seen::Shared,
            (Some(_) | None, Some(_) | None) => Seen::No,
        }
    }

    fn attached_remote(&self, database: &str) {
        let is_single = self.is_single();
        let remote = Attached {
            name: database.to_owned(),
            path: String::new(),
            read_only: true,
            in_workspace: !is_single,
            is_remote: true,
        };
        let mut state = self.workspace.state();
        state.databases.insert(key(database), remote);
        state.gone.remove(&key(database));
        if let Some(entry) = state.members.get_mut(self.id) {
            entry.remote.insert(key(database));
        }
        drop(state);
        if is_single {
            self.show(database);
        }
        self.workspace.raise_epoch();
    }

    fn detached_remote(&self, database: &str) {
        self.workspace.state().databases.remove(&key(database));
        self.workspace.raise_epoch();
    }
}
